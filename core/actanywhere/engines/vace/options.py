"""The settings that VACE reads, with defaults filled in, and hints on a prompt. No torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...contract.errors import JobError
from .layout import Layout
from .qualities import FINAL, QUALITIES, Quality, quality_of

PROMPT = "Photorealistic film plate, a real place, natural light, sharp, no people."
NEGATIVE = (
    "overexposed, blurred details, subtitles, painting, illustration, cartoon, overall grey, worst quality, "
    "low quality, JPEG artefacts, ugly, deformed, people in the background, walking backwards"
)
READS = frozenset(
    (
        "preview",
        "guidance",
        "second_pass",
        "prompt",
        "negative_prompt",
        "quality",
        "life",
        "alive",
        "memory",
        "shift",
        "actor",
        "unknown",
        "merge",
        "reference",
    )
)
_ORDERS = ("add", "animate", "bring", "change", "convert", "cut", "delete", "edit", "erase", "generate", "give",
           "insert", "keep", "let", "make", "move", "paint", "put", "remove", "render", "replace", "restyle", "swap",
           "transform", "turn", "use")  # fmt: skip


@dataclass(frozen=True)
class Options:
    """What one shot is painted with. ``actor`` in or out, ``unknown`` grey or picture, ``merge`` blend or keep-first,
    ``reference`` auto, always or never; ``strength`` below 1 begins from the prefill instead of from noise.
    """

    prompt: str = PROMPT
    negative_prompt: str = NEGATIVE
    life: float = 0.0
    memory: str = "auto"
    actor: str = "in"
    unknown: str = "grey"
    merge: str = "blend"
    reference: str = "auto"
    strength: float = 1.0
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    quality: Quality = FINAL

    def key(self) -> str:
        """What tells a run from another that would paint other pictures."""
        read = asdict(self)
        read["quality"]["loras"] = [[file.name, strength] for file, strength in self.quality.loras]
        del read["memory"]
        return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()


def read_options(settings: Mapping[str, object], layout: Layout, area: int) -> Options:
    """The options of a job. Raises ``JobError`` for a quality that there is not."""
    given: dict[str, Any] = {k: v for k, v in settings.items() if v is not None and v != ""}
    name = str(given.get("quality") or ("preview" if given.get("preview") else "final"))
    if name not in QUALITIES:
        raise JobError(f"There is no quality '{name}'.", f"Choose one of {', '.join(QUALITIES)}.")
    own = layout.scheduler.get("flow_shift", layout.scheduler.get("shift"))
    usual = float(own) if own is not None and not layout.is_large else None
    quality = quality_of(name, layout.loras, len(layout.experts), area, usual)
    asked = {key: given[key] for key in ("steps", "guidance", "shift") if key in given}
    known = {key: given[key] for key in Options.__dataclass_fields__ if key in given and key != "quality"}
    return replace(Options(**known), quality=replace(quality, **asked))


def prompt_hints(options: Options) -> list[str]:
    """What is to be said of a prompt and of a negative one that does nothing."""
    hints = []
    words = options.prompt.lower().replace(",", " ").split()
    if words and words[0] in _ORDERS:
        hints.append(
            f"The prompt begins with '{words[0]}' and reads like an order. The model follows descriptions: say what is "
            "to be seen, for example 'a wet street at dusk, light rain'."
        )
    if options.quality.guidance <= 1 and options.negative_prompt != NEGATIVE:
        hints.append("The negative prompt does nothing: the guidance of this quality is 1.")
    return hints

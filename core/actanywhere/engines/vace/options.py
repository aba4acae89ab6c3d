"""The settings that VACE reads, with defaults filled in, and hints on a prompt. No torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...contract.errors import JobError
from .layout import Layout

QUALITIES = ("draft", "preview", "final")
_LARGE = 720 * 1280 * 3 // 4
"""From this area on the model's shift for large pictures is taken."""


@dataclass(frozen=True)
class FewSteps:
    """A published LoRA by which few steps are enough, told by its file's name."""

    part: str
    """What the name holds, in small letters."""
    steps: int
    shift: float
    strength: float = 1.0
    source: str = ""


KNOWN = (
    FewSteps("causvid_bidirect2_t2v_1_3b", 6, 8.0, 0.95, "Kijai/WanVideo_comfy"),
    FewSteps("fastwan_t2v_14b", 6, 5.0, 1.0, "Kijai/WanVideo_comfy"),
    FewSteps("wan2.1_t2v_14b_lora_rank64_lightx2v_4step", 4, 5.0, 1.0, "lightx2v/Wan2.1-Distill-Loras"),
    FewSteps("wan21_t2v_14b_lightx2v_cfg_step_distill", 4, 5.0, 1.0, "lightx2v"),
    FewSteps("lightx2v_t2v_14b_cfg_step_distill", 4, 5.0, 1.0, "Kijai/WanVideo_comfy"),
    FewSteps(
        "wan2.2_t2v_a14b_high_noise_lora_rank64_lightx2v_4step", 4, 5.0, 1.0, "lightx2v/Wan2.2-Distill-Loras"
    ),
    FewSteps(
        "wan2.2_t2v_a14b_low_noise_lora_rank64_lightx2v_4step", 4, 5.0, 1.0, "lightx2v/Wan2.2-Distill-Loras"
    ),
)
"""Steps, strength and guidance 1 are the publishers'. The shift of the lightx2v files was published nowhere that we
saw: 5 is the usual one for them."""


@dataclass(frozen=True)
class Quality:
    """How a take is denoised. ``loras`` are files with their strength, for the first and the second expert."""

    name: str
    steps: int
    guidance: float
    shift: float
    loras: tuple[tuple[Path, float], ...] = ()

    def __str__(self) -> str:
        lora = f", {' and '.join(file.name for file, _ in self.loras)}" if self.loras else ""
        return f"{self.name}: {self.steps} steps, guidance {self.guidance:g}, shift {self.shift:g}{lora}"


FINAL = Quality("final", 50, 5.0, 3.0)
"""As the model's authors render it."""


def few_step_lora(file: Path) -> FewSteps | None:
    """What is known of a LoRA's file, by its name."""
    name = file.name.lower()
    return next((known for known in KNOWN if known.part in name), None)


def quality_of(
    name: str, loras: tuple[Path, ...], experts: int, area: int, shift: float | None = None
) -> Quality:
    """The quality of that name for a model with these ``loras`` and 1 or 2 ``experts``, at ``area`` pixels.

    ``shift`` is what the model's own scheduler has, where it was made for one.
    """
    usual = shift if shift is not None else (5.0 if area >= _LARGE else 3.0)
    final = replace(FINAL, shift=usual)
    if name == "final":
        return final
    known = _matching(loras, experts)
    if not known:
        return replace(final, name=name, steps=30 if name == "preview" else 15)
    first = known[0][1]
    steps = first.steps if name == "draft" else 2 * first.steps
    chosen = tuple((file, few.strength) for file, few in known)
    return Quality(name, steps, 1.0, first.shift, chosen)


def _matching(loras: tuple[Path, ...], experts: int) -> list[tuple[Path, FewSteps]]:
    """One known LoRA for each expert, in their order; for two, the files for high and for low noise, or none."""
    found = [(file, few) for file in sorted(loras) if (few := few_step_lora(file)) is not None]
    noisy = [pair for pair in found if "high_noise" in pair[1].part]
    clean = [pair for pair in found if "low_noise" in pair[1].part]
    if experts == 2:
        return [noisy[0], clean[0]] if noisy and clean else []
    plain = [pair for pair in found if pair not in noisy + clean]
    return plain[:1]


PROMPT = "Photorealistic film plate, a real place, natural light, sharp, no people."
NEGATIVE = (
    "overexposed, blurred details, subtitles, painting, illustration, cartoon, overall grey, worst quality, "
    "low quality, JPEG artefacts, ugly, deformed, people in the background, walking backwards"
)
READS = frozenset(
    (
        "preview",
        "guidance",
        "guided_share",
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
    guided_share: float = 1.0
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
    if options.quality.guidance <= 1 and options.guided_share < 1:
        hints.append(
            f"--guided-share {options.guided_share:g} does nothing: the guidance of this quality is 1."
        )
    return hints

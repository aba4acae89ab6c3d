"""The settings of generative engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, number, switch, text


@dataclass(frozen=True)
class GenerateSettings:
    """What an engine that generates the place is asked for."""

    prompt: str = text(
        "",
        "A description of the place ('a wet street at dusk, light rain'), not an instruction. For engines that read "
        "one (VACE). Left empty: a film plate without people.",
        group="generate",
    )
    negative_prompt: str = text(
        "",
        "What to avoid. It has no effect at guidance 1. Left empty: common faults of a plate.",
        group="generate",
    )
    quality: Optional[str] = choice(
        None,
        "Speed against quality (VACE). Left out: final, or preview where the setting 'preview' is on.",
        {
            "draft": "as few steps as the model's few-step LoRA was made for",
            "preview": "twice as many",
            "final": "as the model's authors render",
        },
        begin="preview",
        group="generate",
    )
    life: float = number(
        0.0,
        "How much of the moving parts of the place is repainted, so that water, leaves and light move: 0 keeps the "
        "moved picture everywhere, 1 keeps little of it (VACE).",
        minimum=0.0,
        maximum=1.0,
        group="generate",
    )
    alive: str = text(
        "",
        "A mask of the parts that 'life' repaints, 1 = repaint: a still or a sequence of the plate's size. Left "
        "empty: the ground around the actor's feet. It has no effect at life 0.",
        is_file=True,
        group="generate",
    )
    second_pass: bool = switch(
        False,
        "A second pass over what was generated, at the plate's size and in tiles. For engines that take a whole shot "
        "(VACE).",
        group="generate",
    )
    actor: str = choice(
        "in",
        "Whether the engine sees the actor while it paints (VACE). The layer never contains them.",
        {"in": "it sees the actor", "out": "it sees an empty place"},
        group="generate",
    )
    unknown: str = choice(
        "grey",
        "What the engine is given where the moved picture shows nothing (VACE).",
        {"grey": "plain grey", "picture": "a blurred guess from the picture around"},
        group="generate",
    )
    reference: str = choice(
        "auto",
        "Whether the engine also gets the condition picture as a reference image (VACE).",
        {"auto": "where the moved picture covers less than half of the shot", "always": "", "never": ""},
        group="generate",
    )
    merge: str = choice(
        "blend",
        "How the overlapping windows of a long shot are joined at each step (VACE).",
        {"blend": "averaged over the overlap", "keep-first": "the earlier window wins"},
        group="generate",
    )
    shift: Optional[float] = number(
        None,
        "The flow's shift (VACE): higher spends more of the steps at strong noise and changes larger forms; 1 is "
        "even. Left out: what the model or its LoRA was made for.",
        minimum=0.1,
        maximum=30.0,
        begin=5.0,
        group="generate",
    )

"""What an engine that generates the place is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, number, switch, text

__all__ = ["GenerateSettings"]


@dataclass(frozen=True)
class GenerateSettings:
    """What an engine that generates the place is asked for."""

    prompt: str = text(
        "",
        "What is to be seen in the place, in words: a description ('a wet street at dusk, light rain'), never an "
        "order. For engines that read one (VACE). Left empty: a film plate without people.",
        group="generate",
    )
    negative_prompt: str = text(
        "",
        "What is not to be seen, in words. It has no effect at guidance 1. Left empty: what spoils a plate.",
        group="generate",
    )
    quality: Optional[str] = choice(
        None,
        "What a take may cost, for engines with qualities of their own (VACE). Left out: final, or preview with the "
        "setting of that name.",
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
        "How much of what is alive in the picture is painted anew, so that water, leaves and light move: 0 keeps the "
        "moved picture everywhere, 1 leaves little of it. For engines that read it (VACE).",
        minimum=0.0,
        maximum=1.0,
        group="generate",
    )
    alive: str = text(
        "",
        "A mask of what is alive, 1 = alive: a still or a sequence of the plate's size. Left empty: the ground around "
        "the actor's feet. It has no effect at life 0.",
        is_file=True,
        group="generate",
    )
    second_pass: bool = switch(
        False,
        "Paint what was generated once more at the plate's size, in tiles. For engines that take a whole shot (VACE).",
        group="generate",
    )
    actor: str = choice(
        "in",
        "Whether the engine sees the actor while it paints (VACE). The layer never holds them.",
        {"in": "it sees whom it paints behind", "out": "it paints an empty place"},
        group="generate",
    )
    unknown: str = choice(
        "grey",
        "What stands where nothing is known, for the engine (VACE).",
        {"grey": "nothing", "picture": "what is expected there, blurred"},
        group="generate",
    )
    reference: str = choice(
        "auto",
        "Whether the picture of the place is given to the engine as a reference besides (VACE).",
        {"auto": "where less than half of the shot is known", "always": "", "never": ""},
        group="generate",
    )
    merge: str = choice(
        "blend",
        "How the windows of a long shot are joined in each step (VACE).",
        {"blend": "averaged where they overlap", "keep-first": "the earlier one is taken there"},
        group="generate",
    )
    shift: Optional[float] = number(
        None,
        "How long the steps stay in strong noise (the flow's shift; VACE): more makes larger forms anew, 1 is even. "
        "Left out: what the model or its LoRA was made for.",
        minimum=0.1,
        maximum=30.0,
        begin=5.0,
        group="generate",
    )

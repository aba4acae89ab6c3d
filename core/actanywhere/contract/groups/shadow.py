"""The actor's cast shadow."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import choice, number

__all__ = ["ShadowSettings"]


@dataclass(frozen=True)
class ShadowSettings:
    """The actor's cast shadow."""

    shadow: str = choice(
        "auto",
        "The actor's cast shadow.",
        {
            "auto": "how it falls is read in the plate, where its camera is known and a shadow can be made out; it "
            "says what it read",
            "given": "as the four settings that follow say",
            "none": "the network alone shades the ground",
        },
        group="shadow",
    )
    shadow_side: float = number(
        0.5,
        "For a given shadow: how far that of the actor's head falls to the right of their feet, as a share of their "
        "height in the frame. Below 0: to the left.",
        minimum=-4.0,
        maximum=4.0,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shadow_away: float = number(
        -0.15,
        "For a given shadow: how far up in the frame, away from the camera, that of the actor's head falls, as a share "
        "of their height in the frame. Below 0: down, towards the camera.",
        minimum=-4.0,
        maximum=4.0,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shadow_density: float = number(
        0.5,
        "For a given shadow: how much of the ground's brightness on a display it takes.",
        minimum=0.0,
        maximum=1.0,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shadow_softness: float = number(
        0.02,
        "For a given shadow: the blur of that of the actor's head, as a share of the frame's height. At their feet it "
        "is a quarter of that.",
        minimum=0.0,
        maximum=0.2,
        only_with=("shadow", "given"),
        group="shadow",
    )

"""The actor's cast shadow."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import choice, number, text

__all__ = ["ShadowSettings"]


@dataclass(frozen=True)
class ShadowSettings:
    """The actor's cast shadow."""

    shadow: str = choice(
        "auto",
        "The actor's cast shadow.",
        {
            "auto": "pulled from the plate where it can be, else none; it says which and why",
            "pulled": "the plate divided by its clean plate, as it is: shape, softness, jumps, walls",
            "read": "a flat one, fitted to what is dark in the plate; look at what it gives",
            "given": "as the four settings for a given shadow say",
            "none": "the network alone shades the ground",
        },
        group="shadow",
    )
    clean_plate: str = text(
        "",
        "Your own clean plate, by which a shadow is pulled: the plate without the actor and their shadow, a sequence "
        "in the plate's numbers, or one still for a locked camera. Left empty: made of the plate's other frames.",
        is_file=True,
        group="shadow",
    )
    shadow_strength: float = number(
        1.0,
        "For a pulled shadow: how strong it is laid on; 1 is as in the plate, 0 pulls none. Its matte (shadow.A) is "
        "written as it was pulled.",
        minimum=0.0,
        maximum=2.0,
        group="shadow",
    )
    shadow_blur: float = number(
        0.0,
        "For a pulled shadow: how much softer it is laid on than in the plate, as a share of the frame's height.",
        minimum=0.0,
        maximum=0.1,
        group="shadow",
    )
    shadow_tint: float = number(
        0.0,
        "For a pulled shadow: above 0 it is bluer, as under an open sky, below 0 warmer; 0 keeps the place's hue.",
        minimum=-1.0,
        maximum=1.0,
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

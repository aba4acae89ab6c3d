"""The settings of the actor's cast shadow."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import choice, number, switch, text


@dataclass(frozen=True)
class ShadowSettings:
    """The actor's cast shadow."""

    shadow: str = choice(
        "auto",
        "The actor's cast shadow.",
        {
            "auto": "pulled from the plate where possible, else none. The render says which, and why",
            "pulled": "the plate divided by its clean plate: the real shape and softness, also in a jump or up a "
            "wall",
            "given": "a flat shadow from the four settings for a given shadow",
            "none": "no shadow but what the network paints",
        },
        group="shadow",
    )
    clean_plate: str = text(
        "",
        "Your own clean plate: the plate without the actor and their shadow, as a sequence with the plate's frame "
        "numbers, or one still for a locked-off camera. The shadow is pulled by it (left empty: by one made from the "
        "plate's other frames), and Despill takes out what it shows behind the actor's edge.",
        is_file=True,
        group="shadow",
    )
    shadow_strength: float = number(
        1.0,
        "For a pulled shadow: its strength in the layer. 1 is as in the plate, 0 none. The matte (shadow.A) is "
        "written as pulled.",
        minimum=0.0,
        maximum=2.0,
        group="shadow",
    )
    shadow_blur: float = number(
        0.0,
        "For a pulled shadow: extra blur, as a fraction of the frame's height.",
        minimum=0.0,
        maximum=0.1,
        group="shadow",
    )
    shadow_tint: float = number(
        0.0,
        "For a pulled shadow: its tint. Above 0 bluer, as under an open sky; below 0 warmer; 0 neutral.",
        minimum=-1.0,
        maximum=1.0,
        group="shadow",
    )
    interaction: bool = switch(
        False,
        "Pull splash, spray and dust at the actor's feet from the plate, by its clean plate, as an element of its own: "
        "'interaction', premultiplied, behind the actor and over the layer. The comp holds it. Where the plate moves "
        "so by itself (waves, leaves), or nothing is found, there is none, and the render says why.",
        group="shadow",
    )
    shadow_side: float = number(
        0.5,
        "For a given shadow: how far to the right of their feet the shadow of the actor's head falls, as a fraction "
        "of their height in the frame. Below 0: to the left.",
        minimum=-4.0,
        maximum=4.0,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shadow_away: float = number(
        -0.15,
        "For a given shadow: how far up in the frame, away from the camera, the shadow of the actor's head falls, as "
        "a fraction of their height in the frame. Below 0: towards the camera.",
        minimum=-4.0,
        maximum=4.0,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shadow_density: float = number(
        0.5,
        "For a given shadow: how much it darkens the ground, as a fraction of its brightness on a display.",
        minimum=0.0,
        maximum=1.0,
        only_with=("shadow", "given"),
        group="shadow",
    )
    shadow_softness: float = number(
        0.02,
        "For a given shadow: the blur of the shadow of the head, as a fraction of the frame's height. At the feet it "
        "is a quarter of that.",
        minimum=0.0,
        maximum=0.2,
        only_with=("shadow", "given"),
        group="shadow",
    )

"""The settings of how the painting and the moved picture are blended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, number, text


@dataclass(frozen=True)
class BlendSettings:
    """How what is painted goes under the moved picture."""

    band: float = number(
        0.08,
        "Width of the band around the actor that the model repaints (contact, shadow), as a fraction of the frame's "
        "height. It applies wherever the condition picture is moved by a camera, or still.",
        minimum=0.0,
        maximum=0.5,
        group="blend",
    )
    shading: Optional[float] = number(
        None,
        "How strongly the network's painting shows over the moved condition picture: 0 leaves only that picture and "
        "the cast shadow, 1 is as painted, more is stronger. With the camera 'subject', a model that is not "
        "'assisted' moves no picture, and 0 leaves blurred colours. Left out: what the model recommends.",
        minimum=0.0,
        maximum=2.0,
        begin=0.75,
        group="blend",
    )
    detail: float = number(
        1.0,
        "How much of the condition picture's full-resolution detail is put under the generated shading.",
        minimum=0.0,
        maximum=1.0,
        group="blend",
    )
    match: str = choice(
        "none",
        "Match the layer to the plate's look. The unmatched layer is also written, in the channels 'unmatched'.",
        {
            "none": "the layer keeps the condition picture's look",
            "grade": "black point, white point and colour balance match the plate's",
            "all": "the grade, and the plate's defocus and grain",
        },
        group="blend",
    )
    shutter: str = text(
        "auto",
        "How long the plate's shutter was open: a fast pan blurs the place as it blurs the plate. auto: as the plate's "
        "files say, else as its background shows. Or degrees of a frame's time (180 is usual). off: the place is not "
        "blurred.",
        group="blend",
    )
    water: str = choice(
        "masked",
        "Which water of the condition picture moves by itself, as ripples in its plane. The render says how much.",
        {
            "masked": "that of your water mask; without one it stands still",
            "auto": "without a mask, what the regions network is sure of. Reeds, posts and cables before it may waver",
        },
        group="blend",
    )
    water_mask: str = text(
        "",
        "A mask of the condition picture's water, which moves by itself, 1 = water: a still of that picture's size.",
        is_file=True,
        group="blend",
    )
    water_speed: float = number(
        1.0,
        "How fast the water moves: 1 as seen from a person's height, less from farther above.",
        minimum=0.1,
        maximum=4.0,
        group="blend",
    )
    water_direction: float = number(
        90.0,
        "Where the water drifts, in degrees: 90 towards the viewer, 0 to the right, 180 to the left, 270 away. Where "
        "it shows a bank or a cloud, that stays in its place.",
        minimum=0.0,
        maximum=360.0,
        group="blend",
    )

"""How what is painted goes under the moved picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, number

__all__ = ["BlendSettings"]


@dataclass(frozen=True)
class BlendSettings:
    """How what is painted goes under the moved picture."""

    band: float = number(
        0.08,
        "Width of the band around the actor that the model paints anew (contact, shadow), as a share of the "
        "frame's height. It applies where the camera is tracked or still.",
        minimum=0.0,
        maximum=0.5,
        group="blend",
    )
    shading: Optional[float] = number(
        None,
        "How strongly what the network paints shows over the moved picture: 0 leaves that alone, with the cast shadow "
        "on it, 1 is as painted, more is stronger. A model that is not 'assisted' moves no picture with the camera "
        "'subject': there 0 leaves blurred colours. Left out: what the model's folder recommends.",
        minimum=0.0,
        maximum=2.0,
        begin=0.75,
        group="blend",
    )
    detail: float = number(
        1.0,
        "How much of the condition picture's own full-size detail is laid under the generated shading.",
        minimum=0.0,
        maximum=1.0,
        group="blend",
    )
    match: str = choice(
        "none",
        "Whether the layer is brought to the plate's look, so that the comp sits at first sight. As it was, it is "
        "written beside, in the channels 'unmatched'.",
        {
            "none": "the layer keeps the picture's own look",
            "grade": "its black and white point and its balance become the plate's",
            "all": "its grade, and as much defocus and grain as the plate shows",
        },
        group="blend",
    )

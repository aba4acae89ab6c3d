"""How the artist's matte is read and treated."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import number, switch, text, whole

__all__ = ["MatteSettings"]


@dataclass(frozen=True)
class MatteSettings:
    """How the artist's matte is read and treated."""

    matte_white: float = number(
        1.0,
        "The matte's value that is 1, and above: 0.5 for a mask of 128 of 255, 255 for floats that run to 255.",
        minimum=1e-6,
        maximum=65535.0,
        group="matte",
    )
    matte_id: str = text(
        "",
        "For a mask that numbers its objects (an index or palette picture, an object-index pass): the ids of the "
        "actor, as 1 or 1,2. Empty: the matte is no such mask.",
        group="matte",
    )
    fit_matte: bool = switch(
        False,
        "Scale a matte of another size to the plate, where it has the plate's shape: a proxy.",
        group="matte",
    )
    invert_matte: bool = switch(False, "The matte is 1 on the background: turn it round.", group="matte")
    fill_matte: bool = switch(False, "Fill holes that the matte encloses.", group="matte")
    grow_matte: float = number(
        0.0,
        "Grow (above 0) or choke (below 0) the matte of model and comp, in pixels of the plate.",
        minimum=-200.0,
        maximum=200.0,
        unit="pixels",
        group="matte",
    )
    despill: float = number(
        0.0,
        "How much of the plate's old background is taken out of the actor's soft edge in the comp: 1 is all of it, 0 "
        "leaves the plate as it is. The actor's own light is written beside, premultiplied, as 'despilled'.",
        minimum=0.0,
        maximum=1.0,
        group="matte",
    )
    erode: int = whole(
        5,
        "Width of the square that erodes the matte for the model alone, in pixels of a frame of 256 x 256, so "
        "that no rim of the old background leaks in (the paper: 5). The comp keeps the artist's matte. 0: off.",
        minimum=0,
        maximum=63,
        unit="pixels",
        group="matte",
    )

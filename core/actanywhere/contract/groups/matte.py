"""The settings of the matte."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import number, switch, text, whole

READING = ("matte_white", "matte_id", "fit_matte", "invert_matte", "fill_matte", "grow_matte")
"""The settings that say who is in the matte; the others act on the comp alone, or look at the whole shot for it."""


@dataclass(frozen=True)
class MatteSettings:
    """How the artist's matte is read and treated."""

    matte_white: float = number(
        1.0,
        "The white point of the matte: this value and above count as fully the actor. 0.5 for a mask that peaks at "
        "128 of 255, 255 for floats that run to 255.",
        minimum=1e-6,
        maximum=65535.0,
        group="matte",
    )
    matte_id: str = text(
        "",
        "For an ID matte (an index or palette picture, an object-index pass): the ids of the actor, as 1 or 1,2. "
        "Empty: the matte is not an ID matte.",
        group="matte",
    )
    fit_matte: bool = switch(
        False,
        "Scale a matte of another resolution, such as a proxy, to the plate. Its aspect must be the plate's.",
        group="matte",
    )
    invert_matte: bool = switch(False, "Invert the matte: it is 1 on the background.", group="matte")
    fill_matte: bool = switch(False, "Fill holes inside the matte.", group="matte")
    grow_matte: float = number(
        0.0,
        "Grow (above 0) or choke (below 0) the matte, in pixels of the plate, for both the model and the comp.",
        minimum=-200.0,
        maximum=200.0,
        unit="pixels",
        group="matte",
    )
    mend_matte: bool = switch(
        False,
        "Mend the matte in time: a part of the actor that is missing for a few frames although the plate shows it, and "
        "a frame that came late or twice, are taken from the frames beside it, moved as the plate moves. It says "
        "which; the mended matte is written beside, as 'mended'.",
        group="matte",
    )
    keep_front: str = text(
        "",
        "A second matte, of what stands in front of the actor (a pole, a branch), 1 = keep: a still or a sequence of "
        "the plate's size. The comp keeps the plate's own pixels there too, and the model sees them. Its edge and the "
        "actor's are added. Left empty: nothing is in front.",
        is_file=True,
        group="matte",
    )
    close_slits: bool = switch(
        False,
        "Close slits: where a pole, a branch or a wire that is no part of the matte crosses the actor, they are "
        "completed from their own pixels in the frames beside, moved as the actor moves. What stands in front is found "
        "by its motion, or is what --keep-front holds. Written premultiplied, as 'closed', over the comp; the comp "
        "holds it too, except with --keep-front.",
        group="matte",
    )
    despill: float = number(
        0.0,
        "How much of the old background's colour is taken out of the actor's soft edge in the comp: 0 none, 1 all of "
        "it. The despilled actor is also written, premultiplied, as 'despilled'.",
        minimum=0.0,
        maximum=1.0,
        group="matte",
    )
    erode: int = whole(
        5,
        "How much the matte is eroded for the model, so that it sees no rim of the old background: the width of the "
        "square, in pixels at 256 x 256 (the paper: 5). The comp keeps your matte. 0: off.",
        minimum=0,
        maximum=63,
        unit="pixels",
        group="matte",
    )

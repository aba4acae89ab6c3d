"""Whether the place slides under the feet of an actor who stands on the plate's ground."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop
from ..camera.contact import Feet, contact, ground_motion
from ..camera.fit import from_pixels
from ..camera.motion import Motion, shown_again
from ..camera.space import SpaceTrack
from ..contract.shot import FrameRange
from ..footage import compact, processors
from ..shadow.cast import CastShadow
from ..shadow.pulled import PulledShadow
from .clip import Clip

#: Frame heights by which the place has to slide from a frame to the next to be told: 3 pixels of 480.
SEEN = 0.006
_FEWEST = 3
"""Pairs of frames in which it does."""
_LOOKED_AT = 64
"""Frames after which those that were looked at leave the memory."""
_APART = 1.0
"""Pixels by which the ground may differ whether it is sought from rest or where the place goes."""
_LOWER, _FASTER, _ALIKE = 0.2, 0.5, 0.5
"""Heights of the actor below their feet at which the ground of a camera in 3-D is looked at again; pixels by which it
moves faster there, if it does; and the share of them that an upright card gains at most, which moves alike in all rows.
"""
_DARK = 0.1
"""Share of the light that a shadow takes."""
#: Pairs of frames that have to tell how the ground moves, for a camera to be slid by it.
FOLLOWED = 8
_OWN = "Give a track of the ground, or the camera of your own 3-D solve, with --track"
_Told = TypeVar("_Told")


@dataclass(frozen=True)
class Step:
    """From a frame to the next: the ``feet`` of an actor who stands, and how the plate's ``ground`` (2,) and the place
    move there: it ``goes`` (2,); both in pixels.
    """

    feet: Feet
    ground: NDArray[np.float64]
    goes: NDArray[np.float64]


def warn_of_sliding(
    clip: Clip,
    backdrop: Backdrop | None,
    shadow: CastShadow | PulledShadow | None,
    cameras: tuple[str, str],
    height: int,
    check: Callable[[], None],
) -> tuple[str, ...]:
    """What is to be said of feet that slide: in which frames and by how many pixels of a plate of that ``height``.

    ``cameras`` are the mode that was asked for, and the one that moves the ``backdrop``. Nothing is said where nobody
    surely stands. What ``check`` raises ends the look.
    """
    if backdrop is None:
        return ()

    def slide(index: int) -> float | None:
        moving = (with_shadow(clip, shadow, one) for one in (index, index + 1))
        return _slide(clip, backdrop.track, index, *moving)

    told = over_pairs(clip, slide, check)
    slides = {index: apart for index, apart in told.items() if apart > SEEN}
    if len(slides) < _FEWEST:
        return ()
    return (_words(clip.frames, slides, cameras[1], height) + _helped_by(*cameras, len(told)),)


def over_pairs(
    clip: Clip, look: Callable[[int], _Told | None], check: Callable[[], None]
) -> dict[int, _Told]:
    """What ``look`` tells of a frame and the next, by the first one's index, where it tells any.

    What ``check`` raises ends the look.
    """
    pairs, at_once = range(len(clip.frames) - 1), processors()
    told: dict[int, _Told] = {}
    with ThreadPoolExecutor(at_once) as pool:
        for start in pairs[::at_once]:
            check()
            part = pairs[start : start + at_once]
            found = zip(part, pool.map(look, part), strict=True)
            told |= {index: one for index, one in found if one is not None}
            if start % _LOOKED_AT < at_once:
                clip.forget()
    return told


def step_of(
    clip: Clip, motion: Motion, index: int, moving: NDArray[np.uint8], after: NDArray[np.uint8]
) -> Step | None:
    """From a frame to the next, with a place that moves by ``motion``; None where it is not sure, or nobody stands.

    ``moving`` and ``after`` (h, w) are 255 in the two on all that moves with the actor.
    """
    plate, matte = (
        (np.asarray(planes[index]), np.asarray(planes[index + 1])) for planes in (clip.rgb, clip.matte)
    )
    stand = contact(plate, matte, (moving, after))
    if stand is None:
        return None
    goes = _place_goes(clip, motion, index, stand.feet)
    again = ground_motion(plate, stand.feet, after, goes)
    if again is None or np.linalg.norm(again - stand.ground) > _APART:
        return None  # a fast pan: what looks like the ground that stood still is another part of it
    return Step(stand.feet, stand.ground, goes)


def _words(shot: FrameRange, slides: dict[int, float], camera: str, height: int) -> str:
    frames = compact([shot.first + index for index in slides])
    pixels = np.median(list(slides.values())) * height
    return (
        f"The place slides under the actor's feet by {pixels:.0f} pixels a frame in frames {frames}: the plate's "
        f"ground moves otherwise there than the camera '{camera}' (parallax). "
    )


def _helped_by(asked: str, camera: str, told: int) -> str:
    """What helps where ``told`` pairs of frames tell of the ground: no camera that was tried, or that needs more."""
    if asked == "still":
        return "Use --camera auto."
    others = ["3d"] if asked == "plate" else []
    if camera == "plate" and asked != "ground" and told >= FOLLOWED:
        others.append("ground")
    if not others:
        return f"{_OWN}."
    return f"Use --camera {' or '.join(others)}, or give the camera of your own 3-D solve with --track."


def _slide(
    clip: Clip, motion: Motion, index: int, moving: NDArray[np.uint8], after: NDArray[np.uint8]
) -> float | None:
    """Frame heights by which the place slides from a frame to the next; None where it is not sure."""
    step = step_of(clip, motion, index, moving, after)
    if step is None:
        return None
    if isinstance(motion, SpaceTrack):
        plate = np.asarray(clip.rgb[index]), np.asarray(clip.rgb[index + 1])
        lower = replace(step.feet, place=step.feet.place + [0, _LOWER * step.feet.tall])
        below, faster = (
            ground_motion(plate, lower, after),
            _place_goes(clip, motion, index, lower) - step.goes,
        )
        if below is not None and _upright(step.ground - step.goes, below - step.ground, faster):
            return None
    rows, columns = clip.size
    return float(np.linalg.norm((step.goes - step.ground) * [clip.aspect / columns, 1 / rows]))


def _upright(ahead: NDArray[np.float64], gained: NDArray[np.float64], faster: NDArray[np.float64]) -> bool:
    """Whether what moves so far ``ahead`` of the place, and ``gained`` that much at ``_LOWER``, is a card, no ground.

    The place's ground is so much ``faster`` there; all are (2,) in pixels.
    """
    gain = float(np.linalg.norm(faster))
    return bool(gain > _FASTER and ahead @ faster > 0 and np.linalg.norm(gained) < _ALIKE * gain)


def _place_goes(clip: Clip, motion: Motion, index: int, feet: Feet) -> NDArray[np.float64]:
    """(2,) by how many pixels the place under the feet goes on to the next frame."""
    unit = from_pixels(*clip.size, clip.aspect)
    x, y = (unit @ [*feet.place, 1.0])[:2]
    moved = shown_again(motion, index + 1, index, np.array([x]), np.array([y]), float(unit[1, 1]))
    return np.array([moved[0][0] / unit[0, 0], moved[1][0] / unit[1, 1]])


def with_shadow(clip: Clip, shadow: CastShadow | PulledShadow | None, index: int) -> NDArray[np.uint8]:
    """(h, w) 255 on the actor and on their shadow, as far as it was pulled."""
    moving = np.asarray(clip.matte[index])
    if isinstance(shadow, PulledShadow):
        moving = np.where(shadow.at(index, *clip.size) > _DARK, np.uint8(255), moving)
    return moving

"""A flat camera that goes with the ground under the actor's feet, where that moves otherwise than what is far away."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..camera.contact import contact, ground_motion
from ..camera.fit import Matrix, apply, from_pixels
from ..camera.track import CameraTrack
from ..footage import processors
from .clip import Clip

_LOOKED_AT = 64
"""Frames after which those that were looked at leave the memory."""
_APART = 1.0
"""Pixels by which the ground may differ whether it is sought from rest or where the far things go."""
_SLIDES = 0.006
"""Frame heights a frame by which the ground has to go otherwise in most pairs that tell, for it to be taken unasked."""
_FEWEST, _SHARE = 8, 0.4
"""Pairs of frames that have to tell, and their share of all."""
_EVEN = 0.3
"""How far a pair may be from those about it, as a share of what is usual."""
_ABOUT = 2
"""Pairs before and after over which an outlier is none."""


@dataclass(frozen=True)
class Grounded:
    """The ``track`` that the ground under the feet keeps to, known from ``told`` of the ``pairs`` of frames.

    ``sure``: it goes clearly and evenly otherwise than what is far away.
    """

    track: CameraTrack
    told: int
    pairs: int
    sure: bool


def follow_ground(clip: Clip, track: CameraTrack, check: Callable[[], None]) -> Grounded | None:
    """The plate's ``track``, slid so that the ground under the actor's feet goes with it; None where hardly any tells.

    Turn and scale stay those of what is far away. What ``check`` raises ends the look.
    """
    pairs, at_once = range(len(clip.frames) - 1), processors()
    told: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    with ThreadPoolExecutor(at_once) as pool:
        for start in pairs[::at_once]:
            check()
            part = pairs[start : start + at_once]
            found = zip(part, pool.map(lambda index: _pair(clip, track, index), part), strict=True)
            told |= {index: one for index, one in found if one is not None}
            if start % _LOOKED_AT < at_once:
                clip.forget()
    if len(told) < _FEWEST:
        return None
    known = sorted(told)
    feet, apart = (np.array([told[index][part] for index in known]) for part in (0, 1))
    even = np.array([np.median(apart[max(0, k - _ABOUT) : k + _ABOUT + 1], 0) for k in range(len(known))])
    usual = float(np.median(np.linalg.norm(apart, axis=1)))
    rough = float(np.median(np.linalg.norm(apart - even, axis=1)))
    sure = len(known) >= _SHARE * len(pairs) and usual > _SLIDES and rough < _EVEN * usual
    stand, slid = (np.stack([np.interp(pairs, known, one) for one in rows.T], 1) for rows in (feet, even))
    moved = replace(track, transforms=_slid(track.transforms, stand, slid))
    return Grounded(moved, len(known), len(pairs), sure)


def _pair(
    clip: Clip, track: CameraTrack, index: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Where they stand in a frame, and how far the ground there goes beyond the track; (2,) in unit coordinates."""
    plate, matte = (
        (np.asarray(planes[index]), np.asarray(planes[index + 1])) for planes in (clip.rgb, clip.matte)
    )
    stand = contact(plate, matte, matte)
    if stand is None:
        return None
    unit = from_pixels(*clip.size, clip.aspect)
    scale = np.array([unit[0, 0], unit[1, 1]])
    here = stand.feet.place * scale + unit[:2, 2]
    goes = _step(track.transforms, index, here) - here
    again = ground_motion(plate, stand.feet, matte[1], goes / scale)
    if again is None or np.linalg.norm(again - stand.ground) > _APART:
        return None  # a fast pan: what looks like the ground that stood still is another part of it
    return here, stand.ground * scale - goes


def _step(transforms: NDArray[np.float64], index: int, point: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2,) where a point of a frame is in the next."""
    return np.asarray(apply(transforms[index + 1] @ np.linalg.inv(transforms[index]), point[None])[0])


def _slid(
    transforms: NDArray[np.float64], feet: NDArray[np.float64], slid: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``transforms`` (T, 3, 3), shifted so that the places of ``feet`` (T-1, 2) go on by ``slid`` (T-1, 2) more."""
    shift, out = np.zeros(2), [transforms[0]]
    for index, (place, more) in enumerate(zip(feet, slid, strict=True)):
        target = _step(transforms, index, place) + more
        shift = target - _step(transforms, index, place - shift)
        out.append(_shifted(shift) @ transforms[index + 1])
    return np.stack(out)


def _shifted(by: NDArray[np.float64]) -> Matrix:
    return np.array([[1, 0, by[0]], [0, 1, by[1]], [0, 0, 1]], np.float64)

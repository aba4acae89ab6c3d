"""A flat camera that goes with the ground under the actor's feet, where that moves otherwise than what is far away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..camera.fit import Matrix, apply, from_pixels
from ..camera.track import CameraTrack
from .clip import Clip
from .feet import FOLLOWED, SEEN, over_pairs, step_of

_SHARE = 0.4
"""Share of all pairs of frames that have to tell."""
_EVEN = 0.3
"""How far a pair may be from those about it, as a share of what is usual."""
_ABOUT = 2
"""Pairs before and after over which an outlier is none."""


@dataclass(frozen=True)
class Grounded:
    """The ``track`` that the ground under the feet keeps to, known from ``told`` of the ``pairs`` of frames that move.

    ``sure``: it goes clearly and evenly otherwise than what is far away.
    """

    track: CameraTrack
    told: int
    pairs: int
    sure: bool


def follow_ground(clip: Clip, track: CameraTrack, check: Callable[[], None]) -> Grounded | None:
    """The plate's ``track``, slid so that the ground under the actor's feet goes with it; None where hardly any tells.

    Turn and scale stay those of what is far away. Where the track rests (a frame that repeats another, a locked camera)
    nothing is slid. What ``check`` raises ends the look.
    """
    unit = from_pixels(*clip.size, clip.aspect)
    scale, moves = np.array([unit[0, 0], unit[1, 1]]), track.transforms
    moving = (moves[1:] != moves[:-1]).any((1, 2))

    def look(index: int) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Where they stand, and how far the ground there goes beyond the track; (2,) in unit coordinates."""
        if not moving[index]:
            return None
        step = step_of(clip, track, index, *(np.asarray(clip.matte[one]) for one in (index, index + 1)))
        if step is None:
            return None
        return step.feet.place * scale + unit[:2, 2], (step.ground - step.goes) * scale

    told, pairs = over_pairs(clip, look, check), range(len(moving))
    if len(told) < FOLLOWED:
        return None
    known, count = sorted(told), int(moving.sum())
    feet, apart = (np.array([told[index][part] for index in known]) for part in (0, 1))
    even = np.array([np.median(apart[max(0, k - _ABOUT) : k + _ABOUT + 1], 0) for k in range(len(known))])
    for k, index in enumerate(known):
        if index and not moving[index - 1]:  # what was held may come on by two steps
            even[k] = apart[k]
    usual = float(np.median(np.linalg.norm(apart, axis=1)))
    rough = float(np.median(np.linalg.norm(apart - even, axis=1)))
    sure = len(known) >= _SHARE * count and usual > SEEN and rough < _EVEN * usual
    stand, slid = (np.stack([np.interp(pairs, known, one) for one in rows.T], 1) for rows in (feet, even))
    moved = replace(track, transforms=_slid(moves, stand, slid * moving[:, None]))
    return Grounded(moved, len(known), count, sure)


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

"""What of a plate's bright or dark ends in the plate itself, and not in its clean plate alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .shot_frames import Flags, Plane

_BLUR = 2.0
"""Pixels of a frame of 360 rows over which what is compared is blurred."""
_BESIDE, _FEWEST = 0.08, 1e-3
"""How far from a part its surroundings are looked at, in heights of the actor, and how much of that has to be seen."""
_OWN, _ENDS = 0.33, 0.4
"""Share of a part's step that the plate has to make (spray, smoke 0.39 and more, shade 0.48, traces up to 0.23), and
share of what it differs by that has to be a step (0.48 and more; what differs all about, up to 0.35).
"""
_BLACK = 0.006


def outlined(
    found: Plane,
    least: float,
    plate: Plane,
    clean: Plane,
    free: Flags,
    tall: float,
    scale: float,
    over_place: bool = True,
) -> Plane:
    """What was ``found`` (h, w) 0..1 without the connected parts, over ``least``, of which the plate shows no outline.

    There the clean plate keeps a trace of the actor, their shadow or smoke; or, of what lies ``over_place``, it lies
    aside or is otherwise lit all about. ``plate`` and ``clean`` (h, w, 3) are scene-linear light, ``free`` (h, w) where
    both show the place; the actor is so many pixels ``tall``, and ``scale`` is the frame's height over 360.
    """
    number, parts = cv2.connectedComponents((found > least).astype(np.uint8), connectivity=8)
    if number == 1:
        return found
    blur = _BLUR * scale

    def mean(planes: Plane, weight: Plane, reach: float) -> Plane:
        norm = np.maximum(cv2.GaussianBlur(weight, (0, 0), reach), 1e-4)
        return np.asarray(cv2.GaussianBlur(planes * weight[..., None], (0, 0), reach) / norm[..., None])

    seen = free.astype(np.float32)
    here, there = (np.log(mean(light, seen, blur) + _BLACK) for light in (plate, clean))
    apart, about = here - there, seen * (parts == 0)
    apart = apart - np.median(apart[about > 0], axis=0)
    reach = _BESIDE * tall
    known = (parts > 0) & free & (cv2.GaussianBlur(about, (0, 0), reach) > _FEWEST)
    both = np.asarray(np.concatenate([here, there], -1), np.float32)
    steps = (both - mean(both, about, reach))[known]

    def summed(values: NDArray[np.float32]) -> NDArray[np.float64]:
        weighted = values * found[known][:, None]
        return np.stack([np.bincount(parts[known], one, number) for one in weighted.T], 1)

    own, differs = summed(steps[:, :3]), summed(apart[known])
    step = own - summed(steps[:, 3:])
    gone = (own * step).sum(1) < _OWN * (step * step).sum(1)
    if over_place:
        gone |= (step * differs).sum(1) < _ENDS * (differs * differs).sum(1)
    gone[0] = False
    return np.asarray(np.where(gone[parts], 0, found), np.float32)

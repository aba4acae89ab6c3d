"""Whether a matte comes some frames late, or early, by the plate's edges alone: without a network.

The matte's edge is tried some pixels farther in and out as well, so that a matte that is grown, choked or soft is none.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from .clip import Clip

_SIZE = 384
"""Pixels of the longer side at which edges are compared."""
_REACH = 5
"""Pixels by which the matte's edge may lie in or out of the actor's."""
_SHIFTS = 4
"""Frames that are tried; the farthest is never the answer, which may lie beyond."""
_CLEARER, _BETTER = 1.2, 1.05
"""How much stronger the plate is on another frame's edges in the mean, and in a frame that counts."""
_VOTES, _FEWEST = 0.75, 6

Scores = NDArray[np.float64]


def late_by_edges(clip: Clip, check: Callable[[], None] = lambda: None) -> tuple[int, float]:
    """By how many frames the matte comes late (below 0: early), and how much stronger the plate's edges are on it as
    it should be; (0, 1) where it does not. ``check`` is called between frames and may raise to stop.
    """
    count, reach = len(clip.frames), 2 * _REACH + 1
    found = np.full((count, 2 * _SHIFTS + 1, reach), np.nan)
    bands: dict[int, _Band | None] = {}
    for index in clip.indices():
        check()
        across, down = _slopes(np.asarray(cv2.cvtColor(_fit(clip.rgb[index]), cv2.COLOR_RGB2GRAY), np.uint8))
        for other in range(max(0, index - _SHIFTS), min(count, index + _SHIFTS + 1)):
            if other not in bands:
                bands[other] = _band(_fit(clip.matte[other]))
            if (band := bands[other]) is not None:
                at, x, y, place, pixels = band
                strong = np.bincount(place, np.abs(across[at] * x + down[at] * y), reach)
                found[index, other - index + _SHIFTS] = strong / np.maximum(pixels, 1)
        bands.pop(index - _SHIFTS, None)
    own = _strongest(found[:, _SHIFTS])
    best = 0, 1.0
    for late in range(-_SHIFTS, _SHIFTS + 1):
        moved = _strongest(found[:, _SHIFTS + late])
        both = np.isfinite(own) & np.isfinite(moved)
        better, worse = (moved > _BETTER * own).sum(), (own > _BETTER * moved).sum()
        if better < max(_FEWEST, count // 2) or better < _VOTES * (better + worse):
            continue
        clearer = float(moved[both].mean() / max(own[both].mean(), 1e-6))
        if clearer > max(_CLEARER, best[1]):
            best = late, clearer
    return best if abs(best[0]) < _SHIFTS else (0, 1.0)


def _fit(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = min(1.0, _SIZE / max(picture.shape[:2]))
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    return np.asarray(cv2.resize(np.asarray(picture), size, interpolation=cv2.INTER_AREA), np.uint8)


def _slopes(
    picture: NDArray[np.uint8] | NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    x, y = cv2.Sobel(picture, cv2.CV_32F, 1, 0), cv2.Sobel(picture, cv2.CV_32F, 0, 1)
    return np.asarray(x, np.float32).ravel(), np.asarray(y, np.float32).ravel()


#: The pixels about a matte's edge, the direction x, y out of it, which step of the reach each lies at, and how many do.
_Band = tuple[
    NDArray[np.int64], NDArray[np.float32], NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]
]


def _band(matte: NDArray[np.uint8]) -> _Band | None:
    """None where a matte has no edge."""
    actor = (matte > 127).astype(np.uint8)
    if not actor.any() or actor.all():
        return None
    inside, outside = (cv2.distanceTransform(side, cv2.DIST_L2, 5) for side in (actor, 1 - actor))
    away = np.asarray(cv2.GaussianBlur(inside - outside, (0, 0), 1), np.float32)
    at = np.flatnonzero(np.abs(away.ravel()) < _REACH + 0.5)
    x, y = (way[at] for way in _slopes(away))
    steep = np.maximum(np.hypot(x, y), np.float32(1e-3))
    place = np.round(away.ravel()[at] + _REACH).astype(np.int64)
    return (
        at.astype(np.int64),
        np.asarray(x / steep, np.float32),
        np.asarray(y / steep, np.float32),
        place,
        np.bincount(place, minlength=2 * _REACH + 1).astype(np.int64),
    )


def _strongest(scores: Scores) -> Scores:
    """(T,) of (T, reach): those of the step that the plate's edges lie on best over the shot."""
    known = np.isfinite(scores).all(1)
    if not known.any():
        return np.full(len(scores), np.nan)
    return np.asarray(scores[:, int(scores[known].mean(0).argmax())])

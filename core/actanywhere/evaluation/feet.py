"""Whether the actor's feet slide: the ground under them moves in the layer as it does in the plate."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
Grey = NDArray[np.uint8]
Plane = NDArray[np.float32]

_ABOVE, _BELOW, _BESIDE = 0.08, 0.2, 0.4
"""The ground about the feet, in heights of the actor: above their lowest row, below it, and to either side."""
_FEWEST = 6
_BACK = 0.5
"""Pixels by which a feature followed there and back may miss where it began."""


def feet_sliding(frames: Frames, plate: Frames, matte: NDArray[np.uint8]) -> tuple[float, float]:
    """How far the ground about the feet slides against the plate's, in pixels a frame: the median, and the worst.

    Features on the ground about the feet are followed (Lucas and Kanade) from frame to frame in ``plate`` and in the
    finished ``frames`` (T, h, w, 3); between their median motions lies the slide. Frames where the border cuts the
    feet off, or either ground has no features, say nothing; NaN where all do.
    """
    slides = list(_slides(frames, plate, matte))
    if not slides:
        return float("nan"), float("nan")
    return float(np.median(slides)), float(np.max(slides))


def _slides(frames: Frames, plate: Frames, matte: NDArray[np.uint8]) -> Iterator[float]:
    for t in range(len(frames) - 1):
        ground = _about_feet(matte[t])
        free = np.asarray(cv2.dilate((matte[t + 1] > 5).astype(np.uint8), np.ones((7, 7), np.uint8))) == 0
        if ground is None:
            continue
        moves = [_motion(_grey(one[t]), _grey(one[t + 1]), ground, free) for one in (plate, frames)]
        if moves[0] is not None and moves[1] is not None:
            yield float(np.linalg.norm(moves[0] - moves[1]))


def _about_feet(matte: NDArray[np.uint8]) -> Grey | None:
    """(h, w) 255 on the ground about the feet; None where nobody stands in the frame."""
    actor = matte > 127
    rows = np.flatnonzero(actor.any(1))
    height, width = matte.shape
    if not len(rows) or rows[-1] >= height - 2:
        return None
    tall = float(np.ptp(rows) + 1)
    lowest = np.flatnonzero(actor[max(0, round(rows[-1] - _ABOVE * tall)) :].any(0))
    top, bottom = max(0, round(rows[-1] - _ABOVE * tall)), min(height, round(rows[-1] + _BELOW * tall))
    left = max(0, round(lowest[0] - _BESIDE * tall))
    right = min(width, round(lowest[-1] + _BESIDE * tall))
    ground = np.zeros(matte.shape, np.uint8)
    ground[top:bottom, left:right] = 255
    ground[np.asarray(cv2.dilate((matte > 5).astype(np.uint8), np.ones((7, 7), np.uint8))) > 0] = 0
    return ground


def _motion(before: Grey, after: Grey, ground: Grey, free: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """(2,) the median motion of the features on the ground; None where there are too few."""
    corners = cv2.goodFeaturesToTrack(before, 80, 0.02, 3.0, mask=ground, blockSize=3)
    if corners is None or len(corners) < _FEWEST:
        return None
    start = np.asarray(corners, np.float32).reshape(-1, 2)
    there = _follow(before, after, start)
    back = _follow(after, before, there)
    height, width = before.shape
    place = np.clip(np.round(there), 0, [width - 1, height - 1]).astype(int)
    good = (np.linalg.norm(back - start, axis=1) < _BACK) & free[place[:, 1], place[:, 0]]
    if np.count_nonzero(good) < _FEWEST:
        return None
    return np.asarray(np.median((there - start)[good], axis=0), np.float64)


def _follow(before: Grey, after: Grey, points: Plane) -> Plane:
    moved, _, _ = cv2.calcOpticalFlowPyrLK(before, after, points, points.copy(), winSize=(11, 11), maxLevel=3)
    return np.asarray(moved, np.float32).reshape(-1, 2)


def _grey(rgb: NDArray[np.uint8]) -> Grey:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)

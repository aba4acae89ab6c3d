"""Whether the actor's feet slide: the ground under them moves in the layer as it does in the plate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
Grey = NDArray[np.uint8]
Plane = NDArray[np.float32]
Point = NDArray[np.float64]

_ABOVE, _BELOW, _BESIDE = 0.08, 0.2, 0.4
"""The ground about the feet, in heights of the actor: above their lowest row, below it, and to either side."""
_FEWEST, _PAIRS = 8, 3
"""Features, and pairs of frames, that are needed."""
_TEXTURE = 2e-4
"""Smallest eigenvalue (``cv2.cornerMinEigenVal``) of a feature: grain and a plain ground have less."""
_BACK = 0.5
"""Pixels by which a feature followed there and back may miss where it began."""
_OFF, _AGREE = 1.0, 0.6
"""Pixels by which a feature may miss the ground's affine motion, and the share of features that keep to it."""
_SURE = 0.2
"""Largest standard error, in pixels, of the ground's motion at the feet."""
_LIFT = 0.02
"""Heights of the actor by which their lowest row may leave the ground under it between two frames."""


@dataclass(frozen=True)
class Slide:
    """Pixels a frame: the median of the measured frames and the worst, NaN where too few are; and their share, 0..1."""

    median: float
    worst: float
    measured: float


@dataclass(frozen=True)
class _Feet:
    place: Point
    tall: float
    about: Grey


def feet_sliding(
    frames: Frames, plate: Frames, matte: NDArray[np.uint8], shadow: Frames | None = None
) -> Slide:
    """How far the ground under the feet slides against the plate's.

    Features on the ground about the feet are followed (Lucas and Kanade) from frame to frame in ``plate`` and in the
    finished ``frames`` (T, h, w, 3); an affine motion of each tells how the ground under the feet moves, and between
    the two lies the slide. ``matte`` (T, h, w) is 255 on the actor, ``shadow`` on what moves with them. Only pairs of
    frames count in which both motions are sure, and the actor stands: the border does not cut off their feet, and
    their lowest row moves as the plate's ground does.
    """
    slides = list(_slides(frames, plate, matte, matte if shadow is None else np.maximum(matte, shadow)))
    share = len(slides) / max(1, len(frames) - 1)
    if len(slides) < _PAIRS:
        return Slide(float("nan"), float("nan"), share)
    return Slide(float(np.median(slides)), float(np.max(slides)), share)


def _slides(
    frames: Frames, plate: Frames, matte: NDArray[np.uint8], moving: NDArray[np.uint8]
) -> Iterator[float]:
    for t in range(len(frames) - 1):
        feet, after = _feet(matte[t], moving[t]), _feet(matte[t + 1], moving[t + 1])
        if feet is None or after is None:
            continue
        ground = _motion(_grey(plate[t]), _grey(plate[t + 1]), feet, _free(moving[t + 1]))
        if ground is None or abs(after.place[1] - feet.place[1] - ground[1]) > max(1.0, _LIFT * feet.tall):
            continue
        layer = _motion(_grey(frames[t]), _grey(frames[t + 1]), feet, _free(moving[t + 1]))
        if layer is not None:
            yield float(np.linalg.norm(ground - layer))


def _feet(matte: NDArray[np.uint8], moving: NDArray[np.uint8]) -> _Feet | None:
    """The feet in a frame, and the ground about them; None where nobody's are in it."""
    actor = matte > 127
    rows = np.flatnonzero(actor.any(1))
    height, width = matte.shape
    if not len(rows) or rows[-1] >= height - 2:
        return None
    tall = float(np.ptp(rows) + 1)
    top, bottom = max(0, round(rows[-1] - _ABOVE * tall)), min(height, round(rows[-1] + _BELOW * tall))
    lowest = np.flatnonzero(actor[top:].any(0))
    left = max(0, round(lowest[0] - _BESIDE * tall))
    right = min(width, round(lowest[-1] + _BESIDE * tall))
    about = np.zeros(matte.shape, np.uint8)
    about[top:bottom, left:right] = 255
    about[~_free(moving)] = 0
    return _Feet(np.array([np.median(np.flatnonzero(actor[rows[-1]])), rows[-1]], float), tall, about)


def _free(moving: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate((moving > 5).astype(np.uint8), np.ones((7, 7), np.uint8)) == 0)


def _motion(before: Grey, after: Grey, feet: _Feet, free: NDArray[np.bool_]) -> Point | None:
    """(2,) how the ground at the feet moves; None where that is not sure."""
    corners = cv2.goodFeaturesToTrack(before, 80, 0.02, 3.0, mask=feet.about, blockSize=3)
    if corners is None:
        return None
    start = np.asarray(corners, np.float32).reshape(-1, 2)
    column, row = start.astype(int).T
    start = start[cv2.cornerMinEigenVal(before, 3)[row, column] > _TEXTURE]
    if len(start) < _FEWEST:
        return None
    there = _follow(before, after, start)
    back = _follow(after, before, there)
    height, width = before.shape
    column, row = np.clip(np.round(there), 0, [width - 1, height - 1]).astype(int).T
    good = (np.linalg.norm(back - start, axis=1) < _BACK) & free[row, column]
    return _at_feet(start[good], there[good], feet.place)


def _at_feet(start: Plane, there: Plane, place: Point) -> Point | None:
    """(2,) the motion at ``place`` of the affine motion that most features share."""
    if len(start) < _FEWEST:
        return None
    cv2.setRNGSeed(0)
    _, kept = cv2.estimateAffine2D(start, there, method=cv2.RANSAC, ransacReprojThreshold=_OFF)
    shared = kept.ravel() > 0
    if np.count_nonzero(shared) < max(_FEWEST, _AGREE * len(start)):
        return None
    rows = np.column_stack(
        [start[shared] - place, np.ones(np.count_nonzero(shared))]
    )  # the constant is at the feet
    moved = (there - start)[shared].astype(np.float64)
    affine, _, rank, _ = np.linalg.lstsq(rows, moved, rcond=None)
    if rank < 3:
        return None
    spread = np.sum((moved - rows @ affine) ** 2) / (len(rows) - 3)
    if np.sqrt(spread * np.linalg.inv(rows.T @ rows)[2, 2]) > _SURE:
        return None
    return np.asarray(affine[2], np.float64)


def _follow(before: Grey, after: Grey, points: Plane) -> Plane:
    moved, _, _ = cv2.calcOpticalFlowPyrLK(before, after, points, points.copy(), winSize=(11, 11), maxLevel=3)
    return np.asarray(moved, np.float32).reshape(-1, 2)


def _grey(rgb: NDArray[np.uint8]) -> Grey:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)

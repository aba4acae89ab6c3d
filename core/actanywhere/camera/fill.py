"""What to expect where nothing is known: the smooth continuation of what is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["expect", "fill"]

Picture = NDArray[np.float32]

_CELL = 8
"""Pixels a cell: expectations are smooth, so they are worked out on a small grid."""
_COARSE = 6
"""Cells across the shorter side that are left of a condition whose place in the frame is not known."""


def expect(picture: Picture, known: Picture, condition: Picture) -> Picture:
    """``picture`` (h, w, 3) with its unknown parts filled; where ``known`` (h, w) is 0 everywhere, the condition.

    A condition (hc, wc, 3) that no camera has moved says little more than which colours lie where: it is
    expected without its detail.
    """
    height, width = known.shape
    if known.max() > 0.5:
        return fill(picture, known)
    short = min(height, width)
    coarse = (max(2, round(_COARSE * width / short)), max(2, round(_COARSE * height / short)))
    small = cv2.resize(_cover(condition, width / height), coarse, interpolation=cv2.INTER_AREA)
    return np.clip(
        np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32), 0, 1
    )


def fill(picture: Picture, known: Picture) -> Picture:
    """``picture`` (h, w, 3) where ``known`` (h, w) is 1, a smooth continuation elsewhere (push and pull)."""
    height, width = known.shape
    size = (max(1, width // _CELL), max(1, height // _CELL))
    weight = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.float32)
    colour = np.asarray(
        cv2.resize(picture * known[..., None], size, interpolation=cv2.INTER_AREA), np.float32
    )
    smooth = _pull(colour, weight)
    grown = np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(grown + (picture - grown) * known[..., None], np.float32)


def _pull(colour: Picture, weight: Picture) -> Picture:
    """Weighted means of a grid (h, w, 3), taken from ever coarser grids where the weight is small."""
    own = colour / np.maximum(weight, 1e-6)[..., None]
    if min(weight.shape) <= 1 or weight.min() > 0.9:
        mean = colour.sum((0, 1)) / max(float(weight.sum()), 1e-6)
        return np.asarray(own if weight.min() > 0.1 else np.broadcast_to(mean, colour.shape), np.float32)
    half = (max(1, weight.shape[1] // 2), max(1, weight.shape[0] // 2))
    coarse = _pull(
        np.asarray(cv2.resize(colour, half, interpolation=cv2.INTER_AREA), np.float32),
        np.asarray(cv2.resize(weight, half, interpolation=cv2.INTER_AREA), np.float32),
    )
    size = (weight.shape[1], weight.shape[0])
    beyond = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), np.float32)
    sure = np.clip(weight * 2, 0, 1)[..., None]
    return np.asarray(beyond + (own - beyond) * sure, np.float32)


def _cover(condition: Picture, aspect: float) -> Picture:
    """The middle of the condition, cut to that aspect."""
    height, width = condition.shape[:2]
    w, h = min(width, round(height * aspect)), min(height, round(width / aspect))
    x, y = (width - w) // 2, (height - h) // 2
    return condition[y : y + max(h, 1), x : x + max(w, 1)]

"""Smooth inpainting by pull-push (Gortler et al., 1996): the prefill where nothing is known."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

_CELL = 8
"""Pixels a cell: expectations are smooth, so they are worked out on a small grid."""
_COARSE = 6
"""Cells across the shorter side that are left of a condition whose place in the frame is not known."""


def smooth_prefill(picture: Picture, known: Picture, condition: Picture) -> Picture:
    """``picture`` (h, w, 3) with its unknown parts filled; where ``known`` (h, w) is 0 everywhere, the condition.

    A condition (hc, wc, 3) that no camera has moved says little more than which colours lie where: it is
    expected without its detail.
    """
    height, width = known.shape
    if known.max() > 0:
        return pull_push(picture, known)
    short = min(height, width)
    coarse = (max(2, round(_COARSE * width / short)), max(2, round(_COARSE * height / short)))
    small = cv2.resize(_cover(condition, width / height), coarse, interpolation=cv2.INTER_AREA)
    return np.clip(
        np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32), 0, 1
    )


def pull_push(picture: Picture, known: Picture) -> Picture:
    """``picture`` (h, w, 3) where ``known`` (h, w) is 1, a smooth continuation elsewhere.

    Pulled from ever coarser grids, along the rows first: sky goes on as sky and ground as ground.
    """
    height, width = known.shape
    size = (max(1, width // _CELL), max(1, height // _CELL))
    weight = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.float32)
    colour = np.asarray(
        cv2.resize(picture * known[..., None], size, interpolation=cv2.INTER_AREA), np.float32
    )
    smooth = cv2.GaussianBlur(_pull(colour, weight), (0, 0), 0.7)
    grown = np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(grown + (picture - grown) * known[..., None], np.float32)


def _pull(colour: Picture, weight: Picture) -> Picture:
    """Means of a grid (h, w, 3) of weighted colours, taken from half the grid where the weight is small."""
    rows, columns = weight.shape
    own = colour / np.maximum(weight, 1e-6)[..., None]
    if rows == columns == 1 or weight.min() > 0.9:
        return np.asarray(own, np.float32)
    half = (max(1, columns // 2), rows) if columns > 1 else (1, max(1, rows // 2))
    parts = [np.asarray(cv2.resize(part, half, interpolation=cv2.INTER_AREA)) for part in (colour, weight)]
    # A little blur across the rows, so that a single odd row does not streak.
    soft = [cv2.GaussianBlur(part, (1, 3), 0.5, borderType=cv2.BORDER_REFLECT) for part in parts]
    colours, weights = (np.asarray(part, np.float32).reshape(half[1], half[0], -1) for part in soft)
    coarse = _pull(colours, weights[..., 0])
    beyond = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR).reshape(rows, columns, 3)
    sure = np.clip(weight * 8, 0, 1)[..., None]
    return np.asarray(beyond + (own - beyond) * sure, np.float32)


def _cover(condition: Picture, aspect: float) -> Picture:
    """The middle of the condition, cut to that aspect."""
    height, width = condition.shape[:2]
    w, h = min(width, round(height * aspect)), min(height, round(width / aspect))
    x, y = (width - w) // 2, (height - h) // 2
    return condition[y : y + max(h, 1), x : x + max(w, 1)]

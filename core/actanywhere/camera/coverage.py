"""How well track points cover a frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .fit import Points

CELLS = ("top left", "top", "top right", "bottom left", "bottom", "bottom right")


def spread(points: Points, aspect: float) -> float:
    """Share of the frame that the points' hull covers."""
    if len(points) < 3:
        return 0.0
    return float(cv2.contourArea(cv2.convexHull(points.astype(np.float32)))) / aspect


def by_cell(
    points: Points, agreeing: NDArray[np.bool_], aspect: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many of the points agree, and how many there are, in each sixth of the frame."""
    column = np.clip(np.floor((points[:, 0] / aspect + 0.5) * 3), 0, 2).astype(int)
    cell = column + 3 * (points[:, 1] > 0)
    agree, seen = (
        np.bincount(cell[keep], minlength=6).astype(np.float64) for keep in (agreeing, agreeing | True)
    )
    return agree, seen

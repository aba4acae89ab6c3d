"""Whether a plate shows parallax at all, before a camera is solved: two frames of a turn, or of a plane, are one
homography apart; two views of things at several depths are not.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from .alignment import Shared

_STARTS, _APART = 7, (4, 10)
"""Frames that are compared with later ones, and how much later those are."""
_FEWEST = 40
_PLANE, _LINE = 3.0, 1.0
"""Pixels of 640 by which a point may miss a homography, and its epipolar line."""
_OFF = 0.2
"""Share of the points that keep to their epipolar lines and leave the homography: more is parallax."""
_PAIRS = 0.1
_AT_ONCE = 4


def shows_parallax(shared: Shared, count: int, width: int) -> bool:
    """``shared`` tells what two of ``count`` frames share, which are ``width`` pixels wide."""
    pairs = []
    for apart in _APART:
        last = count - 1 - apart
        starts = np.unique(np.linspace(0, last, _STARTS).astype(int)) if last >= 0 else ()
        pairs += [(int(start), int(start) + apart) for start in starts]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        leaving = pool.map(lambda pair: _leaves_plane(*shared(*pair), width / 640), pairs)
    known = [one for one in leaving if one is not None]
    return bool(known) and sum(known) > _PAIRS * len(known)


def _leaves_plane(there: NDArray[np.float32], here: NDArray[np.float32], unit: float) -> bool | None:
    """Whether two views of the same points are more than one homography; None where that cannot be told."""
    if len(there) < _FEWEST:
        return None
    try:
        _, along = cv2.findFundamentalMat(there, here, cv2.USAC_MAGSAC, _LINE * unit, 0.999, 2000)
        _, flat = cv2.findHomography(
            there, here, cv2.USAC_MAGSAC, _PLANE * unit, maxIters=2000, confidence=0.999
        )
    except cv2.error:  # OpenCV 5 gives up so on some points that suit no model
        return None
    if along is None or flat is None or (epipolar := along.ravel() > 0).sum() < _FEWEST:
        return None
    return bool((epipolar & (flat.ravel() == 0)).sum() > _OFF * epipolar.sum())

"""Whether a fill lays something lower than it is seen anywhere: sky under the horizon, a roof on the road."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .protocol import Picture

_HEIGHT = 96
"""Pixels of the picture's height at which it is looked at."""
_NEAR = 0.06
"""What is seen down to this share of the height above a row may fill it."""
_APART = 8.0
"""Distance in Lab from which on nothing seen is like it."""
_FEWEST = 20
"""Pixels that have to be seen near a row or below it to judge what fills it."""
_SHARE = 0.02
"""Share of the hole from which on it matters."""
_LIKE = 200
"""Pixels laid too low by which the rest of what they are is found."""
_LOWEST = 98.0


def laid_too_low(filled: Picture, hole: NDArray[np.bool_], seen: NDArray[np.bool_]) -> tuple[float, int]:
    """The share of a ``hole`` (h, w) that was ``filled`` (h, w, 3) with what is ``seen`` (h, w) neither at such rows
    nor lower, and the row under which that is seen nowhere.

    0 and 0 where it is too little to matter.
    """
    height, width = hole.shape
    size = (max(1, round(width * _HEIGHT / height)), _HEIGHT)
    lab = np.asarray(cv2.cvtColor(_smaller(np.clip(filled, 0, 1), size), cv2.COLOR_RGB2LAB), np.float32)
    open_, known = (
        _smaller(flags.astype(np.float32), size) > least for flags, least in ((hole, 0.5), (seen, 0.999))
    )
    strange = np.zeros_like(open_)
    near = round(_NEAR * _HEIGHT)
    for row in np.flatnonzero(open_.any(1)):
        there = lab[max(0, row - near) :][known[max(0, row - near) :]]
        if len(there) >= _FEWEST:
            strange[row, open_[row]] = _distance(lab[row, open_[row]], there) > _APART
    share = float(strange.sum() / max(1, open_.sum()))
    if share < _SHARE:
        return 0.0, 0
    sample = lab[strange][:: max(1, strange.sum() // _LIKE)]
    alike = np.nonzero(known)[0][_distance(lab[known], sample) <= _APART]
    lowest = float(np.percentile(alike, _LOWEST)) + 1 if len(alike) else 0.0
    return share, round(lowest * height / _HEIGHT)


def _smaller(picture: Picture, size: tuple[int, int]) -> Picture:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _distance(colours: Picture, others: Picture) -> Picture:
    """(n,) how far each of ``colours`` (n, 3) is from the nearest of ``others``."""
    found = cv2.BFMatcher(cv2.NORM_L2).match(np.ascontiguousarray(colours), np.ascontiguousarray(others))
    return np.array([one.distance for one in found], np.float32)

"""A small picture at plate size, made a few rows at a time."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

_ONE_THREAD = 1 << 18
"""Multiplications up to which OpenBLAS starts no threads."""


class Enlarged:
    """``picture`` (h, w, ...) at (``height``, ``width``), as ``cv2.resize`` makes it, of which only rows are ever made.

    ``way`` is how it is enlarged; it is averaged (INTER_AREA) where it shrinks.
    """

    def __init__(self, picture: Picture, height: int, width: int, way: int) -> None:
        rows, columns = picture.shape[:2]
        way = cv2.INTER_AREA if height < rows and width < columns else way
        self._shape = (width, *picture.shape[2:])
        self._down: Picture | None = None
        if (rows, columns) != (height, width):
            picture = np.asarray(cv2.resize(picture, (width, rows), interpolation=way), np.float32)
            # What each row is made of: the resizing of a picture whose rows are told apart.
            self._down = np.asarray(
                cv2.resize(np.eye(rows, dtype=np.float32), (rows, height), interpolation=way)
            )
        self._across = np.ascontiguousarray(picture, np.float32).reshape(rows, -1)

    def rows(self, part: slice) -> Picture:
        """The rows (n, W, ...) of a ``part`` (start and stop)."""
        if self._down is None:
            return self._across[part].reshape(-1, *self._shape).copy()
        weights = self._down[part]
        used = np.flatnonzero(weights.any(0))
        few = slice(int(used[0]), int(used[-1]) + 1)
        return _product(weights[:, few], self._across[few]).reshape(-1, *self._shape)


def _product(weights: Picture, rows: Picture) -> Picture:
    """``weights @ rows``, in blocks that BLAS leaves to the calling thread.

    Its own threads would wait for one another, burning processor time, when several strips are made at once; and their
    number would change the last bits.
    """
    made = np.empty((len(weights), rows.shape[1]), np.float32)
    step = max(1, _ONE_THREAD // max(1, weights.size))
    for start in range(0, rows.shape[1], step):
        np.matmul(weights, rows[:, start : start + step], out=made[:, start : start + step])
    return made

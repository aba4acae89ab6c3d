"""An engine's picture merged over the moved condition, which stays as it is wherever nothing was painted."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["merge_over"]

Picture = NDArray[np.float32]


def merge_over(painted: Picture, shown: Picture, place: Picture, seen: Picture) -> Picture:
    """The frame (H, W, 3) at plate size.

    ``painted`` (h, w, 3) display and ``shown`` (h, w), 0..1, are the engine's, at its size; ``place`` (H, W, 3) is the
    moved condition and ``seen`` (H, W) where it has the place. Where nothing shows and the place is there, the frame is
    ``place`` to the bit.
    """
    height, width = seen.shape
    over = np.maximum(np.clip(_resized(shown, height, width, cv2.INTER_LINEAR), 0, 1), 1 - seen)
    # Interpolation leaves a trace where there is nothing.
    over = np.where(over < 1 / 512, np.float32(0), over).astype(np.float32)
    if not over.any():
        return place
    large = np.clip(_resized(painted, height, width, cv2.INTER_LANCZOS4), 0, 1)
    merged = place + over[..., None] * (large - place)
    return np.where(over[..., None] > 0, merged, place).astype(np.float32)


def _resized(picture: Picture, height: int, width: int, way: int) -> Picture:
    if picture.shape[:2] == (height, width):
        return np.asarray(picture, np.float32)
    shrinks = height < picture.shape[0]
    made = cv2.resize(
        np.ascontiguousarray(picture), (width, height), interpolation=cv2.INTER_AREA if shrinks else way
    )
    return np.asarray(made, np.float32)

"""The samples that frames give of a pixel, in the order of their brightness: minima and maxima of whole planes."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

_BITS, _LAST, NONE = 5, 1023 << 5, 0xFFFF
"""A sample's number stands in the lowest bits beside its brightness, at most 765; of no use is 1023, and no sample has
the last number."""


def sample_keys(pictures: Sequence[Codes], free: Sequence[Flags]) -> list[NDArray[np.uint16]]:
    """A number for each sample, no two alike at a pixel: the darker come first, and those that are not free last."""
    keys = []
    for number, (picture, seen) in enumerate(zip(pictures, free, strict=True)):
        total = cv2.transform(picture.astype(np.uint16), np.ones((1, 3), np.float32))
        brightness = np.asarray(total, np.uint16)
        keys.append(np.where(seen, brightness << _BITS | number, _LAST | number).astype(np.uint16))
    return keys


def at_ranks(ordered: Sequence[NDArray[np.uint16]], ranks: Codes) -> NDArray[np.uint16]:
    """(h, w) of the sorted keys the one of each pixel's rank."""
    found = np.zeros(ranks.shape, np.uint16)
    for rank, key in enumerate(ordered):
        cv2.copyTo(key, (ranks == rank).view(np.uint8), found)
    return found


def in_order(keys: Sequence[NDArray[np.uint16]]) -> list[NDArray[np.uint16]]:
    """The keys in the order of each pixel's ranks.

    Batcher's odd-even merge sort, plane by plane: minima and maxima of whole planes are quicker than a sort a pixel.
    """
    keys = list(keys)
    count, step = len(keys), 1
    while step < count:
        apart = step
        while apart:
            for start in range(apart % step, count - apart, 2 * apart):
                for one in range(start, min(start + apart, count - apart)):
                    if one // (2 * step) == (one + apart) // (2 * step):
                        above = keys[one], keys[one + apart]
                        keys[one] = np.asarray(cv2.min(*above), np.uint16)
                        keys[one + apart] = np.asarray(cv2.max(*above), np.uint16)
            apart //= 2
        step *= 2
    return keys

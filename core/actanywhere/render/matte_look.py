"""A shot and its matte as a network for stills looks at them, frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

FARTHEST = 24
"""Frames over which something is followed, and kept for."""
HALF = 0.5
_SIDE = 480
"""Pixels of the longer side at which mattes are compared."""
_NEAR = 0.15
"""Of the actor's size: what is farther from them is somebody else."""


class Look:
    """A shot of ``frames`` frames as it is looked at: ``mattes`` (h, w) and ``pictures`` (h, w, 3), display, by frame.

    ``see`` gives a picture's mask (h, w) by the network that is called ``source``.
    """

    def __init__(
        self,
        frames: int,
        mattes: Callable[[int], Picture],
        pictures: Callable[[int], Picture],
        see: Callable[[Picture], Picture],
        source: str,
    ) -> None:
        self.frames, self.source = frames, source
        self._see = see
        self.picture = lru_cache(8)(pictures)
        self.small = lru_cache(FARTHEST)(lambda index: fit(self.picture(index), _SIDE))
        self.matte = lru_cache(2 * FARTHEST)(lambda index: like(mattes(index), self.small(0)))
        self._kept: dict[int, Picture] = {}

    def mask(self, index: int) -> Picture:
        """What the network sees in a frame, small; asked once."""
        if index not in self._kept:
            self._kept[index] = like(self._see(self.picture(index)), self.small(index))
        return self._kept[index]

    def known(self, index: int) -> Picture | None:
        """The same where it was asked before."""
        return self._kept.get(index)

    def closer(self, index: int) -> Picture:
        """What the network sees around the matte of a frame."""
        picture, matte = self.picture(index), self.matte(index)
        mask = np.zeros(picture.shape[:2], np.float32)
        rows, columns = np.nonzero(like(matte, picture) > HALF)
        room = round(max(np.ptp(rows), np.ptp(columns)) / 2)
        view = tuple(slice(max(0, one.min() - room), one.max() + room + 1) for one in (rows, columns))
        mask[view] = self._see(np.ascontiguousarray(picture[view]))
        return like(mask, matte)


def near_actor(matte: Picture) -> Picture:
    """1 on the actor and near them."""
    inside = (matte > HALF).astype(np.uint8)
    side = 2 * max(2, round(_NEAR * float(inside.sum()) ** 0.5)) + 1
    return np.asarray(cv2.dilate(inside, np.ones((side, side), np.uint8)), np.float32)


def only_near(mask: Picture, matte: Picture) -> Picture:
    """A mask (h, w) without what is far from the actor."""
    return np.asarray(mask * near_actor(matte), np.float32)


def fit(picture: Picture, side: int) -> Picture:
    """At most ``side`` pixels long."""
    scale = min(1.0, side / max(picture.shape[:2]))
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def like(picture: Picture, other: Picture) -> Picture:
    """At the size of another."""
    size = (other.shape[1], other.shape[0])
    way = cv2.INTER_AREA if picture.shape[0] > size[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.float32)

"""An image pyramid, sampled at any zoom."""

from __future__ import annotations

from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

_LARGEST = 16 << 20
"""Pixels to which a picture is enlarged at most: larger ones are fine enough, and fill the memory."""


class Pyramid:
    """``picture`` (h, w, 3) 0..1, made smaller, or larger by up to ``enlargement`` powers of two, when asked for."""

    def __init__(self, picture: Picture, enlargement: int = 0) -> None:
        self.size = (picture.shape[0], picture.shape[1])
        while enlargement and self.size[0] * self.size[1] * 4**enlargement > _LARGEST:
            enlargement -= 1
        self._enlargement = enlargement
        self._levels: dict[int, Picture] = {0: np.ascontiguousarray(picture, np.float32)}
        self._blurred: tuple[int, float, Picture] | None = None
        self._blurring = Lock()

    def sample(self, x: Picture, y: Picture, step: float) -> Picture:
        """The picture at places given in its own pixels, averaged over ``step`` pixels when that is above 1.

        The nearest power-of-two size is taken, and the rest of the averaging is a blur whose width follows
        the zoom without a jump, so that a slow zoom does not pop in sharpness. Beyond its borders the picture
        repeats its edge.
        """
        level = int(np.clip(np.floor(np.log2(max(step, 1e-3)) + 1e-6), -self._enlargement, self._deepest()))
        rest = step / 2.0**level
        picture = self._at_level(level) if rest <= 1.02 else self._soft(level, rest)
        sx, sy = picture.shape[1] / self.size[1], picture.shape[0] / self.size[0]
        here_x, here_y = (x + 0.5) * np.float32(sx) - 0.5, (y + 0.5) * np.float32(sy) - 0.5
        flags = cv2.INTER_LANCZOS4 if rest < 1.5 else cv2.INTER_CUBIC
        sampled = cv2.remap(picture, here_x, here_y, flags, borderMode=cv2.BORDER_REPLICATE)
        return np.clip(sampled, 0.0, 1.0, out=np.asarray(sampled, np.float32))

    def _soft(self, level: int, rest: float) -> Picture:
        """The picture at a level, blurred for ``rest`` pixels of it; kept for the other rows of a frame."""
        sigma = float(np.sqrt((min(rest, 4.0) ** 2 - 1.0) / 12.0))
        with self._blurring:  # other rows wait for it, in threads of their own
            kept = self._blurred
            if kept is None or kept[:2] != (level, sigma):
                picture = self._at_level(level)
                blurred = cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
                kept = self._blurred = (level, sigma, np.asarray(blurred, np.float32))
            return kept[2]

    def _deepest(self) -> int:
        return max(0, int(np.log2(min(self.size) / 4)))

    def _at_level(self, level: int) -> Picture:
        """The picture at half, quarter ... size (levels 1, 2 ...) or at twice, four times it (-1, -2)."""
        if level not in self._levels:
            if level < 0:
                size = (self.size[1] * 2**-level, self.size[0] * 2**-level)
                made = cv2.resize(self._levels[0], size, interpolation=cv2.INTER_LANCZOS4)
            else:
                finer = self._at_level(level - 1)
                size = (-(-finer.shape[1] // 2), -(-finer.shape[0] // 2))
                made = cv2.resize(finer, size, interpolation=cv2.INTER_AREA)
            self._levels[level] = np.clip(np.asarray(made, np.float32), 0.0, 1.0)
        return self._levels[level]

"""A pulled shadow as it is laid on a place."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..footage import forget
from .shot_frames import Plane

_TINT = (0.5, 0.0, -0.3)
_DEEPEST = 0.03
_TRUSTED = 4.0
"""A quarter of the light taken, and more: there the pulled shadow alone shades the place."""
_DISPLAY = 1 / 2.2
"""A share of light as a share of a display's code value: nearly so, whatever the value."""


@dataclass(frozen=True)
class PulledShadow:
    """``planes`` (T, h, w) 8-bit: how much of the ground's light the actor's shadow takes in each frame.

    ``strength``, ``blur`` (a share of the frame's height) and ``tint`` (above 0 bluer) are how it is laid on.
    """

    planes: NDArray[np.uint8]
    strength: float = 1.0
    blur: float = 0.0
    tint: float = 0.0

    def at(self, index: int, height: int, width: int) -> Plane:
        """(height, width) 0..1, a share of scene-linear light, at any size, as it was pulled."""
        taken = self.planes[index].astype(np.float32) / 255
        smaller = height < taken.shape[0]
        way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
        return np.asarray(np.clip(cv2.resize(taken, (width, height), interpolation=way), 0, 1), np.float32)

    def forget(self) -> None:
        """Let go of the memory that looking at frames took."""
        forget(self.planes)

    def blurred(self, taken: Plane) -> Plane:
        """What was pulled (h, w) as it is laid on."""
        if not self.blur:
            return taken
        return np.asarray(cv2.GaussianBlur(taken, (0, 0), self.blur * len(taken)), np.float32)

    def under(self, light: Plane, laid: Plane) -> Plane:
        """Scene-linear ``light`` (h, w, 3) under what is ``laid`` (h, w) on it."""
        return np.asarray(light * self._left(laid), np.float32) if laid.any() else light

    def _left(self, laid: Plane) -> Plane:
        """(h, w, 3 or 1) the share of the light that is left."""
        left = np.maximum(1 - laid, _DEEPEST)[..., None]
        if self.strength == 1 and self.tint == 0:
            return np.asarray(left, np.float32)
        return np.asarray(left ** (self.strength * (1 + self.tint * np.array(_TINT, np.float32))), np.float32)

    def trusted(self, painted: Plane, place: Plane, index: int) -> Plane:
        """What was ``painted`` (h, w, 3), but where the shadow lies the ``place``: nothing is shaded there twice."""
        share = np.clip(_TRUSTED * self.at(index, *painted.shape[:2]), 0, 1)[..., None]
        return np.asarray(painted + share * (place - painted), np.float32)

    def on_display(self, picture: Plane, index: int) -> Plane:
        """A display ``picture`` (h, w, 3) under the shadow."""
        left = self._left(self.blurred(self.at(index, *picture.shape[:2])))
        return np.asarray(picture * left**_DISPLAY, np.float32)

    def off_display(self, picture: Plane, index: int) -> Plane:
        """A display ``picture`` (h, w, 3), 0..1, that lay under the shadow, without it."""
        left = self._left(self.blurred(self.at(index, *picture.shape[:2]))) ** _DISPLAY
        return np.asarray(np.clip(picture / left, 0, 1), np.float32)

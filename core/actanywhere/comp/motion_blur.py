"""A layer blurred along the camera's motion, as a shutter blurs what the camera sees."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import JobError

Picture = NDArray[np.float32]

AUTO, OFF = "auto", "off"
_LEAST = 0.5
"""Pixels that something has to move while the shutter is open: less is not seen, and nothing is changed."""
_MOST = 128
"""Samples at most; longer streaks than so many pixels are sampled more coarsely."""


@dataclass(frozen=True)
class Streaks:
    """``before`` and ``after`` (h, w, 2), in pixels of a frame of any larger size: how far from each pixel of the frame
    before (after) what it shows lies in this frame. ``opened`` 0..1 is the share of a frame's time in which the shutter
    is open, half of it before the middle of the frame and half after.
    """

    before: Picture
    after: Picture
    opened: float

    @property
    def longest(self) -> float:
        """In pixels."""
        ways = np.linalg.norm(self.before, axis=-1) + np.linalg.norm(self.after, axis=-1)
        return self.opened / 2 * float(ways.max())

    @property
    def seen(self) -> bool:
        """Whether anything moves so far that a blur is seen."""
        return self.longest >= _LEAST

    def sized(self, height: int, width: int) -> Streaks:
        """The same, known of every pixel of a frame (height, width)."""
        before, after = (
            np.asarray(cv2.resize(way, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
            for way in (self.before, self.after)
        )
        return Streaks(before, after, self.opened)

    def rows(self, light: Picture, part: slice) -> Picture:
        """The rows (n, W, 3) of a ``part`` of a layer, blurred, scene-linear; ``light`` (H, W, 3) is the whole layer,
        ``squeezed``, and these streaks have to be ``sized`` as it is.

        Beyond the frame's borders its edge is repeated.
        """
        count = min(_MOST, int(np.ceil(self.longest)) + 1)
        x = np.arange(light.shape[1], dtype=np.float32)[None]
        y = np.arange(part.start, part.stop, dtype=np.float32)[:, None]
        before, after = self.before[part], self.after[part]
        total = np.zeros((part.stop - part.start, *light.shape[1:]), np.float32)
        for time in ((np.arange(count) + 0.5) / count - 0.5) * self.opened:
            way = np.float32(abs(time)) * (before if time < 0 else after)
            total += cv2.remap(
                light, x + way[..., 0], y + way[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        total /= np.float32(count)
        return np.where(total > 1, np.exp(np.maximum(total, 1) - 1), total)


def squeezed(light: Picture) -> Picture:
    """Scene-linear ``light`` with what is brighter than a display's white as a logarithm.

    The view's inverse gives 128 for display white. Averaged as it is, a white sky would eat all that stands before it.
    """
    return np.where(light > 1, 1 + np.log(np.maximum(light, 1)), light) if light.max() > 1 else light


def read_shutter(text: str) -> float | str:
    """The shutter in degrees that an artist's setting gives, or ``AUTO`` or ``OFF``. Raises ``JobError``."""
    said = text.strip().lower()
    if said in (AUTO, OFF):
        return said
    try:
        degrees = float(said)
    except ValueError:
        degrees = 0.0
    if not 0 < degrees <= 360:
        raise JobError(
            f"shutter is '{text}'; it must be auto, off, or degrees, above 0 and up to 360.",
            "Such as 180, or off.",
        )
    return degrees

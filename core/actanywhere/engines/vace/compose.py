"""Matches the network's colours to the moved picture, and shows its painting only where nothing was known.

A VACE model shifts the light of what it was told to keep, constantly and slightly, and that of what it paints with it.
So its colours are fitted on what it was told: a gain and an offset for each channel, in linear light, over neighbouring
frames together. What it was told is never shown as it painted it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .control import ControlFrame

Picture = NDArray[np.float32]

_AWAY = 9
"""Pixels from the unknown within which what is known is not compared: the autoencoder mixes the two there."""
_NEAR = 12
"""Frames before and after that are fitted together."""
_FEW = 0.002
"""Share of known pixels below which nothing is fitted."""


class ColourMatch:
    """Gathers what the network made of known pixels, frame by frame, and says how to take the shift back."""

    def __init__(self, frames: int) -> None:
        self._sums = np.zeros((frames, 3, 5))

    def add(self, index: int, painted: Picture, control: ControlFrame) -> None:
        """Compare ``painted`` (h, w, 3), 0..1, with what the network was told of that frame."""
        kernel = np.ones((2 * _AWAY + 1, 2 * _AWAY + 1), np.uint8)
        known = np.asarray(cv2.dilate(control.unknown.astype(np.uint8), kernel)) == 0
        if known.mean() < _FEW:
            return
        x, y = (_linear(picture[known]).astype(np.float64) for picture in (painted, control.picture))
        self._sums[index] = np.stack(
            [np.full(3, len(x)), x.sum(0), y.sum(0), (x * x).sum(0), (x * y).sum(0)], axis=1
        )

    def fit(self, index: int) -> tuple[Picture, Picture]:
        """Gain (3,) and offset (3,), in linear light, for a frame; 1 and 0 where nothing near it was known."""
        sums = self._sums[max(0, index - _NEAR) : index + _NEAR + 1].sum(0)
        if sums[0, 0] == 0:
            sums = self._sums.sum(0)
        if sums[0, 0] == 0:
            return np.ones(3, np.float32), np.zeros(3, np.float32)
        count, x, y, xx, xy = sums.T
        variance = xx / count - (x / count) ** 2
        covariance = xy / count - x * y / count**2
        # Where what is known is flat, the gain cannot be told from the offset and stays 1.
        gain = np.clip((covariance + 1e-4) / (variance + 1e-4), 0.5, 2.0)
        offset = y / count - gain * x / count
        return gain.astype(np.float32), offset.astype(np.float32)

    def apply(self, index: int, painted: Picture) -> Picture:
        """``painted`` in the colours of what it lies in, 0..1."""
        gain, offset = self.fit(index)
        return _encoded(np.clip(_linear(painted) * gain + offset, 0, 1))


def fill_core(picture: Picture, core: NDArray[np.bool_]) -> Picture:
    """``picture`` with ``core`` filled from around it, smoothly: the layer never shows the actor."""
    if not core.any() or core.all():
        return picture
    outside = (~core).astype(np.float32)
    filled, weight = picture * outside[..., None], outside
    levels = [(filled, weight)]
    while max(weight.shape) > 1:
        size = (max(1, weight.shape[1] // 2), max(1, weight.shape[0] // 2))
        weight = np.asarray(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), np.float32)
        filled = np.asarray(cv2.resize(filled, size, interpolation=cv2.INTER_AREA), np.float32)
        levels.append((filled, weight))
    result = levels[-1][0] / np.maximum(levels[-1][1], 1e-6)[..., None]
    for filled, weight in reversed(levels[:-1]):
        size = (weight.shape[1], weight.shape[0])
        below = np.asarray(cv2.resize(result, size, interpolation=cv2.INTER_LINEAR), np.float32)
        result = filled + (1 - weight)[..., None] * below.reshape(filled.shape)
    return np.where(core[..., None], result, picture).astype(np.float32)


def _linear(display: Picture) -> Picture:
    low = display / 12.92
    high = ((np.maximum(display, 0) + 0.055) / 1.055) ** 2.4
    return np.asarray(np.where(display <= 0.04045, low, high), np.float32)


def _encoded(linear: Picture) -> Picture:
    high = 1.055 * np.maximum(linear, 1e-8) ** (1 / 2.4) - 0.055
    return np.asarray(np.where(linear <= 0.0031308, linear * 12.92, high), np.float32)

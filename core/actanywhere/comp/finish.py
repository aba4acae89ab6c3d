"""The generated frame at plate size, with the condition's full-resolution detail.

The network paints a small picture. Where the moved condition is valid, its own full-size detail is laid
under the light and shade that the network painted; elsewhere the small picture is enlarged.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..distance import distance_inside
from .enlarged import Enlarged
from .over import in_three

Picture = NDArray[np.float32]

_BLACK = 0.04
"""Added before taking ratios, so that noise in the blacks is not mistaken for light."""
_STRONGEST = 2.0
"""Largest shading, as the logarithm of a ratio, either way."""
_CODING = 0.03
"""Shading as small as this is the autoencoder's own error and is held back."""


class Finish:
    """A frame (H, W, 3) at plate size, display 0..1, made a few rows at a time.

    ``generated`` and ``backdrop_small`` (h, w, 3) are the network's frame and the moved condition at its size,
    ``known_small`` (h, w) where that condition may be relied on, and is not hidden by the actor; ``known_full`` (H, W)
    the same at plate size. ``detail``, 0..1: how much of the condition's own detail is used; at 0 it only leads the
    edges of the enlarged picture.
    """

    def __init__(
        self,
        generated: Picture,
        backdrop_small: Picture,
        known_small: Picture,
        known_full: Picture,
        detail: float = 1.0,
    ) -> None:
        height, width = known_full.shape

        def large(picture: Picture, way: int = cv2.INTER_LINEAR) -> Enlarged:
            return Enlarged(picture, height, width, way)

        self._detail = detail
        self._generated = large(generated, cv2.INTER_LANCZOS4)
        self._known = bool((known_small > 0.01).any())
        if not self._known:
            return
        shading = _shading(generated, backdrop_small, known_small)
        self._shading = large(shading)
        self._agrees = large(_agreement(generated, backdrop_small, shading, known_small))
        self._share = _feathered(known_full, 2.0 * height / generated.shape[0])
        if detail < 1.0:
            weight = np.maximum(known_small, 1e-4).astype(np.float32)
            # The edges of the full-size condition lead: He and Sun's fast guided filter.
            self._line = [large(part) for part in _local_line(generated, backdrop_small, weight, 2, 1e-4)]

    def rows(self, part: slice, backdrop: Picture) -> Picture:
        """The rows (n, W, 3) of a ``part`` (start and stop); ``backdrop`` (n, W, 3) is the moved condition there."""
        made = _bounded(self._generated.rows(part))
        if not self._known:
            return made
        share = self._share[part] * _bounded(self._agrees.rows(part))
        own = backdrop + _BLACK
        own *= cv2.exp(self._shading.rows(part))
        own -= _BLACK
        own = _bounded(own)
        if self._detail < 1.0:
            slope, offset = (one.rows(part) for one in self._line)
            led = _bounded(slope * backdrop + offset)
            own = self._detail * own + (1.0 - self._detail) * led
        own -= made
        own *= in_three(share)
        made += own
        return made


def finish_frame(
    generated: Picture,
    backdrop_small: Picture,
    known_small: Picture,
    backdrop_full: Picture,
    known_full: Picture,
    detail: float = 1.0,
) -> Picture:
    """The whole frame (H, W, 3) of a ``Finish``; ``backdrop_full`` (H, W, 3) is the moved condition at plate size."""
    finish = Finish(generated, backdrop_small, known_small, known_full, detail)
    return finish.rows(slice(0, len(known_full)), backdrop_full)


def _bounded(picture: Picture) -> Picture:
    """The picture itself, within 0..1."""
    return np.clip(picture, 0.0, 1.0, out=picture)


def _shade(picture: Picture, shading: Picture) -> Picture:
    """``picture`` in other light: multiplied by the exponential of ``shading``."""
    return np.asarray(np.clip((picture + _BLACK) * np.exp(shading) - _BLACK, 0.0, 1.0), np.float32)


def _shading(generated: Picture, backdrop: Picture, known: Picture) -> Picture:
    """(h, w, 3) logarithm of the light that the network added to the condition, free of coding error.

    Twice filtered, the second time led by the first's result: soft shades and their edges stay, what
    flickers from pixel to pixel does not. What is not known takes no part and gets no shade of its own.
    """
    radius = max(2, round(generated.shape[0] / 64))
    raw = np.log((np.maximum(generated, 0.0) + _BLACK) / (np.maximum(backdrop, 0.0) + _BLACK))
    raw = np.clip(raw, -_STRONGEST, _STRONGEST).astype(np.float32) * (known > 0.01)[..., None]
    weight = np.maximum(known, 1e-4).astype(np.float32)
    soft = _mean(raw, weight, max(1, radius // 2))
    smooth = _guided(raw, soft, weight, radius, 0.06**2)
    kept = smooth**2 / (smooth**2 + _CODING**2)
    return np.asarray(smooth * kept, np.float32)


def _agreement(generated: Picture, backdrop: Picture, shading: Picture, known: Picture) -> Picture:
    """(h, w) 1 where the shaded condition is what was generated, 0 where something else was painted.

    Compared without fine detail, which the network's picture lacks anyway. Shading of a strong colour is a
    new object, not light.
    """
    radius = max(2, round(generated.shape[0] / 64))
    weight = np.maximum(known, 1e-4).astype(np.float32)
    apart = _largest(np.abs(_mean(generated - _shade(backdrop, shading), weight, radius // 2)))
    far = _mean(apart[..., None], weight, radius)[..., 0]
    coloured = _mean((_largest(shading) + _largest(-shading))[..., None], weight, radius)[..., 0]
    agrees = (1.0 - _ramp(far, 0.06, 0.16)) * (1.0 - _ramp(coloured, 0.5, 1.0))
    # Where the actor hides the place nothing contradicts the condition: the layer goes on behind them.
    return np.asarray(np.where(known > 0.01, agrees, 1.0), np.float32)


def _largest(picture: Picture) -> Picture:
    """(h, w) the largest of three channels, many times as fast as ``max`` over so short an axis."""
    red, green, blue = cv2.split(picture)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.float32)


def _ramp(value: Picture, low: float, high: float) -> Picture:
    step = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(step * step * (3.0 - 2.0 * step), np.float32)


def _mean(picture: Picture, weight: Picture, radius: int) -> Picture:
    """Weighted mean over a square, each channel."""
    size = (2 * radius + 1, 2 * radius + 1)
    above = cv2.boxFilter(
        picture * weight[..., None], -1, size, normalize=True, borderType=cv2.BORDER_REFLECT
    )
    below = cv2.boxFilter(weight, -1, size, normalize=True, borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.reshape(above, picture.shape) / np.asarray(below)[..., None], np.float32)


def _local_line(
    picture: Picture, backdrop: Picture, weight: Picture, radius: int, noise: float
) -> tuple[Picture, Picture]:
    """Slope and offset by which ``backdrop`` gives ``picture`` around every pixel, channel by channel."""
    mean_g, mean_p = _mean(backdrop, weight, radius), _mean(picture, weight, radius)
    variance = np.maximum(_mean(backdrop * backdrop, weight, radius) - mean_g * mean_g, 0.0)
    covariance = _mean(backdrop * picture, weight, radius) - mean_g * mean_p
    slope = np.asarray(covariance / (variance + noise), np.float32)
    offset = np.asarray(mean_p - slope * mean_g, np.float32)
    return _mean(slope, weight, radius), _mean(offset, weight, radius)


def _guided(picture: Picture, backdrop: Picture, weight: Picture, radius: int, noise: float) -> Picture:
    slope, offset = _local_line(picture, backdrop, weight, radius, noise)
    return np.asarray(slope * backdrop + offset, np.float32)


def _feathered(known: Picture, width: float) -> Picture:
    """``known`` with a soft rim, ``width`` pixels wide, inside its border: outside of it nothing is known."""
    inside = known > 0.5
    if inside.all():
        return known if known.max() <= 1 else np.asarray(np.minimum(known, 1.0), np.float32)
    ramp = _ramp(distance_inside(inside), 0.0, max(width, 1.0))
    return np.asarray(np.clip(known, 0.0, 1.0) * ramp, np.float32)

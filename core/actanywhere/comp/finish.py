"""The generated frame at plate size.

The network paints a small picture. Where the moved condition is valid, its own full-size detail is laid
under the light and shade that the network painted; elsewhere the small picture is enlarged.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["finish_frame"]

Picture = NDArray[np.float32]

_BLACK = 0.04
"""Added before taking ratios, so that noise in the blacks is not mistaken for light."""
_STRONGEST = 2.0
"""Largest shading, as the logarithm of a ratio, either way."""
_CODING = 0.03
"""Shading as small as this is the autoencoder's own error and is held back."""


def finish_frame(
    generated: Picture,
    guide_small: Picture,
    known_small: Picture,
    guide_full: Picture,
    known_full: Picture,
    detail: float = 1.0,
) -> Picture:
    """The frame (H, W, 3) at plate size, display 0..1.

    ``generated`` and ``guide_small`` (h, w, 3) are the network's frame and the moved condition at its size,
    ``known_small`` (h, w) where that condition may be relied on, and is not hidden by the actor; ``guide_full``
    (H, W, 3) and ``known_full`` (H, W) the same at plate size. ``detail``, 0..1: how much of the condition's own
    detail is used; at 0 it only leads the edges of the enlarged picture.
    """
    height, width = known_full.shape
    enlarged = np.clip(_resize(generated, height, width, cv2.INTER_LANCZOS4), 0.0, 1.0)
    if not (known_small > 0.01).any():
        return np.asarray(enlarged, np.float32)
    shading = _shading(generated, guide_small, known_small)
    agrees = _agreement(generated, guide_small, shading, known_small)
    share = _feathered(known_full, 2.0 * height / generated.shape[0])
    share = (share * np.clip(_resize(agrees, height, width, cv2.INTER_LINEAR), 0.0, 1.0))[..., None]
    own = _shade(guide_full, _resize(shading, height, width, cv2.INTER_LINEAR))
    if detail < 1.0:
        led = _lead_edges(generated, guide_small, known_small, guide_full)
        own = detail * own + (1.0 - detail) * led
    return np.asarray(enlarged + share * (own - enlarged), np.float32)


def _resize(picture: Picture, height: int, width: int, enlarge: int) -> Picture:
    if picture.shape[:2] == (height, width):
        return picture
    smaller = height < picture.shape[0] and width < picture.shape[1]
    made = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if smaller else enlarge)
    return np.asarray(made, np.float32)


def _shade(picture: Picture, shading: Picture) -> Picture:
    """``picture`` in other light: multiplied by the exponential of ``shading``."""
    return np.asarray(np.clip((picture + _BLACK) * np.exp(shading) - _BLACK, 0.0, 1.0), np.float32)


def _shading(generated: Picture, guide: Picture, known: Picture) -> Picture:
    """(h, w, 3) logarithm of the light that the network added to the condition, free of coding error.

    Twice filtered, the second time led by the first's result: soft shades and their edges stay, what
    flickers from pixel to pixel does not. What is not known takes no part and gets no shade of its own.
    """
    radius = max(2, round(generated.shape[0] / 64))
    raw = np.log((np.maximum(generated, 0.0) + _BLACK) / (np.maximum(guide, 0.0) + _BLACK))
    raw = np.clip(raw, -_STRONGEST, _STRONGEST).astype(np.float32) * (known > 0.01)[..., None]
    weight = np.maximum(known, 1e-4).astype(np.float32)
    soft = _mean(raw, weight, max(1, radius // 2))
    smooth = _guided(raw, soft, weight, radius, 0.06**2)
    kept = smooth**2 / (smooth**2 + _CODING**2)
    return np.asarray(smooth * kept, np.float32)


def _agreement(generated: Picture, guide: Picture, shading: Picture, known: Picture) -> Picture:
    """(h, w) 1 where the shaded condition is what was generated, 0 where something else was painted.

    Compared without fine detail, which the network's picture lacks anyway. Shading of a strong colour is a
    new object, not light.
    """
    radius = max(2, round(generated.shape[0] / 64))
    weight = np.maximum(known, 1e-4).astype(np.float32)
    apart = np.abs(_mean(generated - _shade(guide, shading), weight, radius // 2)).max(axis=2)
    far = _mean(apart[..., None], weight, radius)[..., 0]
    coloured = _mean(np.ptp(shading, axis=2)[..., None], weight, radius)[..., 0]
    agrees = (1.0 - _ramp(far, 0.06, 0.16)) * (1.0 - _ramp(coloured, 0.5, 1.0))
    # Where the actor hides the place nothing contradicts the condition: the layer goes on behind them.
    return np.asarray(np.where(known > 0.01, agrees, 1.0), np.float32)


def _ramp(value: Picture, low: float, high: float) -> Picture:
    step = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(step * step * (3.0 - 2.0 * step), np.float32)


def _lead_edges(generated: Picture, guide_small: Picture, known: Picture, guide_full: Picture) -> Picture:
    """``generated`` enlarged by the edges of the full-size condition (He and Sun's fast guided filter)."""
    height, width = guide_full.shape[:2]
    weight = np.maximum(known, 1e-4).astype(np.float32)
    slope, offset = _local_line(generated, guide_small, weight, 2, 1e-4)
    slope, offset = (_resize(part, height, width, cv2.INTER_LINEAR) for part in (slope, offset))
    return np.asarray(np.clip(slope * guide_full + offset, 0.0, 1.0), np.float32)


def _mean(picture: Picture, weight: Picture, radius: int) -> Picture:
    """Weighted mean over a square, each channel."""
    size = (2 * radius + 1, 2 * radius + 1)
    above = cv2.boxFilter(
        picture * weight[..., None], -1, size, normalize=True, borderType=cv2.BORDER_REFLECT
    )
    below = cv2.boxFilter(weight, -1, size, normalize=True, borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.reshape(above, picture.shape) / np.asarray(below)[..., None], np.float32)


def _local_line(
    picture: Picture, guide: Picture, weight: Picture, radius: int, noise: float
) -> tuple[Picture, Picture]:
    """Slope and offset by which ``guide`` gives ``picture`` around every pixel, channel by channel."""
    mean_g, mean_p = _mean(guide, weight, radius), _mean(picture, weight, radius)
    variance = np.maximum(_mean(guide * guide, weight, radius) - mean_g * mean_g, 0.0)
    covariance = _mean(guide * picture, weight, radius) - mean_g * mean_p
    slope = np.asarray(covariance / (variance + noise), np.float32)
    offset = np.asarray(mean_p - slope * mean_g, np.float32)
    return _mean(slope, weight, radius), _mean(offset, weight, radius)


def _guided(picture: Picture, guide: Picture, weight: Picture, radius: int, noise: float) -> Picture:
    slope, offset = _local_line(picture, guide, weight, radius, noise)
    return np.asarray(slope * guide + offset, np.float32)


def _feathered(known: Picture, width: float) -> Picture:
    """``known`` with a soft rim, ``width`` pixels wide, inside its border: outside of it nothing is known."""
    inside = (known > 0.5).astype(np.uint8)
    if inside.all():
        return np.asarray(np.clip(known, 0.0, 1.0), np.float32)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ramp = _ramp(np.asarray(depth, np.float32), 0.0, max(width, 1.0))
    return np.asarray(np.clip(known, 0.0, 1.0) * ramp, np.float32)

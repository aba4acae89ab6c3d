"""How red what is dark is: a shadow is lit by the blue sky; wet sand, mud and brown things are redder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]

_FINER = 60
"""Steps of a code that keeps how much bluer something is, a logarithm."""
_LAID, _FAINT = 25, 10
"""Of 255, a tenth of the light; and what still belongs to a part of the shadow."""
_BESIDE = 0.01
"""How far beside the actor, as a share of the frame's height, what is dark still lies at them."""
_SMALLEST, _OTHER = 60, 0.5
"""Pixels of the smallest part that is looked at by itself; and by how much it is redder than the shadow, as a share of
its depth, where it is another thing. Parts of shadows differ by 0.3 at most on the clips that were looked at."""


def as_codes(bluer: NDArray[np.float32]) -> Codes:
    """How much ``bluer`` (h, w) something is, a logarithm, in 8 bits."""
    return np.asarray(np.round(np.clip(bluer * _FINER + 128, 0, 255)), np.uint8)


def redness(plane: Codes, dark: Codes, bluer: Codes) -> tuple[float, float]:
    """By how much a frame's shadow (h, w) is redder than the light, as a share of its depth, and the distance between
    the quartiles of its pixels. ``dark`` (h, w) is what the frame lacks, of 255, and ``bluer`` (h, w) its colour.
    """
    found = _of_pixels(plane, dark, bluer)
    if not len(found):
        return 0.0, 0.0
    low, middle, high = np.percentile(found, [25, 50, 75])
    return float(middle), float(high - low)


def leave_out_redder(
    planes: Codes, dark: Codes, bluer: Codes, actor: Callable[[int], NDArray[np.bool_]], frames: Sequence[int]
) -> None:
    """Take out of the ``planes`` (T, h, w), in ``frames``, parts that are much redder than the shadow mostly is.

    What lies at the ``actor`` (h, w) stays: they throw light of their own colour on it.
    """
    usual = [
        found for found in (_of_pixels(planes[one], dark[one], bluer[one]) for one in frames) if len(found)
    ]
    if not usual:
        return
    limit = float(np.median(np.concatenate(usual))) + _OTHER
    for index in frames:
        laid = planes[index] > _FAINT
        wide = 2 * max(1, round(_BESIDE * len(laid))) + 1
        near = cv2.dilate(actor(index).astype(np.uint8), np.ones((wide, wide), np.uint8)) > 0
        number, labels, stats, _ = cv2.connectedComponentsWithStats(laid.astype(np.uint8), connectivity=8)
        for part in range(1, number):
            if stats[part, cv2.CC_STAT_AREA] < _SMALLEST:
                continue
            mine = labels == part
            if (mine & near).any():
                continue
            found = _of_pixels(np.where(mine, planes[index], np.uint8(0)), dark[index], bluer[index])
            if len(found) and float(np.median(found)) > limit:
                planes[index][mine] = 0


def _of_pixels(plane: Codes, dark: Codes, bluer: Codes) -> NDArray[np.float32]:
    laid = (plane > _LAID) & (dark > _LAID)
    depth = -np.log(1 - np.minimum(dark[laid], 254) / np.float32(255))
    return np.asarray((np.float32(128) - bluer[laid]) / _FINER / depth, np.float32)

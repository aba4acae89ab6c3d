"""Parts of what is dark that are not like the rest of the shadow: redder, much fainter or deeper.

A shadow is lit by the blue sky; wet sand, mud and brown things are redder. What is much fainter is a ground that the
clean plate was not laid on well, and what is much deeper somebody whom the matte leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Flags = NDArray[np.bool_]

_FINER = 60
"""Steps of a code that keeps how much bluer something is, a logarithm."""
_LAID, _FAINT = 25, 10
"""Of 255, a tenth of the light; and what still belongs to a part of the shadow."""
_BESIDE = 0.01
"""How far beside the actor, as a share of the frame's height, what is dark still lies at them."""
_GRAINS = 0.01
"""How far apart, as a share of the frame's height, the grains of a part are."""
_SMALLEST, _OTHER, _FAINTER, _DEEPER = 60, 0.5, 0.5, 3.0
"""Pixels of the smallest part that is looked at by itself; by how much it is redder than the shadow, as a share of its
depth, and how many times as deep it is at most, or at least, where it is another thing. Parts of shadows differ by 0.3
at most on the clips looked at, and are 0.6 to 2.2 times as deep; somebody's clothes 3.8 times and more."""


def as_codes(bluer: NDArray[np.float32]) -> Codes:
    """How much ``bluer`` (h, w) something is, a logarithm, in 8 bits."""
    return np.asarray(np.round(np.clip(bluer * _FINER + 128, 0, 255)), np.uint8)


def redness(plane: Codes, dark: Codes, bluer: Codes) -> tuple[float, float]:
    """By how much a frame's shadow (h, w) is redder than the light, as a share of its depth, and the distance between
    the quartiles of its pixels. ``dark`` (h, w) is what the frame lacks, of 255, and ``bluer`` (h, w) its colour.
    """
    found = _redness(plane, dark, bluer)
    if not len(found):
        return 0.0, 0.0
    low, middle, high = np.percentile(found, [25, 50, 75])
    return float(middle), float(high - low)


def leave_out_unlike(
    planes: Codes, dark: Codes, bluer: Codes, actor: Callable[[int], Flags], frames: Sequence[int]
) -> None:
    """Take out of the ``planes`` (T, h, w), in ``frames``, parts redder or of another depth than the shadow mostly is.

    What lies at the ``actor`` (h, w) stays: they throw light of their own colour on it. How deep the shadow mostly is
    that tells alone.
    """
    red, deep = [], []
    for index in frames:
        red.append(_redness(planes[index], dark[index], bluer[index]))
        deep += [planes[index][mine] for mine, at_actor in _parts(planes[index], actor(index)) if at_actor]
    if not sum(map(len, red)):
        return
    reddest = float(np.median(np.concatenate(red))) + _OTHER
    usual = _usual(np.concatenate(deep)) if deep else 0.0
    faintest, deepest = _FAINTER * usual, _DEEPER * usual or 255
    for index in frames:
        for mine, at_actor in _parts(planes[index], actor(index), deepest):
            if not at_actor:  # the shadow may join it to them
                planes[index][cv2.dilate(mine.astype(np.uint8), _square(_GRAINS, mine)) > 0] = 0
        for mine, at_actor in _parts(planes[index], actor(index)):
            if at_actor:
                continue
            part = np.where(mine, planes[index], np.uint8(0))
            if _usual(part) < faintest or redness(part, dark[index], bluer[index])[0] > reddest:
                planes[index][mine] = 0


def _parts(plane: Codes, actor: Flags, above: float = _FAINT) -> Iterator[tuple[Flags, bool]]:
    """Each part (h, w) of a frame's shadow deeper than ``above`` that is not too small to tell, with its grains; and
    whether it is at the ``actor``.
    """
    laid = plane > above
    near = cv2.dilate(actor.astype(np.uint8), _square(_BESIDE, actor)) > 0
    joined = cv2.morphologyEx(laid.astype(np.uint8), cv2.MORPH_CLOSE, _square(_GRAINS, actor))
    number, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for part in range(1, number):
        if stats[part, cv2.CC_STAT_AREA] >= _SMALLEST:
            mine = (labels == part) & laid
            yield mine, bool((mine & near).any())


def _square(share: float, plane: Flags) -> Codes:
    wide = 2 * max(1, round(share * len(plane))) + 1
    return np.ones((wide, wide), np.uint8)


def _usual(taken: Codes) -> float:
    """How much of the light, of 255, the shadow takes in the median; 0 where there is none."""
    laid = taken[taken > _LAID]
    return float(np.median(laid)) if len(laid) else 0.0


def _redness(plane: Codes, dark: Codes, bluer: Codes) -> NDArray[np.float32]:
    laid = (plane > _LAID) & (dark > _LAID)
    depth = -np.log(1 - np.minimum(dark[laid], 254) / np.float32(255))
    return np.asarray((np.float32(128) - bluer[laid]) / _FINER / depth, np.float32)

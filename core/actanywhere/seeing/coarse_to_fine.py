"""A large hole painted coarse to fine by a network of one size: the whole of it small, then crops of each larger size.

The known way to have a fixed network paint in high resolution: LaMa's refinement goes up a pyramid of pictures and
holds each level to the one before (Kulshreshtha et al., 2022); painting tools such as IOPaint run it on crops. Here
each level is twice the one before. Its crops overlap, and see what is known or was painted already, and beyond that
the coarser level. A crop brings detail where it agrees with the coarser level, and no other colour or structure: where
it disagrees, that level stays. The same picture gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ..inpaint.gradient_blend import blend_gradients
from .protocol import Picture

Flags = NDArray[np.bool_]
Box = tuple[slice, slice]
Painter = Callable[[Picture, Flags], Picture]

_BESIDE = 4
"""Pixels painted beside the hole of the coarsest level: how much lighter they become than they are tells of a cast."""
_BEYOND = 1 / 16
"""Painted beyond a tile where only the coarser level is there, as a share of a crop's side, and then painted again."""
_ALIKE, _UNLIKE = 0.04, 0.08
"""Difference from the coarser level, in display values, up to which a crop's detail is taken whole, and from which not
at all."""
_ABOUT = 6.0
"""Standard deviation, in pixels, of the blur under which the two are compared: texture may differ."""
_GRAIN = 1.0
"""Standard deviation, in pixels, of the blur below which detail is grain."""


def paint_coarse_to_fine(picture: Picture, open_: Flags, paint: Painter, side: int) -> Picture:
    """``picture`` (h, w, 3) display, larger than ``side``, painted where it is ``open_`` (h, w), with detail and grain.

    ``paint`` gets a picture of at most ``side`` pixels a side and where it is open, and gives the whole of it painted.
    """
    height, width = open_.shape
    scale = side / max(height, width)
    level, hole = _level(picture, open_, scale)
    answer = paint(level, _grown(hole, _BESIDE))
    made = answer + _light(level, answer, hole)
    while scale < 1:
        scale = min(1.0, 2 * scale)
        level, hole = _level(picture, open_, scale)
        size = hole.shape[::-1]
        larger = np.asarray(cv2.resize(made, size, interpolation=cv2.INTER_CUBIC), np.float32)
        made = _in_tiles(np.where(hole[..., None], np.clip(larger, 0, 1), level), hole, paint, side)
    return made + _missing_grain(picture, open_, made)


def _level(picture: Picture, open_: Flags, scale: float) -> tuple[Picture, Flags]:
    """Both made smaller by ``scale``."""
    if scale == 1:
        return picture, open_
    size = (max(1, round(open_.shape[1] * scale)), max(1, round(open_.shape[0] * scale)))
    share = np.asarray(cv2.resize(open_.astype(np.float32), size, interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32), share > 0.001


def _in_tiles(coarse: Picture, open_: Flags, paint: Painter, side: int) -> Picture:
    """A level (h, w, 3), ``coarse`` where it is ``open_`` (h, w), painted there crop by crop."""
    height, width = open_.shape
    more = (0, max(0, side - height), 0, max(0, side - width))
    coarse = np.asarray(cv2.copyMakeBorder(coarse, *more, cv2.BORDER_REFLECT), np.float32)
    left = np.pad(open_, ((0, more[1]), (0, more[3])))
    made = coarse.copy()
    for tile in _tiles(left, side // 2):
        crop = _around(tile, left.shape, side)
        own = np.zeros((side, side), bool)
        own[tuple(slice(t.start - c.start, t.stop - c.start) for t, c in zip(tile, crop, strict=True))] = (
            left[tile]
        )
        asked = _grown(own, round(_BEYOND * side)) & left[crop]
        detailed = _with_detail(coarse[crop], paint(made[crop], asked), asked)
        made[crop][own] = detailed[own]
        left[tile] = False
    return np.clip(made[:height, :width], 0, 1)


def _with_detail(coarse: Picture, answer: Picture, asked: Flags) -> Picture:
    """``coarse`` (h, w, 3) with the detail of an ``answer`` where that was ``asked`` (h, w) and is alike."""
    where = asked.astype(np.float32)
    share = np.maximum(cv2.GaussianBlur(where, (0, 0), _ABOUT), np.float32(1e-6))
    apart = cv2.GaussianBlur((coarse - answer) * where[..., None], (0, 0), _ABOUT) / share[..., None]
    trust = np.clip((_UNLIKE - np.abs(apart).max(2)) / (_UNLIKE - _ALIKE), 0, 1)
    return np.asarray(coarse + trust[..., None] * (answer + apart - coarse), np.float32)


def _tiles(open_: Flags, side: int) -> Iterator[Box]:
    """Boxes of about ``side`` pixels that cover what is open (h, w); those nearest to what is known first."""
    rows, columns = (np.flatnonzero(open_.any(axis)) for axis in (1, 0))
    deep = cv2.distanceTransform(open_.astype(np.uint8), cv2.DIST_L2, 3)
    boxes = [
        (slice(*down), slice(*across))
        for down in _stretches(rows, side)
        for across in _stretches(columns, side)
    ]
    boxes = [box for box in boxes if open_[box].any()]
    yield from sorted(boxes, key=lambda box: float(deep[box][open_[box]].mean()))


def _stretches(places: NDArray[np.int64], side: int) -> list[tuple[int, int]]:
    """From the first place to the last in equal stretches of at most ``side``."""
    start, end = int(places[0]), int(places[-1]) + 1
    edges = np.linspace(start, end, -(-(end - start) // side) + 1).round().astype(int)
    return [(int(one), int(next_)) for one, next_ in pairwise(edges)]


def _around(tile: Box, shape: tuple[int, ...], side: int) -> Box:
    """The square with the tile in its middle, moved into the picture."""
    starts = [
        min(max(0, (one.start + one.stop - side) // 2), length - side)
        for one, length in zip(tile, shape, strict=True)
    ]
    return slice(starts[0], starts[0] + side), slice(starts[1], starts[1] + side)


def _grown(flags: Flags, reach: int) -> Flags:
    return np.asarray(cv2.dilate(flags.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8))) > 0


def _light(there: Picture, answer: Picture, own: Flags) -> Picture:
    """What to add (h, w, 3) to an ``answer`` where it is taken (``own``), so that it goes on from what is ``there``."""
    both = np.concatenate([there, answer])
    rows, columns = (np.array(part, np.int64) for part in np.indices(own.shape))
    rows[own] += len(own)
    return blend_gradients(both, np.ones(both.shape[:2], bool), rows, columns, own)


def _missing_grain(picture: Picture, open_: Flags, made: Picture) -> Picture:
    """Noise (h, w, 3) that gives what was painted the grain of what is known; the same every time."""
    inside, known = (_grown(flags, 2) ^ True for flags in (~open_, open_))
    if not inside.any() or not known.any():
        return np.zeros_like(made)
    wanted, there = _grain(picture, known), _grain(made, inside)
    noise = np.random.default_rng(0).standard_normal(made.shape, np.float32)
    noise -= cv2.GaussianBlur(noise, (0, 0), _GRAIN)
    missing = np.sqrt(np.maximum(wanted**2 - there**2, 0)) / max(1e-6, float(noise.std()))
    return np.asarray(noise * missing * open_[..., None], np.float32)


def _grain(picture: Picture, where: Flags) -> NDArray[np.float32]:
    """How strong the finest detail of each channel is: by the median, for edges are no grain."""
    fine = picture - cv2.GaussianBlur(picture, (0, 0), _GRAIN)
    return np.asarray(1.48 * np.median(np.abs(fine[where]), axis=0), np.float32)

"""What stands out of a picture without anybody saying so, and the picture without it.

A colour that hardly occurs elsewhere at its level is prominent: a tower on a skyline, a sign in a street, somebody on
a beach; a wave or one scooter of a row is not, nor what runs from side to side, as a coloured kerb does.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..inpaint.gradient_blend import blend_gradients
from .protocol import Picture
from .shift_map import Pieces, ShiftMap, lay_pieces, separate_parts

Flags = NDArray[np.bool_]

_HEIGHT = 96
"""Rows of the small picture in which colours are counted."""
_BAND = 5
"""Rows above and below that are of the same level."""
_SOFT = 2.0
_ALIKE = 14.0
"""Distance of two colours, in Lab with less lightness, that counts half as the same."""
_LIGHTNESS = 0.6
_RARE, _BESIDE = 0.10, 0.17
"""Share of its level that has its colour: of what stands out somewhere, and of what goes with it."""
_SMALLEST = 0.0008
"""Share of the picture that is no speck."""
_RING, _LOWER, _LEVEL = 3, 3, 0.0003
"""What is about a thing, and by how much another part may lie higher or lower, in rows of that picture; and the price
of the square of a row.
"""
_AT_BORDER, _HIGHER = 0.03, 2.0
"""Share of the width that tells how high what a border cuts is there; and how many times as high is much higher."""
_RIM = 0.02
"""Rim added, as a share of the height: an edge is mixed with what stands out."""


def prominent(picture: Picture) -> Flags:
    """(h, w) true on what stands out of ``picture`` (h, w, 3), with a rim."""
    height, width = picture.shape[:2]
    shares = np.asarray(
        cv2.resize(_shares(picture), (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )
    count, labels, facts, _ = cv2.connectedComponentsWithStats((shares < _BESIDE).astype(np.uint8))
    least = np.full(count, np.inf, np.float32)
    np.minimum.at(least, np.asarray(labels, np.int64), shares)
    kept = (least < _RARE) & (facts[:, cv2.CC_STAT_AREA] > _SMALLEST * labels.size)
    kept[0] = False
    rim = 2 * round(_RIM * height) + 1
    wide = cv2.dilate(kept[labels].astype(np.uint8), np.ones((rim, rim), np.uint8))
    count, labels, facts, _ = cv2.connectedComponentsWithStats(wide)
    ends = facts[:, cv2.CC_STAT_WIDTH] < width
    ends[0] = False
    return np.asarray(ends[labels])


def cut_by_border(things: Flags, last: bool) -> Flags:
    """Those of the ``things`` (h, w) that reach the picture's first or ``last`` column.

    Of what is much higher farther in only what lies before that: an arm, or a bridge's cable, and not the tower.
    """
    inwards = np.ascontiguousarray(things[:, ::-1] if last else things)
    count, labels = cv2.connectedComponents(inwards.astype(np.uint8))
    cut = np.zeros_like(inwards)
    for label in range(1, count):
        one = labels == label
        rows = one.sum(0)
        at_border = rows[: max(1, round(_AT_BORDER * len(rows)))].max() if rows[0] else 0
        cut |= one & np.logical_and.accumulate(rows <= _HIGHER * at_border) & bool(at_border)
    return cut[:, ::-1] if last else cut


def _shares(picture: Picture) -> Picture:
    """How much of the level of each pixel of a small picture has its colour, 0..1."""
    height, width = picture.shape[:2]
    size = max(1, round(width * _HEIGHT / height)), _HEIGHT
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    soft = cv2.GaussianBlur(np.clip(small, 0, 1), (0, 0), _SOFT)
    lab = np.asarray(cv2.cvtColor(soft, cv2.COLOR_RGB2Lab)) * np.array((_LIGHTNESS, 1, 1), np.float32)
    shares = np.empty(lab.shape[:2], np.float32)
    for row, colours in enumerate(lab):
        level = lab[max(0, row - _BAND) : row + _BAND + 1 : 2].reshape(-1, 3)
        one, two, three = (
            (own[:, None] - others) ** 2 for own, others in zip(colours.T, level.T, strict=True)
        )
        apart = one + two + three
        shares[row] = (1 / (1 + apart / np.float32(_ALIKE**2)) ** 2).mean(1)
    return shares


def without(picture: Picture, things: Flags) -> Picture:
    """``picture`` (h, w, 3) without the ``things`` (h, w): each gives way to another part of its own level.

    A clone with soft joints; where no part of the picture is as large, the shift map fills.
    """
    made, barred = np.array(picture, np.float32), things.copy()
    for part in separate_parts(things):
        filled = _cloned(made, part, barred)
        made = (
            ShiftMap().behind(made, part.astype(np.float32), barred.astype(np.float32))
            if filled is None
            else filled
        )
        barred &= ~part
    return made


def _cloned(picture: Picture, part: Flags, barred: Flags) -> Picture | None:
    """The ``part`` (h, w) from elsewhere at its level, where what is about it is likest; None if it is too large."""
    height, width = part.shape
    size = max(1, round(width * _HEIGHT / height)), _HEIGHT
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    hole, never = (
        cv2.resize(flags.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.001
        for flags in (part, barred)
    )
    wide = cv2.dilate(hole.astype(np.uint8), np.ones((2 * _RING + 1, 2 * _RING + 1), np.uint8))
    ring = (wide > 0) & ~never
    top, left, rows, columns = _box(wide > 0)
    first, last = max(0, top - _LOWER), min(_HEIGHT, top + rows + _LOWER)
    window = np.s_[top : top + rows, left : left + columns]
    if not ring.any():
        return None
    mask = np.dstack([ring[window].astype(np.float32)] * 3)
    apart = cv2.matchTemplate(small[first:last], small[window], cv2.TM_SQDIFF, mask=mask) / mask.sum()
    taken = cv2.matchTemplate(
        never[first:last].astype(np.float32), wide[window].astype(np.float32), cv2.TM_CCORR
    )
    apart = np.where(taken < 0.5, apart, np.inf)
    apart += _LEVEL * (np.arange(first, first + len(apart))[:, None] - top) ** 2
    if not np.isfinite(apart).any():
        return None
    y, x = np.unravel_index(int(apart.argmin()), apart.shape)
    own_y, own_x = (np.array(flat, np.int64) for flat in np.indices(hole.shape))
    places = np.where(hole, own_y + first + y - top, own_y), np.where(hole, own_x + x - left, own_x)
    light = blend_gradients(small, ~never, *places, hole)
    return lay_pieces(picture, part, barred, Pieces(hole, *places), light)


def _box(flags: Flags) -> tuple[int, int, int, int]:
    """Top, left, height and width of what is true."""
    rows, columns = np.flatnonzero(flags.any(1)), np.flatnonzero(flags.any(0))
    return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1

"""Inpainting by OpenCV's shift map: pieces of the picture, copied by a few shifts; no weights.

Graph cut over dominant shifts (He and Sun: Statistics of patch offsets for image completion, 2012). The pieces are
found on a small picture; then each is taken from the picture itself by the same shift, so that its detail and grain
come along, and the seams are taken out in the gradient domain. The same picture gives the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..inpaint.gradient_blend import blend_gradients
from .laid_too_low import laid_too_low
from .protocol import Picture

Flags = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Indices = NDArray[np.int64]

_OPEN = 0.004
"""Value of a mask above which a pixel is open."""
_AREA = 70_000
"""Pixels of the small picture at most: the time grows faster than the area."""
_AROUND = 1.0
"""What is looked at around a hole, as a share of the hole's longer side."""
_LEAST_KNOWN = 0.45
"""Of the small picture so much must be known; else more of the surroundings is taken."""
_BELOW = 0.1
"""What is seen under a row, as a share of what is to be filled there, from which on that is filled from it."""
_PATCH = 7
"""Side of the squares by whose exact copies a piece's shift is recognised."""
_MOST_SHIFTS = 120
"""OpenCV tries half as many."""
_ALIKE = 0.05
"""Share of the pixels around one that have to be copied by a shift for it to be of that piece."""
_BESIDE = 8
"""Pixels beside what is left, when it is filled from its surroundings."""
_ROUNDS = 3
"""What is out of reach of all shifts is filled from what was filled before, so many times."""


class ShiftMap:
    """The fill that is always here."""

    name = "shift map"
    digest = "2"

    def behind(self, picture: Picture, hole: Picture, never_from: Picture | None = None) -> Picture:
        """``picture`` (h, w, 3) display with its ``hole`` (h, w) filled; known pixels stay as they are, bit for bit.

        Nothing is copied from where ``never_from`` (h, w) is 1. Holes that lie apart are filled one after the other.
        """
        made = np.ascontiguousarray(picture, np.float32).copy()
        open_ = hole > _OPEN
        barred = np.zeros_like(open_) if never_from is None else never_from > _OPEN
        for part in separate_parts(open_):
            box = context_box(part, open_ | barred)
            view = made[box]
            made[box] = _stratified(view, part[box], (open_ | barred)[box])
            open_ &= ~part
        return made


def separate_parts(hole: Flags) -> list[Flags]:
    """The holes that lie apart, the smallest first; those near one another are one."""
    if not hole.any():
        return []
    reach = max(3, round(0.02 * max(hole.shape)))
    near = cv2.dilate(hole.astype(np.uint8), np.ones((reach, reach), np.uint8))
    count, labels = cv2.connectedComponents(near)
    parts = [hole & (labels == label) for label in range(1, count)]
    return sorted(parts, key=np.count_nonzero)


def fill_by_parts(
    picture: Picture,
    hole: Picture,
    never_from: Picture | None,
    paint: Callable[[Picture, Flags, Flags], Picture],
) -> Picture:
    """``picture`` (h, w, 3) with the parts of its ``hole`` (h, w) painted one by one, each in its surroundings.

    ``paint`` gets a view of the picture, the part of the hole in it, and all that it must not see: the rest of the hole
    and ``never_from`` (h, w). It gives the whole view.
    """
    made = np.ascontiguousarray(picture, np.float32).copy()
    open_ = hole > _OPEN
    barred = open_ if never_from is None else open_ | (never_from > _OPEN)
    for part in separate_parts(open_):
        box = context_box(part, barred)
        made[box] = paint(made[box], part[box], barred[box])
        barred = barred & ~part
    return made


def context_box(hole: Flags, barred: Flags) -> tuple[slice, slice]:
    """The box about a hole that tells enough of what may be behind it."""
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    reach = _AROUND * (1 + max(np.ptp(rows), np.ptp(columns)))
    while True:
        r = round(reach)
        top, left = max(0, rows[0] - r), max(0, columns[0] - r)
        box = np.s_[top : rows[-1] + r + 1, left : columns[-1] + r + 1]
        if 1 - barred[box].mean() >= _LEAST_KNOWN or r > max(hole.shape):
            return box
        reach *= 1.5


def _stratified(picture: Picture, hole: Flags, barred: Flags) -> Picture:
    """As ``_filled``; what it lays lower than that is seen anywhere (sky under the horizon) is filled from below."""
    made = _filled(picture, hole, barred)
    share, row = laid_too_low(made, hole, ~barred)
    if not share:
        return made
    low, high = hole.copy(), barred.copy()
    low[:row], high[:row] = False, True
    if np.count_nonzero(~high) < _BELOW * np.count_nonzero(low):
        return made
    again = _filled(_filled(picture, low, high), hole & ~low, barred & ~low)
    return again if laid_too_low(again, hole, ~barred)[0] < share / 2 else made


def _filled(picture: Picture, hole: Flags, barred: Flags) -> Picture:
    """One ``hole`` of a picture (h, w, 3), which may be empty, filled from what is not ``barred``."""
    height, width = hole.shape
    scale = min(1.0, (_AREA / hole.size) ** 0.5)
    size = (max(_PATCH + 1, round(width * scale)), max(_PATCH + 1, round(height * scale)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    small_hole, small_barred = (_shrunk(flags, size) for flags in (hole, barred))
    if not hole.any() or small_barred.all():
        return picture
    places = _places(small, small_hole, small_barred)
    light = blend_gradients(small, ~small_barred, *places, small_hole)
    return lay_pieces(picture.copy(), hole, barred, Pieces(small_hole, *places), light)


def _shrunk(flags: Flags, size: tuple[int, int]) -> Flags:
    return np.asarray(cv2.resize(flags.astype(np.float32), size, interpolation=cv2.INTER_AREA)) > 0.001


def _places(small: Picture, hole: Flags, barred: Flags) -> tuple[Indices, Indices]:
    """From which row and column (h, w) of a small picture each of its pixels is taken; a known one from its own.

    What no shift reaches is filled in a further round, from what was filled by then.
    """
    codes = np.round(np.clip(small, 0, 1) * 255).astype(np.uint8)
    lab: Codes = np.asarray(cv2.cvtColor(codes, cv2.COLOR_RGB2LAB), np.uint8)
    rows, columns = (np.array(part, np.int64) for part in np.indices(hole.shape))
    open_, barred = hole.copy(), barred.copy()
    for _ in range(_ROUNDS):
        box = context_box(open_, barred)
        made = np.zeros_like(lab[box])
        keep = np.where(barred[box], 0, 255).astype(np.uint8)
        cv2.xphoto.inpaint(np.ascontiguousarray(lab[box]), keep, made, cv2.xphoto.INPAINT_SHIFTMAP)
        from_y, from_x, reached = _copied_from(lab[box], made, open_[box], barred[box])
        rows[box] = np.where(reached, rows[box][from_y, from_x], rows[box])
        columns[box] = np.where(reached, columns[box][from_y, from_x], columns[box])
        lab[box] = np.where(reached[..., None], lab[box][from_y, from_x], lab[box])
        open_[box] &= ~reached
        barred[box] &= ~reached
        if not reached.any() or not open_.any():
            break
    return _onto_nearest(rows, columns, open_)


def _copied_from(lab: Codes, made: Codes, hole: Flags, barred: Flags) -> tuple[Indices, Indices, Flags]:
    """From where in ``lab`` each pixel of a hole came into ``made``, and where (h, w) that can be told."""
    shifts = _recognised(lab, made, hole, barred)
    height, width = hole.shape
    best = np.full((height, width), _ALIKE, np.float32)
    reached = np.zeros((height, width), bool)
    from_y, from_x = np.indices((height, width))
    rows, columns = np.indices((height, width))
    for down, right in shifts:
        y, x = rows + down, columns + right
        within = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
        sound = within & ~barred[y, x]
        copied = sound & (lab[y, x] == made).all(2)
        around = np.asarray(cv2.blur(copied.astype(np.float32), (_PATCH, _PATCH))) + copied
        better = hole & sound & (around > best)
        best[better], reached[better] = around[better], True
        from_y[better], from_x[better] = y[better], x[better]
    return from_y, from_x, reached


def _onto_nearest(rows: Indices, columns: Indices, left: Flags) -> tuple[Indices, Indices]:
    """Places for what is ``left`` (h, w): as their nearest neighbour's, so that nothing stays empty."""
    if not left.any() or left.all():
        return rows, columns
    _, labels = cv2.distanceTransformWithLabels(
        left.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    ys, xs = np.nonzero(~left)
    owner = np.zeros(int(labels.max()) + 1, np.int64)
    owner[labels[ys, xs]] = np.arange(len(ys))
    nearest = owner[labels]
    return np.where(left, rows[ys, xs][nearest], rows), np.where(left, columns[ys, xs][nearest], columns)


def _recognised(lab: Codes, made: Codes, hole: Flags, barred: Flags) -> Indices:
    """The shifts by which pieces of ``lab`` came into ``made``: squares that are exact copies tell them."""
    reach = _PATCH // 2
    sound = cv2.erode((~barred).astype(np.uint8), np.ones((_PATCH, _PATCH), np.uint8)) > 0
    sound[:reach], sound[-reach:], sound[:, :reach], sound[:, -reach:] = False, False, False, False
    whole = np.zeros_like(sound)
    whole[reach:-reach, reach:-reach] = True
    there, wanted = np.argwhere(sound), np.argwhere(hole & whole)
    none = np.zeros((0, 2), np.int64)
    if not len(there) or not len(wanted):
        return none
    known, filled = _squares(lab)[tuple(there.T)], _squares(made)[tuple(wanted.T)]
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known[order], filled), len(known) - 1)
    same = known[order][place] == filled
    if not same.any():
        return none
    moved, votes = np.unique((there[order[place]] - wanted)[same], axis=0, return_counts=True)
    most = np.argsort(-votes, kind="stable")[:_MOST_SHIFTS]
    return np.asarray(moved[most])


def _squares(codes: Codes) -> NDArray[np.uint64]:
    """(h, w): a number for the square about each pixel, the same for the same square; it wraps round."""
    numbers = np.random.default_rng(0).integers(1, 2**63, (_PATCH, _PATCH, 3), dtype=np.uint64)
    reach = _PATCH // 2
    wide = np.pad(codes, ((reach, reach), (reach, reach), (0, 0))).astype(np.uint64)
    height, width = codes.shape[:2]
    total = np.zeros((height, width), np.uint64)
    for row, column in np.ndindex(_PATCH, _PATCH):
        view = wide[row : row + height, column : column + width]
        for channel in range(3):
            total += view[..., channel] * numbers[row, column, channel]
    return total


class Pieces:
    """The pieces of a small hole (h, w): pixels of one shift. ``labels`` (h, w) is 0 outside of the hole."""

    def __init__(self, hole: Flags, rows: Indices, columns: Indices) -> None:
        own_y, own_x = np.indices(hole.shape)
        moved: Any = np.stack([rows - own_y, columns - own_x], -1)[hole]
        self.shifts, which = np.unique(moved, axis=0, return_inverse=True)
        self.labels: Indices = np.zeros(hole.shape, np.int64)
        self.labels[hole] = which.ravel() + 1

    def fine(self, height: int, width: int) -> NDArray[np.uint16]:
        """The labels at the picture's size, their borders smoothed; within the hole never 0."""
        fine = cv2.resize(self.labels.astype(np.uint16), (width, height), interpolation=cv2.INTER_NEAREST)
        soft = 2 * round(height / self.labels.shape[0] / 2) + 1
        smooth = np.asarray(cv2.medianBlur(fine, min(soft, 5)) if soft > 1 else fine, np.uint16)
        return np.where(
            smooth > 0, smooth, fine
        )  # in a corner of the hole most of what is about it is no hole


def lay_pieces(picture: Picture, hole: Flags, barred: Flags, pieces: Pieces, light: Picture) -> Picture:
    """The picture (h, w, 3) itself, its hole filled with its own pieces, each with ``light`` against its seams.

    Nothing is taken from where ``barred`` (h, w) is true, which is in all of the hole.
    """
    height, width = hole.shape
    scale = height / light.shape[0], width / light.shape[1]
    fine = pieces.fine(height, width)
    made, missing = picture, hole.copy()
    for label, y, x in _members(fine, hole):
        top, left = int(y.min()), int(x.min())
        size = (int(y.max()) - top + 1, int(x.max()) - left + 1)
        lit = _sampled(light, pieces.labels == label, (top, left), size, scale)[y - top, x - left]
        down, right = pieces.shifts[label - 1]
        from_y, from_x = y + round(down * scale[0]), x + round(right * scale[1])
        there = (from_y >= 0) & (from_y < height) & (from_x >= 0) & (from_x < width)
        there[there] &= ~barred[from_y[there], from_x[there]]
        made[y[there], x[there]] = picture[from_y[there], from_x[there]] + lit[there]
        missing[y[there], x[there]] = False
    if missing.any():
        rows, columns = np.flatnonzero(missing.any(1)), np.flatnonzero(missing.any(0))
        box = tuple(slice(max(0, one[0] - _BESIDE), one[-1] + _BESIDE + 1) for one in (rows, columns))
        view, gap = made[box], missing[box]
        codes = np.empty(view.shape, np.uint8)
        # At once it would take three times the picture's memory.
        for own, row in zip(codes, view, strict=True):
            own[:] = np.round(np.clip(row, 0, 1) * 255)
        mended = cv2.inpaint(codes, gap.astype(np.uint8), 3, cv2.INPAINT_TELEA)
        view[gap] = mended[gap].astype(np.float32) / 255
    return made


def _members(labels: NDArray[np.uint16], hole: Flags) -> Iterator[tuple[int, Indices, Indices]]:
    """Each label of a hole, and the rows and columns where it is."""
    y, x = np.nonzero(hole & (labels > 0))
    order = np.argsort(labels[y, x], kind="stable")
    y, x, sorted_labels = y[order], x[order], labels[y, x][order]
    starts = np.flatnonzero(np.diff(sorted_labels, prepend=-1))
    for start, end in zip(starts, [*starts, len(sorted_labels)][1:], strict=True):
        yield int(sorted_labels[start]), y[start:end], x[start:end]


def _sampled(
    light: Picture, where: Flags, corner: tuple[int, int], size: tuple[int, int], scale: tuple[float, float]
) -> Picture:
    """The ``light`` (h, w, 3) of one piece, which is ``where`` (h, w), for a box of the large picture."""
    share = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 1.0) + np.float32(1e-6)
    spread = cv2.GaussianBlur(light * where[..., None], (0, 0), 1.0) / share[..., None]
    own = np.where(where[..., None], light, spread).astype(np.float32)
    # From a pixel of the box to one of the small picture, by the centres of both.
    across, down = 1 / scale[1], 1 / scale[0]
    onto = np.array(
        [[across, 0, (corner[1] + 0.5) * across - 0.5], [0, down, (corner[0] + 0.5) * down - 0.5]], np.float64
    )
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    box = (int(size[1]), int(size[0]))
    return np.asarray(cv2.warpAffine(own, onto, box, flags=way, borderMode=cv2.BORDER_REPLICATE), np.float32)

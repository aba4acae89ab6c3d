"""A picture extended beyond its borders and its hole filled: painted step by step, or made of its own pieces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from .prominent import cut_by_border, prominent, without
from .protocol import Fill, Picture
from .quilt import go_on_right, go_on_up
from .shift_map import ShiftMap

_STEP = 0.35
"""Share of the picture's side by which it is extended in one step: what is farther from the known is out of reach."""
_BESIDE, _ABOVE = 1.0, 0.45
"""So much of what is there already, in sides of the picture, tells how it goes on: beside it, and above or below, where
more would bring the skyline under the ground."""
_MOST_BARRED = 0.5
"""Share of the picture that may be kept from standing twice; where it is more, there is nothing else to go on from."""
MIRRORED = 0.14
"""Share of the picture's height that is mirrored above and below: sky and ground without a seam, but no skyline."""
_LEAST_LEVEL, _OTHER_LEVEL, _LEVEL_EDGE = 0.03, 0.25, 0.02
"""Of a level at the picture's end: its least share of the height, the distance in RGB from which another begins, and
over how much of the height it goes over into that.
"""
_KNOWN = 0.01
"""A hole's share of a pixel that is known all the same."""
_SIDES = ((1, True), (1, False), (0, True), (0, False))
"""Left, right, top and bottom: the axis, and whether it lies before the picture."""


@dataclass(frozen=True)
class Margins:
    """How far to go on beyond each border, in pixels of the picture."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __bool__(self) -> bool:
        return any((self.left, self.top, self.right, self.bottom))


def extend(
    picture: Picture,
    hole: Picture,
    margins: Margins,
    fill: Fill,
    never_from: Picture | None = None,
    step: Callable[[float], None] = lambda share: None,
) -> Picture:
    """The picture (h + top + bottom, w + left + right, 3) display, its margins and its ``hole`` (h, w) filled.

    What is behind the hole comes first; then the sides, then above and below, where nothing is copied from what must
    not stand twice (``never_from``, (h, w)). Where no network paints, what stands out of its level does not stand
    twice either. ``step`` hears the share that is done.

    A hole all along a border (the bars of a letterbox, the paper around a scan) is gone on into as what lies beyond is.
    """
    known = hole < _KNOWN
    rows, columns = np.flatnonzero(known.any(1)), np.flatnonzero(known.any(0))
    if len(rows) and known.shape != (rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]):
        inner = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        wider = Margins(
            margins.left + int(columns[0]),
            margins.top + int(rows[0]),
            margins.right + hole.shape[1] - inner[1].stop,
            margins.bottom + hole.shape[0] - inner[0].stop,
        )
        never = None if never_from is None else never_from[inner]
        return extend(np.ascontiguousarray(picture[inner]), hole[inner], wider, fill, never, step)
    if fill.name == ShiftMap.name and margins:
        return _quilted(picture, hole, margins, fill, never_from, step)
    height, width = hole.shape
    counts = [_steps(size, side) for size, side in _order(margins, height, width)]
    inside = fill.behind(picture, hole) if hole.any() else picture
    canvas = _without(inside, hole, never_from, fill) if margins else inside
    done = 0
    for (axis, before), (size, _), count in zip(_SIDES, _order(margins, height, width), counts, strict=True):
        for more in _parts(size, count):
            canvas = _extended(canvas, axis, before, more, (height, width), fill)
            done += 1
            step(done / sum(counts))
    canvas[margins.top : margins.top + height, margins.left : margins.left + width] = inside
    return canvas


def _quilted(
    picture: Picture,
    hole: Picture,
    margins: Margins,
    fill: Fill,
    never_from: Picture | None,
    step: Callable[[float], None],
) -> Picture:
    """As ``extend``: beside the picture by large pieces of it, above and below mirrored and stretched."""
    height, width = hole.shape
    inside = fill.behind(picture, hole) if hole.any() else picture
    things = prominent(inside)
    if never_from is not None:
        things |= never_from > 0.5
    if things.mean() > _MOST_BARRED:
        things = np.zeros_like(things)
    calm = without(inside, things)
    canvas = calm.copy()
    for number, (axis, before) in enumerate(_SIDES):
        more = _order(margins, height, width)[number][0]
        if more:
            # What a side's border cuts goes on until it is whole.
            cut = cut_by_border(things, not before)
            arriving = np.where(cut[..., None], inside, calm)
            added = _beside(arriving, calm, before, more) if axis else _mirrored(canvas, before, more, height)
            canvas = np.concatenate([added, canvas] if before else [canvas, added], axis)
        step((number + 1) / len(_SIDES))
    canvas[margins.top : margins.top + height, margins.left : margins.left + width] = inside
    return canvas


def _beside(arriving: Picture, calm: Picture, before: bool, more: int) -> Picture:
    """What lies beyond the left (``before``) or right border."""
    if before:
        arriving, calm = (np.ascontiguousarray(one[:, ::-1]) for one in (arriving, calm))
    added = go_on_right(arriving, calm, more)
    return added[:, ::-1] if before else added


def _mirrored(canvas: Picture, above: bool, more: int, height: int) -> Picture:
    """The ``more`` rows next ``above`` or below a canvas of a picture so high.

    A border of two levels near the end (a shore, a kerb) does not stand twice: the rows beyond it are stretched.
    """
    turned = canvas if above else canvas[::-1]
    made = go_on_up(turned, more, _level_rows(turned[: round(MIRRORED * height)], height), height)
    return made if above else made[::-1]


def _level_rows(inwards: Picture, height: int) -> int:
    """How many of the rows (n, w, 3), from a border inwards, lie before the level changes; all where it does not."""
    least = round(_LEAST_LEVEL * height)
    if len(inwards) <= least or least < 1:
        return len(inwards)
    soft = cv2.blur(inwards, (max(1, height // 20), 1))
    apart = np.linalg.norm(soft - soft[:least].mean(0), axis=2) > _OTHER_LEVEL
    other = np.flatnonzero(apart.mean(1) > 0.5)
    return max(least, int(other[0]) - round(_LEVEL_EDGE * height)) if len(other) else len(inwards)


def _parts(size: int, count: int) -> list[int]:
    """``size`` in so many whole parts."""
    return [round(size * (number + 1) / count) - round(size * number / count) for number in range(count)]


def _without(picture: Picture, hole: Picture, never_from: Picture | None, fill: Fill) -> Picture:
    """The picture to go on from: without what must not stand twice, unless that is most of it."""
    if never_from is None:
        return picture.copy()
    never = np.asarray(np.maximum(never_from, hole), np.float32)
    if not (never_from > 0.5).any() or (never > 0.5).mean() > _MOST_BARRED:
        return picture.copy()
    return fill.behind(picture, never)


def _order(margins: Margins, height: int, width: int) -> tuple[tuple[int, int], ...]:
    return (margins.left, width), (margins.right, width), (margins.top, height), (margins.bottom, height)


def _steps(size: int, side: int) -> int:
    return int(np.ceil(size / max(1.0, _STEP * side))) if size else 0


def _extended(
    canvas: Picture, axis: int, before: bool, more: int, side: tuple[int, int], fill: Fill
) -> Picture:
    """With ``more`` rows (axis 0) or columns (1) before or after it; ``side`` is the first picture's size."""
    pad = [(0, 0), (0, 0), (0, 0)]
    pad[axis] = (more, 0) if before else (0, more)
    wider = np.pad(canvas, pad)
    length = wider.shape[axis]
    added = slice(0, more) if before else slice(length - more, length)
    hole = np.zeros(wider.shape[:2], np.float32)
    hole[(slice(None),) * axis + (added,)] = 1
    reach = more + round((_BESIDE if axis else _ABOVE) * side[axis])
    near = slice(0, reach) if before else slice(max(0, length - reach), length)
    for start, end in _blocks(wider.shape[1], side[1]) if axis == 0 else [(0, wider.shape[0])]:
        box = (near, slice(start, end)) if axis == 0 else (slice(start, end), near)
        wider[box] = fill.behind(np.ascontiguousarray(wider[box]), np.ascontiguousarray(hole[box]))
        hole[box] = 0
    return wider


def _blocks(width: int, side: int) -> list[tuple[int, int]]:
    """Stretches of a long canvas, each of about the picture's width, that overlap by a third."""
    if width <= 1.5 * side:
        return [(0, width)]
    count = int(np.ceil((width - side / 3) / (side * 2 / 3)))
    starts = np.linspace(0, width - side, count).round().astype(int)
    return [(int(start), int(start) + side) for start in starts]

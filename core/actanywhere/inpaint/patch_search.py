"""Pictures continued from themselves: what lies beyond a picture's borders, or in its holes, made of its own patches.

Completion by patches (Wexler, Shechtman and Irani: Space-time completion of video, 2007) that begins with whole copies
of the picture, shifted, and betters where they meet. Patches come from about the height at which they are laid, so that
sky goes on as sky and ground as ground. Every random choice comes from the caller's generator.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .fill import fill
from .gradient_blend import even_light
from .patches import PATCH, Patches, Wish, better_places

__all__ = ["Margins", "continue_picture"]

Picture = NDArray[np.float32]
Indices = NDArray[np.int64]

_LEVELS = ((48, 3, 2.0), (96, 2, 1.0))
"""Pixels of the picture's shorter side, rounds of search and vote, and what it costs a patch not to have the expected
mean colour, by its squared difference. Finer detail is copied along with the patch that it is part of. From a coarser
beginning nothing is left of the shifted copies; with more rounds the votes blur, and flat patches win; with more weight
on the colour, what was whole is torn to a mosaic, with less, the borders show."""
_SHIFTS = ((0.1, 0.3, 0.0), (0.35, 0.75, 0.08))
"""Of copies above and below, and of those beside: the least and the most by which they are shifted, as a share of the
picture's side, and the most by which they are moved up or down."""
_LEVEL = 0.3
"""By how much better a copy has to fit that is moved so far: a horizon stays level."""
_BAND = 0.02
"""Share of the picture's shorter side within which the picture goes over into what is added."""
_CELLS = 100_000
"""Of a canvas at most: a long pan is searched a little coarser."""


@dataclass(frozen=True)
class Margins:
    """How far to go on beyond each border, in pixels of the picture."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


def continue_picture(picture: Picture, known: Picture, margins: Margins, rng: np.random.Generator) -> Picture:
    """The picture (h + top + bottom, w + left + right, 3) display 0..1, its margins and holes filled.

    ``picture`` (h, w, 3); ``known`` (h, w), 1 where it may be relied on and copied from, 0 in holes.
    """
    places: tuple[Indices, Indices] | None = None
    expected = fill(_padded(picture * known[..., None], margins), _padded(known, margins))
    # Of so many pixels a side, the canvas would have _CELLS.
    most = min(known.shape) * (_CELLS / (expected.shape[0] * expected.shape[1])) ** 0.5
    for short, rounds, colour in _LEVELS:
        level = _Level.of(picture, known, expected, margins, min(short, round(most)))
        y, x = level.first_places(rng) if places is None else level.finer_places(*places)
        patches = Patches(level.source, level.sound)
        for _ in range(rounds):
            wish = Wish(level.open, level.vote(y, x), level.expected, colour, level.top)
            y, x = better_places(patches, wish, y, x, rng)
        places = y, x
    return level.lay(picture, known, margins, y, x)


@dataclass(frozen=True)
class _Level:
    """A picture of a level within its canvas.

    ``source`` (h, w, 3) and ``sound`` (h, w), 1 where the whole patch around a pixel is known. ``top``, ``left``: where
    the picture begins in the canvas of (rows, columns). ``open`` (rows, columns) is 1 where there is something to fill,
    ``expected`` (rows, columns, 3) the smooth continuation.
    """

    source: Picture
    sound: NDArray[np.bool_]
    top: int
    left: int
    open: NDArray[np.bool_]
    expected: Picture

    @classmethod
    def of(cls, picture: Picture, known: Picture, expected: Picture, margins: Margins, short: int) -> _Level:
        scale = min(1.0, short / min(known.shape))
        height, width = (max(PATCH + 2, round(side * scale)) for side in known.shape)
        source = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.float32)
        small = (
            np.asarray(cv2.resize(known, (width, height), interpolation=cv2.INTER_AREA), np.float32) > 0.99
        )
        left, top, right, bottom = (
            int(np.ceil(side * scale)) for side in (margins.left, margins.top, margins.right, margins.bottom)
        )
        reach = PATCH // 2
        sound = np.zeros_like(small)
        whole = cv2.erode(small.astype(np.uint8), np.ones((PATCH, PATCH), np.uint8)) > 0
        sound[reach:-reach, reach:-reach] = whole[reach:-reach, reach:-reach]
        if not sound.any():
            sound[height // 2, width // 2] = True
        unknown = np.ones((top + height + bottom, left + width + right), bool)
        unknown[top : top + height, left : left + width] = ~small
        canvas = cv2.resize(expected, unknown.shape[::-1], interpolation=cv2.INTER_AREA)
        return cls(source, sound, top, left, unknown, np.asarray(canvas, np.float32))

    def first_places(self, rng: np.random.Generator) -> tuple[Indices, Indices]:
        """For each pixel of the canvas the pixel of the source that it is first taken from.

        Beyond a border the picture begins anew; far out, again and again.
        """
        beside, lift = self._copies(1, rng)
        above, _ = self._copies(0, rng)
        y, x = above[:, None] + lift[None], np.broadcast_to(beside[None], self.open.shape).copy()
        height, width = self.source.shape[:2]
        inside = (slice(self.top, self.top + height), slice(self.left, self.left + width))
        x[inside] = _from_beside(x[inside], self.open[inside])
        return self._onto_sound(y, x)

    def _copies(self, axis: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
        """For each row (0) or column (1) of the canvas that of the picture, or of a copy of it beyond its border, and
        by how much the copy is shifted along it.

        Each is shifted by one of the amounts that fit its border best: nothing repeats evenly, and a ridge goes on.
        """
        lines = np.moveaxis(self.source, axis, 0)
        count, before, all_of_it = len(lines), (self.top, self.left)[axis], self.open.shape[axis]
        low, high, slip = _SHIFTS[axis]
        apart = np.arange(max(2, round(low * count)), max(3, round(high * count)))
        slips = np.arange(-round(slip * lines.shape[1]), round(slip * lines.shape[1]) + 1)
        ahead, after = (_misfits(way, apart, slips) for way in (lines[::-1], lines))
        taken, slipped = list(range(count)), [0] * count
        while len(taken) < before + count:
            width, total = _choose(ahead, apart, slips, slipped[0], rng)
            taken, slipped = [*range(width), *taken], [total] * width + slipped
        taken, slipped = taken[len(taken) - before - count :], slipped[len(slipped) - before - count :]
        while len(taken) < all_of_it:
            width, total = _choose(after, apart, slips, slipped[-1], rng)
            taken, slipped = [*taken, *range(count - width, count)], slipped + [total] * width
        return np.array(taken[:all_of_it]), np.array(slipped[:all_of_it])

    def finer_places(self, y: Indices, x: Indices) -> tuple[Indices, Indices]:
        """The places found on a coarser level, on this one."""
        rows, columns = np.indices(self.open.shape)
        ratio = self.open.shape[0] / y.shape[0], self.open.shape[1] / y.shape[1]
        coarse = (
            np.minimum(rows / ratio[0], y.shape[0] - 1).astype(int),
            np.minimum(columns / ratio[1], y.shape[1] - 1).astype(int),
        )
        within = rows - np.floor(coarse[0] * ratio[0]), columns - np.floor(coarse[1] * ratio[1])
        return self._onto_sound(
            np.rint(y[coarse] * ratio[0] + within[0]).astype(int),
            np.rint(x[coarse] * ratio[1] + within[1]).astype(int),
        )

    def _onto_sound(self, y: Indices, x: Indices) -> tuple[Indices, Indices]:
        """The nearest places whose whole patch is known; what is known has its own."""
        height, width = self.sound.shape
        y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
        _, labels = cv2.distanceTransformWithLabels(
            (~self.sound).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        ys, xs = np.nonzero(self.sound)
        owner = np.zeros(labels.max() + 1, int)
        owner[labels[ys, xs]] = np.arange(len(ys))
        nearest = owner[labels[y, x]]
        own_y, own_x = np.indices(self.open.shape)
        return (
            np.where(self.open, ys[nearest], own_y - self.top),
            np.where(self.open, xs[nearest], own_x - self.left),
        )

    def vote(self, y: Indices, x: Indices) -> Picture:
        """The canvas: where it is open, the mean of what all patches over a pixel say of it."""
        rows, columns = self.open.shape
        reach = PATCH // 2
        # With a last number of 1, and all 0 beyond the picture: patches at its border say nothing of what lies there.
        wide = np.pad(
            np.dstack([self.source, np.ones_like(self.source[..., 0])]), ((reach,) * 2, (reach,) * 2, (0, 0))
        )
        total = np.zeros((rows, columns, 4), np.float32)
        kernel = cv2.getGaussianKernel(PATCH, PATCH / 4)
        for dy in range(-reach, reach + 1):
            for dx in range(-reach, reach + 1):
                there = (
                    slice(max(0, -dy), rows - max(0, dy)),
                    slice(max(0, -dx), columns - max(0, dx)),
                )
                here = (slice(max(0, dy), rows - max(0, -dy)), slice(max(0, dx), columns - max(0, -dx)))
                share = np.float32(kernel[dy + reach, 0] * kernel[dx + reach, 0])
                total[here] += share * wide[y[there] + dy + reach, x[there] + dx + reach]
        voted = total[..., :3] / total[..., 3:]
        height, width = self.source.shape[:2]
        inside = (slice(self.top, self.top + height), slice(self.left, self.left + width))
        fixed = ~self.open[inside]
        voted[inside][fixed] = self.source[fixed]
        return np.asarray(voted, np.float32)

    def lay(self, picture: Picture, known: Picture, margins: Margins, y: Indices, x: Indices) -> Picture:
        """The canvas at the picture's own size: each place carries its surroundings along."""
        height, width = known.shape
        rows, columns = height + margins.top + margins.bottom, width + margins.left + margins.right
        scale = np.float32(height / self.source.shape[0]), np.float32(width / self.source.shape[1])
        cell_y, cell_x = np.indices(self.open.shape)
        shift_y = ((y - (cell_y - self.top)) * scale[0]).astype(np.float32)
        shift_x = ((x - (cell_x - self.left)) * scale[1]).astype(np.float32)
        canvas = np.zeros((rows, columns, 3), np.float32)
        added = even_light(self.source, y, x, self.open)
        at_y, at_x = np.arange(rows) - margins.top, np.arange(columns) - margins.left
        grid_y = np.clip((at_y + 0.5) / scale[0] - 0.5 + self.top, 0, self.open.shape[0] - 1)
        grid_x = np.clip((at_x + 0.5) / scale[1] - 0.5 + self.left, 0, self.open.shape[1] - 1)
        for lower_y in (0, 1):
            near_y = np.minimum(np.floor(grid_y).astype(int) + lower_y, self.open.shape[0] - 1)
            share_y = 1 - np.abs(grid_y - np.floor(grid_y) - lower_y)
            for lower_x in (0, 1):
                near_x = np.minimum(np.floor(grid_x).astype(int) + lower_x, self.open.shape[1] - 1)
                share_x = 1 - np.abs(grid_x - np.floor(grid_x) - lower_x)
                cells = np.ix_(near_y, near_x)
                map_x = (at_x[None] + shift_x[cells]).astype(np.float32)
                map_y = (at_y[:, None] + shift_y[cells]).astype(np.float32)
                taken = cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
                share = (share_y[:, None] * share_x[None]).astype(np.float32)[..., None]
                canvas += (taken + added[cells]) * share
        canvas = np.clip(canvas, 0, 1)
        inside = canvas[margins.top : margins.top + height, margins.left : margins.left + width]
        inside += (picture - inside) * cv2.erode(known, np.ones((3, 3), np.uint8))[..., None]
        return _gone_over(canvas, inside, margins)


def _gone_over(canvas: Picture, inside: Picture, margins: Margins) -> Picture:
    """The canvas, into which its ``inside`` goes over: mirrored at its borders, and fading out within a narrow band."""
    sides = margins.top, margins.bottom, margins.left, margins.right
    mirrored = cv2.copyMakeBorder(inside, *sides, cv2.BORDER_REFLECT)
    beyond = cv2.copyMakeBorder(np.zeros(inside.shape[:2], np.uint8), *sides, cv2.BORDER_CONSTANT, value=1)
    away = cv2.distanceTransform(beyond, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    share = np.clip(1 - away / (_BAND * min(inside.shape[:2])), 0, 1)[..., None]
    return np.asarray(canvas + (mirrored - canvas) * share, np.float32)


def _padded(picture: Picture, margins: Margins) -> Picture:
    """The picture (h, w, ...) with nothing (0) in its margins."""
    sides = ((margins.top, margins.bottom), (margins.left, margins.right), (0, 0))
    return np.pad(picture, sides[: picture.ndim])


def _misfits(lines: Picture, apart: Indices, slips: Indices) -> Picture:
    """(shifts, slips): how ill a copy of the ``lines`` (n, m, 3) goes on after the last one, shifted and slipped."""
    overlap, most = max(2, len(lines) // 12), int(slips.max())
    within = slice(most, lines.shape[1] - most)
    last = lines[-overlap:, within]
    return np.array(
        [
            [((np.roll(lines[-overlap - s : -s], -d, 1)[:, within] - last) ** 2).mean() for d in slips]
            for s in apart
        ],
        np.float32,
    )


def _choose(
    misfits: Picture, apart: Indices, slips: Indices, slipped: int, rng: np.random.Generator
) -> tuple[int, int]:
    """One of the best shifts, and by how much that copy is slipped if the one before it was by ``slipped``."""
    most = max(1, int(slips.max()))
    price = np.where(
        np.abs(slips + slipped) <= most, misfits * (1 + _LEVEL * np.abs(slips + slipped) / most), np.inf
    )
    one = int(rng.choice(np.argsort(price.min(1))[: max(2, len(apart) // 5)]))
    return int(apart[one]), slipped + int(slips[price[one].argmin()])


def _from_beside(columns: Indices, open: NDArray[np.bool_]) -> Indices:
    """The ``columns`` (h, w), those in holes moved out by the hole's width, to its nearer side if there is room."""
    moved = columns.copy()
    width = open.shape[1]
    for row in np.flatnonzero(open.any(1)):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], open[row].astype(np.int8), [0]])))
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            wide = last - first
            for column in range(first, last):
                sides = (-wide, wide) if column - first < wide / 2 else (wide, -wide)
                moved[row, column] += next((s for s in sides if 0 <= column + s < width), 0)
    return moved

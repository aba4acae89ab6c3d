"""From which places of a picture the cells of a canvas are best taken: like what lies there, and together.

Candidates come as in PatchMatch (Barnes et al., 2009), from the neighbours and at random ever nearer. A cell's place
is judged by its own patch and by its neighbours' places, as in shift maps (Pritch, Kav-Venaki and Peleg, 2009): pieces
stay whole, and meet where the picture is alike. Without that, flat patches win, and little pieces repeat as a comb.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["PATCH", "Patches", "Wish", "better_places"]

Picture = NDArray[np.float32]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

PATCH = 7
"""Pixels of a patch's side."""
_FEATURES = 24
_HEIGHT_PENALTY = 0.4
"""Mean squared difference that a patch from a whole picture's height away is held to cost."""
_SEAM = 0.5
"""What it costs that a neighbour's patch does not go on as this one would, by their mean squared difference."""
_REPEAT = 0.015
"""Added to that where the neighbour's place is nearer than ``_NEAR``: what is shifted by so little is seen twice."""
_NEAR = 8
_AT_KNOWN = np.float32(10)
"""A seam costs so many times as much where the picture itself goes over into what is added."""
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1))


class Patches:
    """The patches of a picture (h, w, 3) display 0..1, of which ``sound`` (h, w) are wholly known."""

    def __init__(self, source: Picture, sound: Flags) -> None:
        self.source, self.sound = source, sound
        self.mean = np.asarray(cv2.blur(source, (PATCH, PATCH)), np.float32)
        flat = _around(source)
        centred = flat - flat.mean(0)
        _, vectors = np.linalg.eigh(centred.T @ centred)
        self._basis = np.asarray(vectors[:, -_FEATURES:] / np.sqrt(flat.shape[1]), np.float32)
        self.features = self.described(source)

    def described(self, picture: Picture) -> Picture:
        """Few numbers (h, w, n) for the patch around each pixel, whose distances are mean squared differences."""
        return np.asarray((_around(picture) @ self._basis).reshape(*picture.shape[:2], -1), np.float32)


@dataclass(frozen=True)
class Wish:
    """What a canvas (rows, columns) should become.

    ``open`` is where places are looked for, ``canvas`` (.., 3) what is there so far, ``expected`` (.., 3) the colours
    to be expected, display; ``colour``: what it costs a patch not to have them, by its squared difference; ``top``: the
    row of the canvas in which the picture begins.
    """

    open: Flags
    canvas: Picture
    expected: Picture
    colour: float
    top: int


def better_places(
    patches: Patches, wish: Wish, y: Indices, x: Indices, rng: np.random.Generator
) -> tuple[Indices, Indices]:
    """Better places in the picture than ``y``, ``x`` (rows, columns) for the open cells of a canvas."""
    height, width = patches.sound.shape
    y, x = y.copy(), x.copy()
    # The cells of one colour of a chessboard do not touch, so they may change at once.
    light = np.indices(wish.open.shape).sum(0) % 2 == 0
    wanted = patches.described(wish.canvas)
    halves = [_Cells(patches, wish, wanted, *np.nonzero(wish.open & half)) for half in (light, ~light)]
    for step in (4, 1, 2, 1):
        for cells in halves:
            cells.look_at(y, x)
            for at_y, at_x in _candidates(cells, step, max(height, width) // 2, y, x, rng):
                cells.take(np.clip(at_y, 0, height - 1), np.clip(at_x, 0, width - 1))
            y[cells.rows, cells.columns], x[cells.rows, cells.columns] = cells.y, cells.x
    return y, x


class _Cells:
    """Cells of a canvas that do not touch, with the best places so far; ``wanted`` describes the whole canvas."""

    def __init__(
        self, patches: Patches, wish: Wish, wanted: Picture, rows: Indices, columns: Indices
    ) -> None:
        self.patches, self.rows, self.columns = patches, rows, columns
        self._open, self.shape = wish.open, wish.open.shape
        self._wanted = wanted[rows, columns]
        self._expected, self._colour = wish.expected[rows, columns], wish.colour
        self._row = np.clip(rows - wish.top, 0, patches.sound.shape[0] - 1)

    def look_at(self, y: Indices, x: Indices) -> None:
        """Begin with the places of the whole canvas."""
        self.y, self.x = y[self.rows, self.columns], x[self.rows, self.columns]
        self._beside = []
        for down, right in _SIDES:
            row, column = self.rows + down, self.columns + right
            there = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
            row, column = np.clip(row, 0, self.shape[0] - 1), np.clip(column, 0, self.shape[1] - 1)
            self._beside.append((y[row, column], x[row, column], there, ~self._open[row, column]))
        self._best = self._cost(self.y, self.x)

    def take(self, y: Indices, x: Indices) -> None:
        """Take these places where they are sound and cost less."""
        cost = self._cost(y, x)
        better = (cost < self._best) & self.patches.sound[y, x]
        for best, new in ((self.y, y), (self.x, x), (self._best, cost)):
            best[better] = new[better]

    def _cost(self, y: Indices, x: Indices) -> Picture:
        height, width = self.patches.sound.shape
        features = self.patches.features
        apart = ((features[y, x] - self._wanted) ** 2).sum(-1)
        off = ((self.patches.mean[y, x] - self._expected) ** 2).mean(-1)
        away = ((y - self._row) / height) ** 2
        total = apart + self._colour * off + _HEIGHT_PENALTY * away
        for (down, right), (its_y, its_x, there, known) in zip(_SIDES, self._beside, strict=True):
            on_y, on_x = np.clip(y + down, 0, height - 1), np.clip(x + right, 0, width - 1)
            gap = np.maximum(np.abs(on_y - its_y), np.abs(on_x - its_x))
            seam = np.flatnonzero((gap > 0) & there)  # most neighbours go on as this one would
            unlike = ((features[on_y[seam], on_x[seam]] - features[its_y[seam], its_x[seam]]) ** 2).sum(-1)
            price = _SEAM * unlike + _REPEAT * (gap[seam] < _NEAR)
            total[seam] += np.where(known[seam], _AT_KNOWN, 1) * price
        return np.asarray(total, np.float32)


def _candidates(
    cells: _Cells, step: int, radius: int, y: Indices, x: Indices, rng: np.random.Generator
) -> Iterator[tuple[Indices, Indices]]:
    """Places for the cells: those that would go on what lies ``step`` cells away, then random ones around the best."""
    for down, right in _SIDES:
        row = (cells.rows - step * down) % cells.shape[0]
        column = (cells.columns - step * right) % cells.shape[1]
        yield y[row, column] + step * down, x[row, column] + step * right
    while radius >= 1:
        jump = rng.integers(-radius, radius + 1, (2, len(cells.rows)))
        yield cells.y + jump[0] // 3, cells.x + jump[1]
        radius //= 3


def _around(picture: Picture) -> Picture:
    """The patch around each pixel (h * w, numbers)."""
    reach = PATCH // 2
    wide = cv2.copyMakeBorder(picture, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    patches = np.lib.stride_tricks.sliding_window_view(wide, (PATCH, PATCH), axis=(0, 1))
    return np.asarray(patches.reshape(picture.shape[0] * picture.shape[1], -1), np.float32)

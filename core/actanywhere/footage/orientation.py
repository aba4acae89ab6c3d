"""Orientation: the eight of EXIF and TIFF, and a movie's display matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Kind = TypeVar("Kind", bound=np.generic)

# EXIF's numbers. A picture is transposed first, then its rows and its columns are turned round.
_TRANSPOSED = (5, 6, 7, 8)
_ROWS_REVERSED = (3, 4, 7, 8)
_COLUMNS_REVERSED = (2, 3, 6, 7)
_SPOKEN = {
    2: "mirrored",
    3: "turned by 180 degrees",
    4: "mirrored upside down",
    5: "mirrored and turned by 270 degrees",
    6: "turned by 90 degrees",
    7: "mirrored and turned by 90 degrees",
    8: "turned by 270 degrees",
}


class Window(NamedTuple):
    """A pixel rectangle: its top left corner and its size. y runs down."""

    x: int
    y: int
    width: int
    height: int

    def union(self, other: Window) -> Window:
        """The smallest window that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Window(x, y, right - x, bottom - y)

    def __str__(self) -> str:
        return f"{self.width}x{self.height} at {self.x},{self.y}"


def spoken(orientation: int) -> str:
    """What is done to the stored picture to show it, clockwise: ``turned by 90 degrees``."""
    return _SPOKEN.get(orientation, "upright")


def pixels_upright(pixels: NDArray[Kind], orientation: int) -> NDArray[Kind]:
    """Stored pixels (H, W, ...) as they are shown: (H, W, ...) or (W, H, ...), a view."""
    if orientation in _TRANSPOSED:
        pixels = pixels.swapaxes(0, 1)
    if orientation in _ROWS_REVERSED:
        pixels = pixels[::-1]
    if orientation in _COLUMNS_REVERSED:
        pixels = pixels[:, ::-1]
    return pixels


def window_upright(window: Window, frame: Window, orientation: int) -> Window:
    """A window of a stored picture as it is shown; ``frame`` is the stored picture's display window."""
    x, y, width, height = window.x - frame.x, window.y - frame.y, window.width, window.height
    across, down = frame.width, frame.height
    if orientation in _TRANSPOSED:
        x, y, width, height, across, down = y, x, height, width, down, across
    if orientation in _ROWS_REVERSED:
        y = down - y - height
    if orientation in _COLUMNS_REVERSED:
        x = across - x - width
    return Window(frame.x + x, frame.y + y, width, height)


def aspect_upright(pixel_aspect: float, orientation: int) -> float:
    """The pixel aspect of the picture as it is shown."""
    return 1.0 / pixel_aspect if orientation in _TRANSPOSED else pixel_aspect


def of_matrix(matrix: Sequence[int]) -> int | None:
    """The orientation that a movie's display matrix means: nine numbers, row by row, as ISO 14496-12 has them.

    A stored point (x, y) is shown at (ax + cy, bx + dy) for the matrix (a b u, c d v, x y w). None where the picture is
    to be skewed or turned by another angle than a quarter.
    """
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    straight, crossed = bool(a and d and not (b or c)), bool(b and c and not (a or d))
    if straight:
        return {(1, 1): 1, (-1, 1): 2, (-1, -1): 3, (1, -1): 4}[_sign(a), _sign(d)]
    if crossed:
        return {(1, 1): 5, (1, -1): 6, (-1, -1): 7, (-1, 1): 8}[_sign(b), _sign(c)]
    return None


def _sign(value: int) -> int:
    return 1 if value > 0 else -1

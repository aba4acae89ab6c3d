"""A picture pointed at in a viewer: a box or point more of whoever is meant; what the frame shows of a place.

Pixels of the picture, from the upper left corner, y down.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from typing import Optional, Tuple

from ..contract.errors import JobError

Point = Tuple[float, float]
Size = Tuple[int, int]


def with_point(said: str, point: Point, size: Size, frame: Optional[int] = None) -> str:
    """``said`` with a point more, of a ``frame`` where there are several; ``size`` is the picture's width and height.

    Raises ``JobError``.
    """
    x, y = int(point[0]), int(point[1])
    if not (0 <= x < size[0] and 0 <= y < size[1]):
        raise JobError(
            f"The point {x},{y} lies outside of the picture ({size[0]} x {size[1]}).",
            "Set it inside of the picture.",
        )
    return _and(said, f"{x},{y}", frame)


def with_box(said: str, one: Point, other: Point, size: Size, frame: Optional[int] = None) -> str:
    """``said`` with a box more between two corners, cut at the picture's edges. Raises ``JobError``."""
    left, right = (int(_within(x, size[0])) for x in sorted((one[0], other[0])))
    top, bottom = (int(_within(y, size[1])) for y in sorted((one[1], other[1])))
    if right - left < 2 or bottom - top < 2:
        raise JobError(
            f"The box has nothing of the picture ({size[0]} x {size[1]}) in it.",
            "Draw it around whoever is meant.",
        )
    return _and(said, f"{left},{top},{right - left},{bottom - top}", frame)


def framed(one: Point, other: Point) -> str:
    """``place`` as the frame that shows what lies between two corners, also beyond the picture. Raises ``JobError``."""
    left, right = sorted((int(one[0]), int(other[0])))
    top, bottom = sorted((int(one[1]), int(other[1])))
    if right - left < 2 or bottom - top < 2:
        raise JobError("The box has no size.", "Draw it around what the frame is to show.")
    return f"{left},{top},{right - left},{bottom - top}"


def _within(value: float, end: int) -> float:
    return min(max(value, 0.0), float(end))


def _and(said: str, more: str, frame: Optional[int]) -> str:
    more = more if frame is None else f"{more}@{frame}"
    return f"{said.strip().rstrip(';').strip()}; {more}" if said.strip() else more

"""The artist's hints on the condition picture: boxes, points and strokes."""

from __future__ import annotations

import re

import numpy as np

from ..contract.errors import JobError
from .protocol import Hint, Picture

_SURE = 0.35
"""By how much a stroke's colour has to stand out from grey, display."""


def read_hint(boxes: str, points: str, strokes: Picture | None, size: tuple[int, int]) -> Hint | None:
    """The hint of an artist's settings for a picture of ``size`` (height, width); None where they gave none.

    ``strokes`` (h, w, 4) RGBA display is their scribble picture. Raises ``JobError``.
    """
    goes, stays = (None, None) if strokes is None else read_strokes(strokes)
    hint = Hint(read_boxes(boxes, size), read_points(points, size), goes, stays)
    return hint if hint else None


def read_boxes(text: str, size: tuple[int, int]) -> tuple[tuple[float, float, float, float], ...]:
    """Boxes of ``x,y,width,height``, several divided by ``;``, cut to the picture. Raises ``JobError``."""
    boxes = []
    for x, y, width, height in _numbers(text, 4, "condition_box", "x,y,width,height"):
        left, top = max(0.0, x), max(0.0, y)
        right, bottom = min(float(size[1]), x + width), min(float(size[0]), y + height)
        if right - left < 2 or bottom - top < 2:
            raise JobError(
                f"The condition box {x:g},{y:g},{width:g},{height:g} holds nothing of the picture, which is "
                f"{size[1]}x{size[0]}.",
                "Give x,y of its upper left corner, its width and its height, in pixels of the condition picture.",
            )
        boxes.append((left, top, right - left, bottom - top))
    return tuple(boxes)


def read_points(text: str, size: tuple[int, int]) -> tuple[tuple[float, float], ...]:
    """Points of ``x,y``, several divided by ``;``. Raises ``JobError``."""
    points = []
    for x, y in _numbers(text, 2, "condition_point", "x,y"):
        if not (0 <= x < size[1] and 0 <= y < size[0]):
            raise JobError(
                f"The condition point {x:g},{y:g} lies outside of the picture, which is {size[1]}x{size[0]}.",
                "Give it in pixels of the condition picture, counted from its upper left corner.",
            )
        points.append((x, y))
    return tuple(points)


def read_strokes(strokes: Picture) -> tuple[Picture, Picture]:
    """Where (h, w) an artist's strokes say "goes" (green or white) and "stays" (red); all else says nothing.

    ``strokes`` (h, w, 4) RGBA, display 0..1. Raises ``JobError`` where nothing is drawn.
    """
    red, green, blue, alpha = np.moveaxis(strokes, -1, 0)
    goes = (green > _SURE) & (green >= red - 0.1) & (green - np.minimum(red, blue) > _SURE)
    goes |= np.minimum(np.minimum(red, green), blue) > 1 - _SURE
    stays = red - np.maximum(green, blue) > _SURE
    goes, stays = goes & (alpha > 0.5), stays & (alpha > 0.5)
    if not goes.any() or goes.mean() > 0.9:
        found = "no green or white stroke" if not goes.any() else "white nearly everywhere"
        raise JobError(
            f"The scribble picture shows {found}.",
            "Draw green or white over what to remove, red over what to keep, on black or on a transparent picture.",
        )
    return goes.astype(np.float32), stays.astype(np.float32)


def numbers_of(text: str, count: int) -> list[float] | None:
    """The ``count`` finite numbers that a text holds, parted by commas or spaces; None where it does not."""
    try:
        numbers = [float(number) for number in re.split(r"[,\s]+", text)]
    except ValueError:
        return None
    return numbers if len(numbers) == count and np.isfinite(numbers).all() else None


def _numbers(text: str, count: int, name: str, form: str) -> list[list[float]]:
    found = []
    for one in filter(None, (part.strip() for part in text.split(";"))):
        numbers = numbers_of(one, count)
        if numbers is None:
            raise JobError(
                f"{name} is '{text}'; it must be {form}, in pixels of the condition picture.",
                f"Write it as {form}; several are divided by a semicolon.",
            )
        found.append(numbers)
    return found

"""How the condition is framed at the anchor: fitted to the frame, then moved, scaled, mirrored."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from ..contract.errors import JobError
from .fit import Matrix, from_pixels
from .widened import AS_IT_WAS, Wider

_CENTRED = "centred"
_LEAST, _MOST, _FARTHEST = 0.2, 10.0, 4.0
_FORM = (
    "Write x,y,scale in frame heights, such as 0.1,-0.05,1.2, or x,y,width,height of what the frame shows, in pixels "
    "of the picture; with ,mirror after it if it is to be mirrored. Or auto, or centred."
)


@dataclass(frozen=True)
class Placement:
    """``fit`` is which sides of the frame the picture fills; from there its centre is moved by ``x`` to the right and
    ``y`` down, in frame heights, and it is ``scale`` times as large; ``mirrored`` left to right.
    ``wider`` it reaches beyond its ``sides``.
    """

    fit: str = "fill"
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    mirrored: bool = False
    wider: Wider = AS_IT_WAS

    @property
    def moved(self) -> bool:
        """Whether it is anything but centred."""
        return (self.x, self.y, self.scale, self.mirrored) != (0, 0, 1, False)

    def sides(self, picture: float, frame: float) -> tuple[float, float]:
        """Width and height, in unit coordinates, of a picture in a frame; both given as width over height."""
        height = {
            "fill": max(1.0, frame / picture),
            "fit": min(1.0, frame / picture),
            "width": frame / picture,
            "height": 1.0,
        }[self.fit]
        return self.scale * height * picture, self.scale * height

    def shown(self, picture: float, frame: float) -> tuple[float, float]:
        """The shares of the picture that lie in the frame, and of the frame that the picture covers."""
        width, height = self.sides(picture, frame)
        across = max(0.0, min(self.x + width / 2, frame / 2) - max(self.x - width / 2, -frame / 2))
        down = max(0.0, min(self.y + height / 2, 0.5) - max(self.y - height / 2, -0.5))
        return across * down / (width * height), across * down / frame

    def __str__(self) -> str:
        """``0.1,-0.05,1.2,mirror``, as ``read_place`` reads it; ``centred`` where it is not moved."""
        if not self.moved:
            return _CENTRED
        return f"{self.x:.4g},{self.y:.4g},{self.scale:.4g}" + (",mirror" if self.mirrored else "")


def condition_to_unit(rows: int, columns: int, aspect: float, placement: Placement | None = None) -> Matrix:
    """(3, 3) from pixels of a condition picture to unit coordinates of the frame that it is laid into."""
    placement = placement or Placement()
    width, height = placement.sides(columns / rows, aspect)
    laid = np.array([[height, 0, placement.x], [0, height, placement.y], [0, 0, 1.0]])
    if placement.mirrored:
        laid[0, 0] = -height
    return np.asarray(laid @ from_pixels(rows, columns, width / height), np.float64)


def around(
    inner: Placement, box: tuple[int, int, int, int], picture: tuple[int, int], frame: float
) -> Placement:
    """How a ``picture`` (height, width) lies of which a ``box`` (left, top, width, height, in its pixels) lies as
    ``inner`` says; ``frame`` is the frame's width over height.
    """
    (left, top, wide, high), (rows, columns) = box, picture
    pixel = inner.sides(wide / high, frame)[1] / high
    across, down = columns / 2 - (left + wide / 2), rows / 2 - (top + high / 2)
    scale = pixel * rows / Placement(inner.fit).sides(columns / rows, frame)[1]
    across *= -1 if inner.mirrored else 1
    return replace(inner, x=inner.x + pixel * across, y=inner.y + pixel * down, scale=scale)


def read_place(text: str, fit: str, picture: tuple[int, int], frame: float) -> Placement | None:
    """The placement of an artist's settings; None where it is to be found. Raises ``JobError``.

    ``picture`` is the condition's height and width, ``frame`` the width over height of what it is laid into.
    """
    said = text.strip().lower()
    if said in ("", "auto"):
        return None
    if said == _CENTRED:
        return Placement(fit)
    words = re.split(r"[,;\s]+", said)
    mirrored = words[-1] in ("mirror", "mirrored")
    try:
        numbers = [float(word) for word in (words[:-1] if mirrored else words)]
    except ValueError:
        numbers = []
    if len(numbers) not in (3, 4) or not np.isfinite(numbers).all() or min(numbers[2:]) <= 0:
        raise JobError(
            f"place is '{text}'; it must be x,y,scale or x,y,width,height, auto or centred.", _FORM
        )
    found = _framed(Placement(fit, mirrored=mirrored), numbers, picture, frame) if len(numbers) == 4 else None
    x, y, scale = numbers[:3] if found is None else (found.x, found.y, found.scale)
    if not _LEAST <= scale <= _MOST or max(abs(x), abs(y)) > _FARTHEST:
        raise JobError(
            f"place is '{text}': a scale of {scale:.3g}, moved by {x:.3g},{y:.3g} frame heights; it may be {_LEAST:g} "
            f"to {_MOST:g} times as large, and moved by up to {_FARTHEST:g}.",
            _FORM,
        )
    return Placement(fit, x, y, scale, mirrored)


def _framed(laid: Placement, box: list[float], picture: tuple[int, int], frame: float) -> Placement:
    """Moved and scaled so that the frame shows all of a box (x, y, width, height) of the picture, in its middle."""
    rows, columns = picture
    left, top, width, height = box
    wide, tall = laid.sides(columns / rows, frame)
    scale = frame * columns / (max(width, height * frame) * wide)
    across = ((left + width / 2) / columns - 0.5) * (-1 if laid.mirrored else 1)
    down = (top + height / 2) / rows - 0.5
    return replace(laid, x=-across * wide * scale + 0.0, y=-down * tall * scale + 0.0, scale=scale)

"""The bars and rims of a picture: letterbox, pillarbox, and the paper around a scanned print."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]

_ALIKE, _UNLIKE = 8, 16
"""Codes of 255 by which a rim's pixels differ from one another at most, and the picture from its rim at least."""
_BLACK, _WHITE = 28, 200
"""Codes below which black bars, and above which white paper lies, in every colour."""
_ALL, _MOST = 0.99, 0.5
"""Shares of a row's pixels: that are of its rim, and that are not, where the picture begins at once."""
_RINGING, _STILL, _STEP = 16, 0.9, 32
"""Rows beside the picture into which a codec's block may carry noise, the share that is as black or white there, and
the codes by which the picture then begins within the smear.
"""
_LEAST, _DEEPEST = 0.004, 0.35
"""A rim's depth as a share of the picture's side."""
_COLUMNS = 1024
"""Pixels of a row that are looked at, at most."""
_SOFT = 2
"""Pixels by which a rim's border is smeared at most."""


@dataclass(frozen=True)
class Rim:
    """How many rows and columns of a picture are no part of it, and whether they are ``black`` or white."""

    top: int
    bottom: int
    left: int
    right: int
    black: bool

    def cover(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """(H, W) true on the rim and its smeared border."""
        covered = np.ones(shape, np.bool_)
        top, bottom, left, right = (
            depth + _SOFT if depth else 0 for depth in (self.top, self.bottom, self.left, self.right)
        )
        covered[top : shape[0] - bottom, left : shape[1] - right] = False
        return covered

    def __str__(self) -> str:
        sides = [f"{depth} {name}" for name, depth in vars(self).items() if depth and name != "black"]
        return f"a {'black' if self.black else 'white'} rim ({', '.join(sides)} pixels)"


def find_rim(codes: Codes) -> Rim | None:
    """The rim of a picture (H, W, 3) in 8-bit display codes: at opposite sides, of one colour, straight; else None."""
    sides = (codes, codes[::-1], codes.swapaxes(0, 1), codes.swapaxes(0, 1)[::-1])
    found = [_depth(side) for side in sides]
    for pair in (0, 2):  # one side alone may be a wall or a floor
        (one, black), (other, too) = found[pair : pair + 2]
        if not (one and other and black == too):
            found[pair : pair + 2] = [(0, False), (0, False)]
    (top, _), (bottom, _), (left, _), (right, _) = found
    blacks = {black for depth, black in found if depth}
    return Rim(top, bottom, left, right, blacks.pop()) if len(blacks) == 1 else None


def _depth(rows: Codes) -> tuple[int, bool]:
    """How many of the first ``rows`` are a rim, and whether it is black; 0 where none is sure."""
    rows = rows[:, :: max(1, rows.shape[1] // _COLUMNS)]
    colour = np.median(rows[0], axis=0).astype(np.int16)
    black = bool((colour < _BLACK).all())
    if not black and not (colour > _WHITE).all():
        return 0, black
    most = max(1, round(_DEEPEST * len(rows)))
    apart = np.abs(rows[: most + 1].astype(np.int16) - colour).max(2)
    depth = _run((apart <= _ALIKE).mean(1) >= _ALL)
    tinted = (rows < _BLACK) if black else (rows > _WHITE)
    noisy = _run(tinted.all(2).mean(1)[depth : most + 1] >= _STILL)
    if depth and 0 < noisy <= _RINGING and depth + noisy + _SOFT <= most:
        within, beyond = (float(np.median(apart[depth + noisy + at])) for at in (-1, _SOFT))
        depth += noisy if beyond - within >= _STEP else 0
    begins = depth + max(1, round(_LEAST / 2 * len(rows)))
    if depth < max(2, _LEAST * len(rows)) or begins > most or (apart[begins] > _UNLIKE).mean() < _MOST:
        return 0, black
    return depth, black


def _run(flags: NDArray[np.bool_]) -> int:
    """How many of them are true before the first that is not; 0 where all are."""
    return 0 if flags.all() else int(np.argmin(flags))

"""A shot's track as a whole: lost frames interpolated, and whether a flat card can follow it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .fit import Matrix, apply, normalise


def is_card(transforms: NDArray[np.float64], aspect: float) -> bool:
    """Whether a flat card moved so still looks like the place in every frame: neither leaning nor stretched.

    Seen from the frame in the middle of the shot, at the frame's centre.
    """
    middle = np.linalg.inv(transforms[len(transforms) // 2])
    corners = np.array([[x, y] for x in (-aspect / 2, aspect / 2) for y in (-0.5, 0.5)])
    for transform in transforms:
        move = normalise(transform @ middle)
        back = np.asarray(np.linalg.inv(move), np.float64)
        depth = np.array([back[2, :2] @ corner + back[2, 2] for corner in corners]) / back[2, 2]
        if depth.min() < 0.4 or depth.max() > 2.5:
            return False
        centre = apply(back, np.zeros((1, 2)))[0]
        here, right, below = (
            apply(move, np.asarray(centre[None] + np.array(step), np.float64))[0]
            for step in ((0, 0), (1e-3, 0), (0, 1e-3))
        )
        across, down = right - here, below - here
        skew = np.arctan2(across[1], across[0]) - np.arctan2(-down[0], down[1])
        stretch = np.linalg.norm(across) / np.linalg.norm(down)
        if abs(skew) > np.radians(5) or not 0.75 < stretch < 1.33:
            return False
    return True


def interpolate_lost(transforms: Sequence[Matrix | None]) -> NDArray[np.float64]:
    """(T, 3, 3) with frames that were lost filled from their neighbours, halfway motions between them.

    Lost at the start or the end, the camera goes on as fast as it moved next to them.
    """
    known = [i for i, t in enumerate(transforms) if t is not None]
    values = np.stack([t for t in transforms if t is not None])
    scaled = np.stack([t / t[2, 2] for t in values]) if (values[:, 2, 2] > 1e-3).all() else values
    flat = [np.interp(range(len(transforms)), known, column) for column in scaled.reshape(-1, 9).T]
    filled = np.stack(flat, 1).reshape(-1, 3, 3)
    if len(known) > 1:
        onward = _speed(filled, known[-1] - min(4, known[-1] - known[0]), known[-1])
        for index in range(known[-1] + 1, len(transforms)):
            filled[index] = onward @ filled[index - 1]
    return filled


def _speed(transforms: NDArray[np.float64], first: int, last: int) -> Matrix:
    """The mean motion of the centre from frame to frame, as a move alone."""
    whole = apply(normalise(transforms[last] @ np.linalg.inv(transforms[first])), np.zeros((1, 2)))[0]
    pace = np.nan_to_num(whole) / max(last - first, 1)
    return np.array([[1, 0, pace[0]], [0, 1, pace[1]], [0, 0, 1.0]])

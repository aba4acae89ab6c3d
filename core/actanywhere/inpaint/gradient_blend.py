"""Gradient-domain blending of patches that come from different parts of a picture, so that no seam shows.

Every cell of the canvas gets a colour of its own to add, such that neighbours go over into one another as the picture
does where they were taken from: compositing in the gradient domain (Perez, Gangnet and Blake: Poisson image editing,
2003), with one unknown a cell. What is known stays as it is. Where two patches are of different things, and no light
would make one of them, the seam is left alone.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Indices = NDArray[np.int64]

_LARGEST_STEP = 0.1
"""Difference in display values up to which, more or less, it is taken for one of light."""
_REACH = 24.0
"""Cells over which a colour that is added at a seam fades out."""
_SOFT = 5
"""Pixels of the picture whose mean is compared: light, and not texture."""
_ROUNDS = 80
_ENOUGH = 1e-4
"""Rounds of the solver at most, and the share of the first error at which it is done sooner."""


def blend_gradients(
    source: Picture, sound: NDArray[np.bool_], y: Indices, x: Indices, open: NDArray[np.bool_]
) -> Picture:
    """What to add (rows, columns, 3) to each cell of a canvas, in display values; 0 where it is not ``open``.

    ``source`` (h, w, 3) display 0..1 is the picture, and ``sound`` (h, w) where it is known; ``y``, ``x`` (rows,
    columns) say from where in it each cell is taken, a known cell from its own place.
    """
    known = sound.astype(np.float32)
    share = np.maximum(cv2.blur(known, (_SOFT, _SOFT)), np.float32(1e-6))
    soft = np.asarray(cv2.blur(source * known[..., None], (_SOFT, _SOFT)) / share[..., None], np.float32)
    pairs = [(axis, *_steps_across(soft, sound, y, x, axis)) for axis in (0, 1)]
    # As wide as the colours: to spread one number over three takes longer than to multiply.
    free = np.repeat(open[..., None].astype(np.float32), 3, 2)
    pairs = [(axis, np.repeat(weight, 3, 2), step) for axis, weight, step in pairs]

    def laplacian(added: Picture) -> Picture:
        """The normal equations' left side."""
        total = added / _REACH**2
        for axis, weight, _ in pairs:
            flow = np.diff(added, axis=axis)
            flow *= weight
            total += _divergence(flow, axis)
        total *= free
        return total

    target = np.zeros((*open.shape, 3), np.float32)
    for axis, weight, step in pairs:
        target += _divergence(weight * step, axis)
    return _solve(laplacian, target * free)


def _steps_across(
    soft: Picture, sound: NDArray[np.bool_], y: Indices, x: Indices, axis: int
) -> tuple[Picture, Picture]:
    """Between each cell and its next along ``axis``: how sure it is that the two should agree (..., 1), and how much
    lighter (..., 3) the next would have to be to go on from this one as the picture does.

    What the picture shows beside either place tells; where it shows neither, nothing is sure.
    """
    (y, last_y), (x, last_x) = (
        (np.take(part, range(part.shape[axis] - 1), axis), np.take(part, range(1, part.shape[axis]), axis))
        for part in (y, x)
    )
    down, right = (1, 0) if axis == 0 else (0, 1)
    after, seen_after = _look(soft, sound, y + down, x + right)
    before, seen_before = _look(soft, sound, last_y - down, last_x - right)
    known_sides = seen_after + seen_before
    step = seen_after * (after - soft[last_y, last_x]) + seen_before * (soft[y, x] - before)
    step /= np.maximum(known_sides, 1)
    weight = np.exp(-((np.abs(step).max(2, keepdims=True) / np.float32(_LARGEST_STEP)) ** 2))
    return weight * (known_sides > 0), step


def _look(soft: Picture, sound: NDArray[np.bool_], y: Indices, x: Indices) -> tuple[Picture, Picture]:
    """The picture at places (rows, columns), and 1 (rows, columns, 1) where it is known there."""
    height, width = sound.shape
    at_y, at_x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    seen = sound[at_y, at_x] & (at_y == y) & (at_x == x)
    return soft[at_y, at_x], seen[..., None].astype(np.float32)


def _divergence(flow: Picture, axis: int) -> Picture:
    """What lies between cells, laid onto the next and taken from the one before."""
    shape = list(flow.shape)
    shape[axis] += 1
    made = np.empty(shape, np.float32)
    out, along = np.moveaxis(made, axis, 0), np.moveaxis(flow, axis, 0)
    np.negative(along[0], out=out[0])
    np.subtract(along[:-1], along[1:], out=out[1:-1])
    out[-1] = along[-1]
    return made


def _solve(laplacian: Callable[[Picture], Picture], target: Picture) -> Picture:
    """By conjugate gradients."""
    added = np.zeros_like(target)
    left = target.copy()
    direction = left.copy()
    size = first = float((left**2).sum())
    for _ in range(_ROUNDS):
        if size <= _ENOUGH**2 * first:
            break
        pulled = laplacian(direction)
        length = size / float((direction * pulled).sum())
        added += length * direction
        left -= length * pulled
        size, before = float((left**2).sum()), size
        direction = left + size / before * direction
    return added

"""Whether the actor's feet slide: the ground under them moves in the comp as it does in the plate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..camera.contact import contact, ground_motion

Frames = NDArray[np.uint8]

_PAIRS = 3
"""Pairs of frames that are needed."""


@dataclass(frozen=True)
class Slide:
    """Pixels a frame: the median of the measured frames and the worst, NaN where too few are; and their share, 0..1."""

    median: float
    worst: float
    measured: float


def feet_sliding(
    frames: Frames, plate: Frames, matte: NDArray[np.uint8], moving: NDArray[np.uint8] | None = None
) -> Slide:
    """How far the ground under the feet slides against the plate's, in the finished ``frames`` (T, h, w, 3).

    ``matte`` (T, h, w) is 255 on the actor, ``moving`` on them and what moves with them. Only pairs of frames count
    in which both motions are sure, and the actor stands (see ``contact``).
    """
    slides = list(_slides(frames, plate, matte, matte if moving is None else moving))
    share = len(slides) / max(1, len(frames) - 1)
    if len(slides) < _PAIRS:
        return Slide(float("nan"), float("nan"), share)
    return Slide(float(np.median(slides)), float(np.max(slides)), share)


def _slides(
    frames: Frames, plate: Frames, matte: NDArray[np.uint8], moving: NDArray[np.uint8]
) -> Iterator[float]:
    for t in range(len(frames) - 1):
        stand = contact((plate[t], plate[t + 1]), (matte[t], matte[t + 1]), (moving[t], moving[t + 1]))
        if stand is None:
            continue
        layer = ground_motion((frames[t], frames[t + 1]), stand.feet, moving[t + 1])
        if layer is not None:
            yield float(np.linalg.norm(stand.ground - layer))

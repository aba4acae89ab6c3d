"""Which parts of a known place are repainted so that they move: the artist's mask, or the ground around the feet."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..protocol import FrameConditioning

Picture = NDArray[np.float32]

_LEAST, _MOST = 0.25, 0.85
"""Share of the noise that the refining begins from, for a life just above 0 and for 1."""


def strength_of(life: float) -> float:
    """How much of the noise a life of 0..1 begins from: more life, more of it is new."""
    return _LEAST + (_MOST - _LEAST) * min(max(life, 0.0), 1.0)


def alive_region(frame: FrameConditioning) -> Picture:
    """(h, w) 0..1: the artist's alive mask where there is one, else the place around the actor's feet."""
    if frame.alive is not None:
        return np.asarray(np.clip(frame.alive, 0, 1), np.float32)
    height, width = frame.mask.shape
    rows = np.flatnonzero((frame.subject > 0.5).any(axis=1))
    if not len(rows):
        return np.zeros((height, width), np.float32)
    top, foot = int(rows[0]), int(rows[-1])
    tall = foot - top + 1
    low = frame.subject[foot - tall // 8 : foot + 1] > 0.5
    columns = np.flatnonzero(low.any(axis=0))
    middle, reach = (columns[0] + columns[-1]) / 2, (columns[-1] - columns[0]) / 2 + 0.35 * tall
    y, x = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot((x - middle) / max(reach, 1), (y - foot) / max(0.18 * tall, 1))
    region = np.clip(2 * (1 - away), 0, 1).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(region, (0, 0), max(1.0, height / 120)), np.float32)

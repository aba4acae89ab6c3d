"""Little pictures whose parts are known: a street, and somebody in it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

SIZE = (120, 180)
HORIZON = 60


def street(seed: int = 0) -> Picture:
    """Sky over a street with grain, and a white line along it: nothing changes from left to right but the grain."""
    rng = np.random.default_rng(seed)
    height, width = SIZE
    picture = np.empty((height, width, 3), np.float32)
    picture[:HORIZON] = (0.5, 0.65, 0.85)
    picture[HORIZON:] = (0.45, 0.45, 0.42)
    picture[90:95] = (0.85, 0.85, 0.85)
    grain = cv2.GaussianBlur(rng.standard_normal((height, width, 1)).astype(np.float32), (0, 0), 0.7)
    return np.clip(picture + 0.03 * grain[..., None], 0, 1).astype(np.float32)


def body(centre: tuple[int, int] = (90, 62), size: tuple[int, int] = (11, 26)) -> Picture:
    """Somebody's mask: an ellipse, (x, y) and half axes, soft at its edge."""
    mask = np.zeros(SIZE, np.float32)
    cv2.ellipse(mask, centre, size, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    return mask


def with_body(picture: Picture, mask: Picture) -> Picture:
    """The picture with somebody in red in it."""
    return np.asarray(picture + (np.float32((0.8, 0.1, 0.1)) - picture) * mask[..., None], np.float32)

"""Whether the new background is as sharp as the condition."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]


def sharpness(
    frames: Frames, outside: NDArray[np.bool_], condition: NDArray[np.uint8], place: NDArray[np.bool_]
) -> float:
    """Mean strength of the Laplacian outside of the matte over that of the condition's place; 1 is as sharp, 0 is flat.

    The condition (h, w, 3) is given at the frames' size; ``place`` (h, w) is where no actor stands in it. Above 1 is
    noise, or a busier place than the condition's.
    """
    wanted = float(_laplacian(condition)[place].mean()) if place.any() else float("nan")
    found = []
    for frame, where in zip(frames, outside, strict=True):
        inner = cv2.erode(where.astype(np.uint8), np.ones((7, 7), np.uint8), borderValue=1) > 0
        if inner.any():
            found.append(float(_laplacian(frame)[inner].mean()))
    return float(np.mean(found)) / max(wanted, 1e-6) if found else float("nan")


def _laplacian(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    return np.abs(np.asarray(cv2.Laplacian(grey, cv2.CV_32F, ksize=1)))

"""Where each pixel of a frame lies in another: dense optical flow (OpenCV's DIS)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_LEAST = 32
"""Sides of the smallest picture: OpenCV's preset "fast" reads beyond a lower one, and the process ends."""


def dense_flow(
    here: NDArray[np.uint8], there: NDArray[np.uint8], preset: int = cv2.DISOPTICAL_FLOW_PRESET_FAST
) -> NDArray[np.float32]:
    """(h, w, 2) from each pixel of ``here`` (h, w) grey to where it is in ``there`` (h, w), x and y in pixels."""
    height, width = here.shape
    down, right = max(0, _LEAST - height), max(0, _LEAST - width)
    one, other = (cv2.copyMakeBorder(grey, 0, down, 0, right, cv2.BORDER_REPLICATE) for grey in (here, there))
    flow = cv2.DISOpticalFlow.create(preset).calc(one, other, np.zeros((*one.shape, 2), np.float32))
    return np.asarray(flow[:height, :width], np.float32)

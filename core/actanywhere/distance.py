"""How far a pixel is inside a region: exact, and the same in every run."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def distance_inside(region: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The distance (H, W), in pixels, of each pixel of ``region`` (H, W) to the nearest one outside; 0 outside.

    OpenCV's precise transform has a last digit that depends on how its threads share the rows, so that two runs differ.
    Squared distances between pixels are whole numbers: rounded to these they are exact, up to 500 pixels.
    """
    about = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.sqrt(np.rint(np.asarray(about, np.float64) ** 2)).astype(np.float32)

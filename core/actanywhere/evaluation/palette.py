"""Whether the new background has the condition's colours, and its sharpness."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]

_BINS = (8, 8, 8)
_RANGE = [0.0, 256.0, 64.0, 192.0, 64.0, 192.0]
"""OpenCV's 8-bit Lab; colours beyond these a and b are rarer than a bin's share of any picture."""


def palette_agreement(
    frames: Frames, outside: NDArray[np.bool_], condition: NDArray[np.uint8], place: NDArray[np.bool_]
) -> float:
    """Intersection of Lab histograms: 1 when the backgrounds have the condition's colours in the same shares.

    ``frames`` (T, H, W, 3) display, all counted together where ``outside`` (T, H, W) of the matte; ``condition``
    (h, w, 3) is counted where it shows the ``place`` (h, w). NaN where the matte leaves nothing.
    """
    counts = sum((_counts(*pair) for pair in zip(frames, outside, strict=True)), np.zeros(_BINS, np.float32))
    if not counts.any() or not place.any():
        return float("nan")
    return float(np.minimum(_shares(counts), _shares(_counts(condition, place))).sum())


def _counts(rgb: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    lab = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2LAB)
    lab[..., 1:] = np.clip(lab[..., 1:], 64, 191)
    return np.asarray(cv2.calcHist([lab], [0, 1, 2], where.astype(np.uint8), list(_BINS), _RANGE), np.float32)


def _shares(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(_soften(counts) / counts.sum(), np.float32)


def _soften(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Counts shared with the neighbouring bins, so that a colour at a bin's edge is not judged by noise."""
    for axis in range(3):
        padded = np.pad(counts, [(1, 1) if a == axis else (0, 0) for a in range(3)], mode="edge")
        parts = [np.take(padded, range(k, k + counts.shape[axis]), axis) for k in range(3)]
        counts = 0.25 * parts[0] + 0.5 * parts[1] + 0.25 * parts[2]
    return counts


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

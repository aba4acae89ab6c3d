"""PSNR and SSIM of a picture in a region, against the ground truth."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
Region = NDArray[np.bool_]

LEAST_PIXELS = 64
"""A region with fewer pixels than this, over all frames, is not measured: the measures give NaN."""

_BEST = 60.0
_SIGMA = 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr(frames: Frames, truth: Frames, where: Region) -> float:
    """Peak signal to noise ratio in dB of ``frames`` (T, H, W, 3) inside ``where`` (T, H, W); higher is nearer.

    Errors are pooled over all frames; at most 60 dB, so that equal pictures have a figure.
    """
    if np.count_nonzero(where) < LEAST_PIXELS:
        return float("nan")
    error = frames[where].astype(np.float32) - truth[where].astype(np.float32)
    power = float(np.mean(error**2))
    return min(_BEST, 10 * float(np.log10(255**2 / max(power, 1e-9))))


def ssim(frames: Frames, truth: Frames, where: Region) -> float:
    """Structural similarity (Wang et al., 2004) of the luma, averaged inside ``where``; 1 is equal.

    Gaussian window of 11 pixels, sigma 1.5. The window looks a few pixels beyond the region's edge.
    """
    if np.count_nonzero(where) < LEAST_PIXELS:
        return float("nan")
    total = 0.0
    for one, other, inside in zip(frames, truth, where, strict=True):
        if inside.any():
            total += float(_ssim_map(_luma(one), _luma(other))[inside].sum())
    return total / float(np.count_nonzero(where))


def _luma(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float64)


def _mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(plane, (11, 11), _SIGMA), np.float64)


def _ssim_map(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    mean_1, mean_2 = _mean(one), _mean(other)
    variance_1, variance_2 = _mean(one * one) - mean_1**2, _mean(other * other) - mean_2**2
    covariance = _mean(one * other) - mean_1 * mean_2
    light = (2 * mean_1 * mean_2 + _C1) / (mean_1**2 + mean_2**2 + _C1)
    return np.asarray(light * (2 * covariance + _C2) / (variance_1 + variance_2 + _C2))

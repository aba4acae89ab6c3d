"""Noise with the statistics of photographs: 1/f fields that tile, and smooth random walks in time."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

TILE = 256
_SLOPES = (0.6, 0.9, 1.2, 1.5, 1.9)


@lru_cache(maxsize=1)
def _bank() -> dict[float, list[NDArray[np.float32]]]:
    """Three fields for every slope, always the same: a clip takes a random view of one (no FFT a clip)."""
    rng = np.random.default_rng(20240110)
    return {slope: [_field(rng, slope) for _ in range(3)] for slope in _SLOPES}


def _field(rng: np.random.Generator, slope: float) -> NDArray[np.float32]:
    fy = np.fft.fftfreq(TILE)[:, None]
    fx = np.fft.rfftfreq(TILE)[None]
    radius = np.hypot(fy, fx)
    radius[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.standard_normal((TILE, TILE))) * radius**-slope
    spectrum[0, 0] = 0.0
    field = np.fft.irfft2(spectrum, s=(TILE, TILE))
    return np.asarray(field / field.std(), np.float32)


def fractal(rng: np.random.Generator, slope: float = 1.2) -> NDArray[np.float32]:
    """A tileable 1/f field, (256, 256) float32, mean 0, deviation 1; a steeper slope is smoother."""
    nearest = min(_SLOPES, key=lambda known: abs(known - slope))
    fields = _bank()[nearest]
    field = fields[int(rng.integers(len(fields)))]
    if rng.random() < 0.5:
        field = field.T
    field = field[:: int(rng.choice((-1, 1))), :: int(rng.choice((-1, 1)))]
    dy, dx = rng.integers(0, TILE, 2)
    return np.roll(field, (int(dy), int(dx)), (0, 1))


def fractal_map(rng: np.random.Generator, height: int, width: int, slope: float = 1.5) -> NDArray[np.float32]:
    """A fractal field stretched to (height, width), not tileable: ridges, clouds, stains."""
    return np.asarray(cv2.resize(fractal(rng, slope), (width, height)), np.float32)


def wander(rng: np.random.Generator, frames: int, smooth: float) -> NDArray[np.float64]:
    """A random walk of (frames,), about 0 with deviation near 1; ``smooth`` is its time scale in frames."""
    reach = int(np.ceil(3 * smooth)) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(smooth, 0.3)) ** 2)
    kernel /= np.sqrt((kernel**2).sum())
    return np.convolve(rng.standard_normal(frames + 2 * reach), kernel, "valid")

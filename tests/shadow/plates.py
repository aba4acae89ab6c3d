"""Plates of a speckled ground, from light that is known."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]


def codes(light: Plane) -> NDArray[np.uint8]:
    """Light as 8-bit sRGB codes, by the formula of IEC 61966-2-1."""
    display = np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
    )
    return np.round(np.clip(display, 0, 1) * 255).astype(np.uint8)


def speckled(rng: np.random.Generator, size: tuple[int, int], middle: float, apart: float) -> Plane:
    """Light (height, width, 3) about ``middle``, its speckles some ``apart``."""
    noise = rng.standard_normal(size).astype(np.float32)
    speckle = cv2.GaussianBlur(noise, (0, 0), 1.2) * 3 + cv2.GaussianBlur(noise, (0, 0), 5) * 12
    level = np.clip(middle + apart * speckle, middle / 4, 2.3 * middle)
    return np.asarray(level[..., None] * np.array([1.0, 0.9, 0.75], np.float32), np.float32)

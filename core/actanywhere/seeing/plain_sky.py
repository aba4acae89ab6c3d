"""The blue sky of a picture, without a network: what is blue and smooth from the upper border down."""

from __future__ import annotations

import cv2
import numpy as np

from .protocol import Picture

_HEIGHT = 192
"""Pixels of the picture's height at which its sky is looked for."""
_BLUE, _PURPLE, _DARKEST = 5.0, 10.0, 70.0
"""In Lab: how blue a sky is at least, how much redder it may be than half its blue, and how dark, less its blue."""
_FINE = 1.5
"""Deviation of L of what is fine in it: waves, leaves and walls have more."""
_WIRE = 3
"""Width of the wires before it that are overlooked."""
_TOP, _BOTTOM = 0.15, 0.1
"""Share of the upper border that it has to take, and of the lower one from which on it may as well be a floor."""


def plain_sky(picture: Picture, hidden: Picture | None = None) -> Picture | None:
    """(192, w) 0 or 1: the sky of ``picture`` (h, w, 3), display, with the clouds and what flies in it.

    ``hidden`` (h, w) is where nothing of it is seen. None where none is blue: an overcast one is not told from a wall.
    """
    size = (max(1, round(picture.shape[1] * _HEIGHT / picture.shape[0])), _HEIGHT)
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    unwired = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((_WIRE, _WIRE), np.uint8))
    lab = np.asarray(cv2.cvtColor(unwired, cv2.COLOR_RGB2LAB), np.float32)
    light, red, yellow = cv2.split(cv2.GaussianBlur(lab, (0, 0), 1.2))
    detail = np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 2.0))
    blue = (yellow < -_BLUE) & (red < _PURPLE - yellow / 2) & (light - yellow > _DARKEST)
    blue &= cv2.GaussianBlur(detail, (0, 0), 2.0) < _FINE
    if hidden is not None:
        blue &= cv2.resize(hidden, size, interpolation=cv2.INTER_AREA) < 0.05
    solid = cv2.morphologyEx(blue.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    number, parts = cv2.connectedComponents(solid)
    high = np.bincount(parts[:4].ravel(), minlength=number) > 4 * _TOP * size[0]
    high[0] = False
    sky = high[parts]
    if not sky.any() or sky[-4:].mean() > _BOTTOM:
        return None
    # What it encloses is in it, or before it.
    around = cv2.copyMakeBorder((~sky).astype(np.uint8), 0, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    _, parts = cv2.connectedComponents(around, connectivity=4)
    return np.asarray(parts[:-1, 1:-1] != parts[-1, 0], np.float32)

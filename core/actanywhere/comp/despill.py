"""The actor's own light in the soft rim of their matte: what shows through of the plate's background is taken out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Plane = NDArray[np.bool_]

_CLEAR, _SOLID = 0.02, 0.98
"""A matte below the first shows the background alone, above the second the actor alone."""
_AWAY = 2
"""Pixels from the actor that are left out of their background besides: a matte may be a little tight."""
_GRAIN = 2.0
"""Blur in pixels that takes the grain out of the background's colours."""
_ABOUT = 9
"""Side of the square in which the solid actor's darkest and brightest colours are looked for."""
_REACH = 12
"""Pixels from the solid actor up to which these hold: what is thinner (a rope, a hair) has colours of its own."""


def despill(plate: Picture, matte: Picture, clean: Picture | None = None) -> Picture:
    """The actor's own light times their matte, (H, W, 3): a new background goes under it with ``1 - matte``.

    ``plate`` (H, W, 3), in linear light, is the actor F over its own background B: F m + B (1 - m), with the ``matte``
    m (H, W), 0..1. B is taken out, as a keyer does it, and F kept within the colours of the solid actor beside it: a
    matte that is a little off makes no rim. ``clean`` (H, W, 4) is B where its alpha is 1 (a clean plate, in the same
    light); elsewhere B is the colour beside the matte. At matte 1 the plate's pixels stay to the bit; at 0 nothing is
    left.
    """
    m = matte[..., None]
    background = _beside(plate, matte) if clean is None or (clean[..., 3] < 1).any() else clean[..., :3]
    if clean is not None:
        background = np.where(clean[..., 3:] < 1, background, clean[..., :3])
    own = (plate - (1 - m) * background) / np.maximum(m, _CLEAR)
    solid = matte >= _SOLID
    if solid.any():
        away = np.asarray(cv2.distanceTransform((~solid).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5))
        own = np.where((away <= _REACH)[..., None], np.clip(own, *_colours(plate, solid)), own)
    return np.where(m >= 1, plate, np.maximum(own, 0) * m).astype(np.float32)


def _beside(plate: Picture, matte: Picture) -> Picture:
    """(H, W, 3) the colours of the background: where the actor is, those of its nearest pixel, without grain."""
    kernel = np.ones((2 * _AWAY + 1, 2 * _AWAY + 1), np.uint8)
    outside = np.asarray(cv2.dilate((matte > _CLEAR).astype(np.uint8), kernel)) == 0
    if not outside.any():
        return plate
    weight = outside.astype(np.float32)
    smooth = cv2.GaussianBlur(plate * weight[..., None], (0, 0), _GRAIN)
    smooth = smooth / np.maximum(cv2.GaussianBlur(weight, (0, 0), _GRAIN), 1e-6)[..., None]
    return _from_nearest(np.asarray(smooth, np.float32), outside)


def _colours(plate: Picture, solid: Plane) -> tuple[Picture, Picture]:
    """The least and the most (H, W, 3) of each channel about the nearest pixel of the ``solid`` actor."""
    kernel, far = np.ones((_ABOUT, _ABOUT), np.uint8), np.float32(np.finfo(np.float32).max)
    least = np.asarray(cv2.erode(np.where(solid[..., None], plate, far), kernel), np.float32)
    most = np.asarray(cv2.dilate(np.where(solid[..., None], plate, -far), kernel), np.float32)
    return _from_nearest(least, solid), _from_nearest(most, solid)


def _from_nearest(picture: Picture, there: Plane) -> Picture:
    """``picture`` (H, W, 3) with each pixel that is not ``there`` that of the nearest one which is."""
    _, label = cv2.distanceTransformWithLabels(
        (~there).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    place = np.zeros(int(label.max()) + 1, np.intp)
    place[label[there]] = np.flatnonzero(there)
    return np.asarray(picture.reshape(-1, 3)[place[label]], np.float32)

"""Whether the actor is kept as photographed, without a rim."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .quality import psnr

Frames = NDArray[np.uint8]
Mattes = NDArray[np.uint8]
Plane = NDArray[np.float32]
Region = NDArray[np.bool_]

_INSIDE = 5
_RIM, _AROUND = 3, 9
"""Pixels of 256 from the matte's edge: where a rim would show, and where the place itself begins."""
_ALONG = 16
"""Pixels of 256 along the rim over which it is averaged, so that the place's own texture does not count."""
_FEET = 0.7
"""Share of the actor's height, from the top, in which a rim is looked for: shadows belong below it."""


def subject_kept(frames: Frames, plate: Frames, matte: Mattes) -> float:
    """PSNR in dB (at most 60) of the actor against the plate, two pixels inside of the matte's solid part."""
    square = np.ones((_INSIDE, _INSIDE), np.uint8)
    return psnr(frames, plate, np.stack([cv2.erode((m > 250).astype(np.uint8), square) > 0 for m in matte]))


def halo(frames: Frames, matte: Mattes) -> float:
    """How much the colour just around the actor differs from the place beside it, 0..255; a clean edge is low.

    A rim 3 pixels wide (of 256) around the matte against what lies 9 to 18 pixels away there: the absolute difference
    of their colours, averaged along the edge first, over the upper 70 % of the actor (shadow and contact belong
    lower). Places without any rim give about 20, by their own structure. NaN where there is no such edge.
    """
    unit = frames.shape[1] / 256
    found, count = 0.0, 0
    for frame, solid in zip(frames, matte, strict=True):
        rim, around = _bands(solid, unit)
        if rim.any() and around.any():
            place = _mean(frame.astype(np.float32), around, 6 * unit)
            apart = _mean(frame.astype(np.float32) - place, rim, _ALONG * unit)
            found += float(np.abs(apart[rim]).mean(1).sum())
            count += int(np.count_nonzero(rim))
    return found / count if count else float("nan")


def _bands(solid: NDArray[np.uint8], unit: float) -> tuple[Region, Region]:
    """(H, W) the rim, and the place beside it."""
    actor = solid > 5
    rows = np.flatnonzero(actor.any(1))
    if not rows.size or actor.all():
        return np.zeros(actor.shape, bool), np.zeros(actor.shape, bool)
    away = np.asarray(cv2.distanceTransform((~actor).astype(np.uint8), cv2.DIST_L2, 5))
    upper = np.arange(len(actor))[:, None] < rows[0] + _FEET * (rows[-1] - rows[0])
    return (away > 0) & (away <= _RIM * unit) & upper, (away >= _AROUND * unit) & (away <= 2 * _AROUND * unit)


def _mean(picture: Plane, where: Region, sigma: float) -> Plane:
    """The mean of a picture (H, W, 3) around each pixel, of what lies in ``where``."""
    share = where.astype(np.float32)
    above = cv2.GaussianBlur(picture * share[..., None], (0, 0), sigma)
    below = cv2.GaussianBlur(share, (0, 0), sigma)
    return np.asarray(above, np.float32) / (np.asarray(below, np.float32)[..., None] + np.float32(1e-4))

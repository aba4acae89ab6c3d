"""Masked normalised cross-correlation: the likeness of two partly masked pictures at every shift."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]


def masked_likeness(
    picture: Plane, seen: Plane, template: Plane, wanted: Plane, least: float
) -> tuple[Plane, Plane]:
    """How alike ``template`` (h, w, C) and ``picture`` (H, W, C) are at every place where it fits in.

    Two maps: the normalised correlation (-1..1, all channels together, each without its mean), and the root mean
    square of the difference itself. Only pixels ``seen`` (H, W) in the picture and ``wanted`` (h, w) in the template
    count, 0..1; where they are less than the share ``least`` of all that is wanted, or flat, the correlation is -1
    (after Padfield, "Masked object registration in the Fourier domain", 2012).
    """
    count = np.maximum(_correlate(seen, wanted), 1e-3)
    both, power_p, power_t, apart = (np.zeros_like(count) for _ in range(4))
    for channel in range(picture.shape[2]):
        p, t = picture[..., channel] * seen, template[..., channel] * wanted
        sum_p, sum_t, product = _correlate(p, wanted), _correlate(seen, t), _correlate(p, t)
        square_p, square_t = _correlate(p * p, wanted), _correlate(seen, t * t)
        both += product - sum_p * sum_t / count
        power_p += square_p - sum_p**2 / count
        power_t += square_t - sum_t**2 / count
        apart += square_p + square_t - 2 * product
    flat = 1e-6 * count
    sure = (count >= least * float(wanted.sum())) & (power_p > flat) & (power_t > flat)
    score = both / np.sqrt(np.maximum(power_p, 1e-12) * np.maximum(power_t, 1e-12))
    difference = np.sqrt(np.maximum(apart, 0) / count / picture.shape[2])
    return np.where(sure, np.clip(score, -1, 1), np.float32(-1)), difference


def _correlate(picture: Plane, template: Plane) -> Plane:
    found = cv2.matchTemplate(
        np.ascontiguousarray(picture, np.float32), np.ascontiguousarray(template, np.float32), cv2.TM_CCORR
    )
    return np.asarray(found, np.float32)

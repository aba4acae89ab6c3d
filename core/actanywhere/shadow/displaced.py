"""What of a plate's dark is no shadow, but the clean plate lying some pixels aside: edges by parallax."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..footage import brightness

Flags = NDArray[np.bool_]
Plane = NDArray[np.float32]

_ASIDE = 3
"""Pixels, in a frame of 360 rows, by which a clean plate may lie aside."""
_BLUR, _WINDOW = 0.7, 2.5
"""Of what is compared, and over what: deviations in the same pixels."""
_EXPLAINED = 0.5
"""Share of the difference that is left where a shift explains it."""
_MOST = 0.5
"""Share of a dark part that is explained, from which on the part is no shadow."""
_BLACK = 0.006


def without_displaced(dark: Plane, plate: Plane, clean: Plane, free: Flags, scale: float) -> Plane:
    """``dark`` (h, w) 0..1 without the connected parts that a shift of the clean plate explains as well as shade.

    ``plate`` and ``clean`` (h, w, 3) are scene-linear light, ``free`` (h, w) where both show the ground; ``scale`` is
    the frame's height over 360. Shade on a ground stays: no ground a few pixels aside is as dark as that.
    """
    number, parts = cv2.connectedComponents((dark > 0.04).astype(np.uint8), connectivity=8)
    if number == 1:
        return dark
    here, there = (
        np.log(cv2.GaussianBlur(brightness(light), (0, 0), _BLUR * scale) + _BLACK)
        for light in (plate, clean)
    )
    here = here - np.median((here - there)[free])
    weight = free.astype(np.float32)

    def apart(other: Plane) -> Plane:
        return np.asarray(
            cv2.GaussianBlur(np.abs(here - other) * weight, (0, 0), _WINDOW * scale), np.float32
        )

    aside = max(1, round(_ASIDE * scale))
    height, width = dark.shape
    wide = cv2.copyMakeBorder(there, aside, aside, aside, aside, cv2.BORDER_REPLICATE)
    own = apart(there)
    least = own.copy()
    for down in range(2 * aside + 1):
        for right in range(2 * aside + 1):
            if (down - aside) ** 2 + (right - aside) ** 2 <= aside**2 + 1:
                least = np.minimum(least, apart(wide[down : down + height, right : right + width]))
    explained = np.bincount(parts.ravel(), (least < _EXPLAINED * own).ravel(), number)
    gone = explained > _MOST * np.bincount(parts.ravel(), minlength=number)
    gone[0] = False
    return np.asarray(np.where(gone[parts], 0, dark), np.float32)

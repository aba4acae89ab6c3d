"""Alpha: whether colours are premultiplied by it, and the division by it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]

# True: colour fades out with the alpha. None: it does not. False: nothing shows either.
Evidence = bool | None

_BLACK = 1e-4
_BESIDE = 0.01
"""Share of a frame without alpha that has to be seen black before its colours are taken for premultiplied."""
_LEAST_ALPHA = 1e-3


def is_premultiplied(kind: str, shown: list[Evidence]) -> bool:
    """Whether colours are to be divided by their alpha.

    ``kind`` is what the file says (``Still.alpha``), ``shown`` what some of its frames show. Where it says nothing,
    some frame has to show it and none the contrary; where it says ``premultiplied``, none may show the contrary.
    """
    if kind in ("", "straight") or None in shown:
        return False
    return kind == "premultiplied" or any(shown)


def evidence_of(rgb: Pixels, alpha: Pixels, black: float = _BLACK) -> Evidence:
    """Whether colour (h, w, n) fades out with its alpha (h, w); ``black`` is what counts as none.

    What tells it are soft edges: there a pixel's colour is its nearest solid neighbour's, or that times its alpha.
    """
    without, soft, solid = alpha <= 0, (alpha > 0.1) & (alpha < 0.9), alpha >= 1
    if bool((np.abs(rgb[without]) > black).any()):
        return None
    if without.mean() <= _BESIDE or not soft.any() or not solid.any():
        return False
    beside = nearest_colours(rgb, solid)[soft]
    straight = np.abs(rgb[soft] - beside).mean()
    faded = np.abs(divided(rgb[soft], alpha[soft]) - beside).mean()
    return True if faded < straight else None


def nearest_colours(rgb: Pixels, there: NDArray[np.bool_]) -> Pixels:
    """For every pixel (h, w, n) the values of the nearest one that is ``there``."""
    _, labels = cv2.distanceTransformWithLabels(
        (~there).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros((labels.max() + 1, rgb.shape[-1]), np.float32)
    values[labels[there]] = rgb[there]
    return np.asarray(values[labels], np.float32)


def divided(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Colours (..., n) by their alpha (...), where there is any to speak of."""
    return np.asarray(pixels / np.where(alpha > _LEAST_ALPHA, alpha, 1)[..., None], np.float32)

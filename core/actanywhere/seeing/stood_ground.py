"""The ground of a picture, by who stands on it: what goes on from under their feet in the same colours."""

from __future__ import annotations

import cv2
import numpy as np

from ..shadow.cast import Standing, standing
from .protocol import Picture

_HEIGHT = 192
"""Pixels of the picture's height at which its ground is told from what is beyond."""
_SOLES = 0.05
_BESIDE, _BELOW = 0.4, 0.15
"""How far about somebody's feet it is ground for sure, in their heights: to either side, and below."""
_HIGHEST = 0.4
"""How far above their feet ground is looked for, in their heights: who stands there is half as tall in the picture."""
_ROUNDS, _EDGE = 4, 9
"""Rounds of GrabCut; pixels across by which its edge may be wrong: half of that is no ground for sure."""


def stood_ground(picture: Picture, mask: Picture, hole: Picture, shadow: Picture | None) -> Picture | None:
    """(192, w) 0 or 1: the ground of ``picture`` (h, w, 3), display, that who is in ``mask`` (h, w) stands on.

    ``hole`` (h, w) is where nothing of the place is seen. None where they cast no ``shadow`` (h, w) or their feet are
    cut off: who jumps, hangs or sits says nothing of the ground.
    """
    if shadow is None or not (shadow > 0.5).any():
        return None
    scale = _HEIGHT / picture.shape[0]
    size = (max(1, round(picture.shape[1] * scale)), _HEIGHT)
    small, body, hidden = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA)) for plane in (picture, mask, hole)
    )
    actors = [one for one in standing(np.asarray(body, np.float32)) if one.share == 1]
    if not actors:
        return None
    actor = max(actors, key=lambda one: float(one.matte.sum()))
    seeds = _seeds(actor)
    code = np.round(np.clip(small, 0, 1) * 255).astype(np.uint8)
    unseen = hidden > 0.05
    code = np.asarray(cv2.inpaint(code, unseen.astype(np.uint8), 3, cv2.INPAINT_TELEA), np.uint8)
    cv2.setRNGSeed(0)
    models = np.zeros((2, 1, 65))
    cv2.grabCut(code, seeds, (0, 0, 0, 0), models[0], models[1], _ROUNDS, cv2.GC_INIT_WITH_MASK)
    ground = np.isin(seeds, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    # Behind who goes it is as in most of its row.
    beside = (ground * ~unseen).sum(1) > 0.5 * (~unseen).sum(1)
    ground = np.where(unseen, beside[:, None], ground).astype(np.uint8)
    return np.asarray(cv2.erode(ground, np.ones((_EDGE, _EDGE), np.uint8)), np.float32)


def _seeds(actor: Standing) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """What is known of each pixel before its colour is looked at, in the words of OpenCV's GrabCut."""
    solid = actor.matte > 0.5
    rows = np.flatnonzero(solid.any(1))
    tall, feet = rows[-1] - rows[0] + 1, round(actor.feet)
    columns = np.flatnonzero(solid[rows[-1] - max(1, round(_SOLES * tall)) + 1 :].any(0))
    left, right = max(0, round(columns[0] - _BESIDE * tall)), round(columns[-1] + _BESIDE * tall) + 1
    seeds = np.full(actor.matte.shape, cv2.GC_PR_BGD, np.uint8)
    seeds[feet:] = cv2.GC_PR_FGD
    seeds[: max(0, round(feet - _HIGHEST * tall))] = cv2.GC_BGD
    seeds[feet : round(feet + _BELOW * tall) + 1, left:right] = cv2.GC_FGD
    return seeds

"""The shadow of a person in a picture: the dark part of the ground that touches them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..shadow.reach import without_dots
from .protocol import Picture

Flags = NDArray[np.bool_]

_HEIGHT = 320
"""Pixels of the picture that is looked at; a shadow is larger than that shows."""
_DARKER = 0.22
"""Natural logarithm by which a shadow is darker than the ground beside it."""
_FEET = 0.3
"""Lowest share of somebody's height about which their shadow begins."""
_ACROSS, _BELOW, _ABOVE = 0.9, 0.35, 0.25
"""How far a shadow goes, in their heights: to either side, below their feet, and above them on the ground."""
_TOUCH = 0.03
"""Gap, as a share of their height, that still counts as touching."""
_LARGEST, _RUNS_ON = 1.0, 0.1
"""A dark part larger than so many of them, or that runs on beyond that reach over so many of their heights, is a dark
ground. Of that only what lies at their feet is taken, within ``_CONTACT`` heights."""
_CONTACT = 0.1
_CUT = 0.02
"""Who comes so near to the lower border, as a share of the height, is cut off by it."""
_LIT = 0.6
"""The quantile of a row of ground that is in the light."""


def subject_shadow(picture: Picture, mask: Picture, ground: Picture | None = None) -> Picture:
    """(h, w), 1 = shadow of who is in ``mask`` (h, w) of ``picture`` (h, w, 3), display; empty where none is seen.

    ``ground`` (h, w) is the share of each pixel that is ground, where it is known: nothing else is taken.
    """
    none = np.zeros(mask.shape, np.float32)
    scale = min(1.0, _HEIGHT / mask.shape[0])
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    inside = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA)) > 0.3
    floor = (
        None if ground is None else np.asarray(cv2.resize(ground, size, interpolation=cv2.INTER_AREA)) > 0.5
    )
    count, labels = cv2.connectedComponents(inside.astype(np.uint8))
    found = np.zeros_like(inside)
    for label in range(1, count):
        found |= _of_one(small, labels == label, inside, floor)
    if not found.any():
        return none
    # A shadow's edge is soft: the half-dark rim goes too.
    wide = cv2.dilate(found.astype(np.float32), np.ones((5, 5), np.uint8))
    grown = cv2.resize(wide, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown * (mask < 0.5), np.float32)


def _of_one(picture: Picture, body: Flags, anybody: Flags, floor: Flags | None) -> Flags:
    """The shadow (h, w) of one of those in the picture."""
    none = np.zeros_like(body)
    rows, columns = np.flatnonzero(body.any(1)), np.flatnonzero(body.any(0))
    tall = float(max(np.ptp(rows), 0.5 * np.ptp(columns)) + 1)
    height, width = body.shape
    if tall < 8 or rows[-1] >= height - 1 - _CUT * height:  # cut off by the border: no feet, no shadow
        return none
    top, bottom = max(0, rows[-1] - _ABOVE * tall), min(height, rows[-1] + _BELOW * tall)
    left, right = max(0, columns[0] - _ACROSS * tall), min(width, columns[-1] + _ACROSS * tall)
    box = np.s_[round(top) : round(bottom) + 1, round(left) : round(right) + 1]
    free = ~(cv2.dilate(anybody[box].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if floor is not None:
        free &= floor[box]
    if np.count_nonzero(free) < 60:
        return none
    light = np.log(_linear(picture[box]).mean(2) + 0.004)
    dark = _darker(light, free, tall)
    feet = body.copy()
    feet[: max(0, round(rows[-1] - _FEET * tall))] = False
    near = _within(feet[box], _TOUCH * tall)
    _, islands = cv2.connectedComponents(((dark & free) | near).astype(np.uint8))
    shadow = dark & free & np.isin(islands, np.unique(islands[near]))
    sides = np.zeros_like(shadow)
    sides[:, [0, -1]], sides[[0, -1]] = True, True
    runs_on = np.count_nonzero(shadow & sides) > _RUNS_ON * tall
    if runs_on or np.count_nonzero(shadow) > _LARGEST * np.count_nonzero(body):
        shadow &= _within(feet[box], _CONTACT * tall)  # a dark ground: only what lies at their feet
    none[box] = without_dots(shadow) > 0
    return none


def _within(flags: Flags, reach: float) -> Flags:
    """What lies no farther from the ``flags`` than that, in pixels."""
    size = 2 * max(1, round(reach)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return np.asarray(cv2.dilate(flags.astype(np.uint8), disc)) > 0


def _darker(light: Picture, free: Flags, tall: float) -> Flags:
    """Where the ground is darker than most of the ground at the same distance from the camera, row by row."""
    # Of the ground alone: a dark coat's rim is no shadow.
    seen, sigma = free.astype(np.float32), 0.012 * tall + 0.6
    share = np.maximum(cv2.GaussianBlur(seen, (0, 0), sigma), np.float32(1e-3))
    soft = np.asarray(cv2.GaussianBlur((light * seen).astype(np.float32), (0, 0), sigma) / share, np.float32)
    rows = [
        np.quantile(line[own], _LIT) if own.any() else np.nan for line, own in zip(soft, free, strict=True)
    ]
    known = np.flatnonzero(np.isfinite(rows))
    expected = np.interp(np.arange(len(rows)), known, np.array(rows)[known])
    return np.asarray(soft < expected[:, None].astype(np.float32) - _DARKER)


def _linear(display: Picture) -> Picture:
    return np.asarray(np.clip(display, 0, 1) ** 2.2, np.float32)

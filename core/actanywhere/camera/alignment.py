"""Homographies between the frames of a shot, from SIFT features outside the actor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Box = tuple[int, int, int, int]
#: Where (N, 2) the features that two frames share lie in the one and in the other, in pixels.
Pair = tuple[NDArray[np.float32], NDArray[np.float32]]
#: Gives that of two frames of a shot by their indices.
Shared = Callable[[int, int], Pair]
#: Gives the picture (h, w, 3), display, and the matte (h, w; 255 = subject) of a shot's frame by its index, 8-bit.
Frame = Callable[[int], tuple[NDArray[np.uint8], NDArray[np.uint8]]]

_MOST = 800
"""Features of a frame at most."""
_SMALLER, _ENOUGH = 0.7, 250
"""At which size they are looked for first, in half of the time, and how many of them do: where there are fewer, those
of the whole size are taken.
"""
_RATIO = 0.75
"""Lowe's test: how much better the best match has to be than the next."""
_FEWEST = 12
_TOLERANCE = 2.0
_RIM = 0.02
"""Width of the rim about the actor, as a share of the frame's height, where no feature is taken."""


@dataclass(frozen=True)
class Features:
    """A frame's SIFT features: ``points`` (N, 2) pixels and ``descriptors`` (N, 128), 8-bit."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    @cached_property
    def half_square(self) -> NDArray[np.float32]:
        """(N,) half of each descriptor's squared length."""
        return np.asarray((self.descriptors.astype(np.float32) ** 2).sum(1) / 2, np.float32)


def find_features(picture: NDArray[np.uint8], actor: NDArray[np.bool_]) -> Features:
    """The features of ``picture`` (h, w, 3), 8-bit display, off the ``actor`` (h, w)."""
    rim = 2 * max(1, round(_RIM * len(picture))) + 1
    keep = (cv2.dilate(actor.astype(np.uint8), np.ones((rim, rim), np.uint8)) == 0).astype(np.uint8) * 255
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    size = tuple(max(1, round(_SMALLER * side)) for side in grey.shape[::-1])
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    free = cv2.resize(keep, size, interpolation=cv2.INTER_NEAREST)
    found = _features_of(np.asarray(small, np.uint8), np.asarray(free, np.uint8))
    if len(found.points) < _ENOUGH:
        return _features_of(grey, keep)
    # Pixels are counted from the centre of the first.
    whole = (found.points + 0.5) * (np.array(grey.shape[::-1]) / size) - 0.5
    return Features(whole.astype(np.float32), found.descriptors)


def _features_of(grey: NDArray[np.uint8], keep: NDArray[np.uint8]) -> Features:
    points, descriptors = cv2.SIFT.create(_MOST).detectAndCompute(grey, keep)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    return Features(np.array([p.pt for p in points], np.float32), np.round(descriptors).astype(np.uint8))


def match(source: Features, target: Features) -> Pair:
    """The features of ``source`` that are found in ``target``."""
    if min(len(source.points), len(target.points)) < 2:
        return np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32)
    return _alike(_products(source, target), source, target)


def match_both(one: Features, other: Features) -> tuple[Pair, Pair]:
    """What ``match`` gives from the ``one`` to the ``other``, and back: nearly all of its time is the same product."""
    if min(len(one.points), len(other.points)) < 2:
        return match(one, other), match(other, one)
    products = _products(one, other)
    back = np.asarray(cv2.transpose(products), np.float32)
    return _alike(products, one, other), _alike(back, other, one)


def _products(source: Features, target: Features) -> NDArray[np.float32]:
    # One matrix product: several times as quick as comparing one by one. Whole numbers below 2**23 are exact.
    return source.descriptors.astype(np.float32) @ target.descriptors.astype(np.float32).T


def _alike(near: NDArray[np.float32], source: Features, target: Features) -> Pair:
    """Which features pass Lowe's test, by their products ``near`` (source, target), which are written over."""
    near -= target.half_square[None]
    every = np.arange(len(near))
    first = near.argmax(1)
    best = near[every, first]
    near[every, first] = -np.inf
    offset = source.half_square
    good = offset - best < _RATIO**2 * (offset - near.max(1))
    return source.points[good], target.points[first[good]]


def align(there: NDArray[np.float32], here: NDArray[np.float32], box: Box | None = None) -> Matrix | None:
    """(3, 3) from pixels ``there`` to pixels ``here`` of what two frames share, or None where that is too little.

    With a ``box`` (left, top, right, bottom) of the frame here, features in it alone tell: the plane seen there.
    """
    if box is not None:
        inside = ((here >= box[:2]) & (here <= box[2:])).all(1)
        there, here = there[inside], here[inside]
    if len(there) < _FEWEST:
        return None
    try:
        found, agree = cv2.findHomography(
            there, here, cv2.USAC_MAGSAC, _TOLERANCE, maxIters=2000, confidence=0.999
        )
    except cv2.error:  # OpenCV 5 gives up so on some points that suit no model
        return None
    move = np.asarray(found, np.float64)
    return move if found is not None and int(agree.sum()) >= _FEWEST and _is_view(move) else None


def box_about_feet(actor: NDArray[np.bool_]) -> Box | None:
    """The part of a frame where the actor stands: their feet, and as much ground beside and below."""
    rows, columns = np.flatnonzero(actor.any(1)), np.flatnonzero(actor.any(0))
    if not len(rows):
        return None
    tall = int(rows[-1] - rows[0] + 1)
    return (
        int(columns[0] - 0.8 * tall),
        int(rows[-1] - 0.25 * tall),
        int(columns[-1] + 0.8 * tall),
        int(rows[-1] + 0.6 * tall),
    )


def _is_view(found: Matrix) -> bool:
    """Whether a homography is one that a camera can make: no mirror, no collapse."""
    area = np.linalg.det(found[:2, :2])
    return bool(np.isfinite(found).all() and 0.1 < area < 10)

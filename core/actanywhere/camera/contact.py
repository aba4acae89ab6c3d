"""How the plate's ground moves under an actor who stands on it, from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Grey = NDArray[np.uint8]
Plane = NDArray[np.float32]
Point = NDArray[np.float64]

_ABOVE, _BELOW, _BESIDE = 0.08, 0.2, 0.4
"""The ground about the feet, in heights of the actor: above their lowest row, below it, and to either side."""
_FEWEST = 8
"""Features that are needed."""
_TEXTURE = 2e-4
"""Smallest eigenvalue (``cv2.cornerMinEigenVal``) of a feature: grain and a plain ground have less."""
_BACK = 0.5
"""Pixels by which a feature followed there and back may miss where it began."""
_OFF, _AGREE = 1.0, 0.6
"""Pixels by which a feature may miss the ground's affine motion, and the share of features that keep to it."""
_SURE = 0.2
"""Largest standard error, in pixels, of the ground's motion at the feet."""
_LIFT = 0.02
"""Heights of the actor by which their lowest row may leave the ground under it between two frames."""


@dataclass(frozen=True)
class Feet:
    """The ``place`` (2,) of the actor's feet in pixels, how ``tall`` the actor is, and the ground ``about`` them.

    ``about`` (h, w) is 255 there, off everything that moves with them.
    """

    place: Point
    tall: float
    about: Grey


@dataclass(frozen=True)
class Contact:
    """The ``feet`` of an actor who stands, and by how many pixels (2,) the ``ground`` moves to the next frame."""

    feet: Feet
    ground: Point


def contact(
    plate: tuple[Frame, Frame], matte: tuple[Grey, Grey], moving: tuple[Grey, Grey]
) -> Contact | None:
    """The actor's stand in the first of two frames; None where it is not sure, or they do not stand.

    Features on the ground about the feet are followed (Lucas and Kanade) from one ``plate`` (h, w, 3) to the next; an
    affine motion of them tells how the ground under the feet moves. ``matte`` (h, w) is 255 on the actor, ``moving`` on
    all that moves with them. They stand where the border does not cut off their feet, and their lowest row moves as the
    ground does.
    """
    feet, after = (_feet(*planes) for planes in zip(matte, moving, strict=True))
    if feet is None or after is None:
        return None
    ground = ground_motion(plate, feet, moving[1])
    if ground is None or abs(after.place[1] - feet.place[1] - ground[1]) > max(1.0, _LIFT * feet.tall):
        return None
    return Contact(feet, ground)


def _feet(matte: NDArray[np.uint8], moving: NDArray[np.uint8]) -> Feet | None:
    """The feet in a frame, and the ground about them; None where nobody's are in it."""
    actor = matte > 127
    rows = np.flatnonzero(actor.any(1))
    height, width = matte.shape
    if not len(rows) or rows[-1] >= height - 2:
        return None
    tall = float(np.ptp(rows) + 1)
    top, bottom = max(0, round(rows[-1] - _ABOVE * tall)), min(height, round(rows[-1] + _BELOW * tall))
    lowest = np.flatnonzero(actor[top:].any(0))
    left = max(0, round(lowest[0] - _BESIDE * tall))
    right = min(width, round(lowest[-1] + _BESIDE * tall))
    about = np.zeros(matte.shape, np.uint8)
    about[top:bottom, left:right] = 255
    about[~_free(moving)] = 0
    return Feet(np.array([np.median(np.flatnonzero(actor[rows[-1]])), rows[-1]], float), tall, about)


def _free(moving: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate((moving > 5).astype(np.uint8), np.ones((7, 7), np.uint8)) == 0)


def ground_motion(
    frames: tuple[Frame, Frame], feet: Feet, moving: Grey, guess: Point | None = None
) -> Point | None:
    """(2,) how the ground at the feet moves from one of the frames to the next; None where that is not sure.

    ``moving`` (h, w) is 255 on all in the next that moves with the actor. It is sought from rest, or about a ``guess``.
    """
    shift = np.zeros(2, np.float32) if guess is None else guess.astype(np.float32)
    before, after = (np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8) for frame in frames)
    corners = cv2.goodFeaturesToTrack(before, 80, 0.02, 3.0, mask=feet.about, blockSize=3)
    if corners is None:
        return None
    start = np.asarray(corners, np.float32).reshape(-1, 2)
    column, row = start.astype(int).T
    start = start[cv2.cornerMinEigenVal(before, 3)[row, column] > _TEXTURE]
    if len(start) < _FEWEST:
        return None
    there = _follow(before, after, start, start + shift)
    back = _follow(after, before, there, there - shift)
    height, width = before.shape
    column, row = np.clip(np.round(there), 0, [width - 1, height - 1]).astype(int).T
    good = (np.linalg.norm(back - start, axis=1) < _BACK) & _free(moving)[row, column]
    return _at_feet(start[good], there[good], feet.place)


def _at_feet(start: Plane, there: Plane, place: Point) -> Point | None:
    """(2,) the motion at ``place`` of the affine motion that most features share."""
    if len(start) < _FEWEST:
        return None
    cv2.setRNGSeed(0)
    _, kept = cv2.estimateAffine2D(start, there, method=cv2.RANSAC, ransacReprojThreshold=_OFF)
    shared = kept.ravel() > 0
    if np.count_nonzero(shared) < max(_FEWEST, _AGREE * len(start)):
        return None
    # The constant is at the feet.
    rows = np.column_stack([start[shared] - place, np.ones(np.count_nonzero(shared))])
    moved = (there - start)[shared].astype(np.float64)
    affine, _, rank, _ = np.linalg.lstsq(rows, moved, rcond=None)
    if rank < 3:
        return None
    spread = np.sum((moved - rows @ affine) ** 2) / (len(rows) - 3)
    if np.sqrt(spread * np.linalg.inv(rows.T @ rows)[2, 2]) > _SURE:
        return None
    return np.asarray(affine[2], np.float64)


def _follow(before: Grey, after: Grey, points: Plane, guess: Plane) -> Plane:
    moved, _, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, guess, winSize=(11, 11), maxLevel=3, flags=cv2.OPTFLOW_USE_INITIAL_FLOW
    )
    return np.asarray(moved, np.float32).reshape(-1, 2)

"""Which frames of a shot tell of one, and how they lie on it: by all that is seen, and by the ground about the feet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box, Matrix, align, box_about_feet
from ..camera.fit import apply
from .shot_frames import RIM, SEEN, Codes, ShotFrames, by_track

Moves = tuple[list[tuple[int, Matrix]], list[tuple[int, Matrix]]]
"""Frames that tell of one and their moves (3, 3) into it: by all that is seen, and by the ground about the feet."""

_SOURCES = 16
_TELLING = 96
"""Frames of a long shot, evenly spread, that tell of the others."""
_GONE_ON = 1.5
"""How far the actor has gone on, in heights or widths of theirs, where they and their shadow hide nothing any more."""
_OVERLAP = 0.35
"""Share of a frame that another one has to show as well to tell of it."""
_ALIKE = 0.5
"""Pixels by which the ground may lie otherwise than the whole frame, and is not laid over by itself."""
_POINTS, _FEWEST_POINTS, _WEAKEST = 300, 20, 0.01
"""Points of the ground about the feet that are followed: at most, at least, and how weak against the strongest."""
_EVEN, _APART = 0.02, 0.015
"""Shares of the frame's height: over which contrast is evened out, and between two points."""
_SMALLEST = 24
"""Pixels that the ground about the feet has to be wide and tall to be followed."""


@dataclass(frozen=True)
class _Ground:
    """A part of a frame about the feet: ``grey`` (h, w) 8-bit, ``points`` (N, 1, 2) in it, ``at`` its corner x, y."""

    grey: Codes
    points: NDArray[np.float32]
    at: tuple[int, int]


def moves_of(shot: ShotFrames, frame: int) -> Moves:
    """The frames that tell of this one, and how they lie on it: by all that is seen, and by the ground at the feet.

    The second is empty where the ground lies as all does.
    """
    feet = box_about_feet(shot.actor(frame))
    points = None if feet is None else _ground_points(shot, frame, feet)
    moves: list[tuple[int, Matrix]] = []
    grounds: list[tuple[int, Matrix]] = []
    for other in _sources(shot, frame):
        shared = shot.shared(other, frame)
        move = align(*shared)
        if move is None and shot.sure:
            move = by_track(shot, other, frame)
        ground = None if feet is None else align(*shared, feet)
        near = move if ground is None else ground
        if points is not None and near is not None:
            ground = _on_ground(shot, other, points, near)
        if move is not None:
            moves.append((other, move))
        if ground is not None:
            grounds.append((other, ground))
    if feet is None or len(grounds) < SEEN or _lie_alike(dict(moves), grounds, feet):
        return moves, []
    return moves, grounds


def _lie_alike(moves: Mapping[int, Matrix], grounds: Sequence[tuple[int, Matrix]], box: Box) -> bool:
    """Whether most frames lie the same in the ``box`` by the ``moves`` of the whole and of the ``grounds``."""
    left, top, right, bottom = box
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)

    def apart(other: int, ground: Matrix) -> float:
        if other not in moves:
            return np.inf
        back = moves[other] @ np.linalg.inv(ground)
        return float(np.abs(apply(back, corners) - corners).max())

    return float(np.median([apart(*one) for one in grounds])) < _ALIKE


def _ground_points(shot: ShotFrames, frame: int, feet: Box) -> _Ground | None:
    """What shows of the ground about the feet in a frame, and points of it that can be followed."""
    height, width = shot.size
    left, top = max(0, feet[0]), max(0, feet[1])
    right, bottom = min(width, feet[2]), min(height, feet[3])
    if right - left < _SMALLEST or bottom - top < _SMALLEST:
        return None
    rim = 2 * max(1, round(RIM * height)) + 1
    free = shot.off(frame, rim)[top:bottom, left:right]
    grey = shot.grey(frame)[top:bottom, left:right]
    # By contrast alone the shadow's own border would be most of them: each place counts for what is about it.
    even = grey.astype(np.float32)
    even -= cv2.GaussianBlur(even, (0, 0), _EVEN * height)
    even /= np.sqrt(cv2.GaussianBlur(even * even, (0, 0), _EVEN * height)) + 1
    points = cv2.goodFeaturesToTrack(even, _POINTS, _WEAKEST, _APART * height, mask=free)
    if points is None or len(points) < _FEWEST_POINTS:
        return None
    return _Ground(grey, np.asarray(points, np.float32), (left, top))


def _on_ground(shot: ShotFrames, other: int, ground: _Ground, near: Matrix) -> Matrix | None:
    """(3, 3) that lays another frame on the ground at the feet, from a move that is ``near``; None where it fails."""
    left, top = ground.at
    into = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64)
    size = ground.grey.shape[::-1]
    there = cv2.warpPerspective(shot.grey(other), into @ near, size, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.warpPerspective(shot.off(other, 7), into @ near, size, flags=cv2.INTER_NEAREST) > 0
    start = ground.points.copy()
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        ground.grey, np.asarray(there, np.uint8), ground.points, start, winSize=(15, 15), maxLevel=2
    )
    here, moved = ground.points[:, 0], moved[:, 0]
    at = np.clip(np.round(moved), 0, np.array(size) - 1).astype(int)
    good = (found[:, 0] > 0) & seen[at[:, 1], at[:, 0]]
    if int(good.sum()) < _FEWEST_POINTS:
        return None
    back = align(moved[good], here[good])
    return None if back is None else np.asarray(np.linalg.inv(into) @ back @ into @ near)


def _sources(shot: ShotFrames, frame: int) -> list[int]:
    """The frames that tell of this one: spread over those that see much of the same, until the actor has gone on.

    Farther ones tell no more, and lie on it worse where the camera moves through the place.
    """
    back = np.linalg.inv(shot.track[frame])
    half = np.array([shot.size[1] / shot.size[0] / 2, 0.5])
    x, y = np.meshgrid(np.linspace(-half[0], half[0], 9), np.linspace(-0.5, 0.5, 9))
    grid = np.stack([x.ravel(), y.ravel()], 1)

    def shared(other: int) -> float:
        moved = np.nan_to_num(apply(shot.track[other] @ back, grid), nan=1e3)
        return float((np.abs(moved) <= half + 1e-9).all(1).mean())

    shown = np.arange(len(shot)) if shot.timing is None else shot.timing.shown
    others = shown[:: -(-len(shown) // _TELLING)]
    others = others[others != frame] if shot.timing is None else shot.timing.telling(frame, others)
    near = [other for other in others.tolist() if shared(other) >= _OVERLAP]
    if len(near) <= _SOURCES:
        return near
    before, after = [other for other in near if other < frame], [other for other in near if other > frame]
    told = _until_gone_on(shot, frame, before[::-1])[::-1] + _until_gone_on(shot, frame, after)
    if len(told) <= _SOURCES:
        return sorted(sorted(near, key=lambda other: abs(other - frame))[:_SOURCES])
    return [told[round(i)] for i in np.linspace(0, len(told) - 1, _SOURCES)]


def _until_gone_on(shot: ShotFrames, frame: int, others: list[int]) -> list[int]:
    """The ``others``, the nearest first, up to that in which the actor has gone on from where a frame shows them."""
    left, top, wide, tall = cv2.boundingRect(shot.actor(frame).astype(np.uint8))
    for number, other in enumerate(others):
        x, y, across, down = cv2.boundingRect(shot.actor(other).astype(np.uint8))
        at = apply(by_track(shot, other, frame), np.array([[x + across / 2, y + down]]))[0]
        if across and np.hypot(*(at - (left + wide / 2, top + tall))) > _GONE_ON * max(wide, tall):
            return others[: number + 1]
    return others

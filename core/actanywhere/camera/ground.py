"""The height of a solved camera over the ground, from how the ground moves around the actor's feet.

A plane fitted to a solve's sparse points fails on asphalt. That the ground is level is known, so one number is left,
and the motion of the ground's pixels tells it: then feet cannot slide on it, by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from .alignment import Frame
from .camera_files import Cameras
from .fit import Points, from_pixels, to_pixels

_FLIP = np.array([1.0, -1.0, -1.0])
_PAIRS, _FEET = 40, 60
_FEWEST_PAIRS, _FEWEST_POINTS = 3, 60
_MOST_POINTS = 60
_ABOUT = (0.3, 0.05, 0.18)
"""Frame heights to each side of the feet, above and below them, in which the ground is followed."""
_STEADY = 0.5
"""Pixels by which a point may miss when it is followed back."""
_AGREE = 0.75
"""Pixels of 640 within which a point moves as ground of some height does."""
_CANDIDATES = 160
_LEAST_MOVE, _MOST_MOVE = 0.25, 160.0
"""Pixels by which the ground's parallax may move it between two frames: the heights that are tried."""
_GOOD_MOVE = 4.0
_AGREES, _SHARE_AGREEING = 0.3, 0.3
"""A pair tells its ground if so much of it agrees, and so many pairs have to."""
_BETTER = 1.25
"""How much better the ground must explain its motion than if it were endlessly far."""
_CLEAR = 1.25
"""Times by which the camera's height over the ground must change, for it to be another ground."""
_CHANGE = 2.0
"""What it costs, in pairs that agree wholly, to say that the actor stands at another height from here on."""
_DOWN = -0.01
"""Rays that hardly go down meet the ground nowhere that could be told."""
_EASE = 5.0
"""Frames, to each side, in which the ground goes from one height to another."""


@dataclass(frozen=True)
class Footing:
    """``levels`` (T,): the ground's height in the cameras' world, None where it cannot be told; ``reason`` in words."""

    levels: NDArray[np.float64] | None
    reason: str


def feet_of(matte: NDArray[np.uint8]) -> tuple[float, float] | None:
    """Where the actor stands in a matte (h, w), 255 = subject, in pixels; None where they are cut off, or absent."""
    rows, columns = np.nonzero(matte > 127)
    if len(rows) < 20 or rows.max() > 0.97 * matte.shape[0]:
        return None
    return float(columns[rows > rows.max() - 0.04 * matte.shape[0]].mean()), float(rows.max())


def feet_on_ground(cameras: Cameras, frame: Frame, aspect: float) -> NDArray[np.float64]:
    """(N, 2) where on the cameras' ground, x and z, the actor stands, in frames in which it moves about their feet as
    ground does: in a jump they stand nowhere.
    """
    assert cameras.ground is not None
    places, (height, width) = [], frame(0)[1].shape
    count = len(cameras.frames)
    for index in np.unique(np.linspace(0, count - 2, min(_FEET, count - 1)).astype(int)):
        feet = feet_of(frame(int(index))[1])
        pair = None if feet is None else _follow(cameras, frame, int(index), 1, aspect)
        if feet is None or pair is None:
            continue
        level = float(cameras.ground[index])
        ray = _rays(cameras, int(index), np.array([feet]), from_pixels(height, width, aspect))[0]
        start = cameras.matrices[index, :3, 3]
        agrees = _agree(cameras, pair, level, to_pixels(height, width, aspect), width / 640) > _AGREES
        if agrees and ray[1] < _DOWN * np.linalg.norm(ray) and start[1] > level:
            places.append((start + (level - start[1]) / ray[1] * ray)[[0, 2]])
    return np.array(places, np.float64).reshape(-1, 2)


@dataclass(frozen=True)
class _Moved:
    """Points about the feet in two frames, as rays (N, 3) in the world from both cameras' places, and in pixels."""

    first: int
    second: int
    rays: NDArray[np.float64]
    there: Points
    moved: float
    """Pixels, in the median, by which they moved otherwise than the camera's turn explains."""


def find_ground(cameras: Cameras, frame: Frame, aspect: float) -> Footing:
    """The ground under the feet. ``frame`` gives picture (h, w, 3) and matte (h, w; 255 = subject), 8-bit, by index.

    It is at one height, unless the actor clearly comes to stand on another: then it changes between.
    """
    height, width = frame(0)[1].shape
    lens, unit = to_pixels(height, width, aspect), width / 640
    pairs = _pairs(cameras, frame, aspect, unit)
    if len(pairs) < _FEWEST_PAIRS or sum(len(pair.there) for pair in pairs) < _FEWEST_POINTS:
        return Footing(None, "the ground about the actor's feet has nothing to follow")
    tried = _levels(cameras, pairs, height)
    if not len(tried):
        return Footing(
            None, "the camera does not travel, which would tell how high it stands over the ground"
        )

    agree = partial(_agree, cameras, lens=lens, unit=unit)
    scores = np.array([[agree(pair, level) for level in tried] for pair in pairs])
    endless = np.mean([agree(pair, tried[0] - 1e3 * (tried[-1] - tried[0])) for pair in pairs])
    path = _path(scores)
    agreeing = [k for k, step in enumerate(path) if scores[k, step] > _AGREES]
    reached = float(scores[range(len(path)), path].mean())
    if len(agreeing) < _SHARE_AGREEING * len(pairs) or reached < _BETTER * endless:
        return Footing(None, "the ground about the actor's feet moves as no level ground would")
    fine = {
        step: _finer(agree, tried, step, [pairs[k] for k in agreeing if path[k] == step])
        for step in set(path)
    }
    frames = [pair.first for pair in pairs]
    levels = _eased(np.array([fine[step] for step in path]), frames, len(cameras.frames))
    misses = [
        np.linalg.norm(
            np.median(_sees(cameras, pairs[k], levels[pairs[k].first], lens) - pairs[k].there, axis=0)
        )
        / (pairs[k].second - pairs[k].first)
        for k in agreeing
    ]
    much = "" if len(set(path)) == 1 else f", which is at {len(set(path))} heights"
    slide = float(np.median(misses)) / height * 540
    return Footing(
        levels, f"the ground{much} is known by its motion, to {slide:.2f} pixels of 540 rows a frame"
    )


def _agree(cameras: Cameras, pair: _Moved, level: float, lens: NDArray[np.float64], unit: float) -> float:
    """How well, 0..1, the points of a pair move as ground at ``level`` does."""
    far = np.linalg.norm(_sees(cameras, pair, level, lens) - pair.there, axis=1) / (_AGREE * unit)
    return float(np.maximum(0, 1 - far**2).mean())


def _pairs(cameras: Cameras, frame: Frame, aspect: float, unit: float) -> list[_Moved]:
    """Pairs of frames so far apart that the ground moves by some pixels more than the camera's turn explains."""
    count, gap, pairs = len(cameras.frames), 1, list[_Moved]()
    for _ in range(2):
        starts = np.unique(np.linspace(0, count - 1 - gap, min(_PAIRS, max(1, count - gap))).astype(int))
        pairs = [pair for first in starts if (pair := _follow(cameras, frame, int(first), gap, aspect))]
        moved = float(np.median([pair.moved for pair in pairs])) if pairs else np.inf
        wider = int(np.clip(_GOOD_MOVE * unit / max(moved, 1e-3), 1, min(8, count // 3)))
        if wider <= gap:
            break
        gap = wider
    return pairs


def _path(scores: NDArray[np.float64]) -> list[int]:
    """For each pair (row) the level (column) it is at: the best way through all (Viterbi), where a change costs.

    The levels' heights are a geometric row: a step that changes them by less than ``_CLEAR`` is no change.
    """
    count = scores.shape[1]
    clear = int(np.ceil(np.log(_CLEAR) / (np.log(_MOST_MOVE / _LEAST_MOVE) / (count - 1))))
    far = np.abs(np.subtract.outer(np.arange(count), np.arange(count))) >= clear
    best, came = scores[0], []
    for row in scores[1:]:
        change = np.where(far, best[:, None], -np.inf)
        source = change.argmax(0)
        changed = change[source, np.arange(count)] - _CHANGE
        stays = best >= changed
        came.append(np.where(stays, np.arange(count), source))
        best = np.where(stays, best, changed) + row
    path = [int(best.argmax())]
    for before in reversed(came):
        path.append(int(before[path[-1]]))
    return path[::-1]


def _finer(
    agree: Callable[[_Moved, float], float], tried: NDArray[np.float64], step: int, pairs: list[_Moved]
) -> float:
    near = np.linspace(tried[max(0, step - 1)], tried[min(len(tried) - 1, step + 1)], 33)
    return float(max(near, key=lambda level: sum(agree(pair, level) for pair in pairs)))


def _eased(levels: NDArray[np.float64], frames: list[int], count: int) -> NDArray[np.float64]:
    """Levels (T,) of all frames; a change takes a while, about the middle between the frames that tell of it."""
    times, values = [float(frames[0])], [levels[0]]
    for k in range(1, len(frames)):
        if levels[k] != levels[k - 1]:
            middle = (frames[k - 1] + frames[k]) / 2
            half = max((frames[k] - frames[k - 1]) / 2, min(_EASE, count / 10))
            times += [middle - half, middle + half]
            values += [levels[k - 1], levels[k]]
    order = np.argsort(times, kind="stable")
    eased = np.interp(range(count), np.array(times)[order], np.array(values)[order])
    return np.asarray(eased, np.float64)


def _follow(cameras: Cameras, frame: Frame, first: int, gap: int, aspect: float) -> _Moved | None:
    """Points of the ground about the feet, followed from a frame to a later one."""
    picture, matte = frame(first)
    later, other = frame(first + gap)
    feet = feet_of(matte)
    if feet is None:
        return None
    height, width = matte.shape
    side, above, below = (part * height for part in _ABOUT)
    where = np.zeros(matte.shape, np.uint8)
    cv2.rectangle(
        where,
        (round(feet[0] - side), round(feet[1] - above)),
        (round(feet[0] + side), round(feet[1] + below)),
        255,
        -1,
    )
    rim = np.ones((2 * round(height / 40) + 1,) * 2, np.uint8)
    where[cv2.dilate(matte, rim) > 10] = 0
    one, two = (np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8) for part in (picture, later))
    points = cv2.goodFeaturesToTrack(one, _MOST_POINTS, 0.005, 3, mask=where)
    if points is None:
        return None
    rays = _rays(cameras, first, points[:, 0].astype(np.float64), from_pixels(height, width, aspect))
    # As far as the camera's turn goes, the way is known: what is left to be followed is small.
    turned = _onto(cameras, first + gap, rays, to_pixels(height, width, aspect))
    guess = turned.astype(np.float32)[:, None]
    there, sure = _flow(one, two, np.asarray(points, np.float32), guess)
    back, again = _flow(two, one, there, np.asarray(points, np.float32))
    good = sure & again & (np.linalg.norm((back - points)[:, 0], axis=1) < _STEADY)
    inside = np.clip(np.nan_to_num(there[:, 0]).round().astype(int), 0, [width - 1, height - 1])
    good &= other[inside[:, 1], inside[:, 0]] < 10
    if good.sum() < 5:
        return None
    found = there[good, 0].astype(np.float64)
    moved = float(np.median(np.linalg.norm(found - turned[good], axis=1)))
    return _Moved(first, first + gap, rays[good], found, moved)


def _flow(
    one: NDArray[np.uint8], two: NDArray[np.uint8], points: NDArray[np.float32], guess: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where (N, 1, 2) points of one picture are in another, near a guess, and which (N,) were found."""
    flags = cv2.OPTFLOW_USE_INITIAL_FLOW
    found, sure, _ = cv2.calcOpticalFlowPyrLK(
        one, two, points, guess.copy(), winSize=(21, 21), maxLevel=3, flags=flags
    )
    return np.asarray(found, np.float32), np.asarray(sure[:, 0] > 0)


def _rays(cameras: Cameras, index: int, points: Points, unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) rays in the world through pixels (N, 2) of a frame."""
    x, y = (unit[k, k] * points[:, k] + unit[k, 2] for k in (0, 1))
    focal = cameras.focal[index]
    ahead = np.stack([x / focal, y / focal, np.ones(len(x))], 1) * _FLIP
    return np.asarray(ahead @ cameras.matrices[index, :3, :3].T, np.float64)


def _onto(cameras: Cameras, index: int, rays: NDArray[np.float64], lens: NDArray[np.float64]) -> Points:
    """(N, 2) pixels of a frame at which it sees what lies along ``rays`` from its own place."""
    seen = (rays @ cameras.matrices[index, :3, :3]) * _FLIP
    depth = np.where(seen[:, 2] > 1e-9, seen[:, 2], 1e-9)
    found = [lens[k, k] * cameras.focal[index] * seen[:, k] / depth + lens[k, 2] for k in (0, 1)]
    return np.asarray(np.clip(np.stack(found, 1), -1e5, 1e5), np.float64)


def _sees(cameras: Cameras, pair: _Moved, level: float, lens: NDArray[np.float64]) -> Points:
    """Where the later frame sees the points, were they on level ground at ``level``."""
    start, end = (cameras.matrices[index, :3, 3] for index in (pair.first, pair.second))
    down = np.minimum(pair.rays[:, 1], -1e-6)
    reached = (level - start[1]) / down
    return _onto(cameras, pair.second, start + reached[:, None] * pair.rays - end, lens)


def _levels(cameras: Cameras, pairs: list[_Moved], height: int) -> NDArray[np.float64]:
    """The heights of ground that would show a parallax which can be seen, the lowest first."""
    scales = []
    for pair in pairs:
        start, end = (cameras.matrices[index, :3, 3] for index in (pair.first, pair.second))
        down = pair.rays[:, 1] / np.linalg.norm(pair.rays, axis=1)
        down = down[down < _DOWN]
        if len(down):
            scales.append(np.linalg.norm(end - start) * cameras.focal[pair.first] * height * -np.median(down))
    if not scales or np.median(scales) <= 1e-9:
        return np.zeros(0)
    over = float(np.median(scales)) / np.geomspace(_LEAST_MOVE, _MOST_MOVE, _CANDIDATES)
    lowest = min(
        float(cameras.matrices[index, 1, 3]) for pair in pairs for index in (pair.first, pair.second)
    )
    return np.asarray(lowest - over, np.float64)

"""The horizon of a picture: from vanishing points, depth, or the border of sky and ground.

The camera is taken to be level, so the horizon is a row. Nothing is said where nothing tells it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .protocol import DepthMap, Picture, RegionMap

_SIDE = 640
"""Longer side at which lines are looked for."""
_SHORTEST, _UPRIGHT, _LEVEL = 0.045, 8.0, 3.0
"""Of a line: its share of the picture's diagonal, and degrees from upright or level within which it tells nothing."""
_TRIES, _NEAR = 600, np.sin(np.radians(1.5))
_SHARE, _LINES, _FAN, _LENGTH = 0.55, 12, 30.0, 1.5
"""Of lines that meet in one point: their share of all, how many, degrees between them, length in picture heights."""
_AS_LINES, _AS_DEPTH = 0.03, 0.05
"""How sure a row is, in picture heights to either side."""
_WIDEST = 0.2
"""A horizon that may lie anywhere in more than this share of the picture's height is not known."""
_SEEN = 0.01
_HILL = 0.1
"""How far above the horizon ground may rise that is not level, as a share of the picture's height."""
_STRAIGHT = 0.06
"""What a level ground's inverse depth may stray from a plane, as a share of its range."""


@dataclass(frozen=True)
class Horizon:
    """The horizon lies between the rows ``high`` and ``low``, as shares of the picture's height; ``source`` says so."""

    high: float
    low: float
    source: str

    def __str__(self) -> str:
        return f"{100 * (self.high + self.low) / 2:.0f} % down, by {self.source}"


def find_horizon(
    picture: Picture,
    hidden: Picture | None = None,
    regions: RegionMap | None = None,
    depth: DepthMap | None = None,
) -> Horizon | None:
    """The horizon of ``picture`` (h, w, 3) without what is ``hidden`` (h, w); None where it is not known for sure."""
    seen = np.ones(picture.shape[:2], np.bool_) if hidden is None else hidden < 0.1
    by_regions = None if regions is None else _by_regions(regions, seen)
    found = _by_lines(picture, seen)
    if found is None and depth is not None and regions is not None:
        found = _by_depth(depth, regions.of("ground", "water") * seen)
    if found is None:
        return by_regions if by_regions is not None and by_regions.low - by_regions.high <= _WIDEST else None
    if by_regions is not None and (found.low < by_regions.high or found.high > by_regions.low):
        return None  # two answers that contradict each other are none
    return found


def _by_regions(regions: RegionMap, seen: NDArray[np.bool_]) -> Horizon | None:
    """All sky lies above the horizon, all water below it, and ground too but for hills."""
    sky, ground, water = ((regions.of(name) > 0.5) & seen for name in ("sky", "ground", "water"))
    height = len(seen)
    bottom = float(np.percentile(np.nonzero(sky)[0], 98)) / height if sky.mean() > _SEEN else None
    tops = [
        float(np.percentile(np.nonzero(part)[0], 2)) / height + hill
        for part, hill in ((ground, _HILL), (water, 0.0))
        if part.mean() > _SEEN
    ]
    top = min(tops, default=None)
    if bottom is None or top is None:
        return Horizon(-np.inf if bottom is None else bottom, np.inf if top is None else top, regions.source)
    return Horizon(min(bottom, top), max(bottom, top), regions.source)


def _by_depth(depth: DepthMap, ground: Picture) -> Horizon | None:
    """Over level ground the inverse depth falls in a straight line, and reaches that of the sky, 0, at the horizon."""
    rows, columns = np.nonzero(ground > 0.5)
    height = len(ground)
    if len(rows) < 0.05 * ground.size or np.ptp(rows) < 0.15 * height:
        return None
    chosen = slice(None, None, max(1, len(rows) // 4000))
    x, y, near = columns[chosen] / height, rows[chosen] / height, depth.inverse[rows, columns][chosen]
    places = np.stack([np.ones_like(x), x, y], 1)
    weight = np.ones(len(x))
    for _ in range(8):
        plane, *_ = np.linalg.lstsq(places * weight[:, None], near * weight, rcond=None)
        off = np.abs(near - places @ plane)
        weight = 1 / np.sqrt(1 + (off / (2 * np.median(off) + 1e-4)) ** 2)
    if plane[2] <= 1e-3 or np.median(off) > _STRAIGHT * float(np.ptp(near)) or abs(plane[1]) > 0.3 * plane[2]:
        return None
    row = -float(plane[0] + plane[1] * ground.shape[1] / height / 2) / float(plane[2])
    return Horizon(row - _AS_DEPTH, row + _AS_DEPTH, depth.source)


def _by_lines(picture: Picture, seen: NDArray[np.bool_]) -> Horizon | None:
    """Level lines of one direction (kerbs, walls, fences) meet in a point of the horizon."""
    middles, ways, lengths = straight_lines(picture, seen)
    angle = np.degrees(np.arctan2(ways[:, 1], ways[:, 0])) % 180
    kept = (np.abs(angle - 90) > _UPRIGHT) & (np.minimum(angle, 180 - angle) > _LEVEL)
    middles, ways, lengths = middles[kept], ways[kept], lengths[kept]
    if len(lengths) < _LINES:
        return None
    random = np.random.default_rng(0)
    best, agreeing = 0.0, np.zeros(len(lengths), np.bool_)
    point = np.zeros(2)
    for _ in range(_TRIES):
        one, other = random.choice(len(lengths), 2, replace=False, p=lengths / lengths.sum())
        met = _crossing(middles[[one, other]], ways[[one, other]])
        if met is None:
            continue
        near = _towards(met, middles, ways)
        if lengths[near].sum() > best:
            best, agreeing, point = float(lengths[near].sum()), near, met
    angles = np.degrees(np.arctan2(ways[agreeing, 1], ways[agreeing, 0])) % 180
    apart = np.abs(angles[:, None] - angles)
    fan = float(np.minimum(apart, 180 - apart).max()) if len(angles) else 0.0
    share = best / float(lengths.sum())
    if share < _SHARE or agreeing.sum() < _LINES or fan < _FAN or best < _LENGTH:
        return None
    row = float(point[1]) + 0.5
    return Horizon(row - _AS_LINES, row + _AS_LINES, "its lines")


_Vectors = NDArray[np.float64]


def straight_lines(picture: Picture, seen: NDArray[np.bool_]) -> tuple[_Vectors, _Vectors, _Vectors]:
    """Middles (n, 2), directions (n, 2) and lengths (n,), unit coordinates, of the lines of a picture (h, w, 3) where
    it is ``seen`` (h, w).
    """
    scale = _SIDE / max(picture.shape[:2])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    code = np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    grey = cv2.cvtColor(
        cv2.resize(code, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC),
        cv2.COLOR_RGB2GRAY,
    )
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(grey)[0]
    ends = np.zeros((0, 4)) if found is None else np.asarray(found, np.float64).reshape(-1, 4)
    middles, along = (ends[:, :2] + ends[:, 2:]) / 2, ends[:, 2:] - ends[:, :2]
    lengths = np.linalg.norm(along, axis=1)
    hidden = cv2.dilate(cv2.resize((~seen).astype(np.uint8), size), np.ones((9, 9), np.uint8))
    at = np.clip(np.round(middles).astype(int), 0, np.array(size) - 1)
    kept = lengths > _SHORTEST * float(np.hypot(*size))
    kept &= hidden[at[:, 1], at[:, 0]] == 0
    height = size[1]
    return (
        (middles[kept] - np.array(size) / 2) / height,
        along[kept] / np.maximum(lengths[kept, None], 1e-9),
        lengths[kept] / height,
    )


def _crossing(middles: _Vectors, ways: _Vectors) -> _Vectors | None:
    """Where two lines meet, if they do so at an angle, and in a place that a camera can see or nearly."""
    across = ways[0, 0] * ways[1, 1] - ways[0, 1] * ways[1, 0]
    if abs(across) < np.sin(np.radians(4)):
        return None
    apart = middles[1] - middles[0]
    far = (apart[0] * ways[1, 1] - apart[1] * ways[1, 0]) / across
    met = middles[0] + far * ways[0]
    return met if abs(met[1]) < 1.2 and abs(met[0]) < 4 else None


def _towards(point: _Vectors, middles: _Vectors, ways: _Vectors) -> NDArray[np.bool_]:
    """Which lines run towards a point."""
    there = point - middles
    far = np.linalg.norm(there, axis=1)
    aside = np.abs(there[:, 0] * ways[:, 1] - there[:, 1] * ways[:, 0])
    return np.asarray((aside < _NEAR * far) & (far > 0.05))

"""The example's roto: hand-drawn key shapes carried from key to key, their edges settled on the picture.

Between two keys a shape follows the actor's own texture (tracked corners, bent smoothly) from both sides
and the two are blended. A guided filter (He, Sun and Tang, "Guided Image Filtering", 2013) then lays the
soft edge along the picture's own colours, within a few pixels of the drawn line. The railing is rigid: it is
drawn once and moves with the camera's pan.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = list[Array]
"""Closed outlines (N, 2) in pixels; an outline inside another cuts a hole."""

_OUTLINE_STEP = 4.0  # pixels between the points of an outline that is carried
_REACH = 28.0  # pixels over which tracked corners bend an outline


@dataclass(frozen=True)
class RotoKeys:
    """The drawn shapes. ``pan`` is how far the picture has moved since the first frame, in pixels."""

    pan: dict[int, Array]
    actors: dict[str, dict[int, Shape]]
    railing: list[tuple[int, Array]]

    @classmethod
    def load(cls, path: Path) -> RotoKeys:
        """The keys written in ``roto_keys.json``; frames are host numbers."""
        data = json.loads(path.read_text())
        actors = {
            name: {int(frame): [np.array(o, float) for o in shape] for frame, shape in keys.items()}
            for name, keys in data["actors"].items()
        }
        railing = [(int(piece["frame"]), np.array(piece["shape"], float)) for piece in data["railing"]]
        return cls({int(f): np.array(v, float) for f, v in data["pan"].items()}, actors, railing)


def make_mattes(frames: dict[int, Array], keys: RotoKeys) -> dict[int, Array]:
    """The matte of every frame, (H, W) float32, 1 = actors and the railing they lean on.

    ``frames`` are (H, W, 3) uint8 BGR pictures by host frame number, in order.
    """
    layers = [carry(frames, shapes) for shapes in keys.actors.values()]
    mattes = {}
    for frame, picture in frames.items():
        cover = np.maximum.reduce([layer[frame] for layer in layers])
        box = _surrounding(cover, margin=24)
        matte = np.zeros_like(cover)
        matte[box] = _without_specks(soften(picture[box], cover[box]))
        rigid = fill(_moved_railing(keys, frame), matte.shape)
        mattes[frame] = np.maximum(matte, rigid).astype(np.float32)
    return mattes


def soften(picture: Array, cover: Array) -> Array:
    """``cover`` with soft edges that follow the picture, (H, W) float32."""
    # Fingers are thinner than the filter's window: there the drawn edge stands, but for a pixel.
    thin = cover - cv2.morphologyEx(cover, cv2.MORPH_OPEN, _disc(6))
    near_thin = cv2.dilate(cv2.morphologyEx(thin, cv2.MORPH_OPEN, _disc(1)), _disc(4))
    loose, tight = settle(picture, cover, reach=4), settle(picture, cover, reach=1)
    matte = loose + (tight - loose) * cv2.GaussianBlur(near_thin, (0, 0), 1.5)
    return np.asarray(cv2.GaussianBlur(matte, (0, 0), 0.5))


def _surrounding(cover: Array, margin: int) -> tuple[slice, slice]:
    rows, columns = np.nonzero(cover.max(1))[0], np.nonzero(cover.max(0))[0]
    top, left = max(rows[0] - margin, 0), max(columns[0] - margin, 0)
    return slice(top, rows[-1] + margin + 1), slice(left, columns[-1] + margin + 1)


def _without_specks(matte: Array, smallest: int = 30) -> Array:
    """``matte`` without pinholes and crumbs of fewer than ``smallest`` pixels."""
    clean = matte.copy()
    for value, side in ((1.0, matte < 0.5), (0.0, matte >= 0.5)):
        _, labels, stats, _ = cv2.connectedComponentsWithStats(side.astype(np.uint8), connectivity=4)
        clean[(stats[:, cv2.CC_STAT_AREA] < smallest)[labels] & side] = value
    return clean


def _disc(radius: int) -> Array:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))


def _moved_railing(keys: RotoKeys, frame: int) -> list[Shape]:
    return [[piece + keys.pan[frame] - keys.pan[drawn]] for drawn, piece in keys.railing]


def fill(shapes: list[Shape], size: tuple[int, ...], scale: int = 4) -> Array:
    """The coverage 0..1 of ``shapes`` laid over one another, (H, W) float32, antialiased if ``scale`` > 1."""
    bits = 4
    canvas = np.zeros((size[0] * scale, size[1] * scale), np.uint8)
    for shape in shapes:
        layer = np.zeros_like(canvas)
        points = [np.round(((o + 0.5) * scale - 0.5) * 2**bits).astype(np.int32) for o in shape]
        if points:
            cv2.fillPoly(layer, points, 255, shift=bits)
        canvas = np.maximum(canvas, layer)
    small = cv2.resize(canvas, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / 255.0


def carry(frames: dict[int, Array], keys: dict[int, Shape]) -> dict[int, Array]:
    """The coverage of one actor in every frame, from its key shapes.

    A key without an outline means that the actor is out of sight at that frame.
    """
    grey = {f: cv2.cvtColor(p, cv2.COLOR_BGR2GRAY) for f, p in frames.items()}
    size = next(iter(grey.values())).shape
    covers = {frame: np.zeros(size, np.float32) for frame in frames}
    order = sorted(keys)
    for start, end in pairwise(order):
        forward = _carried(grey, keys[start], range(start, end + 1))
        backward = _carried(grey, keys[end], range(end, start - 1, -1))
        for frame in range(start, end + 1):
            if frame in keys:
                covers[frame] = fill([keys[frame]], size)
                continue
            sides = fill([forward[frame]], size), fill([backward[frame]], size)
            share = (frame - start) / (end - start)
            seen_at_both = keys[start] and keys[end]
            covers[frame] = _between(*sides, share) if seen_at_both else np.maximum(*sides)
    return covers


def _carried(grey: dict[int, Array], key: Shape, frames: range) -> dict[int, Shape]:
    shape = [_finely(outline) for outline in key]
    carried = {frames[0]: shape}
    for now, then in pairwise(frames):
        shape = _step(grey[now], grey[then], shape) if shape else shape
        carried[then] = shape
    return carried


def _finely(outline: Array) -> Array:
    pieces = []
    for a, b in zip(outline, np.roll(outline, -1, 0), strict=True):
        count = max(1, int(np.hypot(*(b - a)) / _OUTLINE_STEP))
        pieces.append(a + (b - a) * np.arange(count)[:, None] / count)
    return np.concatenate(pieces)


def _step(now: Array, then: Array, shape: Shape) -> Shape:
    points, moves = _tracked_corners(now, then, fill([shape], now.shape, scale=1))
    if len(points) < 8:
        return shape
    return [outline + _bend(outline, points, moves) for outline in shape]


def _tracked_corners(now: Array, then: Array, cover: Array) -> tuple[Array, Array]:
    """Corners inside ``cover`` and how they move; those that do not come back or stray are left out."""
    inside = cv2.erode((cover > 0.5).astype(np.uint8), np.ones((5, 5), np.uint8)) * 255
    corners = cv2.goodFeaturesToTrack(now, 800, 0.002, 4, mask=inside, blockSize=5)
    if corners is None:
        return np.zeros((0, 2)), np.zeros((0, 2))
    follow: Callable[..., Any] = cv2.calcOpticalFlowPyrLK
    there, found, _ = follow(now, then, corners, None, winSize=(15, 15), maxLevel=3)
    back, found_back, _ = follow(then, now, there, None, winSize=(15, 15), maxLevel=3)
    returns = np.linalg.norm(back - corners, axis=2)[:, 0] < 0.5
    good = (found[:, 0] == 1) & (found_back[:, 0] == 1) & returns
    points, moves = corners[good, 0].astype(float), (there - corners)[good, 0].astype(float)
    if not len(points):
        return points, moves
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    near = np.argsort(apart, axis=1)[:, :15]
    usual = np.median(moves[near], axis=1)
    kept = np.linalg.norm(moves - usual, axis=1) < 1.5 + 0.25 * np.linalg.norm(usual, axis=1)
    return points[kept], moves[kept]


def _bend(outline: Array, points: Array, moves: Array) -> Array:
    """How far each point of the outline moves: moving least squares over the tracked corners."""
    result = np.zeros_like(outline)
    for index, place in enumerate(outline):
        away = (points - place) / _REACH
        square = (away**2).sum(1)
        weight = np.exp(-square / 2) + 1e-5 * np.exp(-square / 72)
        basis = np.column_stack([np.ones(len(points)), away])
        stiff = np.diag([1e-6, 0.5 * weight.sum() + 1e-6, 0.5 * weight.sum() + 1e-6])
        normal = basis.T @ (weight[:, None] * basis) + stiff
        result[index] = np.linalg.solve(normal, basis.T @ (weight[:, None] * moves))[0]
    return result


def _between(first: Array, second: Array, share: float) -> Array:
    mixed = _signed_distance(first) * (1 - share) + _signed_distance(second) * share
    return np.asarray(np.clip(mixed + 0.5, 0.0, 1.0), np.float32)


def _signed_distance(cover: Array) -> Array:
    inside = (cv2.GaussianBlur(cover, (0, 0), 0.7) > 0.5).astype(np.uint8)
    if inside.all() or not inside.any():
        return np.where(inside, 30.0, -30.0)
    within = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    return np.asarray(np.clip(within - outside, -30.0, 30.0))


def settle(picture: Array, cover: Array, reach: int) -> Array:
    """``cover`` with its edge laid along the picture's own, at most ``reach`` pixels from where it was."""
    guide = picture.astype(np.float32) / 255.0
    least, most = cv2.erode(cover, _disc(reach)), cv2.dilate(cover, _disc(reach))
    rough = np.clip((_guided(guide, cover, reach + 2, 4e-4) - 0.2) / 0.6, least, most)
    fine = (_guided(guide, np.clip(rough, 0.0, 1.0), 3, 2e-4) - 0.12) / 0.8
    return np.asarray(np.clip(np.clip(fine, least, most), 0.0, 1.0), np.float32)


def _guided(guide: Array, cover: Array, radius: int, epsilon: float) -> Array:
    def mean(x: Array) -> Array:
        size = (2 * radius + 1, 2 * radius + 1)
        return np.asarray(cv2.boxFilter(x, -1, size, borderType=cv2.BORDER_REFLECT))

    guide_mean, cover_mean = mean(guide), mean(cover)
    covariance = mean(guide * cover[..., None]) - guide_mean * cover_mean[..., None]
    spread = np.empty((*cover.shape, 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            spread[..., i, j] = mean(guide[..., i] * guide[..., j]) - guide_mean[..., i] * guide_mean[..., j]
            spread[..., j, i] = spread[..., i, j]
    slope = np.linalg.solve(spread + epsilon * np.eye(3, dtype=np.float32), covariance[..., None])[..., 0]
    offset = cover_mean - (slope * guide_mean).sum(-1)
    return np.asarray((mean(slope) * guide).sum(-1) + mean(offset))

"""How long the shutter was open, seen in the plate: a fast frame's background against a slower frame of the same.

Both are blurred by what the shutter would have blurred in the other. With the right shutter they are alike. The same is
tried across the motion, where no shutter blurs: what is alike there too is a soft or compressed frame, and no streak.
Compare Korčák and Matas 2023, arXiv:2303.10247, who divide blur by flow without the second frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Way = NDArray[np.floating]

_TILE, _EDGE = 64, 40
"""Pixels of what is compared, and of the border that is blurred into it."""
_FAST, _FASTEST, _SLOWER, _STEADY = 8.0, 40.0, 0.5, 0.6
"""Pixels a frame at least and at most (a faster one is seldom laid right); the slower frame's speed over it; how alike
the fast one's two steps are.
"""
_OFF = 8
"""Pixels by which a tile may miss the track."""
_SHARED = 0.6
"""Frame widths that the two may lie apart."""
_PAIRS = 6
_OPEN = np.linspace(0, 1, 17)
_TEXTURE = 2e-4
_EXPLAINED = 0.5
"""Share of a tile's detail that may be left unlike: more is something that moves by itself."""
_TILES, _FRAMES = 14, 2
_STREAKED, _SHARP = 0.85, 0.93
"""What is left unlike along the motion over that across it: at most for a streak, at least for a sharp frame."""
_AGREE = 0.3
"""Between the quartiles of the tiles' shutters."""


@dataclass(frozen=True)
class SeenShutter:
    """``opened`` is the share 0..1 of a frame's time, 0 for a sharp plate, None where it is not clear; ``reason`` says
    what it was seen in, or why it was not.
    """

    opened: float | None
    reason: str


@dataclass(frozen=True)
class Steps:
    """``before`` and ``after`` (2,), the pixels that the middle of the frame moves from the frame before and to the
    next; ``place`` (2,) where it lies in the shot.
    """

    before: Way
    after: Way
    place: Way

    @property
    def speed(self) -> float:
        """Pixels a frame."""
        return float(np.linalg.norm(self.before + self.after)) / 2

    @property
    def steady(self) -> bool:
        """Whether it moves on as it came."""
        apart = float(np.linalg.norm(self.before - self.after))
        return apart <= 2 * (1 - _STEADY) * self.speed


def pairs_of(steps: Sequence[Steps], width: int) -> list[tuple[int, int]]:
    """Fast frames, each with a slower one that shows the same, the fastest first; ``width`` is the frame's."""
    found: list[tuple[int, int]] = []
    for fast in sorted(range(len(steps)), key=lambda index: -steps[index].speed):
        one = steps[fast]
        if one.speed < _FAST or len(found) == _PAIRS:
            break
        apart = [float(np.linalg.norm(one.place - other.place)) for other in steps]
        slower = [
            index
            for index, other in enumerate(steps)
            if max(np.linalg.norm(other.before), np.linalg.norm(other.after)) <= _SLOWER * one.speed
            and apart[index] < _SHARED * width
        ]
        if one.steady and one.speed <= _FASTEST and slower:
            found.append(
                (fast, min(slower, key=lambda index: apart[index] + width * steps[index].speed / one.speed))
            )
    return found


def seen_shutter(
    pairs: Sequence[tuple[int, int]],
    light: Callable[[int, int], tuple[Picture, Picture, NDArray[np.bool_]]],
    moves: Callable[[int], Picture],
) -> SeenShutter:
    """The shutter that the ``pairs`` of frames show.

    ``light`` gives of a pair the fast frame and the slower one as it lies there (h, w), scene-linear, and which pixels
    of both are background; ``moves`` (h, w, 2), any size, how many pixels right and down a frame goes on meanwhile.
    """
    curves: list[NDArray[np.float64]] = []
    frames: set[int] = set()
    for fast, slower in pairs:
        for tile in _compared(*light(fast, slower), moves(fast), moves(slower)):
            curves.append(tile)
            frames.add(fast)
    if len(frames) < _FRAMES or len(curves) < _TILES:
        return SeenShutter(None, "no fast frame's background can be held against a slower frame's")
    shares = np.array(curves) / np.array(curves)[:, :, :1]
    along, across = np.median(shares, axis=0)
    low, high = np.percentile(_OPEN[shares[:, 0].argmin(-1)], [25, 75])
    streaked = float(along.min() / across.min())
    told = f"seen in {len(curves)} tiles of {len(frames)} fast frames"
    if streaked >= _SHARP:
        return SeenShutter(0.0, f"{told}, which are as sharp as slower ones")
    if streaked > _STREAKED or high - low > _AGREE:
        return SeenShutter(None, f"{told}, which do not agree")
    return SeenShutter(_lowest(along), told)


def _lowest(curve: NDArray[np.float64]) -> float:
    """Where a curve over ``_OPEN`` is lowest, between its samples."""
    index = int(curve.argmin())
    inside = 0 < index < len(curve) - 1
    return float(_OPEN[index] + (_OPEN[1] * _peak(curve[index - 1 : index + 2]) if inside else 0.0))


def _compared(
    fast: Picture,
    slower: Picture,
    background: NDArray[np.bool_],
    moves: Picture,
    slowly: Picture,
) -> Iterator[NDArray[np.float64]]:
    """Of each tile (2, 17) what is left unlike by every shutter: along the motion, and across."""
    side, (height, width) = _TILE + 2 * _EDGE, fast.shape
    moves, slowly = (np.asarray(cv2.resize(way, (width, height)), np.float32) for way in (moves, slowly))
    for top in range(0, height - side + 1, _TILE):
        for left in range(0, width - side + 1, _TILE):
            part = np.s_[top : top + side, left : left + side]
            if background[part].all():
                middle = top + side // 2, left + side // 2
                curve = _unlike(fast[part], slower[part], moves[middle], slowly[middle])
                if curve is not None:
                    yield curve


def _unlike(fast: Picture, slower: Picture, moves: Way, slowly: Way) -> NDArray[np.float64] | None:
    inner = np.s_[_EDGE:-_EDGE, _EDGE:-_EDGE]
    detail = float((_detail(slower)[inner] ** 2).mean())
    if detail < _TEXTURE:
        return None
    laid = _laid(slower, fast)
    if laid is None:
        return None
    turned = np.array([[0, -1], [1, 0]])
    curves = np.array(
        [
            [
                ((_detail(_blurred(fast, share * b)) - _detail(_blurred(laid, share * a)))[inner] ** 2).mean()
                for share in _OPEN
            ]
            for a, b in ((moves, slowly), (turned @ moves, turned @ slowly))
        ]
    )
    return curves if curves[0].min() < _EXPLAINED * detail else None


def _detail(light: Picture) -> Picture:
    """What is neither grain nor shading."""
    shown = np.sqrt(np.maximum(light, 0))
    return np.asarray(cv2.GaussianBlur(shown, (0, 0), 1.2) - cv2.GaussianBlur(shown, (0, 0), 6), np.float32)


def _laid(slower: Picture, fast: Picture) -> Picture | None:
    """The slower frame's tile moved onto the fast one's: parallax, and what the track misses; None where they lie too
    far apart. No phase correlation: it takes the blur's negative frequencies for a move.
    """
    inner = np.s_[_OFF:-_OFF, _OFF:-_OFF]
    like = np.asarray(
        cv2.matchTemplate(_detail(slower), _detail(fast)[inner], cv2.TM_CCOEFF_NORMED), np.float64
    )
    _, _, _, (x, y) = cv2.minMaxLoc(like)
    if not (0 < x < 2 * _OFF and 0 < y < 2 * _OFF):
        return None
    off = x + _peak(like[y, x - 1 : x + 2]) - _OFF, y + _peak(like[y - 1 : y + 2, x]) - _OFF
    way = np.array([[1, 0, -off[0]], [0, 1, -off[1]]])
    size = fast.shape[::-1]
    return np.asarray(
        cv2.warpAffine(slower, way, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _peak(three: NDArray[np.floating]) -> float:
    """Where the parabola through three values has its peak, from the middle one."""
    left, here, right = (float(one) for one in three)
    bend = left - 2 * here + right
    return 0.0 if abs(bend) < 1e-12 else (left - right) / (2 * bend)


def _blurred(light: Picture, way: Way) -> Picture:
    """Along a straight ``way`` (right, down), its middle in place."""
    length = float(np.linalg.norm(way))
    if length < 0.25:
        return light
    radius = int(np.ceil(np.abs(way).max() / 2)) + 1
    count = 4 * int(np.ceil(length)) + 1
    spots = ((np.arange(count) + 0.5) / count - 0.5)[:, None] * way + radius
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    corner = np.floor(spots).astype(int)
    part = spots - corner
    for x in (0, 1):
        for y in (0, 1):
            weight = np.abs(1 - x - part[:, 0]) * np.abs(1 - y - part[:, 1])
            np.add.at(kernel, (corner[:, 1] + y, corner[:, 0] + x), weight)
    return np.asarray(cv2.filter2D(light, -1, kernel / count, borderType=cv2.BORDER_REPLICATE), np.float32)

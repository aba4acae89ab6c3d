"""How long the shutter was open, seen in the plate: what it blurs lacks detail along the motion, and not across.

Of each piece of a fast frame's background the power of its detail along the motion is divided by that across it, by
frequency. What a shutter takes of it is known, the square of a sinc as long as the streak, and differs from frequency
to frequency; what a scene's own lines make of it is about alike at all of them. Compare Korčák and Matas 2023,
arXiv:2303.10247, who divide a blur that a network sees by the optical flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Curve = NDArray[np.float64]

_FAST, _LEAST = 1 / 120, 5.0
"""Speed from which a streak is seen, as a share of the frame's width, and in pixels."""
_SPEED = 16.0
"""Pixels a frame to which a faster frame is made smaller, so that its streaks are short beside a piece."""
_STEADY = 0.6
"""How alike a fast frame's two steps are."""
_FRAMES, _KNOWN = 8, 2
"""Frames that are looked at, at most, and that have to tell."""
_TILE, _STEP = 64, 32
_ALIKE = (0.7, 1.4)
"""Speed of a piece that is compared, over the frame's."""
_BANDS = ((2, 2), (3, 3), (4, 5), (6, 7), (8, 10), (11, 14))
"""Cycles a piece, first and last."""
_ASIDE = 0.7
"""How far aside of an axis, as a share of its own frequency, detail still counts as along it."""
_GRAIN, _DETAIL = 0.008, 12
"""Deviation of grain, display 0..1; and detail, in its power, that tells."""
_TILES, _FEWEST = 6, 4
"""Pieces that a band has to be known of, and bands that have to be known."""
_LEFT = (0.003, 0.02)
"""What compression and whatever goes along leave of a streaked scene's power at least: of a clean plate, and of others.
"""
_OPEN = np.linspace(0, 1, 41)
_PLAIN, _UNLIKE, _EXPLAINED = 0.3, 0.4, 0.6
"""Mean difference from what a sharp frame has, a logarithm: below the first it is sharp, from the second on streaked,
if a shutter leaves so much of that at most.
"""
_WEAK, _WEAKER = -0.6, -1.2
"""Logarithm of the weakest band's detail along the motion over that across: above the first a frame is sharp, and up to
the second it may be streaked. A scene of uprights loses as much from band to band, but ends with as much as across.
"""
_SURE, _LOWER = 2 / 3, 100 / 3
"""Share of the frames that say the same; and below which share of their shutters the one that is told lies: what stands
nearer than the rest, or moves unevenly, is streaked more.
"""

_AT = np.abs(np.fft.fftfreq(_TILE) * _TILE)
_ALONG = [
    (first <= _AT[None]) & (_AT[None] <= last) & (_AT[:, None] <= _ASIDE * _AT[None])
    for first, last in _BANDS
]
_WINDOW = np.outer(*[np.hanning(_TILE + 2)[1:-1]] * 2).astype(np.float32)
_NOISE = _GRAIN**2 * float((_WINDOW**2).sum())


@dataclass(frozen=True)
class SeenShutter:
    """``opened`` is the share 0..1 of a frame's time, 0 for a sharp plate, None where it is not clear; ``reason`` says
    what it was seen in, or why it was not.
    """

    opened: float | None
    reason: str


@dataclass(frozen=True)
class Steps:
    """``before`` and ``after`` (2,): pixels that the middle of a frame moves from the one before, and to the next."""

    before: NDArray[np.floating]
    after: NDArray[np.floating]

    @property
    def speed(self) -> float:
        """Pixels a frame."""
        return float(np.linalg.norm(self.before + self.after)) / 2

    @property
    def steady(self) -> bool:
        """Whether it moves on as it came."""
        apart = float(np.linalg.norm(self.before - self.after))
        return apart <= 2 * (1 - _STEADY) * self.speed


@dataclass(frozen=True)
class FastFrame:
    """``light`` (h, w), display 0..1; where (h, w) it is ``background``; and ``moves`` (n, m, 2), all over it, by how
    many of its pixels right and down it goes on in a frame's time.
    """

    light: Picture
    background: NDArray[np.bool_]
    moves: Picture


def fast_frames(steps: Sequence[Steps], width: int) -> list[int]:
    """Frames that move so fast that a streak is seen, from all over the faster half; ``width`` is the frame's."""
    least = max(_LEAST, _FAST * width)
    fast = [index for index, one in enumerate(steps) if one.speed >= least and one.steady]
    fast.sort(key=lambda index: -steps[index].speed)
    faster = sorted(fast[: max(_FRAMES, len(fast) // 2)])
    at = np.linspace(0, len(faster) - 1, min(_FRAMES, len(faster))).round().astype(int)
    return [faster[index] for index in at]


def seen_shutter(frames: Iterable[FastFrame]) -> SeenShutter:
    """The shutter that fast ``frames`` show."""
    streaked: list[float] = []
    looked = sharp = 0
    for frame in frames:
        looked += 1
        speed, curve = _compared(frame)
        if np.isfinite(curve).sum() < _FEWEST:
            continue
        left = _unexplained(speed, curve)
        weakest, explained = float(np.nanmin(curve)), left.min() <= _EXPLAINED * left[0]
        if weakest > _WEAK or (left[0] < _PLAIN and not explained):
            sharp += 1
        elif left[0] >= _UNLIKE and explained and weakest <= _WEAKER:
            streaked.append(float(_OPEN[left.argmin()]))
    known = sharp + len(streaked)
    if known < _KNOWN:
        return SeenShutter(None, "no fast frame's background has detail enough")
    told = f"seen in {looked} fast frames"
    if sharp >= _SURE * known:
        return SeenShutter(0.0, f"{told}, as sharp along the motion as across")
    if len(streaked) < _SURE * known:
        return SeenShutter(None, f"{told}, which do not agree")
    return SeenShutter(float(np.percentile(streaked, _LOWER)), told)


def _compared(frame: FastFrame) -> tuple[float, Curve]:
    """The speed of a frame, made smaller where it is fast, and (bands,) the logarithm of its detail's power along the
    motion over that across; not a number where that is not known.
    """
    scale = min(1.0, _SPEED / _speed(frame.moves))
    size = [max(1, round(side * scale)) for side in frame.light.shape[::-1]]
    light = np.asarray(cv2.resize(frame.light, size, interpolation=cv2.INTER_AREA), np.float32)
    free = cv2.resize(frame.background.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.99
    moves = np.asarray(cv2.resize(frame.moves, size), np.float32) * np.float32(scale)
    usual = _speed(moves)
    reach = int(np.ceil(_TILE * 2**-0.5))
    found = []
    for row in range(reach, size[1] - reach + 1, _STEP):
        for column in range(reach, size[0] - reach + 1, _STEP):
            way = moves[row, column]
            speed = float(np.linalg.norm(way))
            alike = _ALIKE[0] * usual <= speed <= _ALIKE[1] * usual
            if alike and free[row - reach : row + reach, column - reach : column + reach].all():
                found.append(_powers(light, (column, row), way / speed))
    ratios = np.array(found).reshape(-1, len(_BANDS))
    known = np.isfinite(ratios).sum(0) >= _TILES
    curve = np.full(len(_BANDS), np.nan)
    curve[known] = np.nanmedian(ratios[:, known], 0)
    return usual, curve


def _speed(moves: Picture) -> float:
    return max(1e-3, float(np.median(np.linalg.norm(moves, axis=-1))))


def _powers(light: Picture, middle: tuple[int, int], way: NDArray[np.floating]) -> Curve:
    """(bands,) of a piece of the ``light`` turned so that the ``way`` lies along its rows."""
    out = np.arange(_TILE, dtype=np.float32) - np.float32((_TILE - 1) / 2)
    x = middle[0] + way[0] * out[None] - way[1] * out[:, None]
    y = middle[1] + way[1] * out[None] + way[0] * out[:, None]
    piece = cv2.remap(light, x.astype(np.float32), y.astype(np.float32), cv2.INTER_CUBIC)
    power = np.abs(np.fft.fft2((piece - piece.mean()) * _WINDOW)) ** 2
    along, across = (np.array([turned[band].mean() for band in _ALONG]) for turned in (power, power.T))
    ratio = np.log((along + _NOISE) / (across + _NOISE))
    return np.asarray(np.where(across > _DETAIL * _NOISE, ratio, np.nan), np.float64)


def _unexplained(speed: float, curve: Curve) -> Curve:
    """What each shutter of ``_OPEN`` leaves unexplained of a curve, in the mean."""
    apart = curve - [[_streak(round(float(opened) * speed, 1), left) for left in _LEFT] for opened in _OPEN]
    apart -= np.nanmedian(apart, -1, keepdims=True)
    return np.asarray(np.nanmean(np.abs(apart), -1).min(-1), np.float64)


@cache
def _streak(length: float, left: float) -> Curve:
    """(bands,) what a streak so many pixels long makes of the same, were it seen in a scene whose detail falls with the
    square of the frequency, in pieces that fade out to their borders.
    """
    power = 1 / np.maximum(_AT[None] ** 2 + _AT[:, None] ** 2, 1)
    streaked = power * (left + (1 - left) * np.sinc(length * _AT[None] / _TILE) ** 2)
    for axis in (0, 1):
        streaked = 2 / 3 * streaked + sum(np.roll(streaked, way, axis) for way in (-1, 1)) / 6
    return np.array([np.log(streaked[band].mean() / streaked.T[band].mean()) for band in _ALONG])

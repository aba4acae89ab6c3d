"""Water of a picture that moves by itself: in each frame a pixel looks a little beside where it lies.

As compositors animate a still by hand: waves of the water's plane, seen in perspective, shift what lies on it, and two
copies of the picture that drift along relieve each other before either has gone far (a flow map of two phases). Nothing
is looked up on the shore, and beside it nothing moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from ..distance import distance_inside
from .fit import Matrix

Picture = NDArray[np.float32]

_FIELD, _LARGEST = 448, 2.0
"""Pixels of the longer side of the raster on which the shifts are made, and the most a small picture is enlarged."""
_SURE = 0.99
"""How surely a pixel has to be water. Those of the shore are a mixture of both."""
_SUPPORT, _SHARE = 5.0, 0.8
"""Pixels that a sample reads to each side, and how much of the way from there to the shore is gone at most."""
_WAVES, _SPREAD = 36, 0.55
"""How many waves there are, and how their directions spread about the viewer's (radians)."""
_STEEP, _ASIDE = 0.4, 0.5
"""How much the waves stretch the picture (root mean square; at 1 they fold it), and the part of it that goes aside."""
_LONGEST, _SHORTEST = 0.12, 4.0
"""The longest wave nearby, as a share of the field's shorter side, and the shortest that is seen, in its pixels."""
_GRAVITY, _FASTEST = 4.0, 0.22
"""Radians a second of a wave as long as the camera is high, but for the square root of two pi; turns in a frame at
most."""
_DRIFT, _PERIOD = 0.12, 1.5
"""How far a copy goes in a second, in heights of the camera, and how many seconds it lasts."""
_ABOVE, _FRAMED = (0.5, 0.15), 0.02
"""How far over the farthest water a horizon is taken to lie that is not known, in heights of the picture: where that is
full of water, and where something is seen beyond, from so many heights on."""
_FLATTER, _FLATTEST = 1.5, 8.0
"""How much flatter the waves lie than what is seen of the water (a power of it), and the most."""
_BASE = 0.03
"""Sigma of what stays in its place, such as a bank's reflection, as a share of the field's height."""
_UNEVEN, _WIDE = 0.25, 0.12
"""How uneven in periods the copies relieve each other, so that the water does not pulse, and over which part of the
field's height."""
_KEPT = 4
"""Frames whose shifts are kept: rows of a frame are asked for by several threads."""


@dataclass(frozen=True)
class Shift:
    """For the water of a frame, on the field: the shifts (h, w, 2) of the two copies, in pixels of the condition.

    ``share`` (h, w) is how much of the second is seen, ``gain`` (h, w) what keeps their contrast.
    """

    first: Picture
    second: Picture
    share: Picture
    gain: Picture


class Water:
    """The motion of the water that ``mask`` (h, w), 0..1, tells in ``picture`` (h, w, 3), display.

    ``from_condition`` (3, 3) maps the condition's pixels to the picture's. ``horizon`` is a row of the picture, None
    where it is not known; ``first`` the number of the first frame, ``seconds`` from one to the next. ``speed`` 1 is as
    water moves, and ``direction``, in degrees, whereto it drifts: 0 right, 90 towards the viewer.
    """

    def __init__(
        self,
        picture: Picture,
        mask: Picture,
        from_condition: Matrix,
        horizon: float | None,
        first: int,
        seconds: float,
        speed: float = 1.0,
        direction: float = 90.0,
    ) -> None:
        rows, columns = mask.shape
        scale = min(_LARGEST, _FIELD / max(rows, columns))
        size = max(1, round(columns * scale)), max(1, round(rows * scale))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        self._first, self._seconds, self._speed = first, seconds, speed
        self._direction = np.deg2rad(direction)
        across, down = size[0] / columns, size[1] / rows
        onto = np.array([[across, 0, 0.5 * across - 0.5], [0, down, 0.5 * down - 0.5], [0, 0, 1.0]])
        self._onto_field = (onto @ from_condition).astype(np.float32)
        self._pixel = 1 / float(self._onto_field[1, 1])
        # The picture's own borders are no shore.
        self._bounds = np.linalg.inv(from_condition) @ np.array([[0, columns - 1], [0, rows - 1], [1, 1]])
        small = np.asarray(cv2.resize(mask, size, interpolation=way), np.float32)
        away = distance_inside(np.pad(small > _SURE, 1, "edge"))[1:-1, 1:-1] * self._pixel
        away = np.where((small > _SURE).all(), np.float32(max(rows, columns)), away)
        self.reach = np.maximum(away - _SUPPORT - self._pixel, 0).astype(np.float32)
        """(h, w) how far a pixel may look aside, in pixels of the condition; 0 where it stands still."""
        self._kept: dict[int, Shift] = {}
        self._making = Lock()
        if not self.moves:
            return
        seen = np.asarray(cv2.resize(picture, size, interpolation=way), np.float32)
        row = None if horizon is None else (horizon + 0.5) * down - 0.5
        self._below, self._flatness = self._lying(seen, row)
        self._lay_waves()
        self._lay_drift(seen)

    @property
    def moves(self) -> bool:
        """Whether there is water enough."""
        return bool((self.reach > 0).any())

    def places(self, x: Picture, y: Picture) -> tuple[Picture, Picture]:
        """Pixels of the condition as those of the field."""
        (across, _, left), (_, down, top) = self._onto_field[:2]
        return across * x + left, down * y + top

    def within(self, x: Picture, y: Picture) -> tuple[Picture, Picture]:
        """Pixels of the condition that lie beyond the picture, mirrored at its border."""
        low, high = self._bounds[:2, 0], self._bounds[:2, 1]
        return _mirrored(x, low[0], high[0]), _mirrored(y, low[1], high[1])

    def at(self, index: int) -> Shift:
        """The shifts of frame ``index``, counted from 0: the same whichever frames are asked for besides."""
        with self._making:
            if index not in self._kept:
                while len(self._kept) >= _KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[index] = self._made(index)
            return self._kept[index]

    def _lying(self, seen: Picture, horizon: float | None) -> tuple[Picture, float]:
        """How far (h, w) each pixel of the field lies below the horizon, and how far one sees at the height of the
        camera below it, in the same pixels: the focal length, if the camera looks level.
        """
        water = self.reach > 0
        height, width = water.shape
        top = float(np.flatnonzero(water.any(1))[0])
        above = _ABOVE[1] if top > _FRAMED * height else _ABOVE[0]
        row = min(top - above * height if horizon is None else horizon, top - 1.0)
        below = np.broadcast_to(
            np.arange(height, dtype=np.float32)[:, None] - np.float32(row), (height, width)
        )
        grey, inner = seen.mean(2), water[:-1, :-1]
        right, down = (np.diff(grey, axis=1)[:-1][inner], np.diff(grey, axis=0)[:, :-1][inner])
        flat = float(np.sqrt((down**2).mean() / max(float((right**2).mean()), 1e-9))) if inner.any() else 1.0
        return np.maximum(below, 1.0), float(np.median(below[water])) * float(
            np.clip(flat**_FLATTER, 1.0, _FLATTEST)
        )

    def _lay_waves(self) -> None:
        """The waves' sines and cosines at the frames' beginning, how they turn from frame to frame, and their sides."""
        water = self.reach > 0
        width, side = water.shape[1], min(water.shape)
        below = self._below[water]
        aside = (np.nonzero(water)[1] - np.float32(width / 2)) / below
        ahead = self._flatness / below
        rng = np.random.default_rng(20)
        nearest, farthest = float(below.max()), float(below.min())
        long, short = _LONGEST * side / farthest, 2 * _SHORTEST * self._flatness / nearest**2
        short = min(short, _LONGEST * side / nearest / 2)
        lengths = np.geomspace(short, max(long, 4 * short), _WAVES) * rng.uniform(0.9, 1.1, _WAVES)
        angles = np.pi / 2 + rng.normal(0, _SPREAD, _WAVES)
        starts = rng.uniform(0, 2 * np.pi, _WAVES)
        turns = _GRAVITY * np.sqrt(2 * np.pi / lengths) * self._seconds * self._speed
        self._turns = np.minimum(turns, 2 * np.pi * _FASTEST)
        self._sides = np.stack([_ASIDE * np.cos(angles), np.ones(_WAVES)]).astype(np.float32)
        self._sines = np.empty((_WAVES, len(below)), np.float32)
        self._cosines = np.empty_like(self._sines)
        longest = np.maximum(_LONGEST * side * below / nearest, 2 * _SHORTEST)
        stretched = np.full(len(below), 1e-3, np.float32)
        for number, (length, angle, start) in enumerate(zip(lengths, angles, starts, strict=True)):
            across, along = 2 * np.pi / length * np.array([np.cos(angle), np.sin(angle)], np.float32)
            # As many radians a pixel of the picture, sideways and down.
            seen = np.hypot(across / below, (along * ahead + across * aside) / below)
            pixels = 2 * np.pi / seen
            strength = np.clip(pixels / _SHORTEST - 1, 0, 1) * np.clip(2 - pixels / longest, 0, 1)
            phase = across * aside + along * ahead + np.float32(start)
            self._sines[number] = strength / seen * np.sin(phase)
            self._cosines[number] = strength / seen * np.cos(phase)
            stretched += strength**2 / 2
        self._sines *= _STEEP / np.sqrt(stretched)
        self._cosines *= _STEEP / np.sqrt(stretched)

    def _lay_drift(self, seen: Picture) -> None:
        """What stays in its place, over what fine things stay alike, how far a copy goes, and when it begins."""
        water = (self.reach > 0).astype(np.float32)
        height, width = water.shape
        sigma = max(1.0, _BASE * height)
        self.base = _averaged(seen, water, sigma)
        """(h, w, 3) the water without what is fine; nothing of the shore is in it."""
        grey, base = seen.mean(2), self.base.mean(2)
        fine = (grey - base) * water
        amount = np.sqrt(_averaged(fine**2, water, 2 * sigma))
        slope = np.hypot(*(cv2.Sobel(base, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))))
        edge = _averaged(slope, water, sigma) * 2 * sigma
        # Where the water shows a bank or a cloud, that does not go away with the waves.
        calm = 1 / (1 + (edge / np.maximum(amount, 0.005)) ** 2)
        inner = water[:-1, :-1] > 0
        steps = np.concatenate(
            [np.diff(grey, axis=1)[:-1][inner], np.diff(grey, axis=0)[:, :-1][inner], [1e-5]]
        )
        alike = np.sqrt(np.mean(fine[water > 0] ** 2)) / np.sqrt(np.mean(steps**2))
        self._alike = max(float(alike) * self._pixel, 1e-3)
        nearer = self._below**2 / self._flatness * np.sin(self._direction)
        aside = (np.arange(width, dtype=np.float32) - width / 2)[None] / self._below
        far = np.dstack([self._below * np.cos(self._direction) + aside * nearer, nearer])
        self._far = (far * (_DRIFT * _PERIOD * calm)[..., None]).astype(np.float32)
        noise = np.random.default_rng(21).standard_normal((height, width)).astype(np.float32)
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), max(1.0, _WIDE * height)), np.float32)
        self._begins = _UNEVEN * noise / max(float(noise.std()), 1e-9)

    def _made(self, index: int) -> Shift:
        time = self._first + index
        water = self.reach > 0
        turned = self._turns * time
        waves = np.zeros((*water.shape, 2), np.float32)
        waves[water] = (
            (self._sides * np.cos(turned).astype(np.float32)) @ self._sines
            + (self._sides * np.sin(turned).astype(np.float32)) @ self._cosines
        ).T
        gone = time * self._seconds * self._speed / _PERIOD
        age = (np.float32(gone % 1.0) + self._begins) % 1.0
        first, second = (
            self._limited(waves - self._far * (one - 0.5)[..., None]) for one in (age, (age + 0.5) % 1.0)
        )
        share = np.abs(2 * age - 1).astype(np.float32)
        likeness = np.exp(-((np.linalg.norm(first - second, axis=2) / self._alike) ** 2))
        left = share**2 + (1 - share) ** 2 + 2 * share * (1 - share) * likeness
        return Shift(first, second, share, (1 / np.sqrt(left)).astype(np.float32))

    def _limited(self, shift: Picture) -> Picture:
        """A shift (h, w, 2) of the field in the condition's pixels, never so far that it meets the shore."""
        shift = shift * np.float32(self._pixel)
        most = _SHARE * self.reach
        length = np.sqrt((shift**2).sum(2) + most**2)
        return np.asarray(shift * (most / np.maximum(length, 1e-6))[..., None], np.float32)


def _averaged(values: Picture, water: Picture, sigma: float) -> Picture:
    """The mean of ``values`` (h, w, ...) about each pixel, of those alone that lie in the ``water`` (h, w)."""
    weight = water if values.ndim == 2 else water[..., None]
    share = np.maximum(cv2.GaussianBlur(water, (0, 0), sigma), 1e-4)
    blurred = cv2.GaussianBlur(values * weight, (0, 0), sigma)
    return np.asarray(blurred / (share if values.ndim == 2 else share[..., None]), np.float32)


def _mirrored(places: Picture, low: float, high: float) -> Picture:
    return np.asarray(high - np.abs(high - (low + np.abs(places - low))), np.float32)

"""Drawing an actor on its own flat card, in metres: tapered limbs, discs and polygons with a lit side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Tint = NDArray[np.float32]

_SHIFT = 4
_HALF_TURNS = np.concatenate(
    [np.linspace(np.pi / 2, 3 * np.pi / 2, 9), np.linspace(-np.pi / 2, np.pi / 2, 9)]
)


@dataclass(frozen=True)
class Card:
    """The raster of an actor: ``left``, ``top`` in metres (x right, y *down*, 0 at the ground), pixels a metre."""

    left: float
    top: float
    density: float
    height: int
    width: int

    @property
    def to_metres(self) -> NDArray[np.float64]:
        """(3, 3): pixel indices to metres on the card."""
        step = 1.0 / self.density
        return np.array([[step, 0, self.left + step / 2], [0, step, self.top + step / 2], [0, 0, 1.0]])


def card_for(left: float, right: float, tall: float, below: float, density: float) -> Card:
    """The card from ``left`` to ``right``, ``tall`` metres above the ground to ``below`` under it."""
    return Card(
        left, -tall, density, int(np.ceil((tall + below) * density)), int(np.ceil((right - left) * density))
    )


@dataclass
class Brush:
    """Draws on a card; heights are given *upwards* from the ground. ``light`` is the lit side, -1 to 1 in x."""

    card: Card
    light: float = -0.5

    @cached_property
    def image(self) -> NDArray[np.uint8]:
        """(h, w, 4) uint8, RGB premultiplied by the coverage in the fourth channel."""
        return np.zeros((self.card.height, self.card.width, 4), np.uint8)

    def _pixel(self, point: Point) -> NDArray[np.float64]:
        x = (point[0] - self.card.left) * self.card.density - 0.5
        y = (-point[1] - self.card.top) * self.card.density - 0.5
        return np.array([x, y])

    def _shape(self, outline: NDArray[np.float64], tint: Tint) -> None:
        points = np.round(outline * (1 << _SHIFT)).astype(np.int32)
        paint = (*(np.clip(tint, 0, 1) * 255).tolist(), 255.0)
        cv2.fillPoly(self.image, [points], paint, cv2.LINE_AA, _SHIFT)

    def polygon(self, points: list[Point], tint: Tint) -> None:
        """A filled polygon."""
        self._shape(np.array([self._pixel(point) for point in points]), tint)

    def limb(self, start: Point, end: Point, wide: float, narrow: float, tint: Tint) -> None:
        """A rounded limb, ``wide`` and ``narrow`` being its radii at the ends; three strokes make it round."""
        a, b = self._pixel(start), self._pixel(end)
        offset = np.array([self.light, -0.45])
        for size, shade in ((1.0, 0.68), (0.78, 0.92), (0.4, 1.12)):
            move = offset * (1 - size) * self.card.density * 0.8
            outline = _capsule(
                a + move * wide, b + move * narrow, wide * size, narrow * size, self.card.density
            )
            self._shape(outline, tint * shade)

    def disc(self, centre: Point, radius: float, tint: Tint, squash: float = 1.0) -> None:
        """A ball, or an ellipse when ``squash`` (height over width) is not 1."""
        c = self._pixel(centre)
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn) * squash], 1) * radius * self.card.density
        for size, shade in ((1.0, 0.7), (0.8, 0.95), (0.4, 1.12)):
            move = np.array([self.light, -0.5]) * (1 - size) * radius * self.card.density * 0.7
            self._shape(c + move + ring * size, tint * shade)

    def flat_disc(self, centre: Point, radius: float, tint: Tint) -> None:
        """A disc without shading."""
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], 1) * radius * self.card.density
        self._shape(self._pixel(centre) + ring, tint)


def _capsule(
    a: NDArray[np.float64], b: NDArray[np.float64], wide: float, narrow: float, density: float
) -> NDArray[np.float64]:
    along = np.arctan2(b[1] - a[1], b[0] - a[0])
    ring = along + _HALF_TURNS
    outline = np.stack([np.cos(ring), np.sin(ring)], 1)
    outline[:9] = a + wide * density * outline[:9]
    outline[9:] = b + narrow * density * outline[9:]
    return outline

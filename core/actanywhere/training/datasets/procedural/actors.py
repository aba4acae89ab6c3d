"""Actors without legs, and the interface of every actor: a drawing a frame, and its contacts with the ground."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from .brush import Brush, Card, Point, card_for
from .noise import fractal_map
from .textures import any_color


@dataclass(frozen=True)
class Contact:
    """A touch of the ground: x on the card, radius in metres, 1 = full weight."""

    x: float
    radius: float
    weight: float


@dataclass
class Actor(ABC):
    """Someone or something on an upright card. ``speed`` is metres a frame along the card's +x.

    ``cover`` replaces the paint by a picture (h, w, 3) float32, ``grain`` is how strong its cloth shows.
    """

    rng: np.random.Generator
    tall: float
    speed: float
    light: float = -0.5
    grain: float = 0.12
    cover: NDArray[np.float32] | None = None
    card: Card = field(init=False)
    _cloth: NDArray[np.float32] = field(init=False)

    @abstractmethod
    def __post_init__(self) -> None:
        """Choose looks and proportions."""

    def prepare(self, pixels: float) -> None:
        """Fix the raster so that the actor is ``pixels`` high on it."""
        left, right, tall = self.box()
        self.card = card_for(left, right, tall, 0.06 * self.tall, pixels / self.tall)
        shape = (self.card.height, self.card.width)
        cloth = fractal_map(self.rng, *shape, 0.9)
        cloth = 1 + np.clip(self.grain * cloth, -0.5, 0.5)
        self._cloth = cv2.merge([cloth, cloth, cloth, np.ones_like(cloth)])
        if self.cover is not None:
            self.cover = np.asarray(
                cv2.resize(self.cover, shape[::-1], interpolation=cv2.INTER_AREA), np.float32
            )

    @property
    def middle(self) -> float:
        """The height of its middle over the ground, metres."""
        return 0.5 * self.tall

    @abstractmethod
    def box(self) -> tuple[float, float, float]:
        """(left, right, top) in metres: room for every pose."""

    @abstractmethod
    def pose(self, brush: Brush, travelled: float, time: int) -> list[Contact]:
        """Draw the actor that has gone ``travelled`` metres; return where it touches the ground."""

    def draw(self, travelled: float, time: int) -> tuple[NDArray[np.float32], list[Contact]]:
        """(h, w, 4) float32 0..1 premultiplied RGBA on ``card``, and the contacts."""
        brush = Brush(self.card, self.light)
        contacts = self.pose(brush, travelled, time)
        image = brush.image.astype(np.float32) * np.float32(1 / 255)
        if self.cover is not None:
            shade = image[..., :3].mean(2, keepdims=True)
            image[..., :3] = self.cover * (0.5 * image[..., 3:] + 0.9 * shade)
        return np.asarray(np.minimum(cv2.multiply(image, self._cloth), 1.0), np.float32), contacts


class Ball(Actor):
    """Rolls or bounces; patches show that it turns."""

    def __post_init__(self) -> None:
        self.tint, self.patch = any_color(self.rng, 0.2), any_color(self.rng)
        self.bounce = float(self.rng.choice((0.0, 0.0, self.rng.uniform(0.3, 1.5))) * self.tall)
        self.beat = self.rng.uniform(0.05, 0.12)
        self.phase = self.rng.uniform(0, 1)

    def box(self) -> tuple[float, float, float]:
        """Room for every pose."""
        return -0.6 * self.tall, 0.6 * self.tall, 1.1 * self.tall + self.bounce

    def pose(self, brush: Brush, travelled: float, time: int) -> list[Contact]:
        """The ball, its patches turned as far as it rolled."""
        radius = self.tall / 2
        up = self.bounce * abs(np.sin(np.pi * (self.phase + self.beat * time)))
        centre = (0.0, radius + float(up))
        brush.disc(centre, radius, self.tint)
        for index in range(3):
            turn = travelled / radius + index * 2.1 + self.phase
            spot = (radius * 0.55 * np.sin(turn), centre[1] + radius * 0.55 * np.cos(turn))
            brush.flat_disc(spot, radius * 0.22, self.patch)
        return [Contact(0.0, radius * 0.7, float(np.clip(1 - up / radius, 0, 1)))]


class Car(Actor):
    """A car from the side: saloon, van or hatchback; its wheels turn as far as it goes."""

    def __post_init__(self) -> None:
        self.paint = any_color(self.rng, 0.1)
        self.glass = np.array([0.12, 0.16, 0.2], np.float32) * self.rng.uniform(0.6, 3)
        self.long = self.tall * self.rng.uniform(2.4, 3.2)
        self.nose, self.rear = self.rng.uniform(0.15, 0.3), self.rng.uniform(0.02, 0.2)

    def box(self) -> tuple[float, float, float]:
        """Room for every pose."""
        return -0.54 * self.long, 0.54 * self.long, 1.05 * self.tall

    def pose(self, brush: Brush, travelled: float, time: int) -> list[Contact]:
        """Body, glass and wheels, from far to near."""
        h, w = self.tall, self.long / 2
        low, belt, wheel = 0.16 * h, 0.58 * h, 0.22 * h
        front, back = w * (1 - 2 * self.nose), -w * (1 - 2 * self.rear)
        roof = [(back * 0.82, h), (front * 0.45, h)]
        brush.polygon([(-w, low), (-w * 0.98, belt), (back, belt * 1.03), *roof, (front, belt), (w * 0.96, belt * 0.85),
                       (w, low)], self.paint * 0.85)  # fmt: skip
        brush.polygon([(-w * 0.98, belt * 0.86), (-w * 0.98, belt), (front, belt), (w * 0.95, belt * 0.8)],
                      np.minimum(self.paint * 1.15 + 0.06, 1))  # fmt: skip
        brush.polygon([(-w, low), (-w, low * 1.9), (w, low * 1.9), (w, low)], self.paint * 0.5)
        glass = [(back * 0.9, belt), (back * 0.78, h * 0.94), (front * 0.42, h * 0.94), (front * 0.86, belt)]
        brush.polygon(glass, self.glass)
        brush.polygon([(-0.04 * w, belt), (-0.04 * w, h), (0.02 * w, h), (0.02 * w, belt)], self.paint * 0.8)
        brush.flat_disc((w * 0.93, belt * 0.72), 0.05 * h, np.array([0.95, 0.92, 0.8], np.float32))
        brush.flat_disc((-w * 0.95, belt * 0.75), 0.05 * h, np.array([0.7, 0.1, 0.1], np.float32))
        for x in (-0.6 * w, 0.6 * w):
            self._wheel(brush, (x, wheel), wheel, travelled)
        return [Contact(x * w, wheel * 1.3, 1.0) for x in (-0.6, -0.2, 0.2, 0.6)]

    def _wheel(self, brush: Brush, hub: Point, radius: float, travelled: float) -> None:
        brush.flat_disc(hub, radius, np.full(3, 0.06, np.float32))
        brush.flat_disc(hub, radius * 0.62, np.full(3, 0.55, np.float32))
        for spoke in range(4):
            turn = -travelled / radius + spoke * np.pi / 2
            end = (hub[0] + 0.55 * radius * np.cos(turn), hub[1] + 0.55 * radius * np.sin(turn))
            brush.limb(hub, end, radius * 0.09, radius * 0.09, np.full(3, 0.2, np.float32))


class Bird(Actor):
    """Flies well above the ground, so that its shadow is away from it."""

    def __post_init__(self) -> None:
        self.tint, self.wing = any_color(self.rng), any_color(self.rng)
        self.up = self.tall * self.rng.uniform(0.2, 1.5)
        self.beat, self.phase = self.rng.uniform(0.04, 0.2), self.rng.uniform(0, 1)

    @property
    def middle(self) -> float:
        """The height at which it flies."""
        return self.up + 0.5 * self.tall

    def box(self) -> tuple[float, float, float]:
        """Room for every pose."""
        return -1.2 * self.tall, 1.2 * self.tall, self.up + 1.2 * self.tall

    def pose(self, brush: Brush, travelled: float, time: int) -> list[Contact]:
        """Body and beating wing; it touches nothing."""
        t, up = self.tall, self.up + 0.5 * self.tall
        flap = float(np.sin(2 * np.pi * (self.phase + self.beat * time)))
        tip = up + 0.55 * t * flap
        brush.limb((0.1 * t, up), (-0.35 * t, tip), 0.1 * t, 0.03 * t, self.wing * 0.7)
        brush.limb((0.35 * t, up), (-0.3 * t, up), 0.13 * t, 0.07 * t, self.tint)
        brush.polygon([(-0.3 * t, up), (-0.75 * t, up + 0.1 * t), (-0.75 * t, up - 0.1 * t)], self.tint * 0.8)
        brush.disc((0.48 * t, up + 0.08 * t), 0.1 * t, self.tint)
        brush.polygon([(0.55 * t, up + 0.1 * t), (0.7 * t, up + 0.05 * t), (0.55 * t, up)], self.wing)
        brush.polygon(
            [(0.2 * t, up), (-0.25 * t, tip + 0.05 * t), (-0.5 * t, tip), (-0.2 * t, up)], self.wing
        )
        return []


class Blob(Actor):
    """A lump that breathes: any silhouette there is no name for."""

    def __post_init__(self) -> None:
        self.tint = any_color(self.rng)
        self.wide = self.tall * self.rng.uniform(0.25, 0.7)
        self.waves = self.rng.uniform(0.0, 0.16, 6) / np.sqrt(np.arange(1, 7))
        self.turns = self.rng.uniform(0, 2 * np.pi, 6)
        self.rates = self.rng.uniform(-0.25, 0.25, 6)

    def box(self) -> tuple[float, float, float]:
        """Room for every pose."""
        return -1.6 * self.wide, 1.6 * self.wide, 1.3 * self.tall

    def pose(self, brush: Brush, travelled: float, time: int) -> list[Contact]:
        """The outline of this frame, lit from one side."""
        around = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        order = np.arange(2, 8)[:, None]
        radius = 1 + (
            self.waves[:, None] * np.cos(order * around + self.turns[:, None] + self.rates[:, None] * time)
        ).sum(0)
        x, y = self.wide * radius * np.cos(around), 0.5 * self.tall * radius * np.sin(around)
        y -= y.min()
        for size, shade in ((1.0, 0.72), (0.8, 0.95), (0.4, 1.1)):
            move = self.light * (1 - size) * self.wide * 0.7
            middle = 0.52 * self.tall * (1 - size)
            brush.polygon(list(zip(x * size + move, y * size + middle, strict=True)), self.tint * shade)
        foot = x[y < 0.06 * self.tall]
        return [Contact(float(foot.mean()), float(np.ptp(foot)) / 2 + 0.03 * self.tall, 1.0)]

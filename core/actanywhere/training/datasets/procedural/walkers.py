"""Actors with legs: people who stand, walk and run, and four-legged animals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .actors import Actor, Contact
from .brush import Brush, Point
from .textures import any_color, color


@dataclass(frozen=True)
class Gait:
    """A cycle: ``stride`` metres a cycle, the share of it that a foot stands, how high it swings."""

    stride: float
    stance: float
    lift: float

    def foot(self, phase: float) -> Point:
        """The foot relative to the body (forwards, up) at ``phase`` cycles.

        While it stands it moves back exactly as fast as the body moves on, so it is locked to the ground.
        """
        phase %= 1.0
        reach = self.stride * self.stance
        if phase < self.stance:
            return reach * (0.5 - phase / self.stance), 0.0
        swing = (phase - self.stance) / (1 - self.stance)
        ease = swing * swing * (3 - 2 * swing)
        return reach * (ease - 0.5), self.lift * float(np.sin(np.pi * swing))


def bend(top: Point, end: Point, upper: float, lower: float, forward: float) -> tuple[Point, Point]:
    """The joint between ``top`` and ``end`` and the end pulled into reach; ``forward`` is +1 or -1."""
    dx, dy = end[0] - top[0], end[1] - top[1]
    far = max(float(np.hypot(dx, dy)), 1e-6)
    reach = min(far, (upper + lower) * 0.999)
    if reach < far:
        end = (top[0] + dx * reach / far, top[1] + dy * reach / far)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    side = float(np.sqrt(max(upper**2 - along**2, 0.0))) * forward
    ux, uy = dx / far, dy / far
    return (top[0] + ux * along - uy * side, top[1] + uy * along + ux * side), end


_SKINS = ((0.93, 0.76, 0.65), (0.80, 0.60, 0.46), (0.58, 0.40, 0.28), (0.36, 0.24, 0.17))
_HAIR = ((0.08, 0.06, 0.05), (0.28, 0.18, 0.10), (0.62, 0.47, 0.25), (0.6, 0.6, 0.6))


class Person(Actor):
    """A dressed person in profile; stands when the speed is nought, runs when it is high."""

    def __post_init__(self) -> None:
        rng = self.rng
        self.skin, self.hair = (
            color(rng, _SKINS[rng.integers(4)], 0.08),
            color(rng, _HAIR[rng.integers(4)], 0.2),
        )
        self.top, self.trousers, self.shoes = (
            any_color(rng),
            any_color(rng, 0.05, 0.7),
            any_color(rng, 0.05, 0.9),
        )
        self.build, self.sleeves, self.bare_legs = (
            rng.uniform(0.8, 1.3),
            rng.random() < 0.6,
            rng.random() < 0.25,
        )
        self.skirt, self.hat, self.bag = (bool(rng.random() < share) for share in (0.2, 0.2, 0.25))
        self.long_hair, self.phase = bool(rng.random() < 0.35), rng.uniform(0, 1)
        pace = self.speed / self.tall
        self.runs = pace > 0.055
        self.gait = Gait(self.tall * (1.05 if self.runs else 0.78), 0.36 if self.runs else 0.6,
                         self.tall * (0.17 if self.runs else 0.07))  # fmt: skip
        self.rest = rng.uniform(-0.2, 1.4, 2)

    def box(self) -> tuple[float, float, float]:
        """Room for every pose."""
        return -0.55 * self.tall, 0.55 * self.tall, 1.12 * self.tall

    def pose(self, brush: Brush, travelled: float, time: int) -> list[Contact]:
        """Far arm, legs, body, near arm."""
        h, phase = self.tall, self.phase + travelled / self.gait.stride
        bob = (
            0.012 * h * float(np.cos(4 * np.pi * phase))
            if self.speed
            else 0.004 * h * float(np.sin(time * 0.3))
        )
        lean = 0.05 * h if self.runs else 0.01 * h
        hip = (0.0, 0.5 * h + bob - (0.02 * h if self.speed else 0))
        neck = (lean, 0.82 * h + bob)
        feet = [self._foot(phase + side) for side in (0.5, 0.0)]
        self._arm(brush, neck, phase + 0.5, time, 0, 0.75)
        contacts = [self._leg(brush, hip, foot, shade) for foot, shade in zip(feet, (0.75, 1.0), strict=True)]
        self._body(brush, hip, neck)
        self._arm(brush, neck, phase, time, 1, 1.0)
        return contacts

    def _foot(self, phase: float) -> Point:
        if self.speed:
            return self.gait.foot(phase)
        return (0.06 * self.tall if phase % 1 > 0.5 else -0.05 * self.tall), 0.0

    def _leg(self, brush: Brush, hip: Point, foot: Point, shade: float) -> Contact:
        h, b = self.tall, self.build
        ankle = (foot[0], foot[1] + 0.045 * h)
        knee, ankle = bend(hip, ankle, 0.25 * h, 0.235 * h, 1.0)
        cloth = self.trousers * shade
        calf = self.skin * shade if self.bare_legs or self.skirt else cloth
        brush.limb(knee, ankle, 0.036 * h * b, 0.024 * h * b, calf)
        brush.limb(hip, knee, 0.055 * h * b, 0.038 * h * b, cloth)
        toe = (ankle[0] + 0.075 * h, max(ankle[1] - 0.032 * h - 0.3 * foot[1], 0.012 * h))
        brush.limb((ankle[0] - 0.01 * h, ankle[1] - 0.022 * h), toe, 0.024 * h, 0.016 * h, self.shoes * shade)
        return Contact(ankle[0] + 0.03 * h, 0.07 * h, float(np.clip(1 - foot[1] / (0.06 * h), 0, 1)))

    def _body(self, brush: Brush, hip: Point, neck: Point) -> None:
        h, b = self.tall, self.build
        if self.skirt:
            hem, out = hip[1] - 0.2 * h, 0.11 * h * b
            brush.polygon([(hip[0] - 0.06 * h, hip[1] + 0.05 * h), (hip[0] + 0.06 * h, hip[1] + 0.05 * h),
                           (hip[0] + out, hem), (hip[0] - out, hem)], self.trousers * 0.9)  # fmt: skip
        if self.bag:
            brush.limb((neck[0] - 0.1 * h, neck[1] - 0.06 * h), (hip[0] - 0.11 * h, hip[1] + 0.12 * h), 0.06 * h,
                       0.07 * h, self.shoes)  # fmt: skip
        brush.limb((neck[0], neck[1] - 0.045 * h), hip, 0.075 * h * b, 0.065 * h * b, self.top)
        head = (neck[0] + 0.02 * h, neck[1] + 0.1 * h)
        brush.limb(neck, head, 0.03 * h, 0.03 * h, self.skin * 0.85)
        if self.long_hair:
            brush.limb((head[0] - 0.03 * h, head[1]), (neck[0] - 0.06 * h, neck[1] - 0.02 * h), 0.05 * h, 0.035 * h,
                       self.hair)  # fmt: skip
        brush.disc((head[0] - 0.01 * h, head[1] + 0.014 * h), 0.064 * h, self.hair, 1.1)
        brush.disc((head[0] + 0.012 * h, head[1] - 0.008 * h), 0.052 * h, self.skin, 1.15)
        if self.hat:
            brim = head[1] + 0.035 * h
            brush.limb((head[0] - 0.06 * h, brim), (head[0] + 0.1 * h, brim), 0.016 * h, 0.01 * h, self.shoes)
            brush.disc((head[0], brim + 0.01 * h), 0.06 * h, self.shoes, 0.8)

    def _arm(self, brush: Brush, neck: Point, phase: float, time: int, side: int, shade: float) -> None:
        h, b = self.tall, self.build
        if self.speed:
            swing = (0.9 if self.runs else 0.5) * float(np.cos(2 * np.pi * phase + np.pi))
            fold = 1.4 if self.runs else 0.25
        else:
            swing = float(self.rest[side]) + 0.08 * float(np.sin(time * 0.25 + side * 2))
            fold = float(self.rest[1 - side])
        shoulder = (neck[0], neck[1] - 0.02 * h)
        elbow = (shoulder[0] + 0.17 * h * np.sin(swing), shoulder[1] - 0.17 * h * np.cos(swing))
        hand = (elbow[0] + 0.16 * h * np.sin(swing + fold), elbow[1] - 0.16 * h * np.cos(swing + fold))
        brush.limb(
            elbow, hand, 0.025 * h * b, 0.018 * h * b, (self.top if self.sleeves else self.skin) * shade
        )
        brush.limb(shoulder, elbow, 0.035 * h * b, 0.026 * h * b, self.top * shade)
        brush.disc(hand, 0.024 * h, self.skin * shade)


class Animal(Actor):
    """A dog, horse, cow or cat in profile."""

    def __post_init__(self) -> None:
        rng = self.rng
        base = ((0.12, 0.1, 0.09), (0.5, 0.34, 0.2), (0.8, 0.72, 0.6), (0.92, 0.9, 0.88), (0.45, 0.45, 0.47))
        self.coat = color(rng, base[rng.integers(5)], 0.2)
        self.long = self.tall * rng.uniform(0.9, 1.4)
        self.legs, self.girth = rng.uniform(0.4, 0.6) * self.tall, rng.uniform(0.11, 0.19) * self.tall
        self.neck, self.snout = rng.uniform(0.15, 0.4) * self.tall, rng.uniform(0.12, 0.3) * self.tall
        self.tail, self.phase = rng.uniform(-0.8, 0.9), rng.uniform(0, 1)
        self.gait = Gait(self.legs * 1.6, 0.6 if self.speed < 0.06 * self.tall else 0.4, 0.18 * self.legs)

    def box(self) -> tuple[float, float, float]:
        """Room for every pose."""
        return -1.05 * self.long, 1.15 * self.long, 1.25 * self.tall

    def pose(self, brush: Brush, travelled: float, time: int) -> list[Contact]:
        """Far legs, tail, near legs, body, head."""
        phase = self.phase + travelled / self.gait.stride
        back = self.legs + self.girth * 0.6 + 0.01 * self.tall * float(np.sin(4 * np.pi * phase))
        front, rear = (0.42 * self.long, back), (-0.42 * self.long, back)
        contacts = [self._leg(brush, root, phase + turn, 0.7, knee) for root, turn, knee in
                    ((rear, 0.5, -1.0), (front, 0.0, 1.0))]  # fmt: skip
        wag = 0.15 * float(np.sin(time * 0.8))
        tip = (
            rear[0] - 0.4 * self.long * np.cos(self.tail),
            back + 0.4 * self.long * np.sin(self.tail + wag),
        )
        brush.limb(rear, tip, 0.3 * self.girth, 0.12 * self.girth, self.coat * 0.9)
        contacts += [self._leg(brush, root, phase + turn, 1.0, knee) for root, turn, knee in
                     ((rear, 0.0, -1.0), (front, 0.5, 1.0))]  # fmt: skip
        brush.limb(rear, front, self.girth, self.girth * 1.1, self.coat)
        self._head(brush, front)
        return contacts

    def _leg(self, brush: Brush, root: Point, phase: float, shade: float, knee_side: float) -> Contact:
        x, up = self.gait.foot(phase) if self.speed else (0.0, 0.0)
        half, thick = 0.56 * root[1], 0.45 * self.girth
        knee, foot = bend(root, (root[0] + x, up + 0.02 * self.tall), half, half, knee_side)
        brush.limb(knee, foot, thick * 0.6, thick * 0.4, self.coat * shade * 0.95)
        brush.limb(root, knee, thick * 1.3, thick * 0.65, self.coat * shade)
        return Contact(foot[0], thick * 1.2, float(np.clip(1 - up / (0.1 * self.legs), 0, 1)))

    def _head(self, brush: Brush, front: Point) -> None:
        head = (front[0] + 0.7 * self.neck, front[1] + self.neck)
        brush.limb(front, head, 0.8 * self.girth, 0.5 * self.girth, self.coat)
        nose = (head[0] + self.snout, head[1] - 0.35 * self.snout)
        brush.limb((head[0] - 0.05 * self.tall, head[1] + 0.06 * self.tall), (head[0], head[1] + 0.16 * self.tall),
                   0.03 * self.tall, 0.012 * self.tall, self.coat * 0.7)  # fmt: skip
        brush.limb(head, nose, 0.62 * self.girth, 0.3 * self.girth, self.coat)
        brush.flat_disc(
            (head[0] + 0.35 * self.snout, head[1] + 0.02 * self.tall), 0.012 * self.tall, self.coat * 0.1
        )

"""The staging of a shot: who acts, where they go, and how the camera moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .actors import Actor, Ball, Bird, Blob, Car
from .geometry import Camera, rotation
from .noise import wander
from .walkers import Animal, Person

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Role:
    """An actor and its way: ``path`` (T, 3) world points under it on the ground, ``across`` its card's +x."""

    actor: Actor
    path: Vector
    across: Vector

    @property
    def travelled(self) -> Vector:
        """(T,) metres gone along +x since the first frame."""
        return np.asarray((self.path - self.path[0]) @ self.across)


@dataclass(frozen=True)
class Stage:
    """``ground``: metres from the reference camera down to the floor; ``roles`` from far to near."""

    ground: float
    roles: list[Role]
    cameras: list[Camera]


_CAST = (("person", 0.5), ("animal", 0.13), ("car", 0.12), ("ball", 0.07), ("bird", 0.05), ("blob", 0.13))


def _actor(rng: np.random.Generator, kind: str) -> Actor:
    if kind == "person":
        tall = rng.uniform(1.5, 1.95)
        pace = rng.choice((0.0, rng.uniform(0.02, 0.045), rng.uniform(0.06, 0.11)), p=(0.25, 0.5, 0.25))
        return Person(rng, tall, pace * tall, grain=rng.uniform(0.04, 0.25))
    if kind == "animal":
        tall = rng.uniform(0.5, 1.6)
        return Animal(rng, tall, float(rng.choice((0.0, rng.uniform(0.02, 0.09)), p=(0.2, 0.8))) * tall)
    if kind == "car":
        return Car(rng, rng.uniform(1.35, 1.9), rng.uniform(0.05, 0.45), grain=0.03)
    if kind == "ball":
        tall = rng.uniform(0.25, 1.2)
        return Ball(rng, tall, rng.uniform(0.0, 0.12) * tall)
    if kind == "bird":
        tall = rng.uniform(0.3, 0.8)
        return Bird(rng, tall, rng.uniform(0.05, 0.3) * tall, grain=0.05)
    tall = rng.uniform(0.5, 2.0)
    return Blob(rng, tall, rng.uniform(0.0, 0.05) * tall, grain=rng.uniform(0.0, 0.4))


def _cast(rng: np.random.Generator) -> Actor:
    names, odds = zip(*_CAST, strict=True)
    return _actor(rng, str(rng.choice(names, p=odds)))


def _way(rng: np.random.Generator, actor: Actor, middle: Vector, frames: int) -> Role:
    """Walks straight through ``middle`` at half time, mostly across the view, to either side."""
    turn = rng.uniform(-0.5, 0.5)
    across = np.array([np.cos(turn) * rng.choice((-1.0, 1.0)), 0.0, np.sin(turn)])
    time = np.arange(frames) - (frames - 1) / 2
    return Role(actor, middle + time[:, None] * actor.speed * across, across)


def set_stage(
    rng: np.random.Generator, frames: int, aspect: float, lens: tuple[float, float] = (0.85, 2.2)
) -> Stage:
    """Cast, block and shoot a clip; a camera move that loses the actor is replaced by one that follows it."""
    actor = _cast(rng)
    share = float(rng.uniform(0.15, 0.8)) if rng.random() < 0.85 else float(rng.uniform(0.9, 2.0))
    focal = float(rng.uniform(*lens))
    ground = actor.tall * float(rng.uniform(0.35, 1.5))
    left, right, _ = actor.box()
    away = focal * max(actor.tall, 0.5 * (right - left)) / share
    away = max(away, 0.8 * actor.tall, 0.45 * (right - left))
    middle = np.array([0.0, ground, away])
    roles = [_way(rng, actor, middle, frames)]
    if share < 0.6 and rng.random() < 0.3:
        beside = middle + np.array([rng.uniform(0.4, 1.0) * actor.tall * rng.choice((-1, 1)), 0, 0])
        beside[2] *= rng.uniform(0.9, 1.6)
        second = _actor(rng, "person" if isinstance(actor, Person) else "animal")
        roles.append(_way(rng, second, beside, frames))
    for _ in range(4):
        cameras = _shoot(rng, roles[0], focal, frames, share)
        if _keeps(cameras, roles[0], aspect):
            break
    else:
        cameras = _shoot(rng, roles[0], focal, frames, share, follow=1.0)
    back = min(camera.position[2] for camera in cameras)
    offset = np.array([0.0, 0.0, back])
    cameras = [Camera(c.rotation, c.position - offset, c.focal) for c in cameras]
    roles = [Role(role.actor, role.path - offset, role.across) for role in roles]
    return Stage(ground, sorted(roles, key=lambda role: -float(role.path[:, 2].mean())), cameras)


def _keeps(cameras: list[Camera], role: Role, aspect: float) -> bool:
    body = role.path - np.array([0, role.actor.middle, 0])
    at = np.array([camera.project(point[None])[0] for camera, point in zip(cameras, body, strict=True)])
    return bool(((np.abs(at[:, 0]) < 0.55 * aspect) & (np.abs(at[:, 1]) < 0.55)).mean() > 0.8)


def _shoot(
    rng: np.random.Generator, role: Role, focal: float, frames: int, share: float, follow: float | None = None
) -> list[Camera]:
    """Still, panning, trucking, dollying, zooming or hand-held; angles in radians are frame heights / focal."""
    time = np.arange(frames) - (frames - 1) / 2
    mid = role.path[frames // 2] - np.array(
        [0.0, role.actor.middle * rng.uniform(0.8, 1.7 if share > 0.85 else 1.2), 0.0]
    )
    gain = (
        follow
        if follow is not None
        else float(rng.choice((0.0, 1.0, rng.uniform(0.3, 1.1)), p=(0.3, 0.4, 0.3)))
    )
    truck = bool(rng.random() < 0.4)
    drift = rng.uniform(-0.02, 0.02, 2) * (rng.random(2) < 0.3)
    if rng.random() < 0.2 and follow is None:
        drift = rng.uniform(-0.045, 0.045, 2) * (1, 0.5)
    zoom = float(rng.choice((0.0, rng.uniform(-0.012, 0.012)), p=(0.75, 0.25)))
    push = float(rng.choice((0.0, rng.uniform(-0.015, 0.015)), p=(0.65, 0.35))) * mid[2]
    side = float(rng.choice((0.0, rng.uniform(-0.02, 0.02)), p=(0.7, 0.3))) * mid[2]
    position = np.zeros((frames, 3))
    position[:, 0] = time * side
    position[:, 2] = time * push
    moved = gain * (role.path - role.path[frames // 2])
    target = mid + (0 if truck else 1) * moved
    position += moved * (1 if truck else 0)
    place = np.array(
        [rng.uniform(-0.25, 0.25) if share < 0.7 else rng.uniform(-0.1, 0.1), rng.uniform(-0.05, 0.12)]
    )
    ray = target - (position - moved if truck else position)
    yaw = np.arctan2(ray[:, 0], ray[:, 2]) + (place[0] + time * drift[0]) / focal
    pitch = np.arctan2(ray[:, 1], np.hypot(ray[:, 0], ray[:, 2])) + (place[1] + time * drift[1]) / focal
    shake = float(rng.choice((0.0, rng.uniform(0.001, 0.004), rng.uniform(0.004, 0.015)), p=(0.4, 0.4, 0.2)))
    scale = rng.uniform(1.0, 4.0)
    yaw = yaw + shake * wander(rng, frames, scale) / focal
    pitch = pitch + shake * wander(rng, frames, scale) / focal
    roll = rng.normal(0, 0.015) + 0.7 * shake * wander(rng, frames, scale)
    return [
        Camera(rotation(yaw[t], pitch[t], roll[t]), position[t], focal * float(np.exp(zoom * time[t])))
        for t in range(frames)
    ]


def locked(stage: Stage) -> Stage:
    """The same stage from a camera that stands still where it was at half time."""
    middle = stage.cameras[len(stage.cameras) // 2]
    return Stage(stage.ground, stage.roles, [middle] * len(stage.cameras))

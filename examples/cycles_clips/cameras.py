"""Cameras, and the true homographies of the planes that they film (numpy alone).

World axes: x right, y away from the camera, z up, metres. Camera axes: x right, y down, z forwards. Unit
coordinates: origin in the middle of the frame, the frame's height for the unit, as in the corpus.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """``rotation`` (3, 3) world to camera; ``position`` (3,); ``focal`` in frame heights."""

    rotation: Array
    position: Array
    focal: float

    def to_world(self) -> Array:
        """(4, 4) for Blender, whose cameras look along -z with y up."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation.T @ np.diag([1.0, -1.0, -1.0])
        matrix[:3, 3] = self.position
        return matrix

    def from_plane(self, plane: Plane) -> Array:
        """(3, 3): (a, b, 1) on the plane, or a direction when it is at infinity, to unit coordinates."""
        lens = np.diag([self.focal, self.focal, 1.0]) @ self.rotation
        if plane.origin is None:
            return lens
        return lens @ np.column_stack([plane.across, plane.along, plane.origin - self.position])


@dataclass(frozen=True)
class Plane:
    """The points ``origin + a * across + b * along``; at infinity when ``origin`` is None."""

    origin: Array | None
    across: Array
    along: Array


X, Y, Z = np.eye(3)
INFINITY = Plane(None, X, Y)
FLOOR = Plane(np.zeros(3), X, Y)


def wall(distance: float) -> Plane:
    """The upright plane ``distance`` metres behind the actor's mark."""
    return Plane(distance * Y, X, Z)


def homographies(cameras: list[Camera], plane: Plane) -> Array:
    """(T, 3, 3): unit coordinates of frame 0 to those of frame t, of what lies on ``plane``."""
    start = np.linalg.inv(cameras[0].from_plane(plane))
    found = np.stack([camera.from_plane(plane) @ start for camera in cameras])
    return found / found[:, 2:, 2:]


def main_plane(camera: Camera, back: Plane) -> str:
    """``floor`` or ``back``: the plane that fills more of this frame."""
    edge = Y if back.origin is None else back.origin - camera.position
    ray = camera.rotation @ edge
    return "floor" if camera.focal * ray[1] / ray[2] < -0.05 else "back"


def shoot(rng: np.random.Generator, path: Array, tall: float, long: float, move: str) -> list[Camera]:
    """Cameras that film an actor of this height and length on ``path`` (T, 3), which passes the origin."""
    frames = len(path)
    time = np.linspace(-0.5, 0.5, frames)[:, None]
    focal, share = float(rng.uniform(0.95, 1.6)), float(rng.uniform(0.42, 0.72))
    away = max(focal * max(tall, 0.9 * long) / share, 0.5 * long + 1.2 * tall)
    level = tall * float(rng.uniform(0.6, 1.0)) if tall > 1 else float(rng.uniform(0.9, 1.5)) * tall + 0.3
    position = np.tile([rng.uniform(-0.15, 0.15) * away, -away, level], (frames, 1))
    side = float(rng.choice((-1.0, 1.0)))
    follow = {"truck": 1.0, "pan": 0.85, "handheld": 0.5, "crane": 0.7}.get(move, 0.8)
    if move == "truck":
        position += path * (1, 0, 0)
    elif move == "dolly":
        position[:, 1:2] += time * side * 0.3 * away
    elif move == "orbit":
        angle = time[:, 0] * side * rng.uniform(0.25, 0.45) + np.arctan2(position[:, 0], away)
        position[:, 0], position[:, 1] = away * np.sin(angle), -away * np.cos(angle)
    elif move == "crane":
        position[:, 2:] += (time + 0.3) * 0.7 * tall
    target = path * follow + np.array([0, 0, tall * rng.uniform(0.45, 0.62)])
    if move == "pan":
        target[:, :1] += time * side * 0.12 * away
    shake = rng.uniform(0.004, 0.009) if move == "handheld" else rng.uniform(0.0, 0.0012)
    position = position + shake * away * 0.5 * sway(rng, frames, 3)
    turns = shake * sway(rng, frames, 3)
    return [_look(position[t], target[t], turns[t], focal) for t in range(frames)]


def sway(rng: np.random.Generator, frames: int, axes: int) -> Array:
    """(frames, axes) of smooth unrest, deviation about 1, with no jump between frames."""
    waves = [
        np.sin(np.arange(frames)[:, None] * rate * rng.uniform(0.8, 1.2, axes) + rng.uniform(0, 6.3, axes))
        for rate in (0.15, 0.38, 0.8)
    ]
    return np.asarray(waves[0] + 0.7 * waves[1] + 0.35 * waves[2])


def _look(position: Array, target: Array, turn: Array, focal: float) -> Camera:
    forwards = (target - position) / np.linalg.norm(target - position)
    right = np.cross(forwards, Z)
    right /= np.linalg.norm(right)
    aim = np.stack([right, np.cross(forwards, right), forwards])
    yaw, pitch, roll = turn * (1, 1, 0.6)
    shaken = _turn(2, roll) @ _turn(0, pitch) @ _turn(1, yaw)
    return Camera(shaken @ aim, position, focal)


def _turn(axis: int, angle: float) -> Array:
    a, b = (n for n in range(3) if n != axis)
    matrix = np.eye(3)
    matrix[a, a] = matrix[b, b] = np.cos(angle)
    matrix[a, b], matrix[b, a] = -np.sin(angle), np.sin(angle)
    return matrix

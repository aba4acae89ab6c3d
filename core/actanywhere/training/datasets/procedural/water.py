"""Moving water: waves on the floor plane that bend the mirrored scene, and rings around what stands in it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import Camera, Matrix
from .noise import TILE, fractal
from .textures import Color, color

Frame = NDArray[np.float32]
Point = NDArray[np.float64]


@dataclass(frozen=True)
class Water:
    """``waves``: a tileable height field ``metres`` wide; ``rough`` bends the mirror, ``clear`` shows the tint."""

    waves: Frame
    metres: float
    drift: tuple[float, float]
    rough: float
    mirror: float
    tint: Color


def any_water(rng: np.random.Generator) -> Water:
    """Pool to sea."""
    waves = fractal(rng, 1.2) + 0.4 * cv2.blur(fractal(rng, 0.9), (9, 1))
    tint = color(
        rng, ((0.10, 0.28, 0.34), (0.16, 0.24, 0.2), (0.15, 0.3, 0.5), (0.2, 0.55, 0.6))[rng.integers(4)], 0.2
    )
    drift = (float(rng.uniform(-0.03, 0.03)), float(rng.uniform(-0.05, -0.01)))
    return Water(waves.astype(np.float32), float(rng.uniform(3, 9)), drift, float(rng.uniform(0.2, 1.0)),
                 float(rng.uniform(0.35, 0.8)), tint)  # fmt: skip


@dataclass(frozen=True)
class Pond:
    """The water as one frame sees it: (H, W) metres across and away, and the fall of detail with distance."""

    water: Water
    across: Frame
    away: Frame
    fade: Frame
    flip: tuple[Frame, Frame]
    time: int

    def waves(self) -> Frame:
        """(H, W) wave heights, about -2..2."""
        scale, total = TILE / self.water.metres, np.zeros_like(self.across)
        for way, size in ((1.0, 1.0), (-0.7, 0.43)):
            x = np.mod((self.across + way * self.water.drift[0] * self.time) * scale * size, TILE)
            y = np.mod((self.away + way * self.water.drift[1] * self.time) * scale * size, TILE)
            total += cv2.remap(self.water.waves, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return np.asarray(total * 0.7 * self.fade)

    def rings(self, points: list[tuple[Point, float]], reach: float) -> tuple[Frame, Frame]:
        """Ring waves around (world point, weight), and where they are (0..1)."""
        height, where = np.zeros_like(self.across), np.zeros_like(self.across)
        for point, weight in points:
            radius = np.hypot(self.across - np.float32(point[0]), self.away - np.float32(point[2]))
            envelope = np.float32(weight) * np.maximum(np.exp(-((radius / reach) ** 2)) - 0.05, 0)
            height += envelope * np.sin(radius * (22 / reach) - 0.9 * self.time)
            where = np.maximum(where, envelope)
        return 2.2 * height * self.fade, where * np.minimum(self.fade * 3, 1)

    def fill(self, scene: Frame, waves: Frame, cover: Frame) -> Frame:
        """The scene with the water in it, mirroring what is above the horizon."""
        bend = waves * (self.water.rough * 0.035 * scene.shape[0])
        mirrored = cv2.remap(scene, self.flip[0] + 0.5 * bend, self.flip[1] + bend, cv2.INTER_LINEAR,
                             borderMode=cv2.BORDER_REFLECT)  # fmt: skip
        share = np.clip(self.water.mirror + 0.5 * (1 - self.fade) - 0.1 * waves, 0.05, 0.95)[..., None]
        surface = self.water.tint * (1 + 0.18 * waves[..., None]) * (1 - share) + mirrored * share
        return np.asarray(scene + (surface - scene) * cover[..., None], np.float32)

    def bend(self, image: Frame, waves: Frame) -> Frame:
        """An actor's mirror image, broken up by the waves."""
        height, width = image.shape[:2]
        ys, xs = np.mgrid[:height, :width].astype(np.float32)
        push = waves * (self.water.rough * 0.02 * height)
        return np.asarray(cv2.remap(image, xs + push, ys + 0.5 * push, cv2.INTER_LINEAR), np.float32)


def see_pond(
    water: Water, camera: Camera, ground: float, to_pixels: Matrix, shape: tuple[int, int], time: int
) -> Pond:
    """The water as ``camera`` sees it, ``ground`` metres below the reference camera."""
    height, width = shape
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    back = np.linalg.inv(to_pixels @ camera.projection).astype(np.float32)
    rays = [back[row, 0] * xs + back[row, 1] * ys + back[row, 2] for row in range(3)]
    depth = np.float32(ground - camera.position[1]) / np.maximum(rays[1], 1e-3)
    across, away = (
        rays[0] * depth + np.float32(camera.position[0]),
        rays[2] * depth + np.float32(camera.position[2]),
    )
    step = depth * np.maximum(depth, 1.0) / np.float32(camera.focal * height * max(ground, 0.2))
    fade = 1 / (1 + (step * np.float32(TILE / water.metres)) ** 1.5)
    turn = (
        to_pixels
        @ camera.projection
        @ np.diag([1.0, -1.0, 1.0])
        @ np.linalg.inv(to_pixels @ camera.projection)
    )
    turn = turn.astype(np.float32)
    bottom = turn[2, 0] * xs + turn[2, 1] * ys + turn[2, 2]
    flip = tuple((turn[row, 0] * xs + turn[row, 1] * ys + turn[row, 2]) / bottom for row in range(2))
    return Pond(water, across, away, fade.astype(np.float32), (flip[0], flip[1]), time)

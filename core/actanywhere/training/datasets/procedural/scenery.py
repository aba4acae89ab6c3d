"""Scenery: the layers, far to near, that make a world around the stage."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import Canvas, Plane, canvas_for
from .noise import fractal_map
from .stage import Stage
from .textures import Picture, Texture, color, paint
from .water import Water


@dataclass(frozen=True)
class Layer:
    """A picture on a plane: (h, w, 4) uint8 premultiplied RGBA, or (h, w, 3) where it is opaque everywhere.

    ``receives`` is how well it takes shadows, ``wet`` how well it mirrors, 0..1.
    """

    image: NDArray[np.uint8]
    canvas: Canvas
    plane: Plane
    receives: float = 0.0
    wet: float = 0.0
    water: bool = False


@dataclass(frozen=True)
class World:
    """Layers far to near, the surface underfoot, and the plane whose motion is called the camera's.

    ``front`` stands before the actors; ``water`` moves where a layer says that it is water.
    """

    name: str
    layers: list[Layer]
    surface: str
    main: Plane
    front: tuple[Layer, ...] = ()
    water: Water | None = None


@dataclass(frozen=True)
class Builder:
    """Makes canvases for one stage; ``pixels`` is the frame's height."""

    stage: Stage
    aspect: float
    pixels: float

    def canvas(self, plane: Plane) -> Canvas:
        """The canvas that covers what the stage's cameras see of ``plane``."""
        return canvas_for(plane, self.stage.cameras, self.aspect, self.pixels)

    def surface(self, plane: Plane, texture: Texture, axis: int, receives: float, wet: float = 0.0) -> Layer:
        """A textured plane; ``axis`` is the world axis of its normal (0 side wall, 1 floor, 2 facing wall)."""
        canvas = self.canvas(plane)
        u, v = canvas.grid()
        u, v = (
            np.broadcast_to(u, (canvas.height, canvas.width)),
            np.broadcast_to(v, (canvas.height, canvas.width)),
        )
        along = (u, v, np.ones_like(u))[axis] * np.float32(plane.inverse)
        depth = 1 / np.maximum(along, 1e-3)
        a, b = ((v * depth, depth), (u * depth, depth), (u * depth, v * depth))[axis]
        step = (
            depth
            / canvas.scale
            * (1.0 if axis == 2 else 1.0 / np.maximum(along * abs(1 / plane.inverse), 0.08))
        )
        pixels = paint(texture, a, b, step.astype(np.float32))
        if axis == 2:
            return Layer(to_bytes(pixels), canvas, plane, receives, wet)
        cover = np.clip(along * abs(1 / plane.inverse) * canvas.scale, 0, 1)
        return Layer(to_bytes(np.dstack([pixels * cover[..., None], cover])), canvas, plane, receives, wet)


def to_bytes(image: Picture) -> NDArray[np.uint8]:
    """Float 0..1 to uint8."""
    return np.asarray(cv2.convertScaleAbs(np.clip(image, 0, 1), alpha=255.0), np.uint8)


def sky(rng: np.random.Generator, canvas: Canvas) -> Picture:
    """A gradient from haze to zenith, with clouds that shrink towards the horizon."""
    moods = (((0.32, 0.52, 0.82), (0.78, 0.86, 0.93)), ((0.62, 0.66, 0.70), (0.82, 0.83, 0.84)),
             ((0.28, 0.32, 0.55), (0.96, 0.66, 0.42)), ((0.10, 0.13, 0.25), (0.32, 0.34, 0.42)))  # fmt: skip
    zenith, haze = (color(rng, pair, 0.1) for pair in moods[rng.choice(4, p=(0.45, 0.25, 0.2, 0.1))])
    u, v = canvas.grid()
    rise = np.clip(-v, 0, 4)
    blend = np.exp(-rise * rng.uniform(1.5, 5.0))[..., None]
    image = np.broadcast_to(haze * blend + zenith * (1 - blend), (canvas.height, canvas.width, 3)).astype(
        np.float32
    )
    if rng.random() < 0.75:
        depth = 1 / np.maximum(rise, 0.04)
        tile = Texture(np.repeat(fractal_map(rng, 256, 256, 1.5)[..., None], 3, 2), 8.0)
        a = np.broadcast_to(u * depth, image.shape[:2]).astype(np.float32)
        b = np.broadcast_to(depth, image.shape[:2]).astype(np.float32)
        noise = paint(tile, a, b, np.broadcast_to(depth**2 / canvas.scale, a.shape).astype(np.float32))[
            ..., 0
        ]
        amount = np.clip((noise - rng.uniform(-0.6, 1.0)) * rng.uniform(0.4, 1.2), 0, 1) * (
            1 - blend[..., 0] * 0.8
        )
        white = np.clip(haze * 1.15 + 0.1, 0, 1) * (1 - 0.15 * np.clip(noise, 0, 2))[..., None]
        image = image * (1 - amount[..., None]) + white * amount[..., None]
    return np.asarray(image, np.float32)

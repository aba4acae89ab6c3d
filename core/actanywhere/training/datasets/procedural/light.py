"""Light of a shot, and what the lens and the film do to its frames."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import fractal, wander

Frame = NDArray[np.float32]


@dataclass(frozen=True)
class Light:
    """``direction`` (3,) the way light travels (y > 0 is down); ``shadow`` 0..1 its depth; ``soft`` its blur.

    ``contact`` is the darkness right under a foot or wheel, ``ambient`` that of the sky's light held off by the
    whole body, 0..1: soft, and there under any sky.
    """

    direction: NDArray[np.float64]
    shadow: float
    soft: float
    contact: float
    ambient: float

    @property
    def side(self) -> float:
        """Which side of an actor is lit, -1 (left of the frame) to 1."""
        return float(np.clip(-self.direction[0], -1, 1))


def any_light(rng: np.random.Generator) -> Light:
    """Sun from any side at 20 to 75 degrees, or an overcast sky without cast shadow."""
    azimuth, height = rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(20, 65))
    flat = np.cos(height)
    direction = np.array([flat * np.cos(azimuth), np.sin(height), flat * np.sin(azimuth)])
    if abs(direction[2]) < 0.25:
        direction[2] = 0.25 if direction[2] >= 0 else -0.25
    overcast = rng.random() < 0.15
    shadow = rng.uniform(0.0, 0.12) if overcast else rng.uniform(0.35, 0.75)
    soft, contact, ambient = rng.uniform((0.003, 0.45, 0.2), (0.02, 0.85, 0.5))
    return Light(direction, float(shadow), float(soft), float(contact), float(ambient))


@dataclass(frozen=True)
class Film:
    """Grade, vignette, exposure in time and grain, the same for the frame with and without the actor."""

    gain: NDArray[np.float32]
    shape: Frame
    lift: float
    grain: float
    noise: NDArray[np.float32]
    jumps: NDArray[np.int64]

    def develop(self, scene: Frame, time: int) -> NDArray[np.uint8]:
        """(H, W, 3) float32 scene colours to the uint8 frame."""
        height, width = scene.shape[:2]
        y, x = self.jumps[time]
        grain = self.noise[y : y + height, x : x + width, None]
        out: Frame = np.asarray(
            cv2.multiply(scene, self.shape, scale=255.0 * float(self.gain[time])), np.float32
        )
        out += (self.lift + grain) * np.float32(255)
        return np.asarray(cv2.convertScaleAbs(np.maximum(out, 0, out=out)), np.uint8)


def any_film(rng: np.random.Generator, frames: int, height: int, width: int) -> Film:
    """Mostly mild; sometimes a strong grade, a visible vignette, flicker or grain."""
    strong = rng.random() < 0.3
    warm = rng.normal(0, 0.12 if strong else 0.04)
    balance = np.array([1 + warm, 1 + rng.normal(0, 0.03), 1 - warm], np.float32)
    exposure = rng.uniform(0.55, 1.25) if strong else rng.uniform(0.85, 1.1)
    flicker = float(rng.choice((0.0, rng.uniform(0.005, 0.06)), p=(0.6, 0.4)))
    gain = exposure * np.exp(flicker * wander(rng, frames, rng.uniform(0.5, 6.0)))
    ys, xs = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    vignette = 1 - float(rng.choice((0.0, rng.uniform(0.05, 0.4)), p=(0.5, 0.5))) * (xs**2 + ys**2) / 2
    shape = (vignette[..., None] * balance).astype(np.float32)
    grain = float(rng.choice((0.0, rng.uniform(0.002, 0.03)), p=(0.3, 0.7)))
    tiles = -(-(height + 64) // 256), -(-(width + 64) // 256)
    noise = np.tile(fractal(rng, 0.6) * np.float32(0.6 * grain), tiles)
    lift = float(rng.choice((0.0, rng.uniform(0.0, 0.06))))
    return Film(gain.astype(np.float32), shape, lift, grain, noise, rng.integers(0, 64, (frames, 2)))

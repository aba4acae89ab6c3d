"""Surfaces seen from straight above: tileable colour textures, and painting them on a plane in perspective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import TILE, fractal

Picture = NDArray[np.float32]
Color = NDArray[np.float32]


@dataclass(frozen=True)
class Texture:
    """A tileable (256, 256, 3) float32 display texture that is ``metres`` wide."""

    pixels: Picture
    metres: float


def color(rng: np.random.Generator, base: tuple[float, float, float], vary: float = 0.12) -> Color:
    """A display colour near ``base``, varied in brightness and a little in hue."""
    tint = 1.0 + vary * rng.standard_normal(3) * 0.5 + vary * rng.standard_normal()
    return np.asarray(np.clip(np.asarray(base) * tint, 0.02, 0.98), np.float32)


def any_color(rng: np.random.Generator, low: float = 0.05, high: float = 0.95) -> Color:
    """A display colour of any hue; greys and muted ones are as common as strong ones."""
    hue, value = rng.uniform(0, 180), rng.uniform(low, high)
    saturation = rng.choice((rng.uniform(0, 0.15), rng.uniform(0.1, 0.5), rng.uniform(0.4, 0.95)))
    pixel = np.array([[[hue, saturation * 255, value * 255]]], np.uint8)
    return np.asarray(cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0] / 255.0, np.float32)


def mottled(first: Color, second: Color, mix: NDArray[np.float32], fine: NDArray[np.float32]) -> Picture:
    """Two colours mixed by one field (0 is even) and shaded by another."""
    weight = np.clip(0.5 + 0.3 * mix, 0, 1)[..., None]
    return np.asarray(
        (first * weight + second * (1 - weight)) * np.clip(1 + fine, 0.2, 2.0)[..., None], np.float32
    )


def _speckled(
    rng: np.random.Generator, base: tuple[float, float, float], fine: float, metres: float, slope: float = 0.6
) -> Texture:
    first, second = color(rng, base), color(rng, base)
    return Texture(mottled(first, second, fractal(rng, 1.5), fine * fractal(rng, slope)), metres)


def grass(rng: np.random.Generator) -> Texture:
    """Lawn to dry meadow."""
    base = [(0.30, 0.42, 0.16), (0.42, 0.48, 0.20), (0.55, 0.50, 0.28), (0.20, 0.30, 0.12)][rng.integers(4)]
    blades = cv2.blur(fractal(rng, 0.6), (1, 5)) * 1.5
    first, second = color(rng, base), color(rng, (base[0] * 1.2, base[1] * 0.9, base[2]))
    return Texture(mottled(first, second, fractal(rng, 1.2), 0.22 * blades), rng.uniform(1.5, 4.0))


def sand(rng: np.random.Generator) -> Texture:
    """Beach or desert, with faint wind ripples."""
    texture = _speckled(rng, (0.78, 0.68, 0.52), 0.06, rng.uniform(2.0, 5.0), 0.9)
    rows = np.arange(TILE)[:, None] * (2 * np.pi * int(rng.integers(4, 12)) / TILE)
    ripple = np.sin(rows + 1.2 * fractal(rng, 1.9)) * rng.uniform(0, 0.06)
    return Texture(texture.pixels * (1 + ripple[..., None].astype(np.float32)), texture.metres)


def snow(rng: np.random.Generator) -> Texture:
    """Snow, bluish in its hollows."""
    return Texture(
        mottled(
            color(rng, (0.92, 0.93, 0.95), 0.04),
            color(rng, (0.78, 0.83, 0.90), 0.04),
            fractal(rng, 1.5),
            0.03 * fractal(rng, 0.9),
        ),
        rng.uniform(3.0, 6.0),
    )


def asphalt(rng: np.random.Generator) -> Texture:
    """Road, sometimes with a painted line."""
    grey = float(rng.uniform(0.22, 0.55))
    texture = _speckled(rng, (grey, grey, grey * 1.03), 0.07, rng.uniform(3.0, 7.0))
    if rng.random() < 0.4:
        paint = color(rng, (0.85, 0.83, 0.76) if rng.random() < 0.7 else (0.8, 0.65, 0.15))
        at, thick = int(rng.integers(20, 220)), int(rng.integers(3, 9))
        texture.pixels[at : at + thick, : int(rng.choice((TILE, TILE // 2)))] = paint
    return texture


def tiles(rng: np.random.Generator) -> Texture:
    """Paving or floor tiles with joints; every tile has its own shade."""
    texture = _speckled(rng, tuple(any_color(rng, 0.3, 0.85)), 0.05, rng.uniform(1.5, 5.0), 0.9)
    count = int(rng.choice((4, 8)))
    across = count * int(rng.choice((1, 1, 2)))
    shade = 1 + rng.uniform(0.02, 0.12) * rng.standard_normal((count, across)).astype(np.float32)
    if rng.random() < 0.2:
        shade *= 1 - rng.uniform(0.2, 0.7) * (np.indices((count, across)).sum(0) % 2)
    pixels = texture.pixels * cv2.resize(shade, (TILE, TILE), interpolation=cv2.INTER_NEAREST)[..., None]
    joint, thick = rng.uniform(0.5, 1.15), int(rng.integers(1, 4))
    for row in range(0, TILE, TILE // count):
        pixels[row : row + thick] *= joint
    for column in range(0, TILE, TILE // across):
        pixels[:, column : column + thick] *= joint
    return Texture(pixels, texture.metres)


def bricks(rng: np.random.Generator) -> Texture:
    """A brick wall."""
    texture = _speckled(rng, tuple(color(rng, (0.55, 0.36, 0.28), 0.25)), 0.08, rng.uniform(1.5, 2.5), 0.9)
    rows, across = 16, 8
    shade = 1 + 0.12 * rng.standard_normal((rows, across)).astype(np.float32)
    pixels = texture.pixels * cv2.resize(shade, (TILE, TILE), interpolation=cv2.INTER_NEAREST)[..., None]
    mortar = color(rng, (0.68, 0.64, 0.58))
    for row in range(rows):
        y, shift = row * 16, (row % 2) * 16
        pixels[y : y + 2] = mortar
        for column in range(across):
            x = (column * 32 + shift) % TILE
            pixels[y : y + 16, x : x + 2] = mortar
    return Texture(pixels, texture.metres)


def wood(rng: np.random.Generator) -> Texture:
    """Boards along x."""
    base = color(rng, (0.52, 0.36, 0.22), 0.3)
    grain = cv2.blur(fractal(rng, 0.9), (41, 1)) * 0.25
    boards = int(rng.choice((4, 8)))
    shade = 1 + 0.15 * rng.standard_normal((boards, 1)).astype(np.float32)
    pixels = (
        base * (1 + grain + cv2.resize(shade - 1, (TILE, TILE), interpolation=cv2.INTER_NEAREST))[..., None]
    )
    for row in range(0, TILE, TILE // boards):
        pixels[row : row + 2] *= 0.55
    return Texture(np.asarray(pixels, np.float32), rng.uniform(0.8, 1.8))


def earth(rng: np.random.Generator) -> Texture:
    """Soil, gravel or leaves."""
    return _speckled(
        rng, tuple(color(rng, (0.44, 0.36, 0.27), 0.3)), rng.uniform(0.1, 0.25), rng.uniform(1.5, 4.0)
    )


def plaster(rng: np.random.Generator) -> Texture:
    """A painted wall or a plain floor of any colour."""
    return _speckled(rng, tuple(any_color(rng, 0.35, 0.95)), 0.02, rng.uniform(3.0, 6.0), 0.9)


def carpet(rng: np.random.Generator) -> Texture:
    """A patterned rug or wallpaper: stripes or a lattice."""
    first, second = any_color(rng, 0.2, 0.9), any_color(rng, 0.2, 0.9)
    ys, xs = np.mgrid[:TILE, :TILE] * (2 * np.pi / TILE)
    wave = np.sin(xs * int(rng.integers(2, 9)))
    if rng.random() < 0.6:
        wave = wave * np.sin(ys * int(rng.integers(2, 9)))
    weight = 1 / (1 + np.exp(-6 * wave + 0.6 * fractal(rng, 0.9)))
    return Texture(
        mottled(first, second, (weight * 3 - 1.5).astype(np.float32), 0.05 * fractal(rng, 0.6)), 2.0
    )


def abstract(rng: np.random.Generator) -> Texture:
    """1/f noise in a random palette."""
    first, second, third = any_color(rng), any_color(rng), any_color(rng)
    weight = np.clip(0.5 + 0.5 * fractal(rng, 1.5), 0, 1)[..., None]
    base = mottled(first, second, fractal(rng, 1.2) * 2, 0.15 * fractal(rng, 0.9))
    return Texture(np.asarray(base * weight + third * (1 - weight), np.float32), rng.uniform(2.0, 6.0))


FLOORS: dict[str, Callable[[np.random.Generator], Texture]] = {
    "grass": grass, "sand": sand, "snow": snow, "asphalt": asphalt, "tiles": tiles, "wood": wood,
    "earth": earth, "plaster": plaster, "carpet": carpet, "abstract": abstract,
}  # fmt: skip
WALLS: dict[str, Callable[[np.random.Generator], Texture]] = {
    "plaster": plaster, "bricks": bricks, "wood": wood, "carpet": carpet, "tiles": tiles, "abstract": abstract,
}  # fmt: skip

_MIP = 4


def paint(
    texture: Texture, a: NDArray[np.float32], b: NDArray[np.float32], step: NDArray[np.float32]
) -> Picture:
    """The texture at plane coordinates ``a``, ``b`` (metres), filtered for ``step`` metres a pixel."""
    per_metre = TILE / texture.metres
    level = cv2.log(np.maximum(step * np.float32(per_metre), np.float32(1e-3))) * np.float32(1 / np.log(_MIP))
    lowest, highest = float(level.min()), float(level.max())
    pixels, size, result = texture.pixels, TILE, None
    for mip in range(4):
        if mip == 3 or lowest < mip + 1:
            scale = np.float32(per_metre * size / TILE)
            sample = cv2.remap(pixels, _wrap(a * scale, size), _wrap(b * scale, size), cv2.INTER_LINEAR,
                               borderMode=cv2.BORDER_WRAP)  # fmt: skip
            weight = np.clip(level - (mip - 1), 0, 1)
            result = sample if result is None else cv2.blendLinear(sample, result, weight, 1 - weight)
        if highest < mip and result is not None:
            break
        size //= _MIP
        pixels = np.asarray(cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    assert result is not None
    return np.asarray(result, np.float32)


def _wrap(position: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    return np.asarray(position - np.floor(position * np.float32(1 / size)) * np.float32(size), np.float32)

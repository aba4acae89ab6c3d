"""A small shot on disk: a plate with overscan and highlights, a roto of its own channel, a picture of a place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

FIRST, LAST = 1001, 1004
WIDTH, HEIGHT = 96, 64
SIDE, ABOVE = 4, 2  # overscan
ASPECT = 2.0


def write_exr(
    path: Path, pixels: NDArray[np.float32], names: tuple[str, ...], overscan: bool = False
) -> None:
    """A float EXR; with ``overscan`` the pixels go beyond the format by SIDE and ABOVE."""
    height, width = pixels.shape[:2]
    spec = oiio.ImageSpec(width, height, len(names), oiio.FLOAT)
    spec.channelnames = names
    if overscan:
        spec.x, spec.y, spec.full_width, spec.full_height = -SIDE, -ABOVE, WIDTH, HEIGHT
    spec.attribute("PixelAspectRatio", ASPECT)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec) and out.write_image(np.ascontiguousarray(pixels)) and out.close()


def read_exr(path: str | Path) -> tuple[Any, dict[str, NDArray[np.float32]]]:
    """(spec, channel -> pixels) of an EXR, by OpenImageIO alone."""
    source = oiio.ImageInput.open(str(path))
    assert source is not None, oiio.geterror()
    spec = source.spec()
    pixels = source.read_image(0, 0, 0, spec.nchannels, oiio.FLOAT)
    return spec, {name: np.asarray(pixels[..., i]) for i, name in enumerate(spec.channelnames)}


def plate_at(frame: int) -> NDArray[np.float32]:
    """The plate of a frame, overscan included: a texture that pans two pixels a frame, with values above 1."""
    height, width = HEIGHT + 2 * ABOVE, WIDTH + 2 * SIDE
    texture = np.random.default_rng(7).random((height // 4 + 1, width // 4 + 12, 3)).astype(np.float32)
    wide = np.repeat(np.repeat(texture, 4, axis=0), 4, axis=1)[:height]
    step = 2 * (frame - FIRST)
    pixels = wide[:, step : step + width].copy()
    pixels[actor_at(frame) > 0.5] = (3.1, 0.7, 0.123)
    return pixels


def actor_at(frame: int) -> NDArray[np.float32]:
    """The roto of a frame, overscan included."""
    y, x = np.mgrid[: HEIGHT + 2 * ABOVE, : WIDTH + 2 * SIDE]
    centre = 40 + (frame - FIRST)
    inside = ((x - centre) / 12) ** 2 + ((y - 40) / 22) ** 2 <= 1
    return np.asarray(inside, np.float32)


def write_real_shot(work: Path, shot: Path, place: Path) -> None:
    """Plate and matte of a real shot (display-coded pictures), and a picture of a place, in place of ours."""
    folder = work / "footage"
    pictures = [sorted((shot / part).iterdir()) for part in ("plate", "matte")]
    for frame, (plate, matte) in zip(range(FIRST, LAST + 1), zip(*pictures, strict=True), strict=False):
        pixels = oiio.ImageBuf(str(plate)).get_pixels(oiio.FLOAT)[..., :3] ** 2.2
        write_exr(folder / f"plate.{frame}.exr", pixels, ("R", "G", "B"))
        alpha = oiio.ImageBuf(str(matte)).get_pixels(oiio.FLOAT)[..., 0]
        write_exr(
            folder / f"roto.{frame}.exr", np.stack([np.zeros_like(alpha), alpha], axis=-1), ("A", "roto.a")
        )
    pixels = oiio.ImageBuf(str(place)).get_pixels(oiio.FLOAT)[..., :3] ** 2.2
    write_exr(folder / "place.exr", pixels, ("R", "G", "B"))


def write_shot(work: Path) -> None:
    """Plate, roto and place into ``work/footage``."""
    folder = work / "footage"
    folder.mkdir(parents=True)
    for frame in range(FIRST, LAST + 1):
        write_exr(folder / f"plate.{frame}.exr", plate_at(frame), ("R", "G", "B"), overscan=True)
        roto = np.stack([np.zeros_like(actor_at(frame)), actor_at(frame)], axis=-1)
        write_exr(folder / f"roto.{frame}.exr", roto, ("A", "roto.a"), overscan=True)
    sky = np.linspace(1.4, 0.1, HEIGHT, dtype=np.float32)[:, None, None]
    write_exr(
        folder / "place.exr", np.repeat(sky, WIDTH, axis=1) * np.float32([0.4, 0.6, 1.0]), ("R", "G", "B")
    )

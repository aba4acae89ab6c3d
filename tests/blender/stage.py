"""Footage whose every pixel is known, for the tests of the extension.

The plate is 96 x 64. In frame f its pixels say which frame it is (``plate_rgb``), an actor stands in a box
that walks (``BOX``), and the picture's top row is marked, so that nothing upside down goes unseen.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

WIDTH, HEIGHT = 96, 64
FIRST, LAST = 1001, 1006
FRAMES = range(FIRST, LAST + 1)
ACTOR = (0.2, 0.3, 0.8)

Picture = NDArray[np.float32]


def box(frame: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the actor in raster pixels; he walks four pixels a frame."""
    left = 30 + 4 * (frame - FIRST)
    return left, 16, left + 24, 60


def matte(frame: int) -> Picture:
    """(H, W), 1 in the actor's box."""
    pixels = np.zeros((HEIGHT, WIDTH), np.float32)
    left, top, right, bottom = box(frame)
    pixels[top:bottom, left:right] = 1
    return pixels


def background(frame: int) -> Picture:
    """(H, W, 3), 0..1, blobs that pan two pixels a frame, so that a camera can be tracked in them."""
    noise = np.random.default_rng(4).random((20, 30, 3)).astype(np.float32)
    wide = cv2.resize(noise, (160, 96), interpolation=cv2.INTER_CUBIC)
    pan = 2 * (frame - FIRST)
    return np.clip(wide[16 : 16 + HEIGHT, pan : pan + WIDTH], 0.02, 0.98)


def plate(frame: int) -> Picture:
    """(H, W, 3), 0..1: the actor over the background."""
    pixels = background(frame).copy()
    pixels[matte(frame) > 0] = ACTOR
    return pixels


def green(frame: int) -> Picture:
    """(H, W, 3): the actor before a green screen."""
    pixels = np.empty((HEIGHT, WIDTH, 3), np.float32)
    pixels[:] = (0.05, 0.7, 0.1)
    pixels[matte(frame) > 0] = (0.8, 0.3, 0.2)
    return pixels


def place() -> Picture:
    """(128, 192, 3): the place wanted; warm above, cold below."""
    noise = np.random.default_rng(9).random((8, 12, 3)).astype(np.float32)
    pixels = cv2.resize(noise, (192, 128), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    pixels[:64, :, 0] = pixels[:64, :, 0] * 0.5 + 0.5
    return pixels


def write(path: Path, pixels: Picture, channels: tuple[str, ...] = (), kind: str = "") -> Path:
    """One still, stored as given (EXR as float, PNG as 8 bits)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    planes = np.ascontiguousarray(pixels if pixels.ndim == 3 else pixels[..., None], np.float32)
    kind = kind or ("float" if path.suffix == ".exr" else "uint8")
    spec = oiio.ImageSpec(planes.shape[1], planes.shape[0], planes.shape[2], kind)
    if channels:
        spec.channelnames = channels
    spec.attribute("oiio:UnassociatedAlpha", 1)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(planes), output.geterror()
    assert output.close()
    return path


def read(path: str | Path, channels: tuple[str, ...] = ()) -> Picture:
    """(H, W, C) as stored; with ``channels``, those, by their full names, over all parts of the file."""
    source = oiio.ImageInput.open(str(path))
    assert source, oiio.geterror()
    planes: dict[str, Picture] = {}
    part = 0
    while source.seek_subimage(part, 0):
        pixels = np.asarray(source.read_image(part, 0, 0, source.spec().nchannels, "float"), np.float32)
        for number, name in enumerate(source.spec().channelnames):
            planes.setdefault(name, pixels[..., number])
        part += 1
    source.close()
    missing = set(channels) - set(planes)
    assert not missing, f"{path} has no {sorted(missing)}, it has {sorted(planes)}"
    return np.stack([planes[name] for name in channels or planes], axis=-1)


def shoot(folder: Path) -> dict[str, str]:
    """Writes every piece of footage that the tests use; their paths (first files, folders, movie) by name."""
    for frame in FRAMES:
        write(folder / "plate" / (f"plate.{frame:04d}.png"), plate(frame))
        write(folder / "matte" / (f"matte.{frame:04d}.png"), matte(frame))
        write(folder / "green" / (f"green.{frame:04d}.png"), green(frame))
        with_alpha = np.dstack([plate(frame), matte(frame)])
        write(folder / "cut" / (f"cut.{frame:04d}.png"), with_alpha)
        layers = np.dstack([plate(frame), matte(frame)])
        names = ("R", "G", "B", "roto.actor.A")
        write(folder / "layers" / (f"layers.{frame:04d}.exr"), layers, names)
    write(folder / "place.png", place())
    movie(folder / "plate.mp4")
    return {
        **{n: str(folder / n / (f"{n}.1001.png")) for n in ("plate", "matte", "green", "cut")},
        "layers": str(folder / "layers" / "layers.1001.exr"),
        "place": str(folder / "place.png"),
        "movie": str(folder / "plate.mp4"),
    }


def movie(path: Path) -> Path:
    """The plate as H.264, 25 frames a second, every frame its own picture of the sequence."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "4", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in FRAMES:
            pixels = np.round(plate(frame) * 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path

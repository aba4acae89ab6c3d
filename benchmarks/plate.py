"""A shot of any length to measure on: a textured place that pans, and somebody who walks through it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["make_shot"]

_WIDTH, _HEIGHT = 640, 360
_PAN = 2  # pixels a frame


def make_shot(folder: Path, frames: int, scale: float = 1.0) -> dict[str, str]:
    """Write plate, matte and condition of ``frames`` frames (from 1001), 640x360 times ``scale``.

    Gives the flags that name them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = _place(np.random.default_rng(1), _WIDTH + _PAN * frames)
    for index in range(frames):
        matte = _actor(index)
        window = place[:, _PAN * index : _PAN * index + _WIDTH]
        alpha = matte[..., None] / 255.0
        plate = window * (1 - alpha) + np.array((60.0, 90.0, 170.0)) * alpha
        _write(folder / (f"plate.{1001 + index:04d}.png"), plate, scale)
        _write(folder / (f"matte.{1001 + index:04d}.png"), matte, scale)
    _write(folder / "place.png", _place(np.random.default_rng(2), _WIDTH), scale)
    return {
        "--plate": str(folder / "plate.####.png"),
        "--matte": str(folder / "matte.####.png"),
        "--condition": str(folder / "place.png"),
    }


def _place(rng: np.random.Generator, width: int) -> NDArray[np.float32]:
    """Noise of several sizes: something for the tracker to hold on to."""
    picture = np.zeros((_HEIGHT, width, 3), np.float32)
    for cell in (4, 16, 64):
        coarse = rng.random((_HEIGHT // cell + 2, width // cell + 2, 3), dtype=np.float32)
        picture += np.asarray(cv2.resize(coarse, (width, _HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)
    return np.clip(picture * 85, 0, 255)


def _actor(index: int) -> NDArray[np.uint8]:
    matte = np.zeros((_HEIGHT, _WIDTH), np.uint8)
    x = 200 + 3 * index % 240
    cv2.ellipse(matte, (x, 230), (36, 110), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.circle(matte, (x, 95), 26, 255, -1, cv2.LINE_AA)
    return matte


def _write(path: Path, picture: NDArray[np.generic], scale: float) -> None:
    sized = cv2.resize(picture.astype(np.uint8), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if not cv2.imwrite(str(path), sized):
        raise OSError(f"{path} cannot be written")

"""Crops of pictures for the autoencoder."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .datasets import PictureLibrary, make_clip


def draw_crops(
    rng: np.random.Generator, library: PictureLibrary | None, count: int = 16, side: int = 96
) -> Tensor:
    """Crops (N, 3, side, side) in [-1, 1], 127 of 255 being 0: of the library's pictures, and of procedural worlds."""
    crops: list[NDArray[np.uint8]] = []
    while len(crops) < count:
        if library is not None and rng.random() < 0.8:
            crops.append(_crop(rng, library.still(rng).pixels, side))
        else:
            clip = make_clip(rng, 1, 2 * side, 2 * side, library)
            crops.extend(_crop(rng, clip.rgb[0], side) for _ in range(2))
    stacked = np.stack(crops[:count])
    return ((torch.from_numpy(stacked).permute(0, 3, 1, 2).float() - 127) / 127.5).clamp(-1, 1).contiguous()


def _crop(rng: np.random.Generator, picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A square of the picture at full to half of its size, at times mirrored, tinted or recoloured."""
    taken = min(round(side * rng.uniform(1, 2)), *picture.shape[:2])
    y, x = (int(rng.integers(n - taken + 1)) for n in picture.shape[:2])
    cut = picture[y : y + taken, x : x + taken]
    square = cv2.resize(cut, (side, side), interpolation=cv2.INTER_AREA).astype(np.float64)
    if rng.random() < 0.5:
        square = square[:, ::-1]
    if rng.random() < 0.5:
        square = square * rng.uniform(0.7, 1.3) + rng.uniform(-25, 25, 3)
    if rng.random() < 0.15:
        square = square[..., rng.permutation(3)]
    return np.clip(square, 0, 255).astype(np.uint8)

"""The layout of contact sheets: cells and lines of text."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.files import write_bytes

Picture = NDArray[np.float32]

PAPER, INK, FAINT = 28, 235, 150  # 8-bit greys


def blank(height: int, width: int) -> NDArray[np.uint8]:
    """An empty sheet, (h, w, 3)."""
    return np.full((height, width, 3), PAPER, np.uint8)


def fit(pixels: Picture, area: int, pixel_aspect: float = 1.0) -> Picture:
    """The picture with square pixels, made small enough for ``area`` pixels; never made larger."""
    height, width = pixels.shape[0], pixels.shape[1] * pixel_aspect
    scale = min(1.0, (area / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def spread(count: int, columns: int) -> list[int]:
    """At most ``columns`` indices from the first to the last."""
    return sorted({round(i) for i in np.linspace(0, count - 1, min(columns, count)).tolist()})


def placed(picture: Picture, height: int, width: int) -> Picture:
    """A picture in the middle of a cell, made smaller if it does not fit."""
    scale = min(1.0, height / picture.shape[0], width / picture.shape[1])
    if scale < 1.0:
        picture = fit(picture, int(picture.shape[0] * picture.shape[1] * scale * scale))[:height, :width]
    cell = np.full((height, width, 3), PAPER / 255, np.float32)
    top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
    cell[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return cell


_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.5


def written(text: str) -> int:
    """How wide a line is, with its margins."""
    (width, _), _ = cv2.getTextSize(text, _FONT, _SIZE, 1)
    return int(width) + 16


def write(paper: NDArray[np.uint8], text: str, left: int, baseline: int, ink: int) -> None:
    """Put a line onto the sheet."""
    cv2.putText(paper, text, (left, baseline), _FONT, _SIZE, (ink, ink, ink), 1, cv2.LINE_AA)


def code(rgb: Picture) -> NDArray[np.uint8]:
    """0..1 as 8 bit."""
    return np.round(np.clip(rgb, 0.0, 1.0) * 255.0).astype(np.uint8)


def write_png(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Write the sheet; it appears when it is whole. Raises ``OutputError``."""
    _, data = cv2.imencode(".png", rgb[..., ::-1])
    write_bytes(str(path), data.tobytes())

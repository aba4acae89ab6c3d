"""The real shots that lie beside the repository where it is developed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

SHOTS = Path(__file__).parents[2].parent / "shared" / "shots"


def load(name: str, every: int = 1) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray | None]:
    """(rgb, matte) of a shot's frames, and its condition. Skips where the shots are absent."""
    folder = SHOTS / name
    if not folder.is_dir():
        pytest.skip(f"the real shots ({name}) are not beside this repository")
    if (folder / "plate.mp4").is_file():
        movie, pictures = cv2.VideoCapture(str(folder / "plate.mp4")), []
        while (frame := movie.read())[0]:
            pictures.append(frame[1])
    else:
        pictures = [cv2.imread(str(path)) for path in sorted((folder / "plate").iterdir())]
    mattes = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted((folder / "matte").iterdir())]
    frames = [
        (np.ascontiguousarray(p[..., ::-1], np.float32) / 255, m.astype(np.float32) / 255)
        for p, m in zip(pictures, mattes, strict=False)
    ][::every]
    condition = folder / "condition.png"
    if not condition.is_file():
        return frames, None
    return frames, np.ascontiguousarray(cv2.imread(str(condition))[..., ::-1], np.float32) / 255

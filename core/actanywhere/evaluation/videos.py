"""Fréchet video distance of each method's results from a set of real videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from ..contract.sequences import MOVIE_EXTENSIONS
from ..contract.shot import ImageSequence
from ..footage import open_plate, to_display
from ..render.proxies import resize
from .encoders import Features
from .figures import Figures, groups_of
from .protocol import frechet_distance

Frames = NDArray[np.uint8]

LENGTH = 16
"""Frames of a clip, as in the paper."""


def video_distances(
    results: Sequence[tuple[str, Frames]], real: Sequence[Frames], features: Features
) -> list[Figures]:
    """A row for each method: ``fvd`` of its clips from the ``real`` ones, and how many ``clips`` there were.

    ``results`` are (method, frames (T, h, w, 3)); ``real`` are clips of ``LENGTH`` frames, of any sizes.
    """
    wanted = _features(real, features)
    names = groups_of(method for method, _ in results)
    clips: dict[str, list[Frames]] = {}
    for method, frames in results:
        clips.setdefault(names[method], []).extend(_cut(frames))
    return [_row(method, _features(mine, features), wanted) for method, mine in clips.items() if mine]


def read_real_clips(folder: Path, height: int, width: int) -> list[Frames]:
    """Every run of ``LENGTH`` frames of the movies in ``folder``, (16, height, width, 3) uint8 display.

    Pictures of another aspect are cut, not squeezed. Raises ``FootageError`` when there are fewer than two.
    """
    clips: list[Frames] = []
    movies = find_real_movies(folder)
    for path in movies:
        with open_plate(ImageSequence(str(path))) as movie:
            for first in range(movie.frames.first, movie.frames.last - LENGTH + 2, LENGTH):
                shown = [
                    to_display(movie.read(n).pixels, movie.info.space) for n in range(first, first + LENGTH)
                ]
                clips.append(np.stack([_fitted(one, height, width) for one in shown]))
    if len(clips) < 2:
        raise FootageError(
            f"{folder} holds {len(movies)} movies and {len(clips)} runs of {LENGTH} frames; a distance needs two.",
            "Give a folder of real movies, the more the better.",
        )
    return clips


def find_real_movies(folder: Path) -> list[Path]:
    """The movies in ``folder``. Raises ``FootageError`` when there is none."""
    movies = [path for path in sorted(folder.glob("*")) if path.suffix.lower() in MOVIE_EXTENSIONS]
    if not movies:
        raise FootageError(f"{folder} holds no movie.", "Give a folder of real movies (MP4, MOV).")
    return movies


def _row(method: str, mine: NDArray[np.float64], real: NDArray[np.float64]) -> Figures:
    distance = frechet_distance(mine, real)
    values: Mapping[str, float | None] = {
        "fvd": None if np.isnan(distance) else distance,
        "clips": float(len(mine)),
        "real_clips": float(len(real)),
    }
    return Figures("all", method, dict(values))


def _features(clips: Sequence[Frames], features: Features) -> NDArray[np.float64]:
    return np.concatenate([features(clip[None]) for clip in clips])


def _cut(frames: Frames) -> list[Frames]:
    return [frames[first : first + LENGTH] for first in range(0, len(frames) - LENGTH + 1, LENGTH)]


def _fitted(picture: NDArray[np.float32], height: int, width: int) -> Frames:
    rows, columns = picture.shape[:2]
    crop_rows, crop_columns = min(rows, columns * height // width), min(columns, rows * width // height)
    top, left = (rows - crop_rows) // 2, (columns - crop_columns) // 2
    middle = np.ascontiguousarray(picture[top : top + crop_rows, left : left + crop_columns])
    return np.asarray(np.round(resize(middle, height, width) * 255), np.uint8)

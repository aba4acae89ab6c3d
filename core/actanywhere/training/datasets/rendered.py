"""True 3-D clips, rendered beforehand (examples/make_cycles_clips.py makes them): read whole, or drawn to train on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from ...contract.errors import FootageError
from .procedural.clips import TrainingClip
from .procedural.light import any_film

Bytes = NDArray[np.uint8]
Box = tuple[int, int, int, int]

_TINY = 3 / 255
"""Codes this close to 0 or 1 in a matte are the codec's, not the renderer's."""
_CROP = 0.6


class RenderedClips:
    """The clips in the folders of ``folder``: rgb.mp4, background.mp4, matte.mp4, effect.mp4 and clip.json each.

    Movies are decoded when a clip is asked for, so that any number of clips costs no memory. Raises ``FootageError``
    when there is none, or for a clip that is not whole.
    """

    def __init__(self, folder: Path | str) -> None:
        found = sorted(path.parent for path in Path(folder).glob("*/clip.json"))
        if not found:
            raise FootageError(
                f"No rendered clip was found in {folder}.",
                "Name the folder that examples/make_cycles_clips.py wrote, or run it first.",
            )
        self._folders = {path.name: path for path in found}

    @property
    def names(self) -> tuple[str, ...]:
        """The clips' names, sorted."""
        return tuple(self._folders)

    def read(self, name: str, height: int, width: int, frames: int | None = None) -> TrainingClip:
        """A clip, or its first ``frames`` frames: the largest crop from its middle of this aspect, at this size."""
        clip = _load(self._folders[name])
        clip = _window(clip, np.arange(min(frames or len(clip.rgb), len(clip.rgb))))
        rows, columns = _largest(clip, height, width)
        tall, wide = clip.rgb.shape[1:3]
        return _cut(clip, ((tall - rows) // 2, (wide - columns) // 2, rows, columns), height, width)

    def draw(self, rng: np.random.Generator, frames: int, height: int, width: int) -> TrainingClip:
        """Running frames of a random clip, cropped around the actor, at times mirrored, on another film.

        A clip that is too short runs back from its end.
        """
        clip = _load(self._folders[str(rng.choice(self.names))])
        clip = _window(clip, _running(rng, len(clip.rgb), frames))
        clip = _cut(clip, _around_the_actor(rng, clip, height, width), height, width)
        if rng.random() < 0.5:
            clip = _mirror(clip)
        film = any_film(rng, frames, height, width)
        rgb, background = (
            np.stack([film.develop(_share(frame), t) for t, frame in enumerate(pictures)])
            for pictures in (clip.rgb, clip.background)
        )
        return replace(clip, rgb=rgb, background=background)


def _share(picture: Bytes) -> NDArray[np.float32]:
    return picture.astype(np.float32) / np.float32(255)


def _load(folder: Path) -> TrainingClip:
    """The clip as it was rendered."""
    try:
        about = json.loads((folder / "clip.json").read_text())
        transforms = np.array(about["transforms"][about["main"]], np.float64).reshape(-1, 3, 3)
        name = f"rendered {about['name']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FootageError(f"{folder / 'clip.json'} cannot be read: {error!r}.", _AGAIN) from error
    movies = [_decode(folder / f"{part}.mp4") for part in ("rgb", "background", "matte", "effect")]
    for part, movie in zip(("rgb", "background", "matte", "effect"), movies, strict=True):
        if movie.shape != (len(transforms), *movies[0].shape[1:]):
            raise FootageError(
                f"{folder / part}.mp4 holds {len(movie)} frames of {movie.shape[2]} x {movie.shape[1]}; "
                f"{len(transforms)} of {movies[0].shape[2]} x {movies[0].shape[1]} belong to the clip.",
                _AGAIN,
            )
    matte, effect = (_crisp(movie) for movie in movies[2:])
    return _agreed(TrainingClip(movies[0], movies[1], matte, effect, transforms, name))


_AGAIN = "Remove the clip's folder and run examples/make_cycles_clips.py again."


def _decode(path: Path) -> Bytes:
    """(T, H, W, 3) uint8 display."""
    try:
        with av.open(str(path)) as container:
            pictures = [
                frame.reformat(
                    format="rgb24",
                    src_colorspace=Colorspace.ITU709,
                    dst_colorspace=Colorspace.ITU709,
                    src_color_range=ColorRange.MPEG,
                    dst_color_range=ColorRange.JPEG,
                ).to_ndarray()
                for frame in container.decode(video=0)
            ]
    except (av.FFmpegError, IndexError, OSError) as error:
        raise FootageError(f"{path} cannot be read as a movie: {error}", _AGAIN) from error
    if not pictures:
        raise FootageError(f"{path} holds no frame.", _AGAIN)
    return np.stack(pictures)


def _crisp(movie: Bytes) -> NDArray[np.float32]:
    plane = movie[..., 1].astype(np.float32) / np.float32(255)
    return np.asarray(np.clip((plane - _TINY) / (1 - 2 * _TINY), 0, 1), np.float32)


def _agreed(clip: TrainingClip) -> TrainingClip:
    """The same picture with and without the actor wherever the actor changes nothing."""
    touched = ((clip.matte > 0) | (clip.effect > 0))[..., None]
    return replace(clip, rgb=np.where(touched, clip.rgb, clip.background))


def _largest(clip: TrainingClip, height: int, width: int) -> tuple[int, int]:
    tall, wide = clip.rgb.shape[1:3]
    scale = min(tall / height, wide / width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _running(rng: np.random.Generator, length: int, frames: int) -> NDArray[np.int64]:
    stride = int(rng.integers(1, 3)) if length >= 2 * frames - 1 else 1
    start = int(rng.integers(0, max(length - (frames - 1) * stride, 1)))
    steps = start + stride * np.arange(frames)
    period = max(2 * (length - 1), 1)
    return np.asarray(length - 1 - np.abs(length - 1 - steps % period), np.int64)


def _window(clip: TrainingClip, numbers: NDArray[np.int64]) -> TrainingClip:
    start = np.linalg.inv(clip.transforms[numbers[0]])
    transforms = clip.transforms[numbers] @ start
    return TrainingClip(
        clip.rgb[numbers],
        clip.background[numbers],
        clip.matte[numbers],
        clip.effect[numbers],
        transforms / transforms[:, 2:, 2:],
        clip.name,
    )


def _around_the_actor(rng: np.random.Generator, clip: TrainingClip, height: int, width: int) -> Box:
    """A box (top, left, rows, columns) of the aspect that holds most of the actor, if a few throws find one."""
    rows, columns = _largest(clip, height, width)
    tall, wide = clip.rgb.shape[1:3]
    whole = float(clip.matte.sum())
    for _ in range(6):
        zoom = rng.uniform(_CROP, 1.0)
        box_rows, box_columns = max(1, round(rows * zoom)), max(1, round(columns * zoom))
        top, left = int(rng.integers(tall - box_rows + 1)), int(rng.integers(wide - box_columns + 1))
        if clip.matte[:, top : top + box_rows, left : left + box_columns].sum() > 0.7 * whole:
            return top, left, box_rows, box_columns
    return (tall - rows) // 2, (wide - columns) // 2, rows, columns


def _cut(clip: TrainingClip, box: Box, height: int, width: int) -> TrainingClip:
    """The box (top, left, rows, columns) of every frame, at this size; the camera sees it from its new middle."""
    top, left, rows, columns = box
    tall, wide = clip.rgb.shape[1:3]
    method = cv2.INTER_AREA if height < rows else cv2.INTER_LINEAR

    def fit(pictures: NDArray[np.generic]) -> NDArray[np.generic]:
        cut = pictures[:, top : top + rows, left : left + columns]
        if (rows, columns) == (height, width):
            return cut.copy()
        return np.stack([cv2.resize(frame, (width, height), interpolation=method) for frame in cut])

    shift = np.array([(wide - 1) / 2 - left - (columns - 1) / 2, (tall - 1) / 2 - top - (rows - 1) / 2])
    change = np.array([[tall, 0, shift[0]], [0, tall, shift[1]], [0, 0, rows]]) / rows
    transforms = change @ clip.transforms @ np.linalg.inv(change)
    return _agreed(
        TrainingClip(
            np.asarray(fit(clip.rgb), np.uint8),
            np.asarray(fit(clip.background), np.uint8),
            np.asarray(fit(clip.matte), np.float32),
            np.asarray(fit(clip.effect), np.float32),
            transforms / transforms[:, 2:, 2:],
            clip.name,
        )
    )


def _mirror(clip: TrainingClip) -> TrainingClip:
    flip = np.diag([-1.0, 1.0, 1.0])
    return TrainingClip(
        np.ascontiguousarray(clip.rgb[:, :, ::-1]),
        np.ascontiguousarray(clip.background[:, :, ::-1]),
        np.ascontiguousarray(clip.matte[:, :, ::-1]),
        np.ascontiguousarray(clip.effect[:, :, ::-1]),
        flip @ clip.transforms @ flip,
        clip.name,
    )

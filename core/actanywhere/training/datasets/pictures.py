"""Real pictures, panoramas and movies, kept small in memory, as worlds for clips."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray

from ...contract.errors import FootageError

Bytes = NDArray[np.uint8]
Split = Literal["train", "held-out"]

_PICTURES = (".exr", ".hdr", ".png", ".jpg", ".jpeg")
_MOVIES = (".mp4", ".mov", ".mkv", ".webm")
_PICTURE_SIDE = 1024
_MOVIE_HEIGHT = 320
_HELD_MOVIE = 0.15
_CUT = 28.0


@dataclass(frozen=True)
class Still:
    """A display picture, uint8 (h, w, 3); ``panorama`` when it is a full equirectangular one."""

    name: str
    pixels: Bytes
    panorama: bool


@dataclass(frozen=True)
class Take:
    """One shot of a movie without a cut, its frames kept as JPEG."""

    name: str
    frames: tuple[Bytes, ...]

    def read(self, index: int) -> Bytes:
        """Frame ``index`` as uint8 (h, w, 3)."""
        decoded = cv2.imdecode(self.frames[index], cv2.IMREAD_COLOR)
        assert decoded is not None
        return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


class PictureLibrary:
    """All pictures and movies directly in ``folders``.

    Pictures of 2:1 are taken for panoramas; scene-linear ones (EXR, HDR) are tone-mapped for display. Held
    out are every eighth picture by name (the seventh, fifteenth, ...) and the last 15 % of every movie.

    Errors: FootageError for a file that cannot be read, or when nothing at all was found.
    """

    def __init__(self, folders: Iterable[Path | str], split: Split = "train") -> None:
        files = [path for folder in folders for path in sorted(Path(folder).iterdir()) if path.is_file()]
        pictures = [path for path in files if path.suffix.lower() in _PICTURES]
        movies = [path for path in files if path.suffix.lower() in _MOVIES]
        held = split == "held-out"
        self.stills = [read_still(path) for n, path in enumerate(pictures) if (n % 8 == 6) == held]
        self.takes = [take for path in movies for take in read_takes(path, split)]
        if not self.stills and not self.takes:
            raise FootageError(
                f"No {split} picture or movie was found in {', '.join(map(str, folders)) or 'no folder'}",
                "Name a folder that holds PNG, JPEG or EXR pictures, or MP4 or MOV movies.",
            )

    @staticmethod
    def holds_out(folders: Iterable[Path | str]) -> bool:
        """Whether there is anything to hold out: a movie, or at least seven pictures."""
        files = [
            path.suffix.lower() for folder in folders for path in Path(folder).iterdir() if path.is_file()
        ]
        return any(one in _MOVIES for one in files) or sum(one in _PICTURES for one in files) >= 7

    def still(self, rng: np.random.Generator) -> Still:
        """A random picture or movie frame."""
        if self.stills and (not self.takes or rng.random() < 0.7):
            return self.stills[int(rng.integers(len(self.stills)))]
        take = self.takes[int(rng.integers(len(self.takes)))]
        return Still(take.name, take.read(int(rng.integers(len(take.frames)))), False)

    def take(self, rng: np.random.Generator, frames: int) -> Take | None:
        """A random take of at least ``frames`` frames, longer takes more often; None when there is none."""
        fitting = [take for take in self.takes if len(take.frames) >= frames]
        if not fitting:
            return None
        lengths = np.array([len(take.frames) for take in fitting], np.float64)
        return fitting[int(rng.choice(len(fitting), p=lengths / lengths.sum()))]

    def swatch(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """A random piece of a picture, float32 (h, w, 3) 0..1, to dress an actor in."""
        pixels = self.still(rng).pixels
        side = int(min(pixels.shape[:2]) * rng.uniform(0.25, 0.8))
        y, x = (int(rng.integers(0, size - side + 1)) for size in pixels.shape[:2])
        return np.asarray(pixels[y : y + side, x : x + side] * np.float32(1 / 255), np.float32)


def read_still(path: Path) -> Still:
    """A picture as display uint8, at most 1024 pixels wide."""
    buffer = oiio.ImageBuf(str(path))
    if not buffer.initialized or buffer.has_error:
        raise FootageError(
            f"{path} cannot be read: {buffer.geterror()}", "Save the picture again, or take it away."
        )
    pixels = np.asarray(buffer.get_pixels(oiio.FLOAT), np.float32)
    if buffer.has_error or pixels.ndim != 3:
        raise FootageError(
            f"{path} cannot be read: {buffer.geterror()}", "Save the picture again, or take it away."
        )
    pixels = np.asarray(
        pixels[..., :3] if pixels.shape[2] >= 3 else np.repeat(pixels[..., :1], 3, 2), np.float32
    )
    factor = min(1.0, _PICTURE_SIDE / max(pixels.shape[:2]))
    if factor < 1:
        pixels = np.asarray(
            cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.float32
        )
    if path.suffix.lower() in (".exr", ".hdr"):
        pixels = tone_map(pixels)
    height, width = pixels.shape[:2]
    return Still(path.stem, (np.clip(pixels, 0, 1) * 255).astype(np.uint8), width == 2 * height)


def tone_map(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scene-linear to display: exposed for the mean of the log, highlights rolled off, sRGB-like curve."""
    linear = np.nan_to_num(np.maximum(linear, 0), posinf=1e4)
    level = float(np.exp(np.log(linear.mean(2) + 1e-3).mean()))
    exposed = linear * (0.27 / level)
    return np.asarray((1.3 * exposed / (1 + exposed)) ** (1 / 2.2), np.float32)


def read_takes(path: Path, split: Split) -> list[Take]:
    """The movie's shots, cut where the picture jumps, without black bars, 320 pixels high."""
    with _movie(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        height = min(stream.height, _MOVIE_HEIGHT)
        width = round(stream.width * height / stream.height)
        frames = [
            frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()
            for frame in container.decode(stream)
        ]
    if not frames:
        raise FootageError(f"{path} holds no frame", "Give a movie with a picture track.")
    top, bottom, left, right = _bars(frames)
    border = int(len(frames) * (1 - _HELD_MOVIE))
    frames = frames[border:] if split == "held-out" else frames[:border]
    frames = [frame[top:bottom, left:right] for frame in frames]
    small = [cv2.resize(frame, (48, 27), interpolation=cv2.INTER_AREA).astype(np.float32) for frame in frames]
    jumps = [float(np.abs(a - b).mean()) for a, b in itertools.pairwise(small)]
    cuts = [0, *(n + 1 for n, jump in enumerate(jumps) if jump > _CUT), len(frames)]
    coded = [_jpeg(frame) for frame in frames]
    return [Take(f"{path.stem} {a}", tuple(coded[a:b])) for a, b in itertools.pairwise(cuts) if b - a >= 4]


@contextlib.contextmanager
def _movie(path: Path) -> Iterator[Any]:
    try:
        with av.open(str(path)) as container:
            yield container
    except (av.FFmpegError, IndexError) as error:
        raise FootageError(
            f"{path} cannot be read as a movie: {error}", "Save it again as MP4 or MOV."
        ) from error


def _bars(frames: list[Bytes]) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) inside of the bars that stay black through the whole movie."""
    brightest = np.max(np.stack(frames[:: max(len(frames) // 24, 1)]), axis=(0, 3))
    rows, columns = np.flatnonzero(np.median(brightest, 1) > 24), np.flatnonzero(np.median(brightest, 0) > 24)
    if rows.size == 0 or columns.size == 0:
        return 0, brightest.shape[0], 0, brightest.shape[1]
    inset = 2 if rows[0] > 0 else 0
    return int(rows[0]) + inset, int(rows[-1]) + 1 - inset, int(columns[0]), int(columns[-1]) + 1


def _jpeg(frame: Bytes) -> Bytes:
    return np.asarray(cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 94])[1], np.uint8)

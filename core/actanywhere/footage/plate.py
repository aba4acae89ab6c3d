"""The plate: photographed frames as they are stored, with their metadata."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from ..contract.shot import FrameRange, ImageSequence
from . import timecode
from .metadata import frame_rate, resolve_space
from .movie import MovieReader
from .sequences import Footage, find_footage
from .stills import Still, Window, place, screen

__all__ = ["Plate", "PlateFrame", "PlateInfo", "open_plate"]

Pixels = NDArray[np.float32]

_BLACK = 1e-4
_BESIDE = 0.01
"""Share of a frame without alpha that has to be seen black before its colours are taken for premultiplied."""
_LEAST_ALPHA = 1e-3


@dataclass(frozen=True)
class PlateInfo:
    """What holds for every frame of a plate.

    ``width`` and ``height`` are those of the frame raster: ``data_window``, the union over the frames.
    ``space`` is the resolved colour space.
    """

    width: int
    height: int
    display_window: Window
    data_window: Window
    pixel_aspect: float
    fps: Fraction | None
    space: str


@dataclass(frozen=True)
class PlateFrame:
    """One frame: ``pixels`` (H, W, 3) float32 in the plate's own space, as stored, but for a premultiplied plate's,
    which are divided by their alpha.

    ``attributes`` are the file's metadata, name to (OpenImageIO type, value): hand them to
    ``write_layer_frame``.
    """

    pixels: Pixels
    attributes: dict[str, Any]


class Plate:
    """An opened plate; ``open_plate`` makes it. Frames may be read in any order, in order fastest.

    ``warnings`` says what was assumed. Use it in one thread, and ``close`` it (or use ``with``).
    """

    def __init__(self, footage: Footage, frames: FrameRange | None, colour: str) -> None:
        self.path = footage.path
        self.first_frame = footage.first_frame
        self.warnings: list[str] = []
        self._footage = footage
        self._movie: MovieReader | None = None
        self._premultiplied = False
        if footage.kind == "movie":
            self._open_movie(frames, colour)
        else:
            self._open_stills(frames, colour)

    def _open_movie(self, frames: FrameRange | None, colour: str) -> None:
        movie = self._movie = MovieReader(self.path)
        self.frames = movie_range(movie, self._footage, frames)
        self.warnings += movie.warnings
        # Movies are Rec.709 video by custom; only what a container cannot say needs a warning.
        space, _ = resolve_space(colour, {}, "movie", False)
        window = Window(0, 0, movie.width, movie.height)
        self.info = PlateInfo(
            width=movie.width,
            height=movie.height,
            display_window=window,
            data_window=window,
            pixel_aspect=movie.pixel_aspect,
            fps=movie.fps,
            space=space,
        )

    def _open_stills(self, frames: FrameRange | None, colour: str) -> None:
        footage = self._footage
        first = FrameRange(footage.first_frame, footage.first_frame)
        self.frames = frames or footage.frames or first
        footage.require(self.frames)
        self.warnings += footage.held(self.frames)
        numbers = [self.frames.first] if footage.kind == "still" else list(self.frames)
        raster: Window | None = None
        for frame in numbers:
            with Still(footage.at(frame), self._label(frame)) as still:
                window = self._colour(still)[0].data
                if raster is None:
                    self.info = self._describe(still, window, colour)
                    raster = window
                else:
                    self._check_same(still)
                    raster = raster.union(window)
        assert raster is not None
        described = self.info.__dict__ | {"width": raster.width, "height": raster.height}
        self.info = PlateInfo(**described | {"data_window": raster})
        if self._is_premultiplied({numbers[0], numbers[len(numbers) // 2], numbers[-1]}):
            self._premultiplied = True
            self.warnings.append(
                f"{self.path}: its colours are premultiplied by its alpha, as its soft edges show. They are divided "
                "by it, so that these are not darkened twice."
            )

    def _describe(self, still: Still, window: Window, colour: str) -> PlateInfo:
        attributes = still.plain_attributes
        space, warning = resolve_space(colour, attributes, still.format, still.floating)
        if warning:
            self.warnings.append(f"{self.path}: {warning}")
        _, names = self._colour(still)
        if len(names) == 3 and "." in names[0]:
            self.warnings.append(f"{self.path}: it has no main R, G, B; {', '.join(names)} are taken.")
        return PlateInfo(
            width=window.width,
            height=window.height,
            display_window=still.display,
            data_window=window,
            pixel_aspect=still.pixel_aspect,
            fps=frame_rate(attributes),
            space=space,
        )

    def _is_premultiplied(self, frames: set[int]) -> bool:
        """Whether these frames of an EXR show it: some do, and none shows the contrary."""
        shown = []
        for frame in sorted(frames):
            with Still(self._footage.at(frame), self._label(frame)) as still:
                shown.append(_shows_premultiplied(still))
        return any(shown) and None not in shown

    def _colour(self, still: Still) -> tuple[Any, tuple[str, ...]]:
        found = still.find_colour()
        if found is None:
            raise FootageError(
                f"{still.label}: no R, G, B among its channels ({', '.join(still.channel_names())}).",
                "Render the plate with colour in its main layer.",
            )
        return found

    def _check_same(self, still: Still) -> None:
        for what, found, first in (
            ("display window", still.display, self.info.display_window),
            ("pixel aspect", still.pixel_aspect, self.info.pixel_aspect),
        ):
            if found != first:
                raise FootageError(
                    f"{still.label}: its {what} is {found}, but the first frame's is {first}.",
                    "Render the whole range in one format.",
                )

    def _label(self, frame: int) -> str:
        return f"{self._footage.at(frame)} (frame {frame})"

    def read(self, frame: int) -> PlateFrame:
        """The frame of that host number, in the raster of ``info.data_window``; black outside its own.

        Raises ``FootageError`` for truncated or changed files and for NaN or Inf, with counts.
        """
        if frame not in self.frames:
            raise FootageError(
                f"{self.path}: frame {frame} is outside of {self.frames}.", "Choose a frame of the range."
            )
        return self._read_movie(frame) if self._movie else self._read_still(frame)

    def _read_still(self, frame: int) -> PlateFrame:
        label = self._label(frame)
        with Still(self._footage.at(frame), label) as still:
            self._check_same(still)
            part, names = self._colour(still)
            pixels = still.read(part, names)
            alpha = still.find_alpha() if self._premultiplied else None
            if alpha is not None and alpha[0] == part:
                pixels = _divided(pixels, still.read(part, (alpha[1],)))
            attributes = _timed(still.attributes, still.format, self.info.fps)
            floating = still.floating
        if floating:
            screen(pixels, label, "plate")
        raster = self.info.data_window
        if part.data.union(raster) != raster:
            raise FootageError(
                f"{label}: its data window is now {part.data}, outside of {raster}: it changed since it was "
                "opened.",
                "Run again when the plate is finished.",
            )
        if len(names) == 1:
            pixels = np.repeat(pixels, 3, axis=-1)
        return PlateFrame(np.ascontiguousarray(place(pixels, part.data, raster)), attributes)

    def _read_movie(self, frame: int) -> PlateFrame:
        assert self._movie is not None
        number = frame - self._footage.first_frame
        pixels, _ = self._movie.read(number)
        attributes: dict[str, Any] = {}
        if self._movie.time_code is not None:
            attributes[timecode.ATTRIBUTE] = ("timecode", self._movie.time_code.packed(number))
        return PlateFrame(pixels, attributes)

    def close(self) -> None:
        """Closes the movie, if it is one."""
        if self._movie is not None:
            self._movie.close()

    def __enter__(self) -> Plate:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _timed(attributes: dict[str, Any], format_name: str, rate: Fraction | None) -> dict[str, Any]:
    """The attributes, with a DPX's time code as EXR packs it."""
    if format_name != "dpx" or timecode.ATTRIBUTE not in attributes:
        return attributes
    kind, (code, bits) = attributes[timecode.ATTRIBUTE]
    return attributes | {timecode.ATTRIBUTE: (kind, (timecode.pack_dpx(code, rate), bits))}


def _shows_premultiplied(still: Still) -> bool | None:
    """True where colour fades out with the frame's alpha, None where it does not, False where that cannot be told.

    What tells it are soft edges: there a pixel's colour is its nearest solid neighbour's, or that times its alpha.
    """
    colour, alpha = still.find_colour(), still.find_alpha()
    # EXR is the only format here that holds colour premultiplied.
    if still.format != "openexr" or colour is None or alpha is None or colour[0] != alpha[0]:
        return False
    pixels = still.read(colour[0], (*colour[1], alpha[1]))
    rgb, share = pixels[..., :-1], pixels[..., -1]
    without, soft, solid = share <= 0, (share > 0.1) & (share < 0.9), share >= 1
    if bool((np.abs(rgb[without]) > _BLACK).any()):
        return None
    if without.mean() <= _BESIDE or not soft.any() or not solid.any():
        return False
    beside = _nearest(rgb, solid)[soft]
    straight = np.abs(rgb[soft] - beside).mean()
    faded = np.abs(_divided(rgb[soft], share[soft][:, None]) - beside).mean()
    return True if faded < straight else None


def _nearest(rgb: Pixels, solid: NDArray[np.bool_]) -> Pixels:
    """For every pixel (h, w, n) the values of the nearest solid one."""
    _, labels = cv2.distanceTransformWithLabels(
        (~solid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros((labels.max() + 1, rgb.shape[-1]), np.float32)
    values[labels[solid]] = rgb[solid]
    return np.asarray(values[labels], np.float32)


def _divided(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Colours by their alpha, where there is any to speak of."""
    return np.asarray(pixels / np.where(alpha > _LEAST_ALPHA, alpha, 1), np.float32)


def movie_range(movie: MovieReader, footage: Footage, frames: FrameRange | None) -> FrameRange:
    """The host range of a movie, or of what is asked of it; too short a movie raises ``FootageError``."""
    first = footage.first_frame
    whole = FrameRange(first, first + movie.count - 1)
    if frames is not None and (frames.first < whole.first or frames.last > whole.last):
        raise FootageError(
            f"{footage.path}: frames {frames} are asked for, but the movie holds {whole}.",
            "Choose another range, or say another number for the movie's first picture.",
        )
    return frames or whole


def open_plate(sequence: ImageSequence, frames: FrameRange | None = None) -> Plate:
    """A plate with every header of the range checked and no pixels read; a movie's pictures are counted.

    ``frames`` None: what is on disk, or what the pattern says. A still stands for every frame; without
    ``frames`` it is one frame, ``sequence.first_frame``. Raises ``FootageError`` with all missing frames.
    """
    return Plate(find_footage(sequence), frames, sequence.colour)

"""Mattes: 1 on the actor, 0 on the background, soft edges kept."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from ..contract.numbering import numbering_remedy
from ..contract.sequences import Footage, find_footage
from ..contract.shot import FrameRange, ImageSequence, Matte, Shot
from .matte_source import (
    MatteValues,
    find_source,
    is_colourful,
    is_opaque,
    luminance,
    palette_of,
    read_source,
)
from .matte_treatment import MatteLevels
from .movie import MovieReader
from .movie_pictures import Counted, unheard
from .plate import Plate, movie_range, not_in_movie, open_plate
from .stills import Still, Window, place, screen
from .unchanged import Unchanged

Pixels = NDArray[np.float32]

# A resize overshoots by a little, and half floats round: this much outside of 0..1 is clipped, not refused.
_SLACK = 1e-3
# What a sharpening filter adds to the edges of a matte.
_OVERSHOOT = 0.3
# Video levels seldom come out at 0 and 1 exactly; half a code value of 8 bit is snapped there.
_VIDEO_SNAP = 1.0 / 510.0
# Frames of one shape, within a pixel or so: a proxy's sides are rounded.
_SAME_SHAPE = 0.01
# 23.976 and 24 frames a second are the same pictures, as many tools write them.
_SAME_RATE = 0.005


class MatteReader:
    """An opened matte in its plate's raster; ``open_matte`` makes it.

    ``warnings`` says what was assumed; ``levels`` counts the values of each frame read, once. ``frames`` may be
    read, ``whole`` are those and the ones beside them, up to the next that is missing; None: it is one still.
    """

    def __init__(
        self,
        matte: Matte,
        plate: Plate,
        frames: FrameRange,
        values: MatteValues,
        counted: Counted,
        over: str = "plate",
    ) -> None:
        own = not matte.path
        self._counted, self._over = counted, over
        self.path = plate.path if own else matte.path
        self.frames = frames
        self._channel = "A" if own and not matte.channel else matte.channel
        self._plate = plate.info
        self._plate_footage, self._plate_whole = plate.footage, plate.whole
        self._footage = plate.footage if own else _footage_of(matte, plate)
        self.warnings = [] if own else self._footage.held(frames)
        self._values = values
        self.levels = MatteLevels()
        self.whole = self._footage.unbroken(frames)
        self._in_levels: set[int] = set()
        self._movie: MovieReader | None = None
        self._files = Unchanged()
        self._opaque = False
        if self._footage.kind == "movie":
            self._open_movie()
        else:
            self._check_headers()
            self._tell_of_colours()

    def _open_movie(self) -> None:
        self._files.note(self.path)
        self._movie = MovieReader(self.path, self._counted)
        whole = self.whole = movie_range(self._movie, self._footage)
        if not whole.holds(self.frames):
            raise not_in_movie(self._footage, whole, self.frames, self._numbering(whole))
        self._tell_of_others(whole)
        self.warnings += self._movie.warnings
        window = Window(0, 0, self._movie.width, self._movie.height)
        self._aligned(window, window, self._movie.pixel_aspect, self.path)
        self._tell_of_aspect(self._movie.pixel_aspect)
        self._tell_of_rate(self._movie.fps)
        if self._values.ids:
            raise FootageError(
                f"{self.path}: --matte-id is given, and a movie does not keep ids to the bit.",
                "Give the mask as PNG or EXR pictures, or leave --matte-id out.",
            )
        self._opaque = self._movie.has_alpha and not self._channel and self._movie_is_opaque(self._movie)
        if self._channel == "A" and not self._movie.has_alpha:
            raise FootageError(f"{self.path}: the movie has no alpha.", "Give the matte as files of its own.")
        by_light = not self._channel and (self._opaque or not self._movie.has_alpha)
        if by_light and any(
            is_colourful(self._movie.read(frame - self._footage.first_frame)[0]) for frame in self._few()
        ):
            self._tell_of_brightness()
        if self._channel not in ("", "A", "R", "G", "B"):
            raise FootageError(
                f"{self.path}: a movie has no channel '{self._channel}'.",
                "Choose R, G, B or A, or leave it out.",
            )

    def _numbering(self, whole: FrameRange | None) -> str:
        """What would make the matte's numbers meet the plate's; empty where they do."""
        own = self._footage is self._plate_footage
        flag = "--plate-first" if own else "--matte-first"
        plate = self._plate_footage
        movie_first = plate.first_frame if plate.kind == "movie" and not own else None
        if self._over != "plate":
            return "Name the one picture of it."
        return "" if whole is None else numbering_remedy(whole, self.frames, flag, movie_first)

    def _tell_of_others(self, whole: FrameRange | None) -> None:
        """A matte that goes on where the whole plate does not may be that of another cut."""
        if whole is not None and self.frames == self._plate_whole and whole != self.frames:
            self.warnings.append(
                f"{self.path}: the matte has the frames {whole}, the plate {self.frames}: the others are not used."
            )

    def _check_headers(self) -> None:
        footage = self._footage
        footage.require(self.frames, self._numbering(footage.frames))
        self._tell_of_others(footage.frames)
        self._opaque = not self._channel and all(self._is_opaque(frame) for frame in self._few())
        for done, frame in enumerate([self.frames.first] if footage.kind == "still" else self.frames):
            self._counted(done, len(self.frames))
            self._files.note(footage.at(frame))
            with Still(footage.at(frame), self._label(frame)) as still:
                source = find_source(still, self._channel, self._opaque)
                self._aligned(source.part.data, still.display, still.pixel_aspect, still.label)
                if frame == self.frames.first:
                    if "PixelAspectRatio" in still.attributes:
                        self._tell_of_aspect(still.pixel_aspect)
                    self.warnings += [f"{self.path}: {one}." for one in [*still.notes, source.note] if one]
                    self.levels.code = source.code

    def _tell_of_rate(self, fps: Fraction | None) -> None:
        plate = self._plate.fps
        if fps and plate and abs(fps / plate - 1) > _SAME_RATE:
            self.warnings.append(
                f"{self.path}: the matte has {float(fps):.5g} frames a second, the plate {float(plate):.5g}; its "
                "pictures are taken one for one."
            )

    def _tell_of_aspect(self, pixel_aspect: float) -> None:
        if abs(pixel_aspect / self._plate.pixel_aspect - 1) > _SAME_SHAPE:
            self.warnings.append(
                f"{self.path}: the matte's pixel aspect is {pixel_aspect:g}, the plate's {self._plate.pixel_aspect:g}; "
                "it is laid over the plate's frame as it is."
            )

    def _few(self) -> list[int]:
        """The first, the middle and the last frame."""
        first, last = self.frames.first, self.frames.last
        return (
            [first]
            if self._footage.kind == "still"
            else list(dict.fromkeys([first, (first + last) // 2, last]))
        )

    def _is_opaque(self, frame: int) -> bool:
        with Still(self._footage.at(frame), self._label(frame)) as still:
            return is_opaque(still)

    def _movie_is_opaque(self, movie: MovieReader) -> bool:
        """Whether the alpha of a few pictures is 1 everywhere, and their colours are not."""
        for frame in self._few():
            rgb, alpha = movie.read(frame - self._footage.first_frame)
            if (
                alpha is None
                or alpha.min() < 1 - 2 * _VIDEO_SNAP
                or luminance(rgb).min() > 1 - 2 * _VIDEO_SNAP
            ):
                return False
        self.warnings.append(
            f"{self.path}: its alpha is 1 everywhere, so the brightness of its colours is taken for the matte."
        )
        return True

    def _tell_of_colours(self) -> None:
        """A mask that names objects by colours: all are the actor, unless ids are chosen. Others: brightness."""
        ids: set[int] = set()
        colourful = False
        for frame in [] if self._values.ids or self._channel else self._few():
            with Still(self._footage.at(frame), self._label(frame)) as still:
                palette = palette_of(still)
                source = find_source(still, self._channel, self._opaque)
                if palette is not None:
                    ids |= set(palette.ids) if palette.is_mask else set()
                elif len(source.names) == 3:
                    colourful |= is_colourful(still.read(source.part, source.names))
        if ids:
            several = " All of them are the actor; --matte-id chooses." if len(ids) > 1 else ""
            self.warnings.append(
                f"{self.path}: it is a palette mask of the ids {', '.join(map(str, sorted(ids)))}.{several}"
            )
        if colourful:
            self._tell_of_brightness()

    def _tell_of_brightness(self) -> None:
        self.warnings.append(
            f"{self.path}: the matte is in colours, and their brightness is taken. If red, green and blue are a matte "
            "each, name one: --matte-channel R."
        )

    def _aligned(self, data: Window, display: Window, pixel_aspect: float, label: str) -> Window:
        """Where the matte's pixels lie in the plate's own coordinates."""
        plate = self._plate
        if display[2:] == plate.display_window[2:]:
            x = data.x - display.x + plate.display_window.x
            y = data.y - display.y + plate.display_window.y
            return Window(x, y, data.width, data.height)
        if data[2:] == plate.covered[2:]:
            return plate.covered
        shape, wanted = (
            display.width / display.height,
            plate.display_window.width / plate.display_window.height,
        )
        shapes = (shape / wanted, shape * pixel_aspect / (wanted * plate.pixel_aspect))
        alike = any(abs(ratio - 1) < _SAME_SHAPE for ratio in shapes)
        if self._values.fit and alike:
            return plate.display_window
        overscan = ""
        if plate.data_window != plate.display_window:
            overscan = f" (with overscan {plate.width}x{plate.height})"
        raise FootageError(
            f"{label}: the matte is {display.width}x{display.height}, but the {self._over} is "
            f"{plate.display_window.width}x{plate.display_window.height}{overscan}.",
            f"Render the matte at the {self._over}'s size; nothing is scaled silently." + self._scales(alike),
        )

    def _scales(self, alike: bool) -> str:
        """What ``--fit-matte`` does of a matte that has, or has not, the plate's shape."""
        if alike and self._over == "plate":
            return " If it is a proxy, --fit-matte scales it."
        return " --fit-matte scales only a matte of its shape." if self._values.fit else ""

    def _label(self, frame: int) -> str:
        return f"{self._footage.at(frame)} (frame {frame})"

    def read(self, frame: int) -> Pixels:
        """The matte of that host frame: (H, W) float32, 0..1, the plate's raster, 0 outside of its own.

        Raises ``FootageError`` for values outside of 0..1, NaN and Inf, and for files that changed or are gone since
        they were opened, naming the frame.
        """
        if frame not in self.frames:
            raise FootageError(
                f"{self.path}: frame {frame} is outside of {self.frames}.", "Choose a frame of the range."
            )
        label = self._label(frame)
        with self._files.held(self._footage.at(frame), label):
            values, data, display, aspect = self._stored(frame, label)
        window = self._aligned(data, display, aspect, label)
        screen(values, label, "matte")
        values = self._leveled(values, label)
        if frame not in self._in_levels:
            self.levels.add(values)
            self._in_levels.add(frame)
        if window[2:] != data[2:]:
            values = _resized(place(values, data, display), window)
        return np.ascontiguousarray(place(values, window, self._plate.data_window))

    def _stored(self, frame: int, label: str) -> tuple[Pixels, Window, Window, float]:
        """Values as they are stored, their data and display window, and the pixel aspect."""
        if self._movie is not None:
            whole = Window(0, 0, self._movie.width, self._movie.height)
            return self._read_movie(self._movie, frame), whole, whole, self._movie.pixel_aspect
        with Still(self._footage.at(frame), label) as still:
            source = find_source(still, self._channel, self._opaque)
            values = read_source(still, source, self._values.ids)
            return values, source.part.data, still.display, still.pixel_aspect

    def _leveled(self, values: Pixels, label: str) -> Pixels:
        """Stored values so that white is 1. Without --matte-white, what lies outside of 0..1 is refused."""
        low, high, white = float(values.min()), float(values.max()), self._values.white
        if low < -_SLACK or (high > 1 + _SLACK and white == 1.0):
            raise FootageError(
                f"{label}: the matte's values run from {low:.4g} to {high:.4g}; they must be from 0 to 1.",
                _mending(low, high),
            )
        if white != 1.0:
            values = values / np.float32(white)
        if low < 0 or high > min(1.0, white):
            values = np.clip(values, 0.0, 1.0)
        return np.asarray(values, np.float32)

    def _read_movie(self, movie: MovieReader, frame: int) -> Pixels:
        rgb, alpha = movie.read(frame - self._footage.first_frame)
        if self._channel == "A" or (not self._channel and not self._opaque and alpha is not None):
            assert alpha is not None
            values = alpha
        elif self._channel:
            values = rgb[..., "RGB".index(self._channel)]
        else:
            values = luminance(rgb)
        values = np.where(values > 1 - _VIDEO_SNAP, np.float32(1), values)
        return np.where(values < _VIDEO_SNAP, np.float32(0), values)

    def close(self) -> None:
        """Closes the movie, if it is one."""
        if self._movie is not None:
            self._movie.close()

    def __enter__(self) -> MatteReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _mending(low: float, high: float) -> str:
    """What to do about a matte whose values run from ``low`` to ``high``."""
    if low > -_OVERSHOOT and high < 1 + _OVERSHOOT:
        return "If a filter overshot, clamp it to 0..1 where it was made; else name its channel (--matte-channel)."
    if low < 0:
        return "Name the channel that holds it (--matte-channel)."
    return f"Say which value is the actor (--matte-white {high:.4g}), or which ids (--matte-id 1)."


def _footage_of(matte: Matte, plate: Plate) -> Footage:
    """The matte's files; a movie of it is numbered as the plate's movie, unless it is said otherwise."""
    found = find_footage(ImageSequence(matte.path, matte.first_frame))
    if matte.first_frame is None and found.kind == plate.footage.kind == "movie":
        return dataclasses.replace(found, first_frame=plate.footage.first_frame)
    return found


def _resized(values: Pixels, window: Window) -> Pixels:
    """A proxy at the size of a window."""
    shrinks = values.shape[0] > window.height
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    size = (window.width, window.height)
    return np.clip(
        np.asarray(cv2.resize(np.ascontiguousarray(values), size, interpolation=way), np.float32), 0, 1
    )


def open_matte(
    matte: Matte,
    plate: Plate,
    frames: FrameRange | None = None,
    values: MatteValues | None = None,
    counted: Counted = unheard,
    over: str = "plate",
) -> MatteReader:
    """A matte with every header of the range checked and no pixels read.

    ``frames`` None: the plate's. It must cover them, and have the plate's size: its display window, else its
    data window; a smaller data window inside the same display window is the matte's bounding box. A still
    stands for every frame. ``values`` says what its values mean, if not 1 = subject; ``counted`` hears how far that is,
    ``over`` is what the plate is called. Raises ``FootageError`` with all missing frames, or with both sizes.
    """
    return MatteReader(matte, plate, frames or plate.frames, values or MatteValues(), counted, over)


def open_shot(
    shot: Shot, values: MatteValues | None = None, counted: Counted = unheard
) -> tuple[Plate, MatteReader]:
    """Plate and matte of a shot, opened over its range.

    The range is what the shot says, else the plate's; a plate that is one still takes the matte's.
    """
    frames = shot.frames
    if frames is None and shot.matte.path and find_footage(shot.plate).kind == "still":
        frames = _own_range(shot.matte, counted)
    plate = open_plate(shot.plate, frames, counted=counted)
    try:
        return plate, open_matte(shot.matte, plate, plate.frames, values, counted)
    except BaseException:
        plate.close()
        raise


def _own_range(matte: Matte, counted: Counted) -> FrameRange | None:
    footage = find_footage(ImageSequence(matte.path, matte.first_frame))
    if footage.kind != "movie":
        return footage.frames
    movie = MovieReader(footage.path, counted)
    try:
        return movie_range(movie, footage)
    finally:
        movie.close()

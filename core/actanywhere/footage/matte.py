"""Mattes: 1 on the actor, 0 on the background, soft edges kept."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from ..contract.numbering import compact, numbering_remedy
from ..contract.sequences import Footage, find_footage
from ..contract.shot import FrameRange, ImageSequence, Matte, Shot
from .movie import MovieReader
from .plate import Plate, movie_range, not_in_movie, open_plate
from .stills import Part, Still, Window, place, screen

__all__ = ["MatteReader", "judge_mattes", "open_matte", "open_shot", "treat_matte"]

Pixels = NDArray[np.float32]

# A resize overshoots by a little, and half floats round: this much outside of 0..1 is clipped, not refused.
_SLACK = 1e-3
# Video levels seldom come out at 0 and 1 exactly; half a code value of 8 bit is snapped there.
_VIDEO_SNAP = 1.0 / 510.0
_EMPTY = 0.02
_LEVELS = [level / 16.0 for level in range(1, 16)] + [0.999]


class MatteReader:
    """An opened matte in its plate's raster; ``open_matte`` makes it. ``warnings`` says what was assumed."""

    def __init__(self, matte: Matte, plate: Plate, frames: FrameRange) -> None:
        own = not matte.path
        self.path = plate.path if own else matte.path
        self.frames = frames
        self._channel = "A" if own and not matte.channel else matte.channel
        self._plate = plate.info
        self._plate_footage, self._plate_whole = plate.footage, plate.whole
        self._footage = plate.footage if own else _footage_of(matte, plate)
        self.warnings = [] if own else self._footage.held(frames)
        self._movie: MovieReader | None = None
        if self._footage.kind == "movie":
            self._open_movie()
        else:
            self._check_headers()

    def _open_movie(self) -> None:
        self._movie = MovieReader(self.path)
        whole = movie_range(self._movie, self._footage)
        if not whole.holds(self.frames):
            raise not_in_movie(self._footage, whole, self.frames, self._numbering(whole))
        self._tell_of_others(whole)
        self.warnings += self._movie.warnings
        window = Window(0, 0, self._movie.width, self._movie.height)
        self._aligned(window, window, self.path)
        if self._channel == "A" and not self._movie.has_alpha:
            raise FootageError(f"{self.path}: the movie has no alpha.", "Give the matte as files of its own.")
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
        for frame in [self.frames.first] if footage.kind == "still" else self.frames:
            with Still(footage.at(frame), self._label(frame)) as still:
                part, _ = self._choose(still)
                self._aligned(part.data, still.display, still.label)

    def _choose(self, still: Still) -> tuple[Part, tuple[str, ...]]:
        """The part and the channels to read: one, or three whose luminance is the matte."""
        names = still.channel_names()
        if self._channel:
            found = still.find_alpha() if self._channel == "A" else still.find(self._channel)
            if found is None:
                raise FootageError(
                    f"{still.label}: no channel '{self._channel}' among {', '.join(names)}.",
                    "Name one of these channels, or give the matte as files of its own.",
                )
            return found[0], (found[1],)
        if len(names) == 1:
            return still.parts[0], still.parts[0].channels
        alpha = still.find_alpha()
        if alpha is not None:
            return alpha[0], (alpha[1],)
        colour = still.find_colour()
        if colour is None:
            raise FootageError(
                f"{still.label}: which of its channels is the matte ({', '.join(names)})?",
                "Name the channel.",
            )
        return colour

    def _aligned(self, data: Window, display: Window, label: str) -> Window:
        """Where the matte's pixels lie in the plate's own coordinates."""
        plate = self._plate
        if display[2:] == plate.display_window[2:]:
            x = data.x - display.x + plate.display_window.x
            y = data.y - display.y + plate.display_window.y
            return Window(x, y, data.width, data.height)
        if data[2:] == plate.covered[2:]:
            return plate.covered
        overscan = ""
        if plate.data_window != plate.display_window:
            overscan = f" (with overscan {plate.width}x{plate.height})"
        raise FootageError(
            f"{label}: the matte is {display.width}x{display.height}, but the plate is "
            f"{plate.display_window.width}x{plate.display_window.height}{overscan}.",
            "Render the matte at the plate's size; nothing is scaled silently.",
        )

    def _label(self, frame: int) -> str:
        return f"{self._footage.at(frame)} (frame {frame})"

    def read(self, frame: int) -> Pixels:
        """The matte of that host frame: (H, W) float32, 0..1, the plate's raster, 0 outside of its own.

        Raises ``FootageError`` for values outside of 0..1, NaN and Inf, naming the frame.
        """
        if frame not in self.frames:
            raise FootageError(
                f"{self.path}: frame {frame} is outside of {self.frames}.", "Choose a frame of the range."
            )
        label = self._label(frame)
        if self._movie is not None:
            values = self._read_movie(self._movie, frame)
            whole = Window(0, 0, self._movie.width, self._movie.height)
            window = self._aligned(whole, whole, label)
        else:
            with Still(self._footage.at(frame), label) as still:
                part, names = self._choose(still)
                window = self._aligned(part.data, still.display, label)
                values = luminance(still.read(part, names))
        screen(values, label, "matte")
        low, high = float(values.min()), float(values.max())
        if low < -_SLACK or high > 1 + _SLACK:
            raise FootageError(
                f"{label}: the matte's values run from {low:.4g} to {high:.4g}; they must be from 0 to 1.",
                "Scale the matte to 0..1, or name the channel that holds it.",
            )
        if low < 0 or high > 1:
            values = np.clip(values, 0.0, 1.0)
        return np.ascontiguousarray(place(values, window, self._plate.data_window))

    def _read_movie(self, movie: MovieReader, frame: int) -> Pixels:
        rgb, alpha = movie.read(frame - self._footage.first_frame)
        if self._channel == "A" or (not self._channel and alpha is not None):
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


def _footage_of(matte: Matte, plate: Plate) -> Footage:
    """The matte's files; a movie of it is numbered as the plate's movie, unless it is said otherwise."""
    found = find_footage(ImageSequence(matte.path, matte.first_frame))
    if matte.first_frame is None and found.kind == plate.footage.kind == "movie":
        return dataclasses.replace(found, first_frame=plate.footage.first_frame)
    return found


def luminance(pixels: Pixels) -> Pixels:
    """(H, W) of (H, W, 1 or 3). Grey pixels keep their value to the bit, so that 1 stays 1."""
    if pixels.shape[-1] == 1:
        return pixels[..., 0]
    red, green, blue = (pixels[..., i] for i in range(3))
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red
    mixed = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return np.where((red == green) & (red == blue), red, mixed).astype(np.float32)


def open_matte(matte: Matte, plate: Plate, frames: FrameRange | None = None) -> MatteReader:
    """A matte with every header of the range checked and no pixels read.

    ``frames`` None: the plate's. It must cover them, and have the plate's size: its display window, else its
    data window; a smaller data window inside the same display window is the matte's bounding box. A still
    stands for every frame. Raises ``FootageError`` with all missing frames, or with both sizes.
    """
    return MatteReader(matte, plate, frames or plate.frames)


def open_shot(shot: Shot) -> tuple[Plate, MatteReader]:
    """Plate and matte of a shot, opened over its range.

    The range is what the shot says, else the plate's; a plate that is one still takes the matte's.
    """
    frames = shot.frames
    if frames is None and shot.matte.path and find_footage(shot.plate).kind == "still":
        frames = _own_range(shot.matte)
    plate = open_plate(shot.plate, frames)
    try:
        return plate, open_matte(shot.matte, plate, plate.frames)
    except BaseException:
        plate.close()
        raise


def _own_range(matte: Matte) -> FrameRange | None:
    footage = find_footage(ImageSequence(matte.path, matte.first_frame))
    if footage.kind != "movie":
        return footage.frames
    movie = MovieReader(footage.path)
    try:
        return movie_range(movie, footage)
    finally:
        movie.close()


def treat_matte(matte: Pixels, invert: bool = False, fill: bool = False, grow_px: float = 0.0) -> Pixels:
    """The matte as the artist set it: turned round, holes filled, grown or choked, in this order.

    ``matte`` (H, W) float32, 0..1, 1 = subject. ``fill`` closes what the matte encloses on all sides
    within the frame, as high as the matte around it (in steps of 1/16). ``grow_px`` are plate pixels, above 0 grows and
    below 0 chokes; a soft edge moves and keeps its softness. What the frame's border cuts stays cut.
    """
    if invert:
        matte = np.float32(1) - matte
    if fill:
        matte = _fill_holes(matte)
    if grow_px > 0:
        matte = _grow(matte, grow_px)
    elif grow_px < 0:
        matte = np.float32(1) - _grow(np.float32(1) - matte, -grow_px)
    return np.ascontiguousarray(matte, np.float32)


def _fill_holes(matte: Pixels) -> Pixels:
    """Level by level: what lies below a level and does not reach the frame's border is raised to it."""
    out = matte.copy()
    for level in _LEVELS:
        below = np.pad((out < level).astype(np.uint8), 1, constant_values=1)
        _, labels = cv2.connectedComponents(below, connectivity=4)
        hole = (labels[1:-1, 1:-1] != labels[0, 0]) & (below[1:-1, 1:-1] == 1)
        out[hole] = 1.0 if level == _LEVELS[-1] else level
    return out


def _grow(matte: Pixels, radius: float) -> Pixels:
    """Grey dilation by a disc; parts of a pixel are mixed from the two whole radii around them."""
    whole = math.floor(radius)
    grown = _dilate(matte, whole)
    share = np.float32(radius - whole)
    if share == 0:
        return grown
    return grown + share * (_dilate(grown, 1) - grown)


def _dilate(matte: Pixels, radius: int) -> Pixels:
    """A big disc is many small ones after each other, which costs far less; only where there is a matte."""
    rows, columns = np.flatnonzero(matte.any(axis=1)), np.flatnonzero(matte.any(axis=0))
    if radius == 0 or not len(rows):
        return matte
    top, bottom = max(0, rows[0] - radius), rows[-1] + radius + 1
    left, right = max(0, columns[0] - radius), columns[-1] + radius + 1
    out = matte.copy()
    box = np.ascontiguousarray(matte[top:bottom, left:right])
    while radius > 0:
        step = min(radius, 8)
        box = np.asarray(cv2.dilate(box, _disc(step)), np.float32)
        radius -= step
    out[top:bottom, left:right] = box
    return out


def _disc(radius: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    # A fifth of a pixel more than the radius, or a chain of discs falls short on the diagonals.
    return np.asarray(x * x + y * y <= (radius + 0.2) ** 2, np.uint8)


def judge_mattes(path: str, frames: FrameRange, mattes: Sequence[Pixels]) -> list[str]:
    """What is odd about the mattes of a range, as warnings for the artist; raises when they are useless.

    ``path`` is where they are from. ``mattes`` are (H, W) float32, 1 = subject, one a frame, as treated; small ones
    (proxies) will do. Raises ``FootageError`` when no frame has a subject, or when every frame is subject to the last
    pixel.
    """
    highest = max(float(matte.max()) for matte in mattes)
    if highest < _EMPTY:
        raise FootageError(
            f"{path}: the matte is empty in all frames {frames}: its highest value is {highest:.3g}.",
            "Give the actor's roto (1 = actor), name its channel (--matte-channel), or invert it (--invert-matte).",
        )
    if min(float(matte.min()) for matte in mattes) > 1 - _EMPTY:
        raise FootageError(
            f"{path}: the matte covers the whole picture in all frames {frames}: nothing is left to generate.",
            "Name the channel that holds the roto (--matte-channel), or invert it (--invert-matte).",
        )
    warnings = []
    empty = [frame for frame, matte in zip(frames, mattes, strict=True) if float(matte.max()) < _EMPTY]
    if empty:
        warnings.append(
            f"{path}: the matte is empty in {len(empty)} of {len(frames)} frames: {compact(empty)}."
        )
    if np.median([_border(matte) for matte in mattes]) > 0.75:
        warnings.append(
            f"{path}: the matte looks inverted: it is 1 along most of the picture's border. If it is 1 on the "
            "background, invert it (--invert-matte)."
        )
    return warnings


def _border(matte: Pixels) -> float:
    """Mean of the matte along the frame's four edges."""
    return float(np.mean([matte[0].mean(), matte[-1].mean(), matte[:, 0].mean(), matte[:, -1].mean()]))

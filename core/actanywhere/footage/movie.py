"""Movies, picture by picture. PyAV decodes them; ``codes`` says what their code values mean."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from av.sidedata.sidedata import SideData, Type
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from ..contract.errors import FootageError
from .clean_aperture import clean_aperture
from .codes import UnknownCodes, decode_codes, has_alpha
from .metadata import rational_rate
from .movie_pictures import Counted, MoviePictures, unheard
from .movie_tags import read_coding, said_by, settle
from .orientation import Window, aspect_upright, of_matrix, pixels_upright, spoken, window_upright
from .tags import ColourTags
from .timecode import TimeCode, read_time_code

Pixels = NDArray[np.float32]

# Codecs whose alpha is straight by their own definition.
_STRAIGHT = ("vp8", "vp9", "libvpx", "png")
# Half of what 24 and 23.976 differ by.
_SAME_RATE = 5e-4


def _unnamed(kind: type[Type], number: Any) -> Type:
    member = object.__new__(kind)
    member._name_, member._value_ = f"UNNAMED_{number}", number
    return member


# FFmpeg hands over kinds of side data that PyAV has no name for (EXIF, the views of an iPhone's spatial video). PyAV
# would raise for them, and withhold the display matrix beside them.
Type._missing_ = classmethod(_unnamed)  # type: ignore[assignment]


class MovieReader:
    """The pictures of a movie's first video stream, numbered from 0 in the order in which they are shown.

    Reading in order decodes every picture once, in bounded memory. Untagged HD is taken as BT.709
    and untagged SD as BT.601, which ``warnings`` then says. ``counted`` hears how many are counted, which for some
    means to decode them all. Raises ``FootageError``.
    """

    def __init__(self, path: str, counted: Counted = unheard) -> None:
        self.path = path
        self._pictures = MoviePictures(path, counted)
        self.warnings = self._pictures.warnings
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        file_says = said_by(self._pictures.stream.codec_context)
        first = self._pictures.decode(0)
        self._said, disagreeing = settle(file_says, said_by(first))
        self.warnings += [f"{self.path}: {one}" for one in disagreeing]
        self._first_look = _look(first)
        self._orientation = self._orient(first)
        stored = Window(0, 0, first.width, first.height)
        self.width, self.height = window_upright(stored, stored, self._orientation)[2:]
        self.has_alpha = has_alpha(first)
        clean = clean_aperture(self.path)
        if clean is not None and clean != (Fraction(first.width), Fraction(first.height)):
            self.warnings.append(
                f"{self.path}: its clean aperture is {float(clean[0]):g}x{float(clean[1]):g} of {first.width}x"
                f"{first.height} pixels; the whole picture is read."
            )
        self._describe(first)

    def _orient(self, first: VideoFrame) -> int:
        """The orientation that the movie's display matrix means, as EXIF numbers them."""
        matrix = first.side_data.get("DISPLAYMATRIX")
        if not isinstance(matrix, SideData):
            return 1
        orientation = of_matrix(np.frombuffer(bytes(matrix), np.int32).tolist())
        if orientation is None:
            self.warnings.append(
                f"{self.path}: the movie is to be shown skewed, or turned by no quarter, which is not done."
            )
        return orientation or 1

    @property
    def turned(self) -> str:
        """What is done to show it, clockwise (``turned by 90 degrees``); empty where it lies upright."""
        return "" if self._orientation == 1 else spoken(self._orientation)

    @property
    def alpha(self) -> str:
        """``straight`` where the format has it so, ``unsaid`` where only the pixels can tell; empty without alpha."""
        straight = self._pictures.stream.codec_context.name.startswith(_STRAIGHT)
        return ("straight" if straight else "unsaid") if self.has_alpha else ""

    @property
    def tags(self) -> ColourTags:
        """What the movie says of its primaries and its transfer."""
        return ColourTags(self._said.primaries, self._said.transfer)

    @property
    def metadata(self) -> list[dict[str, str]]:
        """The words of every stream, then those of the file."""
        return self._pictures.metadata

    def _describe(self, first: VideoFrame) -> None:
        stream = self._pictures.stream
        rate, guess = stream.average_rate or stream.guessed_rate, stream.guessed_rate
        if rate and guess and abs(rate / guess - 1) < _SAME_RATE:
            rate = guess  # where two takes are joined, the average is a little off
        self.fps: Fraction | None = rational_rate(rate) if rate else None
        aspect = stream.sample_aspect_ratio
        self.pixel_aspect = float(aspect) if aspect else 1.0
        self.pixel_aspect = aspect_upright(self.pixel_aspect, self._orientation)
        self._read_time_code()
        self._coding, assumed = read_coding(first, self._said, stream.codec_context.name)
        self.warnings += [f"{self.path}: {one}" for one in assumed]
        self._note(first)

    def _read_time_code(self) -> None:
        """The first that a stream or the container is tagged with; another one beside it is told."""
        tags = [tags[key] for tags in self._pictures.metadata for key in tags if key.lower() == "timecode"]
        said = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
        self.time_code: TimeCode | None = None
        if said:
            self.time_code, warning = read_time_code(said[0], self.fps)
            self.warnings += [f"{self.path}: {warning}"] if warning else []
        if len(said) > 1:
            self.warnings.append(f"{self.path}: it has the time codes {', '.join(said)}; the first is taken.")

    def _note(self, first: VideoFrame) -> None:
        packing = self._pictures.stream.metadata.get("stereo_mode", "mono")
        if packing != "mono" or "STEREO3D" in first.side_data:
            self.warnings.append(
                f"{self.path}: the movie is stereoscopic; a picture that holds both views stays so."
            )
        if first.interlaced_frame:
            self.warnings.append(f"{self.path}: the movie is interlaced; its fields are not taken apart.")

    @property
    def count(self) -> int:
        """The number of pictures."""
        return self._pictures.count

    def read(self, number: int) -> tuple[Pixels, Pixels | None]:
        """A picture in the movie's own curve: (H, W, 3) float32, black 0 and white 1, and its alpha or None.

        What lies below black or above white is kept.
        """
        frame = self._pictures.decode(number)
        if _look(frame) != self._first_look:
            raise self._pictures.unreadable(
                f"picture {number + 1} is {_look(frame)}, the first {self._first_look}"
            )
        try:
            rgb, alpha = decode_codes(frame, self._coding)
        except UnknownCodes as error:
            raise FootageError(
                f"{self.path}: the movie's pixels are in {error}, which is not read.",
                "Export it as ProRes, or as pictures.",
            ) from error
        if not self.has_alpha:
            alpha = None
        rgb = np.ascontiguousarray(pixels_upright(rgb, self._orientation))
        return rgb, None if alpha is None else np.ascontiguousarray(pixels_upright(alpha, self._orientation))

    def close(self) -> None:
        """Closes the file."""
        self._pictures.close()


def _look(frame: VideoFrame) -> str:
    return f"{frame.width}x{frame.height} in {frame.format.name}"

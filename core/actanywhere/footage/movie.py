"""Movies, picture by picture. PyAV carries it; nothing passes through 8 bit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from .metadata import rational_rate
from .movie_pictures import MoviePictures
from .timecode import TimeCode, read_time_code

__all__ = ["MovieReader"]

Pixels = NDArray[np.float32]

# FFmpeg's AVColorSpace numbers: what a stream may be tagged with, and the matrix that it means.
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
_RGB, _UNTAGGED = 0, 2
_HD_LINES = 720
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}


class MovieReader:
    """The pictures of a movie's first video stream, numbered from 0 in the order in which they are shown.

    Reading in order decodes every picture once, in bounded memory. Untagged HD is taken as BT.709
    and untagged SD as BT.601, which ``warnings`` then says. Raises ``FootageError``.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._pictures = MoviePictures(path)
        self.warnings = self._pictures.warnings
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        first = self._pictures.decode(0)
        self._turns = round(first.rotation / 90) % 4
        width, height = first.width, first.height
        self.width, self.height = (height, width) if self._turns % 2 else (width, height)
        self.has_alpha = any(component.is_alpha for component in first.format.components)
        self._describe(first)

    def _describe(self, first: VideoFrame) -> None:
        stream = self._pictures.stream
        rate = stream.average_rate or stream.guessed_rate
        self.fps: Fraction | None = rational_rate(rate) if rate else None
        aspect = stream.sample_aspect_ratio
        self.pixel_aspect = float(aspect) if aspect else 1.0
        if self._turns % 2:
            self.pixel_aspect = 1.0 / self.pixel_aspect
        self._read_time_code()
        self._matrix = self._choose_matrix(first)
        full = first.color_range == ColorRange.JPEG or first.format.name.startswith("yuvj")
        self._range = ColorRange.JPEG if full else ColorRange.MPEG
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

    def _choose_matrix(self, first: VideoFrame) -> Colorspace | None:
        tag = int(first.colorspace)
        if first.format.is_rgb or tag == _RGB or first.format.name.startswith("gray"):
            return None
        if tag in _MATRICES:
            return _MATRICES[tag]
        high = max(first.width, first.height) >= 1280 or first.height >= _HD_LINES
        self.warnings.append(
            f"{self.path}: the movie does not say its colour matrix; it is taken as "
            f"{'BT.709, as HD is' if high else 'BT.601, as SD is'}."
        )
        return Colorspace.ITU709 if high else Colorspace.ITU601

    def _note(self, first: VideoFrame) -> None:
        transfer = _HDR_TRANSFERS.get(int(first.color_trc))
        if transfer:
            self.warnings.append(
                f"{self.path}: the movie is {transfer} (HDR), which is not converted; it is taken as Rec.709."
            )
        if first.interlaced_frame:
            self.warnings.append(f"{self.path}: the movie is interlaced; its fields are not taken apart.")

    @property
    def count(self) -> int:
        """The number of pictures."""
        return self._pictures.count

    def read(self, number: int) -> tuple[Pixels, Pixels | None]:
        """A picture: (H, W, 3) float32 0..1 full range in the movie's own curve, and its alpha or None."""
        frame = self._pictures.decode(number)
        # Planar float keeps 10 and 12 bit: the decoder's code values are scaled, never rounded to 8 bit.
        target = "gbrapf32le" if self.has_alpha else "gbrpf32le"
        if self._matrix is None:
            converted = frame.reformat(format=target)
        else:
            converted = frame.reformat(
                format=target,
                src_colorspace=self._matrix,
                dst_colorspace=self._matrix,
                src_color_range=self._range,
                dst_color_range=ColorRange.JPEG,
            )
        pixels = np.asarray(converted.to_ndarray(), np.float32)
        if self._turns:
            pixels = np.rot90(pixels, self._turns)
        rgb = np.ascontiguousarray(pixels[..., :3])
        return rgb, np.ascontiguousarray(pixels[..., 3]) if self.has_alpha else None

    def close(self) -> None:
        """Closes the file."""
        self._pictures.close()

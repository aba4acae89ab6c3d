"""Movies, picture by picture. PyAV carries it; nothing passes through 8 bit."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from ..errors import FootageError
from .metadata import rational_rate

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
# A picture this little ahead is reached by decoding on; a seek would decode from a key frame anyway.
_NEAR = 12


class MovieReader:
    """The pictures of a movie's first video stream, numbered from 0 in the order in which they are shown.

    Reading in order decodes every picture once, in bounded memory; any other picture is reached by a seek to
    the key frame before it. Opening counts the pictures without decoding them. Untagged HD is taken as BT.709
    and untagged SD as BT.601, which ``warnings`` then says. Raises ``FootageError``.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.warnings: list[str] = []
        try:
            self._container = av.open(path)
        except (av.FFmpegError, OSError) as error:
            raise self._unreadable(str(error)) from error
        try:
            self._open()
        except BaseException:
            self._container.close()
            raise

    def _open(self) -> None:
        if not self._container.streams.video:
            raise self._unreadable("it holds no pictures")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._times = self._list_times()
        if not self._times:
            raise self._unreadable("it holds no pictures")
        self._index = {time: number for number, time in enumerate(self._times)}
        self._frames: Iterator[VideoFrame] = iter(())
        self._next = -1
        self._last: tuple[int, VideoFrame] | None = None
        first = self._decode(0)
        self._turns = round(first.rotation / 90) % 4
        width, height = first.width, first.height
        self.width, self.height = (height, width) if self._turns % 2 else (width, height)
        self.has_alpha = any(component.is_alpha for component in first.format.components)
        self._describe(first)

    def _list_times(self) -> list[int]:
        """The presentation time of every picture, in order, from the packets alone."""
        try:
            times = {
                packet.pts
                for packet in self._container.demux(self._stream)
                if packet.pts is not None and packet.size and not packet.is_discard
            }
        except av.FFmpegError as error:
            raise self._unreadable(str(error)) from error
        return sorted(times)

    def _describe(self, first: VideoFrame) -> None:
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps: Fraction | None = rational_rate(rate) if rate else None
        aspect = self._stream.sample_aspect_ratio
        self.pixel_aspect = float(aspect) if aspect else 1.0
        if self._turns % 2:
            self.pixel_aspect = 1.0 / self.pixel_aspect
        tags = [stream.metadata.get("timecode", "") for stream in self._container.streams]
        self.timecode = next(
            (tag for tag in [*tags, self._container.metadata.get("timecode", "")] if tag), ""
        )
        self._matrix = self._choose_matrix(first)
        full = first.color_range == ColorRange.JPEG or first.format.name.startswith("yuvj")
        self._range = ColorRange.JPEG if full else ColorRange.MPEG
        self._note(first)

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
        steps = {b - a for a, b in zip(self._times, self._times[1:], strict=False)}
        if steps and max(steps) > 1.5 * min(steps):
            self.warnings.append(
                f"{self.path}: the frame rate varies; pictures are numbered in the order they are shown."
            )

    @property
    def count(self) -> int:
        """The number of pictures."""
        return len(self._times)

    def read(self, number: int) -> tuple[Pixels, Pixels | None]:
        """A picture: (H, W, 3) float32 0..1 full range in the movie's own curve, and its alpha or None."""
        frame = self._decode(number)
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

    def _decode(self, number: int) -> VideoFrame:
        if not 0 <= number < self.count:
            raise self._unreadable(f"it has {self.count} pictures, and picture {number + 1} was asked for")
        if self._last is not None and self._last[0] == number:
            return self._last[1]
        try:
            if self._next < 0 or not 0 <= number - self._next <= _NEAR:
                self._container.seek(self._times[number], stream=self._stream, backward=True)
                self._frames = self._container.decode(self._stream)
                self._next = -1
            for frame in self._frames:
                found = self._index.get(frame.pts, -1) if frame.pts is not None else -1
                self._next = found + 1
                if found == number:
                    if frame.is_corrupt:
                        break
                    self._last = (number, frame)
                    return frame
                if found > number:
                    break
        except av.FFmpegError as error:
            self._next = -1
            raise self._unreadable(f"picture {number + 1} of {self.count}: {error}") from error
        self._next = -1
        raise self._unreadable(f"picture {number + 1} of {self.count} is missing or damaged")

    def _unreadable(self, reason: str) -> FootageError:
        return FootageError(
            f"{self.path}: the movie cannot be read: {reason}.", "Export or copy the movie again."
        )

    def close(self) -> None:
        """Closes the file."""
        self._frames = iter(())
        self._last = None
        self._container.close()

"""The pictures of a movie by number, whatever its timestamps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..contract.errors import FootageError

__all__ = ["MoviePictures"]

# A picture this little ahead is reached by decoding on; a seek would decode from a key frame anyway.
_REORDERED = 32
"""Pictures by which the order of showing may differ from that of decoding; H.264 and HEVC allow 16."""
_NEAR = 12
# FFmpeg's own decoders of VP8 and VP9 leave the alpha out.
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_DAMAGED = "Export or copy the movie again."


class MoviePictures:
    """The decoded pictures of a movie's first video stream, numbered from 0 in the order in which they are shown.

    Packets that each have a time of their own are counted without decoding, and any picture is reached from the
    key frame before it. Where they have not (AVI with B frames; times that repeat), the pictures are counted by
    decoding them all, and one that lies behind is reached from the start. ``warnings`` says what is odd. Raises
    ``FootageError``.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._container = self._open()
        try:
            self._prepare()
        except BaseException:
            self._container.close()
            raise

    def _open(self) -> InputContainer:
        try:
            # A tag that is no UTF-8 must not keep a movie's pictures back.
            return av.open(self.path, metadata_errors="replace")
        except (av.FFmpegError, OSError) as error:
            raise self.unreadable(str(error)) from error

    def _prepare(self) -> None:
        self.stream = self._moving_stream()
        self._frames: Iterator[VideoFrame] = iter(())
        self._next = -1
        self._last: tuple[int, VideoFrame] | None = None
        times, packets = self._packet_times()
        self._index: dict[int, int] | None = None
        # A palette comes with the first packet alone: a seek would lose it.
        seekable = "avi" not in self._container.format.name.split(",") and self.stream.pix_fmt != "pal8"
        if not seekable or None in times or len(set(times)) < len(times):
            self.count = self._count_by_decoding()
        else:
            shown = sorted(time for time in times if time is not None)
            self._index = {time: number for number, time in enumerate(shown)}
            self.count = len(shown)
            self._warn_of_uneven(shown)
        self._times = [] if self._index is None else list(self._index)
        if not self.count:
            raise self.unreadable("it holds no pictures")
        if len(self._moving()) > 1:
            self.warnings.append(
                f"{self.path}: it holds {len(self._moving())} video streams; the first is read."
            )
        if self.stream.frames and self.stream.frames > max(packets, self.count):
            self.warnings.append(
                f"{self.path}: its header tells of {self.stream.frames} pictures, and it holds {self.count}: it may be "
                "cut off."
            )

    def _moving_stream(self) -> VideoStream:
        """The first video stream that is no cover picture."""
        moving = self._moving()
        if not moving:
            raise self.unreadable("it holds no pictures")
        if moving[0].codec_context is None:
            raise self.unreadable("no decoder knows its pictures")
        moving[0].thread_type = "AUTO"
        return moving[0]

    def _moving(self) -> list[VideoStream]:
        streams = self._container.streams.video
        return [stream for stream in streams if Disposition.attached_pic not in stream.disposition]

    @property
    def metadata(self) -> list[dict[str, str]]:
        """The tags of every stream, then those of the file."""
        return [*(stream.metadata for stream in self._container.streams), self._container.metadata]

    def _packet_times(self) -> tuple[list[int | None], int]:
        """The presentation time of every packet that is shown, and how many packets there are."""
        try:
            packets = [packet for packet in self._container.demux(self.stream) if packet.size]
            return [packet.pts for packet in packets if not packet.is_discard], len(packets)
        except av.FFmpegError as error:
            raise self.unreadable(str(error)) from error

    def _count_by_decoding(self) -> int:
        self._rewind()
        try:
            return sum(1 for _ in self._frames)
        except av.FFmpegError as error:
            raise self.unreadable(str(error)) from error
        finally:
            self._next = -1

    def _rewind(self) -> None:
        """Back to the first picture. A file without times cannot be sought in, so it is opened again."""
        self._container.close()
        self._container = self._open()
        self.stream = self._moving_stream()
        self._frames = self._decoded()
        self._next = 0

    def _decoded(self) -> Iterator[VideoFrame]:
        """The pictures from where the container stands."""
        other = _WITH_ALPHA.get(self.stream.codec_context.name)
        if other is None or self.stream.metadata.get("alpha_mode") != "1":
            yield from self._container.decode(self.stream)
            return
        decoder = VideoCodecContext.create(other, "r")
        assert isinstance(decoder, VideoCodecContext)
        for packet in self._container.demux(self.stream):
            yield from decoder.decode(packet)

    def _warn_of_uneven(self, shown: list[int]) -> None:
        steps = [b - a for a, b in itertools.pairwise(shown)]
        if steps and max(steps) > 1.5 * min(steps):
            even = sorted(steps)[len(steps) // 2]
            self.warnings.append(
                f"{self.path}: the frame rate varies; pictures are numbered in the order they are shown. At an even "
                f"rate they would be {1 + round((shown[-1] - shown[0]) / even)}, not {len(shown)}."
            )

    def decode(self, number: int) -> VideoFrame:
        """A picture as the decoder gives it. Raises ``FootageError`` for one that is damaged or not there."""
        if not 0 <= number < self.count:
            raise self.unreadable(f"it has {self.count} pictures, and picture {number + 1} was asked for")
        if self._last is not None and self._last[0] == number:
            return self._last[1]
        try:
            frame = self._reach(number)
        except av.FFmpegError as error:
            self._next = -1
            raise self.unreadable(f"picture {number + 1} of {self.count}: {error}") from error
        if frame is None or frame.is_corrupt:
            self._next = -1
            raise self.unreadable(f"picture {number + 1} of {self.count} is missing or damaged")
        self._last = (number, frame)
        return frame

    def _reach(self, number: int) -> VideoFrame | None:
        if self._index is None:
            if not 0 <= self._next <= number:
                self._rewind()
            return self._forward(number)[0]
        if self._next >= 0 and 0 <= number - self._next <= _NEAR:
            return self._forward(number)[0]
        # Some demuxers seek by the time of decoding: the key picture that they find may be shown after this one.
        for earlier in (number, max(0, number - _REORDERED), 0):
            self._container.seek(self._times[earlier], stream=self.stream, backward=True)
            self._frames = self._decoded()
            self._next = -1
            frame, passed = self._forward(number)
            if frame is not None or not passed:
                return frame
        return None

    def _forward(self, number: int) -> tuple[VideoFrame | None, bool]:
        """The picture, decoded on from here, and whether a later one came instead."""
        for frame in self._frames:
            found = self._next if self._index is None else self._number_of(frame)
            self._next = found + 1
            if found >= number:
                return (frame, False) if found == number else (None, True)
        return None, False

    def _number_of(self, frame: VideoFrame) -> int:
        assert self._index is not None
        return self._index.get(frame.pts, -1) if frame.pts is not None else -1

    def unreadable(self, reason: str) -> FootageError:
        """The error that says why the movie cannot be read."""
        return FootageError(f"{self.path}: the movie cannot be read: {reason}.", _DAMAGED)

    def close(self) -> None:
        """Closes the file."""
        self._frames = iter(())
        self._last = None
        self._container.close()

"""The pictures of a movie by number, whatever its timestamps."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ..contract.errors import FootageError

Counted = Callable[[int, int], None]
"""Hears how many pictures of one file, or files of one sequence, are counted, and of about how many; it may raise."""

# A picture this little ahead is reached by decoding on; a seek would decode from a key frame anyway.
_REORDERED = 32
"""Pictures by which the order of showing may differ from that of decoding; H.264 and HEVC allow 16."""
_NEAR = 12
# FFmpeg's own decoders of VP8 and VP9 leave the alpha out.
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# What was counted by decoding, by file: a sheet opens its plate again for every cell.
_decoded_counts: dict[tuple[str, int, int], tuple[int, int]] = {}
_DAMAGED = "Export or copy the movie again."


def unheard(done: int, total: int) -> None:
    """A ``Counted`` for who does not ask."""


class MoviePictures:
    """The decoded pictures of a movie's first video stream, numbered from 0 in the order in which they are shown.

    Packets that each have a time of their own are counted without decoding, and any picture is reached from the
    key frame before it. Where they have not (AVI with B frames; times that repeat), the pictures are counted by
    decoding them all, and one that lies behind is reached from the start. ``warnings`` says what is odd; ``counted``
    hears how far that is. Raises ``FootageError``.
    """

    def __init__(self, path: str, counted: Counted = unheard) -> None:
        self.path = path
        self._counted = counted
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
        self._index: dict[int, int] | None = None
        # A palette comes with the first packet alone: a seek would lose it.
        seekable = "avi" not in self._container.format.name.split(",") and self.stream.pix_fmt != "pal8"
        times, packets = self._packet_times() if seekable else (None, 0)
        if times is None:
            self.count, packets = self._count_by_decoding()
        else:
            shown = sorted(times)
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

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        """Every packet from here on, the last one empty; how many are read is told."""
        read = 0
        for packet in self._container.demux(self.stream):
            yield packet
            read += packet.size > 0
            total = self.stream.frames
            if not total and packet.pos:  # no header tells: by the bytes
                total = round(read * self._container.size / packet.pos)
            self._counted(read, max(read, total))

    def _packet_times(self) -> tuple[set[int] | None, int]:
        """The time of every packet that is shown, None where not each has one of its own; and how many packets."""
        times, packets = set[int](), 0
        try:
            for packet in self._packets():
                packets += packet.size > 0
                if not packet.size or packet.is_discard:
                    continue
                if packet.pts is None or packet.pts in times:
                    return None, 0
                times.add(packet.pts)
        except av.FFmpegError as error:
            raise self.unreadable(str(error)) from error
        return times, packets

    def _count_by_decoding(self) -> tuple[int, int]:
        """How many pictures and how many packets there are."""
        status = os.stat(self.path)
        file = os.path.realpath(self.path), status.st_size, status.st_mtime_ns
        if file in _decoded_counts:
            return _decoded_counts[file]
        self._rewind()
        pictures = packets = 0
        try:
            decode = self._decoder()
            for packet in self._packets():
                packets += packet.size > 0
                pictures += len(decode(packet))
        except av.FFmpegError as error:
            raise self.unreadable(str(error)) from error
        finally:
            self._next = -1
        _decoded_counts[file] = pictures, packets
        return pictures, packets

    def _rewind(self) -> None:
        """Back to the first picture. A file without times cannot be sought in, so it is opened again."""
        self._container.close()
        self._container = self._open()
        self.stream = self._moving_stream()
        self._frames = self._decoded()
        self._next = 0

    def _decoded(self) -> Iterator[VideoFrame]:
        """The pictures from where the container stands."""
        decode = self._decoder()
        for packet in self._container.demux(self.stream):
            yield from decode(packet)

    def _decoder(self) -> Callable[[Packet[VideoStream]], list[VideoFrame]]:
        other = _WITH_ALPHA.get(self.stream.codec_context.name)
        if other is None or self.stream.metadata.get("alpha_mode") != "1":
            return self.stream.decode
        decoder = VideoCodecContext.create(other, "r")
        assert isinstance(decoder, VideoCodecContext)
        return decoder.decode

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

"""Writes movies of the comp for review, with PyAV: ProRes 422 HQ in MOV, H.264 in MP4."""

from __future__ import annotations

import contextlib
import os
import secrets
from fractions import Fraction
from types import TracebackType

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from ..contract.errors import OutputError
from ..contract.files import replace_atomically
from .codes import encode_codes

Pixels = NDArray[np.float32]

# FFmpeg's numbers for BT.709 primaries and the sRGB transfer.
_BT709, _SRGB_TRANSFER = 1, 13
_KINDS = {
    ".mov": ("prores_ks", "yuv422p10le", {"profile": "3", "vendor": "apl0"}),
    ".mp4": ("libx264", "yuv420p", {"crf": "16", "preset": "medium"}),
}


class MovieWriter:
    """A movie that appears under its name when it is whole; use it in ``with``.

    ``write`` takes display pictures in order, (H, W, 3) float32 0..1, sRGB-encoded. An odd width or height is
    made even by repeating the last column or row, which both codecs need. ``time_code`` is the first's.
    Raises ``OutputError``.
    """

    def __init__(
        self, path: str, fps: Fraction | float | None, pixel_aspect: float = 1.0, time_code: str = ""
    ) -> None:
        self.path = path
        extension = os.path.splitext(path)[1].lower()
        if extension not in _KINDS:
            raise OutputError(
                f"{path}: '{extension}' is not a movie that can be written.", "Use .mov or .mp4."
            )
        self._codec, self._format, self._options = _KINDS[extension]
        self._rate = Fraction(fps or 24).limit_denominator(1001)
        self._aspect = Fraction(pixel_aspect).limit_denominator(1000)
        folder, name = os.path.split(path)
        stem = os.path.splitext(name)[0]
        self._temporary = os.path.join(
            folder, f".{stem}.partial-{os.getpid()}-{secrets.token_hex(4)}{extension}"
        )
        self._stream: av.VideoStream | None = None
        self._count = 0
        try:
            self._container = av.open(self._temporary, "w")
            self._container.metadata.update({"timecode": time_code} if time_code else {})
        except (av.FFmpegError, OSError) as error:
            raise self._refused(error) from error

    def write(self, rgb: Pixels) -> None:
        """Adds a picture."""
        height, width = rgb.shape[:2]
        rgb = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        try:
            stream = self._stream or self._add_stream(rgb.shape[1], rgb.shape[0])
            frame = encode_codes(np.clip(rgb, 0.0, 1.0), self._format)
            frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
            frame.color_primaries, frame.color_trc = _BT709, _SRGB_TRANSFER
            frame.pts = self._count
            frame.time_base = 1 / self._rate
            self._container.mux(stream.encode(frame))
        except (av.FFmpegError, OSError) as error:
            raise self._refused(error) from error
        self._count += 1

    def _add_stream(self, width: int, height: int) -> av.VideoStream:
        stream = self._container.add_stream(self._codec, rate=self._rate, options=dict(self._options))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, self._format
        context = stream.codec_context
        context.sample_aspect_ratio = self._aspect
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        context.color_primaries, context.color_trc = _BT709, _SRGB_TRANSFER
        self._stream = stream
        return stream

    def _finish(self) -> None:
        try:
            if self._stream is not None:
                self._container.mux(self._stream.encode())
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            raise self._refused(error) from error
        replace_atomically(self.path, lambda temporary: os.replace(self._temporary, temporary))

    def __enter__(self) -> MovieWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._count:
                self._finish()
            else:
                self._discard()
        finally:
            if os.path.exists(self._temporary):
                os.remove(self._temporary)

    def _discard(self) -> None:
        # The movie is given up: what keeps it from closing was raised already.
        with contextlib.suppress(av.FFmpegError, OSError):
            self._container.close()

    def _refused(self, error: Exception) -> OutputError:
        return OutputError(
            f"{self.path}: the movie cannot be written: {error}.",
            "Check the free space and the folder's permissions, then run the same command.",
        )

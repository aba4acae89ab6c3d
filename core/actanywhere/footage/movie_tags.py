"""What a movie says of its code values: matrix, range and where its chroma is sited, by the numbers of ITU-T H.273."""

from __future__ import annotations

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from .codes import Coding, is_grey, is_rgb

__all__ = ["read_coding"]

_UNTAGGED, _RGB, _BT601, _BT709, _BT2020 = 2, 0, 6, 1, 9
_HD_WIDTH, _HD_LINES = 1280, 720
_FULL_BY_NAME = ("png", "apng", "mjpeg", "jpeg2000", "rawvideo", "qtrle", "webp", "gif")
"""Codecs whose grey is full range by their own definition."""
_MIDWAY = ("mjpeg", "mjpegb", "mpeg1video", "webp")
"""Codecs that site chroma midway between pixels, as JFIF and MPEG-1 say; others do it on the left, as MPEG-2 says."""


def read_coding(frame: VideoFrame, codec: str) -> tuple[Coding, list[str]]:
    """How a movie's code values stand for R'G'B', by its first picture's tags; and what was assumed."""
    warnings: list[str] = []
    full = _read_range(frame, codec, warnings)
    return Coding(_read_matrix(frame, warnings), full, _read_siting(frame, codec)), warnings


def _read_range(frame: VideoFrame, codec: str, warnings: list[str]) -> bool:
    said = frame.color_range
    if frame.format.name.startswith("yuvj") or said == ColorRange.JPEG:
        return True
    if is_rgb(frame.format):
        if said == ColorRange.MPEG:
            warnings.append(
                "the movie holds RGB and says limited range: 16 to 235 (of 255) are black to white."
            )
        return said != ColorRange.MPEG
    if is_grey(frame.format) and said != ColorRange.MPEG:
        if codec not in _FULL_BY_NAME:
            warnings.append(
                "the movie is grey and does not say its range; it is taken as full (0 to 255 of 8 bit)."
            )
        return True
    return False


def _read_matrix(frame: VideoFrame, warnings: list[str]) -> int:
    tag = int(frame.colorspace)
    if is_rgb(frame.format) or is_grey(frame.format):
        return _RGB
    if tag not in (_UNTAGGED, _RGB):
        return tag
    if int(frame.color_primaries) == _BT2020:
        return _BT2020
    high = max(frame.width, frame.height) >= _HD_WIDTH or frame.height >= _HD_LINES
    taken = "BT.709, as HD is" if high else "BT.601, as SD is"
    warnings.append(f"the movie does not say its colour matrix; it is taken as {taken}.")
    return _BT709 if high else _BT601


def _read_siting(frame: VideoFrame, codec: str) -> tuple[float, float]:
    if codec in _MIDWAY:
        return 0.5, 0.5
    # Ultra HD (BT.2020, BT.2100) sites it on the first line, too.
    return (0.0, 0.0) if int(frame.color_primaries) == _BT2020 else (0.0, 0.5)

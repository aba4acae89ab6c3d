"""A movie's range and colour tags (ITU-T H.273), and how contradictions are settled.

The file (MOV, MP4, MKV, MXF) and the pictures in it both may say it; where they do not agree the file is taken, as ISO
14496-12 has it, and that is told. But for the range: the file's flag cannot say that it is not known, so the pictures
are asked first.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from .codes import Coding, is_grey, is_rgb

_UNTAGGED, _RGB, _BT601, _BT709, _BT2020 = 2, 0, 6, 1, 9
_HD_WIDTH, _HD_LINES = 1280, 720
_FULL_BY_NAME = ("png", "apng", "mjpeg", "jpeg2000", "rawvideo", "qtrle", "webp", "gif")
"""Codecs whose grey is full range by their own definition."""
_MIDWAY = ("mjpeg", "mjpegb", "mpeg1video", "webp")
"""Codecs that site chroma midway between pixels, as JFIF and MPEG-1 say; others do it on the left, as MPEG-2 says."""


@dataclass(frozen=True)
class Said:
    """The four tags, 2 (range: 0) where one is not said."""

    primaries: int
    transfer: int
    matrix: int
    range: int


def said_by(source: VideoFrame | VideoCodecContext) -> Said:
    """What a picture says; or a stream, before a picture of it was decoded: then it is what the file says."""
    return Said(
        int(source.color_primaries),
        int(source.color_trc),
        int(source.colorspace),
        int(source.color_range or 0),
    )


def settle(file: Said, picture: Said) -> tuple[Said, list[str]]:
    """What is taken of both, and where they do not agree."""
    taken, warnings = {}, []
    for tag in fields(Said):
        one, other = getattr(file, tag.name), getattr(picture, tag.name)
        unsaid = (0, 2) if tag.name != "range" else (0,)
        first, second = (other, one) if tag.name == "range" else (one, other)
        taken[tag.name] = second if first in unsaid else first
        if one not in unsaid and other not in unsaid and one != other:
            warnings.append(
                f"the file says {tag.name} {one}, and the pictures in it {other} (numbers of H.273): {first} is taken."
            )
    return Said(**taken), warnings


def read_coding(frame: VideoFrame, said: Said, codec: str) -> tuple[Coding, list[str]]:
    """How a movie's code values stand for R'G'B'; and what was assumed."""
    warnings: list[str] = []
    full = _read_range(frame, said, codec, warnings)
    return Coding(_read_matrix(frame, said, warnings), full, _read_siting(said, codec)), warnings


def _read_range(frame: VideoFrame, said: Said, codec: str, warnings: list[str]) -> bool:
    if frame.format.name.startswith("yuvj") or said.range == ColorRange.JPEG:
        return True
    if is_rgb(frame.format):
        if said.range != ColorRange.MPEG:
            return True
        limited = frame.color_range == ColorRange.MPEG
        taken = "16 to 235 (of 255) are black to white" if limited else "it is taken as full"
        warnings.append(f"the movie holds RGB and says limited range: {taken}.")
        return not limited
    if is_grey(frame.format) and said.range != ColorRange.MPEG:
        if codec not in _FULL_BY_NAME:
            warnings.append(
                "the movie is grey and does not say its range; it is taken as full (0 to 255 of 8 bit)."
            )
        return True
    return False


def _read_matrix(frame: VideoFrame, said: Said, warnings: list[str]) -> int:
    if is_rgb(frame.format) or is_grey(frame.format):
        return _RGB
    if said.matrix not in (_UNTAGGED, _RGB):
        return said.matrix
    if said.primaries == _BT2020:
        return _BT2020
    high = max(frame.width, frame.height) >= _HD_WIDTH or frame.height >= _HD_LINES
    taken = "BT.709, as HD is" if high else "BT.601, as SD is"
    warnings.append(f"the movie does not say its colour matrix; it is taken as {taken}.")
    return _BT709 if high else _BT601


def _read_siting(said: Said, codec: str) -> tuple[float, float]:
    if codec in _MIDWAY:
        return 0.5, 0.5
    # Ultra HD (BT.2020, BT.2100) sites it on the first line, too.
    return (0.0, 0.0) if said.primaries == _BT2020 else (0.0, 0.5)

"""Timecode of a movie or a DPX, packed for EXR, frame by frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

#: OpenImageIO's name for what stands in an EXR as ``timeCode``.
ATTRIBUTE = "smpte:TimeCode"

_TEXT = re.compile(r"\s*(\d{1,2}):(\d{1,2}):(\d{1,2})([:;.,])(\d{1,3})\s*")
_DROP, _SECOND_HALF = 1 << 6, 1 << 15
# SMPTE ST 12-1 has two bits for the tens of frames and counts to 30; faster pictures share a code (ST 12-3).
_FASTEST = 30


@dataclass(frozen=True)
class TimeCode:
    """The time code of a movie's first picture. ``nominal`` is the whole number of frames that make up its second."""

    hours: int
    minutes: int
    seconds: int
    frames: int
    nominal: int
    drop: bool

    @property
    def sharing(self) -> int:
        """How many pictures share a packed code: 1 up to 30 pictures a second."""
        least = -(-self.nominal // _FASTEST)
        return next(many for many in range(least, self.nominal + 1) if self.nominal % many == 0)

    def packed(self, offset: int) -> tuple[int, int]:
        """The code ``offset`` pictures later as EXR stores it (SMPTE ST 12-1, user bits 0), around midnight.

        Of pictures that share a code, the field mark tells the later half.
        """
        hours, minutes, seconds, frames = self._later(offset)
        code, rest = divmod(frames, self.sharing)
        packed = (_DROP if self.drop else 0) | (_SECOND_HALF if 2 * rest >= self.sharing > 1 else 0)
        for value, shift in ((code, 0), (seconds, 8), (minutes, 16), (hours, 24)):
            packed |= (value // 10 << 4 | value % 10) << shift
        return packed, 0

    def _later(self, offset: int) -> tuple[int, int, int, int]:
        dropped = self.nominal // 15 if self.drop else 0
        whole = self.hours * 60 + self.minutes
        count = (whole * 60 + self.seconds) * self.nominal + self.frames + offset
        count -= dropped * (whole - whole // 10)
        if self.drop:
            tens, rest = divmod(count, self.nominal * 600 - 9 * dropped)
            minute = max(0, rest - dropped) // (self.nominal * 60 - dropped)
            count += dropped * (9 * tens + minute)
        count, frames = divmod(count, self.nominal)
        count, seconds = divmod(count, 60)
        hours, minutes = divmod(count, 60)
        return hours % 24, minutes, seconds, frames


def read_time_code(text: str, rate: Fraction | None) -> tuple[TimeCode | None, str]:
    """What a movie's tag (``01:00:00:10``, ``00:59:59;28``) says at its rate, and a warning (empty if all is well).

    ``;``, ``.`` and ``,`` before the frames mark drop-frame, which is of 29.97 and its multiples alone.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        return None, f"its time code '{text.strip()}' is not one; the layer has none."
    if rate is None:
        return (
            None,
            f"its time code {text.strip()} cannot be counted without a frame rate; the layer has none.",
        )
    hours, minutes, seconds, frames = (int(match.group(n)) for n in (1, 2, 3, 5))
    nominal = round(rate)
    marked = match.group(4) != ":"
    drop = marked and nominal % 30 == 0 and rate.denominator == 1001
    skipped = drop and seconds == 0 and minutes % 10 and frames < nominal // 15
    if nominal < 1 or hours > 23 or minutes > 59 or seconds > 59 or frames >= nominal or skipped:
        return (
            None,
            f"its time code {text.strip()} does not exist at {nominal} frames a second; the layer has none.",
        )
    code = TimeCode(hours, minutes, seconds, frames, nominal, drop)
    if marked and not drop:
        said = (
            f"its time code {text.strip()} is marked as drop-frame, which {nominal} frames a second have not"
        )
        return code, f"{said}; it is counted on without dropping."
    if code.sharing > 2:
        return code, f"at {nominal} frames a second, {code.sharing} frames share a time code."
    return code, ""


def said(packed: int, rate: Fraction) -> str:
    """A packed code at its rate as a movie's tag says it, ``00:59:59;28``; empty where that rate has no such code."""
    parts = ((24, 3), (16, 7), (8, 7), (0, 3))
    hours, minutes, seconds, frames = (
        (packed >> at & 0xF) + 10 * (packed >> at + 4 & tens) for at, tens in parts
    )
    frames *= TimeCode(0, 0, 0, 0, round(rate), False).sharing
    text = f"{hours:02}:{minutes:02}:{seconds:02}{';' if packed & _DROP else ':'}{frames:02}"
    code = read_time_code(text, rate)[0]
    return "" if code is None or code.drop != bool(packed & _DROP) else text


def pack_dpx(packed: int, rate: Fraction | None) -> int:
    """A DPX's time code, packed for EXR: above 30 frames a second its frames run to 59, where EXR has flags."""
    if rate is None or round(rate) <= _FASTEST:
        return packed
    hours, minutes, seconds, frames = (
        (packed >> shift & 0xF) + 10 * (packed >> shift + 4 & 0xF) for shift in (24, 16, 8, 0)
    )
    if frames >= round(rate) or seconds > 59 or minutes > 59 or hours > 23:
        return packed
    return TimeCode(hours, minutes, seconds, frames, round(rate), False).packed(0)[0]

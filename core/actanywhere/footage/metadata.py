"""The frame rate in a file's metadata."""

from __future__ import annotations

from fractions import Fraction
from typing import Any


def frame_rate(attributes: dict[str, Any]) -> Fraction | None:
    """Frames a second that a still's metadata says, or None."""
    value = attributes.get("framesPerSecond")
    if isinstance(value, tuple) and len(value) == 2 and value[1]:
        return Fraction(int(value[0]), int(value[1]))
    for name in ("framesPerSecond", "dpx:FrameRate", "dpx:TemporalFrameRate"):
        rate = attributes.get(name)
        if isinstance(rate, (int, float)) and 0.01 < rate < 1000:  # FFmpeg's DPX say what lay in memory
            return rational_rate(rate)
    return None


def rational_rate(rate: float | Fraction) -> Fraction:
    """23.976 as 24000/1001, and so on; whole rates stay whole."""
    exact = Fraction(rate).limit_denominator(100000)
    ntsc = Fraction(round(float(rate) * 1.001) * 1000, 1001)
    return ntsc if exact.denominator != 1 and abs(float(exact - ntsc)) < 2e-3 else exact

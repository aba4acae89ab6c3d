"""Which steps guidance leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Time = TypeVar("Time")


def middle(times: Sequence[Time], share: float) -> Sequence[Time]:
    """The ``share`` of the steps' ``times`` that lies in the middle, rounded to whole steps.

    At the noisiest steps guidance narrows what can come, at the last it changes nothing any more (Kynkaanniemi et al.,
    2024).
    """
    count = round(share * len(times))
    first = (len(times) - count) // 2
    return times[first : first + count]

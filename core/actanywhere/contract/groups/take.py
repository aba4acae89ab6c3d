"""The settings of a take: its seed, and whether it is a preview."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import switch, whole


@dataclass(frozen=True)
class TakeSettings:
    """Which take it is."""

    seed: int = whole(
        0,
        "The same seed gives the same layer; another seed gives another take.",
        minimum=0,
        maximum=2**31 - 1,
        group="take",
    )
    preview: bool = switch(
        False,
        "A rough take in a fraction of the time, to check the set-up: fewer steps and no guidance. It does not speed "
        "up the starter, which paints in one step.",
        group="take",
    )

"""Which take it is."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import switch, whole

__all__ = ["TakeSettings"]


@dataclass(frozen=True)
class TakeSettings:
    """Which take it is."""

    seed: int = whole(
        0,
        "The same seed gives the same layer; another one gives another take.",
        minimum=0,
        maximum=2**31 - 1,
        group="take",
    )
    preview: bool = switch(
        False,
        "Fewer steps and no guidance: a rough take in a fraction of the time, to judge the set-up by. The starter "
        "paints in one step anyway.",
        group="take",
    )

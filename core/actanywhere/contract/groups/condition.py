"""Who else is in the condition picture."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import text

__all__ = ["ConditionSettings"]


@dataclass(frozen=True)
class ConditionSettings:
    """Who else is in the condition picture."""

    condition_box: str = text(
        "",
        "Who else is in the condition picture and is to go: a box around them, x,y,width,height in its pixels from the "
        "upper left corner; several are divided by a semicolon. It goes before everything that is found.",
        group="condition",
    )
    condition_point: str = text(
        "",
        "The same by a point on them: x,y in pixels of the condition picture; several are divided by a semicolon.",
        group="condition",
    )

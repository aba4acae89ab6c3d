"""The settings of who is removed from the condition picture."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import text


@dataclass(frozen=True)
class ConditionSettings:
    """Who else is in the condition picture."""

    condition_box: str = text(
        "",
        "A box around another person (or thing) in the condition picture that is to be removed: x,y,width,height in "
        "pixels from its upper left corner. Separate several boxes with semicolons. It overrides what is found "
        "automatically.",
        group="condition",
    )
    condition_point: str = text(
        "",
        "A point on another person (or thing) in the condition picture that is to be removed: x,y in pixels from its "
        "upper left corner. Separate several points with semicolons.",
        group="condition",
    )

"""The frame range: the input's, the project's, or a custom one."""

from __future__ import annotations

from typing import Optional, Tuple

from ..contract.errors import JobError
from ..contract.shot import FrameRange

__all__ = ["RANGES", "beyond", "choose_range", "condition_frame"]

#: What the knob ``range`` offers.
RANGES = ("input", "global", "custom")

#: First and last frame, both included.
Span = Tuple[int, int]


def choose_range(choice: str, of_input: Optional[Span], of_project: Span, own: Span) -> FrameRange:
    """The frames to render. Raises ``JobError`` when the choice gives none, or ends before it begins."""
    if choice == "input":
        if of_input is None:
            raise JobError(
                "The plate input has no frame range.", "Connect the plate, or choose another range."
            )
        return FrameRange(*of_input)
    if choice == "global":
        return FrameRange(*of_project)
    if choice == "custom":
        return FrameRange(*own)
    raise JobError(f"'{choice}' is not a range.", f"Choose one of: {', '.join(RANGES)}.")


def beyond(frames: FrameRange, of_input: Optional[Span]) -> str:
    """What to tell of frames that the plate has not: Nuke repeats its first or last picture there. Empty if none."""
    if of_input is None or (of_input[0] <= frames.first and frames.last <= of_input[1]):
        return ""
    return (
        f"The frames {frames} go beyond the plate's {of_input[0]}-{of_input[1]}: "
        "Nuke repeats its first or last picture there."
    )


def condition_frame(own: Optional[int], frames: FrameRange) -> int:
    """The frame at which the condition's branch is rendered: the artist's, else the first of the range."""
    return frames.first if own is None else own

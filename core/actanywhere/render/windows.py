"""A long shot in overlapping windows.

Windows follow one another. Each takes the last frames of the one before it as known, so that the picture goes on;
what was painted once is never painted again. So memory does not grow, finished frames can be written at once,
and the frames of a shot do not depend on how far the shot goes on.
"""

from __future__ import annotations

from ..contract.errors import JobError
from ..engines.protocol import Window


def plan_windows(frames: int, length: int, overlap: int) -> list[Window]:
    """Windows of ``length`` over ``frames``; each begins ``overlap`` before the end of the one before it.

    The last one ends with the shot and may know more. Raises ``JobError`` when the overlap leaves nothing new.
    """
    if overlap >= length:
        raise JobError(
            f"An overlap of {overlap} frames leaves nothing of the model's window of {length}.",
            f"Choose an overlap below {length}.",
        )
    windows = [Window(0, min(length, frames), 0)]
    while (done := windows[-1].last) < frames:
        last = min(done - overlap + length, frames)
        windows.append(Window(last - length, last, done - (last - length)))
    return windows

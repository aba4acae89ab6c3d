"""How far a job is, in one line."""

from __future__ import annotations

from ..contract.job import Progress

__all__ = ["clock", "message"]


def message(progress: Progress) -> str:
    """``painting 12 of 40 steps, 1:05 left``."""
    parts = [progress.stage]
    if progress.total:
        parts = ["%s %d of %d %s" % (progress.stage, progress.done, progress.total, progress.unit)]
    if progress.seconds_left is not None:
        parts.append("%s left" % clock(progress.seconds_left))
    return ", ".join(parts)


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any."""
    whole = int(round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return "%d:%02d:%02d" % (hours, minutes, rest) if hours else "%d:%02d" % (minutes, rest)

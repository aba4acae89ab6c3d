"""What was measured, as a table for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Sequence

from .shots import ShotRow
from .tracks import TrackRow

__all__ = ["shot_table", "track_table"]


def track_table(rows: Sequence[TrackRow]) -> str:
    """One line for each contender's measure; ratios above 1 are in our favour."""
    head = (
        "frames",
        "size",
        "ours",
        "peer",
        "ours s",
        "peer s",
        "wall x",
        "cpu x",
        "ours/peak",
        "peer/peak",
        "error",
    )
    return _table(head, [_track_cells(row) for row in rows])


def _track_cells(row: TrackRow) -> tuple[str, ...]:
    error = "-" if row.error is None else "%.1e %s" % (row.error, "ok" if row.passed else "FAIL")
    return (
        str(row.frames),
        "%dx%d" % (row.width, row.height),
        row.ours,
        row.peer,
        "%.2f" % row.our_wall,
        "%.2f" % row.peer_wall,
        "%.2f" % row.ratio_wall,
        "%.2f" % row.ratio_cpu,
        "%.0f %%" % (100 * row.our_share),
        "%.0f %%" % (100 * row.peer_share),
        error,
    )


def shot_table(rows: Sequence[ShotRow]) -> str:
    """One line for each shot."""
    head = ("frames", "seconds", "a frame", "cpu s", "first frame", "peak MiB")
    cells = [
        (
            str(row.frames),
            "%.1f" % row.seconds,
            "%.2f" % row.seconds_a_frame,
            "%.1f" % row.cpu_seconds,
            "%.1f" % row.cold_start,
            "%.0f" % row.peak_mib,
        )
        for row in rows
    ]
    return _table(head, cells)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)
    )

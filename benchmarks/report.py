"""What was measured, as a table for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Sequence

from .matte import MatteRow
from .shots import ShotRow
from .tracks import TrackRow

__all__ = ["matte_table", "shot_table", "track_table"]


def matte_table(rows: Sequence[MatteRow]) -> str:
    """One line for each shot."""
    head = ("shot", "frames", "J", "worst", "s/frame", "peak MiB")
    cells = [
        (
            row.shot,
            str(row.frames),
            f"{row.overlap:.3f}",
            f"{row.worst:.3f}",
            f"{row.seconds:.2f}",
            f"{row.peak_mib:.0f}",
        )
        for row in rows
    ]
    return _table(head, cells)


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
    error = "-" if row.error is None else "{:.1e} {}".format(row.error, "ok" if row.passed else "FAIL")
    return (
        str(row.frames),
        f"{row.width}x{row.height}",
        row.ours,
        row.peer,
        f"{row.our_wall:.2f}",
        f"{row.peer_wall:.2f}",
        f"{row.ratio_wall:.2f}",
        f"{row.ratio_cpu:.2f}",
        f"{100 * row.our_share:.0f} %",
        f"{100 * row.peer_share:.0f} %",
        error,
    )


def shot_table(rows: Sequence[ShotRow]) -> str:
    """One line for each shot."""
    head = ("frames", "seconds", "a frame", "cpu s", "first frame", "peak MiB")
    cells = [
        (
            str(row.frames),
            f"{row.seconds:.1f}",
            f"{row.seconds_a_frame:.2f}",
            f"{row.cpu_seconds:.1f}",
            f"{row.cold_start:.1f}",
            f"{row.peak_mib:.0f}",
        )
        for row in rows
    ]
    return _table(head, cells)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)
    )

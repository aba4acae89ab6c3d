"""Figures of many shots in one table: CSV for machines, Markdown and plain text for people."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Figures", "group_of", "in_columns", "medians", "to_csv", "to_markdown"]


@dataclass(frozen=True)
class Figures:
    """One method on one shot; ``values`` by the measure's name, None where it says nothing."""

    shot: str
    method: str
    values: dict[str, float | None]


def group_of(method: str) -> str:
    """Several results of one method count as one: ``authors`` for ``authors2``."""
    return re.sub(r"\d+$", "", method)


def medians(rows: Sequence[Figures]) -> list[Figures]:
    """For every method the median of each measure over its results, in the order of first appearance.

    ``shot`` says how many results there are.
    """
    groups: dict[str, list[Figures]] = {}
    for row in rows:
        groups.setdefault(group_of(row.method), []).append(row)
    return [
        Figures(str(len(members)), method, {name: _median(members, name) for name in members[0].values})
        for method, members in groups.items()
    ]


def _median(rows: Sequence[Figures], name: str) -> float | None:
    values = [value for row in rows if (value := row.values.get(name)) is not None]
    return float(np.median(values)) if values else None


def to_csv(rows: Sequence[Figures]) -> str:
    """A header and a line for each; an empty cell where a measure says nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["shot", "method", *rows[0].values])
    for row in rows:
        cells = ["" if value is None else f"{value:.4f}" for value in row.values.values()]
        writer.writerow([row.shot, row.method, *cells])
    return text.getvalue()


def to_markdown(rows: Sequence[Figures], first: str = "shot") -> str:
    """A table in Markdown."""
    cells = _cells(rows, first)
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    ruler = "|---|---|" + "---:|" * (len(cells[0]) - 2)
    return "\n".join([lines[0], ruler, *lines[1:]])


def in_columns(rows: Sequence[Figures], first: str = "shot") -> str:
    """The table as plain text, figures to the right."""
    cells = _cells(rows, first)
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def _cells(rows: Sequence[Figures], first: str) -> list[list[str]]:
    header = [first, "method", *(name.replace("_", " ") for name in rows[0].values)]
    return [header, *([row.shot, row.method, *map(_shown, row.values.values())] for row in rows)]


def _shown(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"

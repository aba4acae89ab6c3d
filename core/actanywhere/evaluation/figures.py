"""Figures of many shots in one table: CSV for machines, Markdown and plain text for people."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Figures:
    """One method on one shot; ``values`` by the measure's name, None where it says nothing."""

    shot: str
    method: str
    values: dict[str, float | None]


def groups_of(methods: Iterable[str]) -> dict[str, str]:
    """The name under which each method counts: ``authors1`` and ``authors2`` as ``authors``, but ``gen1`` as it is."""
    names = dict.fromkeys(methods)
    stems = {name: re.sub(r"\d+$", "", name) for name in names}
    shared = Counter(stems.values())
    return {name: stem if shared[stem] > 1 else name for name, stem in stems.items()}


def medians(rows: Sequence[Figures]) -> list[Figures]:
    """For every method the median of each measure over its results, in the order of first appearance.

    ``shot`` says how many results there are.
    """
    return _summed_up(rows, np.median)


def means(rows: Sequence[Figures]) -> list[Figures]:
    """As ``medians``, the mean."""
    return _summed_up(rows, np.mean)


def _summed_up(rows: Sequence[Figures], how: Callable[[list[float]], Any]) -> list[Figures]:
    names = groups_of(row.method for row in rows)
    groups: dict[str, list[Figures]] = {}
    for row in rows:
        groups.setdefault(names[row.method], []).append(row)
    made = []
    for method, members in groups.items():
        known = {
            name: [value for row in members if (value := row.values[name]) is not None]
            for name in members[0].values
        }
        values = {name: float(how(values)) if values else None for name, values in known.items()}
        made.append(Figures(str(len(members)), method, values))
    return made


def gains(rows: Sequence[Figures], method: str) -> list[Figures]:
    """How much higher ``method`` is than every other one: the mean of the differences, shot by shot.

    ``shot`` says how many shots both were measured on.
    """
    ours = {row.shot: row for row in rows if row.method == method}
    others = dict.fromkeys(row.method for row in rows if row.method != method)
    made = []
    for other in others:
        pairs = [(ours[row.shot], row) for row in rows if row.method == other and row.shot in ours]
        names = pairs[0][0].values if pairs else {}
        values = {name: _mean_difference(pairs, name) for name in names}
        made.append(Figures(str(len(pairs)), f"{method} - {other}", values))
    return made


def _mean_difference(pairs: Sequence[tuple[Figures, Figures]], name: str) -> float | None:
    both = [(one.values[name], other.values[name]) for one, other in pairs]
    apart = [a - b for a, b in both if a is not None and b is not None]
    return float(np.mean(apart)) if apart else None


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

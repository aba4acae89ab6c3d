"""What a benchmark returns, and the files and table that all of them are written as."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

__all__ = ["Figure", "Record", "put_into", "to_markdown", "write"]

_BEGIN, _END = "<!-- by python -m benchmarks --readme -->", "<!-- until here -->"


@dataclass(frozen=True)
class Figure:
    """One number with its unit; ``plotted``: the picture shows it too, ``detail``: it is in the JSON alone."""

    name: str
    value: float | None
    unit: str = ""
    plotted: bool = False
    detail: bool = False


@dataclass(frozen=True)
class Record:
    """One line of a benchmark, which ``command`` does again.

    ``peer`` is whom it is held against, with its version; ``passed`` is false where a gate was missed.
    """

    benchmark: str
    name: str
    figures: tuple[Figure, ...]
    command: str
    machine: dict[str, str]
    peer: str = ""
    passed: bool = True


def to_markdown(records: Sequence[Record]) -> str:
    """A table for each benchmark under its command, on each machine."""
    parts = []
    for (name, command, peer), group in groupby(records, lambda one: (one.benchmark, one.command, one.peer)):
        rows = list(group)
        against = f", against {peer}" if peer else ""
        parts.append(f"**{name}** (`{command}`{against})\n\n{_table(rows)}")
    told = records[0].machine.items()
    machine = ", ".join(value if key == "machine" else f"{key} {value}" for key, value in told)
    return "\n\n".join([*parts, f"Machine: {machine}."]) + "\n"


def write(records: Sequence[Record], folder: Path) -> None:
    """``benchmarks.json``, ``benchmarks.md``, and a PNG of each benchmark in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    data = [dataclasses.asdict(one) for one in records]
    (folder / "benchmarks.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    (folder / "benchmarks.md").write_text(to_markdown(records), encoding="utf-8")
    for name, group in groupby(records, lambda one: one.benchmark):
        _plot(name, list(group), folder / f"{name}.png")


def put_into(page: Path, records: Sequence[Record]) -> None:
    """The tables in place of those between the marks of a Markdown page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not end:
        raise SystemExit(f"{page} has no lines '{_BEGIN}' and '{_END}'.")
    page.write_text(f"{before}{begin}\n\n{to_markdown(records)}\n{end}{after}", encoding="utf-8")


def _table(rows: Sequence[Record]) -> str:
    told = [{_head(one): _shown(one.value) for one in row.figures if not one.detail} for row in rows]
    heads = dict.fromkeys(head for cells in told for head in cells)
    lines = [["", *heads], ["---", *["---:"] * len(heads)]]
    for row, cells in zip(rows, told, strict=True):
        title = row.name if row.passed else f"{row.name} **FAILED**"
        lines.append([title, *(cells.get(head, "") for head in heads)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _head(figure: Figure) -> str:
    return f"{figure.name}, {figure.unit}" if figure.unit else figure.name


def _shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _plot(name: str, rows: Sequence[Record], path: Path) -> None:
    """Bars of what is plotted; where that is two figures of every row, one against the other."""
    shown = [[one for one in row.figures if one.plotted and one.value is not None] for row in rows]
    picture, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    if all(len(figures) == 2 for figures in shown):
        for row, (across, up) in zip(rows, shown, strict=True):
            place = across.value or 0, up.value or 0
            axes.plot(*place, "o")
            axes.annotate(row.name, place, xytext=(5, 4), textcoords="offset points")
        axes.set(xlabel=_head(shown[0][0]), ylabel=_head(shown[0][1]))
        axes.margins(0.2)
    else:
        bars = [(row.name, one) for row, figures in zip(rows, shown, strict=True) for one in figures]
        drawn = axes.barh([title for title, _ in bars], [one.value or 0 for _, one in bars])
        axes.bar_label(drawn, [_shown(one.value) for _, one in bars], padding=3)
        axes.margins(x=0.12)
        axes.invert_yaxis()
        axes.set_xlabel(", ".join(dict.fromkeys(_head(one) for _, one in bars)))
    axes.set_title(f"{rows[0].command}\n{rows[0].machine.get('machine', '')}", fontsize=9)
    picture.savefig(path, dpi=100)
    plt.close(picture)

"""The loss curve of a run: ``curve.csv`` and ``curve.png``."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator
from numpy.typing import NDArray

from ..contract.errors import OutputError
from ..review.contact_sheet import write_png

#: Where the held-out loss is measured: see ``held_out``.
REGIONS = ("known", "unknown", "effect")

_COLUMNS = ("step", "loss", "rate", *REGIONS)
Row = dict[str, float]


class Curve:
    """``loss`` and learning ``rate`` of every step, and the held-out losses of those at which they were measured.

    Step 0 is what the run began with: it has held-out losses alone.

    Opened at a step, it forgets later ones: a killed run had got further than its last saved state. Raises
    ``OutputError`` when the disk is full.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / "curve.csv"
        found = _read(self._path)
        self.rows = [row for row in found if row["step"] <= step]
        self._write(self._path.with_suffix(".new"), "w", [dict(zip(_COLUMNS, _COLUMNS, strict=True))])
        self._write(self._path.with_suffix(".new"), "a", [_text(row) for row in self.rows])
        os.replace(self._path.with_suffix(".new"), self._path)

    def add(self, row: Row) -> None:
        """Append a step."""
        self.rows.append(row)
        self._write(self._path, "a", [_text(row)])

    def held_out(self) -> Row:
        """The held-out losses that were measured last, by region; empty when none were."""
        for row in reversed(self.rows):
            if any(region in row for region in REGIONS):
                return {region: row[region] for region in REGIONS if region in row}
        return {}

    def began_with(self) -> Row:
        """The held-out losses before the first step, by region; empty when they were not measured."""
        return {r: row[r] for row in self.rows if row["step"] == 0 for r in REGIONS if r in row}

    def draw(self) -> None:
        """Draw ``curve.png`` again."""
        write_png(self._path.with_suffix(".png"), draw_curve(self.rows))

    def _write(self, path: Path, mode: str, rows: list[dict[str, str]]) -> None:
        try:
            with path.open(mode, newline="") as stream:
                csv.DictWriter(stream, _COLUMNS).writerows(rows)
        except OSError as error:
            raise _full(path, error) from error


def _full(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} could not be written: {error.strerror}.",
        "Free some space and give the same command again; the last good state is kept.",
    )


def _read(path: Path) -> list[Row]:
    if not path.exists():
        return []
    rows = []
    with path.open(newline="") as stream:
        for line in csv.DictReader(stream):
            try:
                rows.append({key: float(text) for key, text in line.items() if key in _COLUMNS and text})
            except ValueError:
                continue  # a kill while it was written leaves half a line
    return [row for row in rows if {"step", "loss"} <= row.keys() or row.get("step") == 0]


def _text(row: Row) -> dict[str, str]:
    forms = {"step": "%d", "rate": "%.3e"}
    return {key: forms.get(key, "%.6f") % value for key, value in row.items()}


_SIZE, _DPI = (9.0, 4.2), 100
_PAPER, _GRID, _INK, _FAINT = "#1c1c1c", "#3c3c3c", "#ebebeb", "#6e6e6e"
_TINTS = {"known": "#78c878", "unknown": "#eb9646", "effect": "#6ea0fa"}


def draw_curve(rows: list[Row]) -> NDArray[np.uint8]:
    """The curve (h, w, 3) RGB: loss over steps, logarithmic; each step faint, its running mean and held-out bright."""
    figure = Figure(_SIZE, _DPI, facecolor=_PAPER, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor=_PAPER)
    axes.set(yscale="log", xlabel="step")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(True, color=_GRID, linewidth=0.6)
    axes.tick_params(colors=_FAINT)
    axes.xaxis.label.set_color(_FAINT)
    axes.spines[:].set_visible(False)
    steps = _line(rows, "loss")
    if len(steps):
        axes.plot(*steps.T, color=_FAINT, linewidth=0.8, label="each step")
        _plot(axes, "training", _smooth(steps), _INK)
    for region in REGIONS:
        if len(line := _line(rows, region)):
            _plot(axes, region, line, _TINTS[region], marker="o")
    if axes.lines:
        lines = [line for line in axes.lines if line.get_label() != "each step"]
        bright = np.concatenate([np.asarray(line.get_ydata()) for line in lines])
        axes.set_ylim(bright.min() * 0.8, bright.max() * 1.4)
        axes.legend(
            loc="upper left", bbox_to_anchor=(1, 1), frameon=False, labelcolor="linecolor", handlelength=0
        )
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib has no types of it
    return np.array(canvas.buffer_rgba(), np.uint8)[..., :3]  # type: ignore[no-untyped-call]


def _plot(axes: Axes, name: str, line: NDArray[np.float64], colour: str, marker: str = "") -> None:
    """A bright line with its last value beside its name."""
    label = f"{name}  {line[-1, 1]:.3f}"
    axes.plot(*line.T, color=colour, linewidth=2, marker=marker, markersize=4, label=label)


def _line(rows: list[Row], key: str) -> NDArray[np.float64]:
    """(N, 2): step and a figure."""
    return np.array([(row["step"], max(row[key], 1e-6)) for row in rows if key in row])


def _smooth(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over about a fortieth of the run, before and after each step; shorter at both ends."""
    reach = max(1, len(line) // 80)
    summed = np.concatenate([[0.0], np.cumsum(line[:, 1])])
    first = np.maximum(np.arange(len(line)) - reach, 0)
    last = np.minimum(np.arange(len(line)) + reach + 1, len(line))
    return np.stack([line[:, 0], (summed[last] - summed[first]) / (last - first)], 1)

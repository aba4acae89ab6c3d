"""The curve of a run: a line a step in ``curve.csv``, and a picture of it in ``curve.png``."""

from __future__ import annotations

import csv
import math
import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import OutputError

__all__ = ["REGIONS", "Curve", "draw_curve"]

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
        """Draw ``curve.png`` anew."""
        write_picture(self._path.with_suffix(".png"), draw_curve(self.rows))

    def _write(self, path: Path, mode: str, rows: list[dict[str, str]]) -> None:
        try:
            with path.open(mode, newline="") as stream:
                csv.DictWriter(stream, _COLUMNS).writerows(rows)
        except OSError as error:
            raise _full(path, error) from error


def write_picture(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Write a PNG that appears when it is whole. Raises ``OutputError``."""
    data = cv2.imencode(".png", rgb[..., ::-1])[1].tobytes()
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(data)
        os.replace(fresh, path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
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


# -- the picture ---------------------------------------------------------------------------------------------

_HEIGHT, _WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 420, 900, 60, 130, 20, 40
_PAPER, _GRID, _INK, _FAINT = (28,) * 3, (60,) * 3, (235,) * 3, (110,) * 3
_TINTS = {"known": (120, 200, 120), "unknown": (235, 150, 70), "effect": (110, 160, 250)}


def draw_curve(rows: list[Row]) -> NDArray[np.uint8]:
    """The curve (h, w, 3) RGB: loss over steps, logarithmic; each step faint, its running mean and held-out bright."""
    paper = np.full((_HEIGHT, _WIDTH, 3), _PAPER, np.uint8)
    if not rows:
        return paper
    lines = {"each step": _line(rows, "loss")}
    if not len(lines["each step"]):
        return paper
    lines["training"] = _smooth(lines["each step"])
    lines |= {region: _line(rows, region) for region in REGIONS if any(region in row for row in rows)}
    values = np.concatenate([line[:, 1] for line in lines.values()])
    low, high = float(np.quantile(values, 0.005)), float(np.quantile(values, 0.995))
    low, high = low - 0.05, max(high, low + 0.1) + 0.05
    last = max(float(rows[-1]["step"]), 2.0)
    _draw_grid(paper, low, high, last)
    for number, (name, line) in enumerate(lines.items()):
        tint = _TINTS.get(name, _FAINT if name == "each step" else _INK)
        x = _LEFT + line[:, 0] / last * (_WIDTH - _LEFT - _RIGHT)
        y = _HEIGHT - _BOTTOM - (line[:, 1] - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
        points = np.stack([x, np.clip(y, _TOP, _HEIGHT - _BOTTOM)], 1)
        fixed = np.round(points * 16).astype(np.int32)
        cv2.polylines(paper, [fixed], False, tint, 1 if name == "each step" else 2, cv2.LINE_AA, 4)
        if name in REGIONS:
            for place in points.round().astype(int):
                cv2.circle(paper, (int(place[0]), int(place[1])), 3, tint, -1, cv2.LINE_AA)
        _put(paper, name, _WIDTH - _RIGHT + 12, _TOP + 14 + 22 * number, tint)
        if name != "each step":
            _put(paper, f"{10 ** line[-1, 1]:.3f}", _WIDTH - 50, _TOP + 14 + 22 * number, tint)
    return paper


def _line(rows: list[Row], key: str) -> NDArray[np.float64]:
    """(N, 2): step and the logarithm of a figure."""
    return np.array([(row["step"], math.log10(max(row[key], 1e-6))) for row in rows if key in row])


def _smooth(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over about a fortieth of the run, before and after each step; shorter at both ends."""
    reach = max(1, len(line) // 80)
    summed = np.concatenate([[0.0], np.cumsum(10 ** line[:, 1])])
    first = np.maximum(np.arange(len(line)) - reach, 0)
    last = np.minimum(np.arange(len(line)) + reach + 1, len(line))
    return np.stack([line[:, 0], np.log10((summed[last] - summed[first]) / (last - first))], 1)


def _draw_grid(paper: NDArray[np.uint8], low: float, high: float, last: float) -> None:
    right, floor = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    for value in (m * 10.0**e for e in range(-6, 3) for m in (1, 2, 5)):
        share = (math.log10(value) - low) / (high - low)
        if 0 <= share <= 1:
            y = round(floor - share * (floor - _TOP))
            cv2.line(paper, (_LEFT, y), (right, y), _GRID, 1)
            _put(paper, f"{value:g}", 8, y + 5, _FAINT)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = round(_LEFT + share * (right - _LEFT))
        cv2.line(paper, (x, _TOP), (x, floor), _GRID, 1)
        _put(paper, f"{last * share:.0f}", x - 12, floor + 20, _FAINT)
    _put(paper, "step", right + 40, floor + 20, _FAINT)


def _put(paper: NDArray[np.uint8], text: str, left: int, baseline: int, ink: tuple[int, ...]) -> None:
    cv2.putText(paper, text, (left, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.45, ink, 1, cv2.LINE_AA)

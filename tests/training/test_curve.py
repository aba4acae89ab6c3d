"""The curve of a run: a line a step, also after a kill, and a picture of it."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.training.curve import Curve, draw_curve


def _rows(count: int) -> list[dict[str, float]]:
    """Falling losses; every tenth step was looked at."""
    rows: list[dict[str, float]] = [{"step": n, "loss": 1.0 / n, "rate": 1e-3} for n in range(1, count + 1)]
    for row in rows[9::10]:
        row |= {"known": 0.5 / row["step"], "unknown": 2 / row["step"], "effect": 4 / row["step"]}
    return rows


def _write(folder: Path, rows: list[dict[str, float]], step: int = 0) -> Curve:
    curve = Curve(folder, step)
    for row in rows:
        curve.add(row)
    return curve


def _steps(folder: Path) -> list[int]:
    with (folder / "curve.csv").open() as stream:
        return [int(line["step"]) for line in csv.DictReader(stream)]


def test_every_step_is_a_line_and_a_run_that_goes_on_adds_to_it(tmp_path: Path) -> None:
    rows = _rows(12)
    _write(tmp_path, rows[:10])
    _write(tmp_path, rows[10:], step=10)
    assert _steps(tmp_path) == list(range(1, 13))
    for found, row in zip(Curve(tmp_path, 12).rows, rows, strict=True):
        assert found == pytest.approx(row, abs=1e-6)


def test_steps_that_a_killed_run_lost_with_its_state_leave_the_curve(tmp_path: Path) -> None:
    _write(tmp_path, _rows(9))
    with (tmp_path / "curve.csv").open("a") as stream:
        stream.write("10,0.1")  # the kill came while the line was written
        stream.write("x,")
    _write(tmp_path, _rows(9)[6:], step=6)
    assert _steps(tmp_path) == list(range(1, 10))


def test_the_last_held_out_losses_are_remembered(tmp_path: Path) -> None:
    assert _write(tmp_path, _rows(9)).held_out() == {}
    _write(tmp_path, _rows(29)[9:], step=9)
    assert Curve(tmp_path, 29).held_out() == pytest.approx({"known": 0.025, "unknown": 0.1, "effect": 0.2})


def test_a_curve_without_held_out_losses_gains_them_when_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text("step,loss,rate\n1,0.5,1e-3\n")
    _write(tmp_path, [{"step": 2, "loss": 0.4, "rate": 1e-3, "known": 0.1}], step=1)
    assert Curve(tmp_path, 2).held_out() == {"known": 0.1} and _steps(tmp_path) == [1, 2]


def test_the_picture_shows_each_line_in_its_colour_and_falls_with_the_loss(tmp_path: Path) -> None:
    _write(tmp_path, _rows(60)).draw()
    picture = cv2.imread(str(tmp_path / "curve.png"))
    assert picture is not None
    seen = {tuple(colour) for colour in np.unique(picture.reshape(-1, 3), axis=0)[:, ::-1].tolist()}
    assert {(120, 200, 120), (235, 150, 70), (110, 160, 250), (235, 235, 235)} <= seen
    y, x = np.nonzero((picture[:, 100:700] == 235).all(-1))
    assert y[x < 100].mean() < y[x > 500].mean() - 50


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_shortest_run_has_a_picture_too(count: int) -> None:
    assert draw_curve(_rows(count)).shape == draw_curve(_rows(30)).shape

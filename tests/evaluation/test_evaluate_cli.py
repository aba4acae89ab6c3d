"""``actanywhere evaluate`` from flags to tables and sheets, with a network that renders in a second."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere import cli
from actanywhere.footage import MovieWriter
from tests.footage.pictures import write_still
from tests.render.stage import stage_shot, texture, tiny_model

FLAGS = ["--device", "cpu", "--precision", "fp32", "--camera", "plate"]


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """One shot, panned, with the result of somebody else: the plate itself."""
    folder = tmp_path / "shots"
    staged = stage_shot(folder / "run", frames=6, pan=(2.0, 0.0), kind="png")
    write_still(folder / "run" / "condition.png", texture(np.random.default_rng(9), 80, 120), "uint16")
    (folder / "run" / "place.png").unlink()
    (folder / "run" / "reference").mkdir()
    with MovieWriter(str(folder / "run" / "reference" / "authors1.mov"), 24.0, 1.0) as movie:
        for plate in staged.plates.values():
            movie.write(plate)
    return folder


def evaluate(*words: str) -> int:
    return cli.main(["evaluate", "--model", str(tiny_model()), *FLAGS, *words])


def rows(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    return {(row["shot"], row["method"]): row for row in csv.DictReader(path.read_text().splitlines())}


def listing(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*")) if path.is_file()}


def test_one_command_makes_the_tables_and_the_sheets_and_uses_its_renders_again(
    tmp_path: Path, shots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert evaluate("--shots", str(shots), "--procedural", "1", "--output", str(output)) == 0
    said = capsys.readouterr().out
    assert "Shots: Medians" in said and "What ours gains" in said
    table = rows(output / "shots.csv")
    assert [method for _, method in table] == [
        "ours",
        "authors1",
        "still paste",
        "tracked card",
        "backdrop alone",
        "backdrop and shadow",
    ]
    assert float(table["run", "authors1"]["camera"]) == pytest.approx(1, abs=0.02)
    assert float(table["run", "tracked card"]["camera"]) > 0.9
    assert float(table["run", "still paste"]["camera"]) < 0.5
    assert float(table["run", "ours"]["subject_db"]) > 45
    assert float(table["run", "still paste"]["palette"]) > float(table["run", "authors1"]["palette"])
    assert len(rows(output / "truth.csv")) == 5
    assert "## Medians" in (output / "evaluation.md").read_text()
    for name in ("shots.png", "truth.png"):
        sheet = cv2.imread(str(output / name))
        assert sheet is not None and sheet.std() > 10

    renders = listing(output / "renders")
    assert any(path.endswith(".exr") for path in renders)
    assert evaluate("--shots", str(shots), "--output", str(output), "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    stages = [e["progress"]["stage"] for e in events if e["event"] == "progress"]
    assert stages[0] == "starting" and "painting" not in stages
    counts = [(e["progress"]["done"], e["progress"]["total"]) for e in events if e["event"] == "progress"]
    assert [counts[at] for at, stage in enumerate(stages) if stage == "measuring"] == [
        (done, 6) for done in range(6)
    ]
    assert events[-1]["event"] == "evaluation"
    assert {row["method"] for row in events[-1]["rows"]} >= {"ours", "authors1", "tracked card"}
    assert listing(output / "renders") == renders
    assert evaluate("--shots", str(shots), "--output", str(output), "--quiet", "--seed", "1") == 0
    assert len(list((output / "renders").iterdir())) == 2, "another take is another render"


def test_a_dry_run_says_what_would_be_done_and_touches_nothing(
    tmp_path: Path, shots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = listing(tmp_path)
    assert (
        evaluate("--shots", str(shots), "--output", str(tmp_path / "out"), "--dry-run", "--frames", "4") == 0
    )
    said = capsys.readouterr().out
    assert "run: to render: 1001-1004" in said
    assert "results of others: authors1" in said
    assert str(tmp_path / "out" / "shots.csv") in said
    assert listing(tmp_path) == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to evaluate"),
        (["--shots", "nowhere"], "nowhere is not there"),
        (["--shots", ".", "--frames", "1"], "show no motion"),
        (
            ["--procedural", "2", "--shadow", "given"],
            "--shadow given cannot be used on clips with known truth",
        ),
        (["--procedural", "2", "--camera", "still"], "--camera still cannot be used"),
        (["--rendered", "clips", "--size", "320"], "--size cannot be used"),
        (
            ["--shots", ".", "--procedural", "1", "--size", "320", "--overlap", "2"],
            "--size, --overlap cannot",
        ),
        (["--procedural", "1", "--shadow-side", "1"], "Leave that out, or give --shots without --procedural"),
        (["--shots", ".", "--fvd", "i3d.pt"], "Give both --fvd FILE and --real DIR"),
        (["--procedural", "1", "--clip", "clip"], "Give --shots besides"),
        (["--shots", "."], "holds no shot"),
        (["--procedural", "1", "--pictures", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_evaluated_is_told_before_anything_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert evaluate(*words, "--output", "out") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_shots_settings_without_effect_are_refused(
    tmp_path: Path, shots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert evaluate("--shots", str(shots), "--shadow-density", "0.9", "--output", str(output)) == 2
    assert "shadow_density has no effect unless shadow is 'given'" in capsys.readouterr().err
    assert not output.exists()


def test_a_missing_encoder_is_told_before_anything_is_rendered(
    tmp_path: Path, shots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    assert evaluate("--shots", str(shots), "--output", str(output), "--clip", str(tmp_path / "clip")) == 2
    assert "has no config.json" in capsys.readouterr().err
    assert not (output / "renders").exists()

"""The selftest: one command, one folder that can be sent, with a verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actanywhere.cli import main
from actanywhere.engines.vace import VaceEngine
from actanywhere.evaluation.figures import Figures
from actanywhere.evaluation.selftest import modes_of, verdict
from tests.engines.vace import tiny_vace


@pytest.fixture(scope="module")
def vace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_vace.save(tiny_vace.pipeline(), tmp_path_factory.mktemp("vace") / "tiny-vace")


def test_every_mode_changes_only_what_the_engine_reads(vace: Path) -> None:
    engine = VaceEngine(vace)
    modes = modes_of(engine, 480)
    assert {"actor out", "band of 16 pixels", "shift 1", "draft"} <= {mode.name for mode in modes}
    assert next(m for m in modes if m.name == "band of 32 pixels").changes["band"] == pytest.approx(32 / 480)
    assert [mode.name for mode in modes_of(engine, 480, quick=True)] == ["as it comes", "actor out"]


def test_the_verdict_says_what_is_better_and_what_it_costs() -> None:
    def row(mode: str, background: float, borders: float | None) -> Figures:
        return Figures("3 clips", mode, {"background_db": background, "borders_db": borders})

    rows = [
        row("moved picture alone", 20, 12),
        row("as it comes", 22, 15),
        row("draft", 21.9, 14),
        row("shift 1", 20, 9),
    ]
    seconds = {"example": 60.0, "as it comes": 102.0, "draft": 20.4, "shift 1": 102.0}
    assert list(verdict(rows, seconds, 17)) == [
        "2.00 seconds a frame as it comes; the example took 60 seconds.",
        "borders: 15.0 dB, 3.0 dB better than the moved picture alone.",
        "background: 22.0 dB, 2.0 dB better than the moved picture alone.",
        "draft: no better and no worse than as it comes, in 0.2 times its time.",
        "shift 1: 2.0 dB worse than as it comes, in 1.0 times its time.",
    ]


def test_one_command_writes_a_folder_that_can_be_sent(
    vace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACTANYWHERE_CACHE", str(tmp_path / "cache"))
    words = ["selftest", "--model", str(vace), "--output", str(tmp_path / "out"), "--quick", "--frames", "5"]
    words += ["--size", "64", "--steps", "1", "--guidance", "1", "--device", "cpu", "--camera", "still"]
    assert main(words) == 0
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert told["model"] == "tiny-vace" and told["machine"]["gpu"] is None and told["versions"]["torch"]
    assert set(told["means"]) == {"moved picture alone", "as it comes", "actor out"}
    assert len(told["clips"]) == 9 and told["seconds"]["as it comes"] > 0
    assert any(line.startswith("memory plan") for line in told["plan"])
    assert (tmp_path / "out" / "sheet.png").stat().st_size > 10_000
    assert "# tiny-vace on no GPU" in (tmp_path / "out" / "report.md").read_text()
    assert "seconds a frame" in capsys.readouterr().out
    assert not (tmp_path / "out" / "work").exists()
    assert list((tmp_path / "out" / "example").glob("*.exr"))


def test_too_few_frames_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest", "--frames", "2"]) == 2
    assert "--frames 5" in capsys.readouterr().err

"""The test that an artist runs in a real Nuke, itself run in the stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nuke.conftest import SHIPPED
from tests.nuke.pythons import NUKES, oldest, python_of
from tests.nuke_standin import ON_PATH

SWITCH = "push $Nshow_layer_copy\npush $Ncomp_copy"
STEPS = ["footage", "script", "gizmo", "group", "take", "inputs", "layer", "again"]

START = """
import runpy, sys
sys.path.insert(0, {standin!r})
from tests.nuke_standin.session import SESSION
import nuke
SESSION.begin(gui=False)
SESSION.engine = [{engine!r}]
nuke.scriptClear() if SESSION.root else None
SESSION.root = nuke.Root()
sys.argv = {words!r}
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    assert SESSION.faults == [], SESSION.faults
"""


def smoke(plugin: Path, tmp_path: Path, *words: str) -> tuple[int, dict[str, object]]:
    """The exit status of smoke.py in the stand-in's ``nuke -t``, and its report."""
    report = tmp_path / "report.json"
    code = START.format(
        standin=str(ON_PATH),
        engine=sys.executable,
        words=[str(plugin / "smoke.py"), f"--report={report}", *words],
    )
    done = subprocess.run(
        [python_of(NUKES[oldest()]), "-W", "error", "-c", code],
        cwd=SHIPPED.parent,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
    )
    assert report.is_file(), done.stdout + done.stderr
    found = json.loads(report.read_text(encoding="utf-8"))
    assert json.loads(done.stdout[done.stdout.index("{\n") :]) == found, "it is printed, too"
    return done.returncode, found


def test_all_is_well_where_all_is_well(packed: Path, tmp_path: Path, engine: str) -> None:
    status, report = smoke(packed, tmp_path, f"--engine={engine}")
    steps = report["steps"]
    assert isinstance(steps, list)
    assert [step["step"] for step in steps] == STEPS, steps[-1]["found"]
    assert [step["step"] for step in steps if not step["ok"]] == []
    assert (status, report["ok"], report["nuke"]) == (0, True, "13.2v1"), "the stand-in's version"


def test_an_engine_that_is_not_there_is_the_step_that_failed(packed: Path, tmp_path: Path) -> None:
    status, report = smoke(packed, tmp_path, "--engine=/gone/bin/python")
    steps = report["steps"]
    assert isinstance(steps, list)
    assert (status, report["ok"], steps[-1]["step"]) == (1, False, "take")
    assert "/gone/bin/python" in steps[-1]["found"]


@pytest.mark.parametrize(
    ("old", "new", "step"),
    [
        ("raw true", "raw false", "inputs"),
        (SWITCH, "\n".join(reversed(SWITCH.split("\n"))), "layer"),
    ],
    ids=["a colour transform", "an output switch that is crossed"],
)
def test_it_would_see(old: str, new: str, step: str, packed: Path, tmp_path: Path, engine: str) -> None:
    spoilt = tmp_path / "spoilt"
    subprocess.run(["cp", "-r", str(packed), str(spoilt)], check=True)
    group = spoilt / "ActAnywhere.nk"
    text = group.read_text(encoding="utf-8")
    assert old in text
    group.write_text(text.replace(old, new), encoding="utf-8")
    _, report = smoke(spoilt, tmp_path, f"--engine={engine}")
    steps = report["steps"]
    assert isinstance(steps, list)
    assert not report["ok"] and steps[-1]["step"] == step, steps[-1]["found"]

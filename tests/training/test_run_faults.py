"""Runs that meet a disk that is really full, and a kill that is really a kill."""

from __future__ import annotations

import argparse
import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from actanywhere.contract.errors import OutputError
from actanywhere.engines.unet.model.checkpoint import load_model, save_model
from actanywhere.training import cli, flags
from actanywhere.training.state import load_state
from tests.conftest import Mount
from tests.engines.unet import tiny
from tests.training.tiny import run

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def disk(mount: Mount) -> Path:
    return mount("size=128m")


def _step(folder: Path) -> int:
    found = load_state(folder / "state")
    assert found is not None
    return int(found[1]["step"])


def _steps_of_the_curve(folder: Path) -> list[int]:
    try:
        with (folder / "curve.csv").open() as stream:
            return [int(row["step"]) for row in csv.DictReader(stream) if row["step"]]
    except (OSError, ValueError):
        return []


def _fill(disk: Path, leaving: int) -> Path:
    free = os.statvfs(disk)
    ballast = disk / "ballast"
    ballast.write_bytes(b"\0" * max(0, free.f_bavail * free.f_frsize - leaving))
    return ballast


@pytest.mark.parametrize("leaving", [0, 8192, 400_000])
def test_a_full_disk_stops_the_run_keeps_the_last_good_state_and_the_run_goes_on(
    disk: Path, tmp_path: Path, leaving: int
) -> None:
    """No room for a line of the curve, none for its picture, and none for the state."""
    folder = disk / "run"
    run(tiny.model(), folder, 1)
    ballast = _fill(disk, leaving)
    with pytest.raises(OutputError, match=r"(could not|cannot) be written: .*[Nn]o space left") as caught:
        run(tiny.model(), folder, 3)
    assert str(folder) in caught.value.message
    assert "give the same command again" in caught.value.remedy
    assert _step(folder) == 1
    load_model(folder / "model", torch.device("cpu"), torch.float32)
    ballast.unlink()
    assert len(run(tiny.model(), folder, 3)) == 2
    run(tiny.model(), tmp_path / "unbroken", 3)
    ours, theirs = load_state(folder / "state"), load_state(tmp_path / "unbroken" / "state")
    assert ours is not None and theirs is not None
    assert all(ours[0][name].equal(tensor) for name, tensor in theirs[0].items())
    assert _steps_of_the_curve(folder) == [1, 2, 3]


def _words(model: Path, output: Path) -> list[str]:
    sizes = "--clips 1 --frames 2 --side 32 --precision fp32 --workers 0 --steps 6 --save-minutes 0"
    return ["--from", str(model), "--output", str(output), *sizes.split()]


def test_the_same_command_goes_on_after_a_kill_as_if_nothing_had_been(tmp_path: Path) -> None:
    model = tmp_path / "finished"
    save_model(tiny.model(steps=2, guidance=1.0), model, torch.float32)
    killed, unbroken = tmp_path / "killed", tmp_path / "unbroken"
    environment = {**os.environ, "PYTHONPATH": str(_ROOT / "core"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "actanywhere", "train", *_words(model, killed)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while len(_steps_of_the_curve(killed)) < 3 and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 1 <= _step(killed) < 6
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the process that was killed had
    parser = argparse.ArgumentParser()
    flags.add_arguments(parser)
    for output in (killed, unbroken):
        assert cli.main(parser.parse_args(_words(model, output))) == 0
    torch.set_num_threads(threads)
    ours, theirs = load_state(killed / "state"), load_state(unbroken / "state")
    assert ours is not None and theirs is not None
    assert all(ours[0][name].equal(tensor) for name, tensor in theirs[0].items())
    assert (killed / "curve.csv").read_text() == (unbroken / "curve.csv").read_text()


def test_ctrl_c_ends_the_step_saves_it_and_says_how_to_go_on(tmp_path: Path) -> None:
    model, output = tmp_path / "finished", tmp_path / "run"
    save_model(tiny.model(steps=2, guidance=1.0), model, torch.float32)
    environment = {**os.environ, "PYTHONPATH": str(_ROOT / "core"), "OMP_NUM_THREADS": "1"}
    words = [*_words(model, output), "--steps", "100000", "--save-minutes", "60", "--workers", "1"]
    command = [sys.executable, "-m", "actanywhere", "train", *words]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 300
    while len(_steps_of_the_curve(output)) < 2 and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it could be stopped"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "The same command goes on from it." in told and "Traceback" not in told
    assert _step(output) == _steps_of_the_curve(output)[-1] >= 2

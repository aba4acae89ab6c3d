"""A batch in several workers: who renders what, what becomes of a worker that dies, and how many there is room for."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from actanywhere import cli
from actanywhere.cli import pool
from actanywhere.contract.errors import JobError
from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, ImageSequence, Matte, Shot

from .conftest import gone, write_list


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, double_python: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    room = ModuleType("actanywhere.render.preflight")  # without footage: nothing is refused
    room.preflight = lambda job, counted: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "actanywhere.render.preflight", room)
    return tmp_path


def _batch(
    capfd: pytest.CaptureFixture[str], folder: Path, names: list[str], *flags: str
) -> list[dict[str, Any]]:
    cli.main(["batch", str(write_list(folder / "shots.json", *names)), "--json", *flags])
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_two_workers_share_the_shots_and_the_table_keeps_the_order(
    here: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    names = ["steady-1", "good-1", "bad", "steady-2", "good-2"]
    lines = _batch(capfd, here, names, "--workers", "2")
    workers = {line["shot"]: line["result"]["versions"]["pid"] for line in lines if line["event"] == "result"}
    assert len(set(workers.values())) == 2 and workers["steady-1"] != workers["good-1"]
    shots = lines[-1]["shots"]
    assert [one["name"] for one in shots] == names
    assert [one["status"] for one in shots] == ["finished", "finished", "failed", "finished", "finished"]
    stages = [line["progress"]["stage"] for line in lines if line["event"] == "progress"]
    checks = ["starting", *["checking the shots"] * len(names)]
    assert stages[: len(checks) + 2] == [*checks, *["starting the engine"] * 2], (
        "nothing is silent until the engines answer"
    )
    mixed = [line["shot"] for line in lines if line["event"] == "progress"]
    first = mixed.index("good-1")
    assert "steady-1" in mixed[first:], "both were rendering at the same time"


@pytest.mark.parametrize("count", ["1", "2"])
def test_the_shot_of_a_worker_that_died_is_begun_once_more_and_told(
    here: Path,
    capfd: pytest.CaptureFixture[str],
    count: str,
) -> None:
    lines = _batch(capfd, here, ["faint", "die", "good"], "--workers", count)
    assert [one["status"] for one in lines[-1]["shots"]] == ["finished", "failed", "finished"]
    told = [line["text"] for line in lines if line["event"] == "note" and "begun once more" in line["text"]]
    assert [text.split(":")[0] for text in sorted(told)] == ["die", "faint"]


def test_several_graphics_cards_are_shared_out(
    here: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert pool.graphics_cards() == ["3", "5"]
    lines = _batch(capfd, here, ["steady-1", "steady-2"], "--workers", "2")
    cards = {line["result"]["versions"]["card"] for line in lines if line["event"] == "result"}
    assert cards == {"3", "5"}


@pytest.mark.parametrize("shown", ["", "-1"])
def test_cards_that_are_hidden_are_not_used(monkeypatch: pytest.MonkeyPatch, shown: str) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
    assert pool.graphics_cards() == []


def test_ctrl_c_stops_every_worker_and_leaves_the_rest_out(here: Path) -> None:
    shots = write_list(here / "shots.json", "slow-1", "slow-2", "slow-3")
    script = (
        "import sys, types; from tests.process import test_pool as t; from actanywhere import cli;"
        "room = types.ModuleType('actanywhere.render.preflight'); room.preflight = lambda job, counted: None;"
        "sys.modules['actanywhere.render.preflight'] = room;"
        "sys.exit(cli.main(['batch', sys.argv[1], '--json', '--workers', '2']))"
    )
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r}); {script}", str(shots)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        seen: set[str] = set()
        while len(seen) < 2:
            said = json.loads(process.stdout.readline())
            if said["event"] == "progress":
                seen.add(said["shot"])
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130 and time.monotonic() - began < 10, err.decode()
    last = json.loads(out.splitlines()[-1])
    assert [one["status"] for one in last["shots"]] == ["stopped", "stopped", "left out"]
    assert len(children) == 2 and all(gone(int(child)) for child in children)


def _jobs(count: int, **settings: Any) -> list[Job]:
    shot = Shot("s", ImageSequence("p.####.exr"), Matte(), Condition("c.png"))
    return [Job(shot, f"out/{number}", Settings(**settings)) for number in range(count)]


@pytest.mark.parametrize(
    ("asked", "jobs", "free", "cards", "given", "told"),
    [
        (4, 10, 64.0, 0, 4, ""),
        (4, 2, 64.0, 0, 2, ""),  # no more than there are shots, which needs no word
        (8, 10, 7.0, 0, 3, "3 workers instead of 8: each takes up to 2 GiB of memory, and 7.0 are free."),
        (2, 10, 1.0, 0, 1, "1 workers instead of 2: each takes up to 2 GiB of memory, and 1.0 are free."),
    ],
)
def test_as_many_workers_as_there_is_memory_for(
    asked: int, jobs: int, free: float, cards: int, given: int, told: str
) -> None:
    assert pool.affordable_workers(asked, _jobs(jobs), free * 2**30, cards) == (given, told)


def test_an_engine_that_needs_a_card_gets_no_more_workers_than_cards() -> None:
    count, told = pool.affordable_workers(4, _jobs(4, model="vace-1.3b", device="cuda"), 1e12, 2)
    assert count == 2 and "there are 2" in told


def test_no_worker_at_all_is_refused() -> None:
    with pytest.raises(JobError, match="renders nothing"):
        pool.affordable_workers(0, _jobs(1), 0.0, 0)

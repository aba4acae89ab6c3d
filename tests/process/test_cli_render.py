"""The command line at work: what render and batch say, and how they end."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from actanywhere import cli
from actanywhere.contract.job import DecisionRecord, Progress, Result
from actanywhere.contract.shot import FrameRange
from actanywhere.shotlist import job_from_flat

from .conftest import SHOT, gone, write_list


def test_render_prints_where_the_layer_is(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", *SHOT, "--name", "good"]) == 0
    said = capfd.readouterr()
    assert said.out.splitlines()[-1] == str(here / "out" / "layer.####.exr")
    assert "100 %" in said.err or "Denoising" in said.err


def test_json_is_one_object_a_line_and_nothing_else(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", *SHOT, "--name", "noisy", "--json"]) == 0
    said = capfd.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["event"] for line in lines] == ["progress"] * 5 + ["result"]
    assert lines[0]["progress"]["stage"] == "starting the engine"
    assert lines[-1]["result"]["decisions"][0]["value"] == "still" and said.err == ""
    assert cli.main(["render", *SHOT, "--name", "bad", "--json"]) == 2
    error = {"kind": "FootageError", "message": "frame 1003 is missing", "remedy": "Copy it again."}
    last = capfd.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {"event": "error", "shot": "", "error": error}


def test_quiet_says_nothing_unless_it_fails(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", *SHOT, "--name", "good", "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")
    assert cli.main(["render", *SHOT, "--name", "bad", "--quiet"]) == 2
    assert capfd.readouterr() == ("", "frame 1003 is missing\n  -> Copy it again.\n")


@pytest.mark.parametrize(("name", "status"), [("bad", 2), ("die", 1), ("bug", 1)])
def test_the_exit_status_tells_bad_input_from_a_failed_worker(here: Path, name: str, status: int) -> None:
    assert cli.main(["render", *SHOT, "--name", name, "--quiet"]) == status


def test_dry_run_shows_what_would_be_read_and_written(
    here: Path, surveyed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(here.iterdir())
    assert cli.main(["render", *SHOT, "--name", "good", "--dry-run"]) == 0
    said = capsys.readouterr().out
    for part in (
        "1001-1004",
        "2 of them",
        "plate",
        str(here / "run.####.exr"),
        str(here / "out"),
        "inverted",
    ):
        assert part in said
    assert cli.main(["render", *SHOT, "--name", "missing", "--dry-run"]) == 2
    capsys.readouterr()
    assert cli.main(["render", *SHOT, "--name", "good", "--dry-run", "--json"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last)["preflight"]["frames"] == "1001-1004"
    assert sorted(here.iterdir()) == before


def start_slow(name: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "actanywhere", "render", *SHOT, "--name", name, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload]
    while b"Denoising" not in (line := process.stdout.readline()):
        assert b"progress" in line
    return process  # type: ignore[no-any-return]


def worker_of(process: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_cleanly_with_status_130(here: Path, number: signal.Signals) -> None:
    with start_slow("slow") as process:
        worker = worker_of(process)
        process.send_signal(number)
        began = time.monotonic()
        out, err = process.communicate(timeout=10)
    assert process.returncode == 130 and time.monotonic() - began < 5
    last = json.loads(out.splitlines()[-1])
    assert last["error"]["kind"] == "Cancelled" and "Stopped at step" in last["error"]["message"]
    assert b"Traceback" not in err and gone(worker)


def test_a_second_ctrl_c_stops_at_once(here: Path) -> None:
    with start_slow("deaf") as process:
        worker = worker_of(process)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, err = process.communicate(timeout=10)
    assert process.returncode == 130 and time.monotonic() - began < 2
    assert b"Traceback" not in err and gone(worker)


def test_a_render_that_does_not_hear_one_ctrl_c_ends_within_5_seconds(here: Path) -> None:
    with start_slow("deaf") as process:
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        process.communicate(timeout=10)
    assert process.returncode == 130 and time.monotonic() - began < 5


def test_a_killed_command_line_leaves_no_worker(here: Path) -> None:
    with start_slow("slow") as process:
        worker = worker_of(process)
        process.kill()
        process.communicate(timeout=10)
    assert gone(worker)


def test_on_a_terminal_a_bar_shows_steps_and_time_left(here: Path) -> None:
    host, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    command = [sys.executable, "-m", "actanywhere", "render", *SHOT, "--name", "slow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal) as process:
        os.close(terminal)
        seen, until = b"", time.monotonic() + 10
        while b"left" not in seen and time.monotonic() < until:
            seen += os.read(host, 4096)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    os.close(host)
    text = seen.decode()
    assert "slow: Denoising" in text and "/600 steps" in text and "0:" in text and "left" in text


def test_batch_continues_past_bad_shots_and_names_them(
    here: Path, surveyed: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    shots = write_list(here / "shots.json", "good-1", "missing", "bad", "die", "good-2")
    assert cli.main(["batch", str(shots)]) == 1, "a worker that died is worth another try; bad input is not"
    said = capfd.readouterr()
    table = {line.split()[0]: line.split() for line in said.out.splitlines() if line and " " in line}
    assert [table[n][1] for n in ("good-1", "missing", "bad", "die", "good-2")] == [
        "finished",
        "bad",
        "failed",
        "failed",
        "finished",
    ]
    assert table["good-1"][2:4] == ["1001-1004", "still"]
    assert said.err.splitlines()[-1] == "not rendered: missing, bad, die"
    assert said.err.index("missing: frame 1003") < said.err.index("1 of 5")


def test_batch_keeps_one_worker_with_its_model(
    here: Path, surveyed: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    shots = write_list(here / "shots.json", "good-1", "bad", "good-2")
    assert cli.main(["batch", str(shots), "--json"]) == 2
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    results = [line["result"]["versions"] for line in lines if line["event"] == "result"]
    assert [r["served"] for r in results] == ["1", "3"] and len({r["pid"] for r in results}) == 1
    assert [s["status"] for s in lines[-1]["shots"]] == ["finished", "failed", "finished"]


def test_batch_of_good_shots_ends_with_0(here: Path, surveyed: list[str]) -> None:
    assert cli.main(["batch", str(write_list(here / "shots.json", "good-1", "good-2")), "--quiet"]) == 0
    assert surveyed == ["good-1", "good-2"]


def test_batch_dry_run_checks_every_shot_and_renders_none(
    here: Path, surveyed: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTANYWHERE_PYTHON", "/no-worker-may-start")
    shots = write_list(here / "shots.json", "good-1", "missing", "good-2")
    assert cli.main(["batch", str(shots), "--dry-run"]) == 2
    said = capfd.readouterr()
    assert said.out.count("would write") == 2 and "missing: frame 1003 is missing" in said.err


def test_a_warning_is_told_once_a_render(capsys: pytest.CaptureFixture[str]) -> None:
    from actanywhere.cli.screen import LineScreen

    flat = {"plate": "p.#.exr", "condition": "c.png", "output": "out", "frames": "1-2"}
    job = job_from_flat(flat)
    result = Result(
        job,
        "out/p.#.exr",
        FrameRange(1, 2),
        [DecisionRecord("camera", "still")],
        "",
        {},
        {},
        {},
        ["it is odd"],
    )
    screen = LineScreen()
    screen.progress("shot", Progress("reading footage", message="warning: it is odd"))
    screen.result("shot", result)
    assert capsys.readouterr().err.count("it is odd") == 1
    LineScreen().result("shot", result)  # finished already: nothing was told on the way
    assert capsys.readouterr().err.count("it is odd") == 1

"""Tasks on hosts: what a farm hears of them, and what becomes of the shots whatever happens."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from tests.process.conftest import gone

from .batch import BIN, bundle, read_rows, roots, task, tool, write_list, write_rows


def layers(folder: Path) -> dict[str, str]:
    """Digests of all frames below a folder."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*.exr")
    }


def test_the_bundle_runs_whole_under_openjd_with_one_model_load(tmp_path: Path) -> None:
    made = bundle(write_list(tmp_path, 3), tmp_path / "bundle", "--shots-per-task", 2)
    command = [tool("openjd"), "run", str(made / "template.yaml"), "--step", "Review", "--run-dependencies"]
    command += ["--job-param", f"file://{made / 'parameters.json'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert len(layers(tmp_path / "out")) == 3 * 4
    assert "openjd_progress: 100.0" in done.stdout and "openjd_fail" not in done.stdout
    report = (made / "report" / "report.md").read_text()
    assert "# 3 finished" in report and re.search(r"^\d+:\d\d of machine time on 1 host\.$", report, re.M)
    assert (tmp_path / "out" / "run_2" / "review" / "sheet.png").is_file()
    # The session, and with it the worker and its model, is the same for both tasks.
    assert done.stdout.count("Exiting Environment: Worker") == 1 and "Chunks run: 3" in done.stdout


def test_bad_input_is_not_tried_again_and_the_others_are_rendered(tmp_path: Path) -> None:
    made = bundle(write_list(tmp_path, 2), tmp_path / "bundle")
    (tmp_path / "plates 0" / "plate.1002.png").unlink()  # after it was submitted
    done = task(made, "1-2")
    assert done.returncode == 2 and "openjd_fail: run_0" in done.stdout and "1002" in done.stdout
    assert len(layers(tmp_path / "out")) == 4
    settled = task(made, "1-2", "--settle")
    assert settled.returncode == 0 and "openjd_status: refused: run_0" in settled.stdout
    words = ["--shots", made / "shots.json", "--report", made / "report", *roots(made)]
    finish = [sys.executable, "-m", "actanywhere", "farm", "finish", *map(str, words)]
    last = subprocess.run(finish, capture_output=True, text=True, timeout=120)
    assert last.returncode == 2 and "openjd_fail: 1 of 2 shots are not finished: run_0 (bad)" in last.stdout
    assert "# 1 finished, 1 bad" in (made / "report" / "report.md").read_text()


def test_a_task_that_is_killed_and_given_to_another_host_leaves_the_same_bytes(tmp_path: Path) -> None:
    rows = read_rows(write_list(tmp_path, 1, frames=24, overlap="1"))
    rows.append({**rows[0], "name": "run_0", "output": str(tmp_path / "whole" / "run_0"), "seed": "0"})
    rows[0]["seed"] = "0"
    shots = [write_rows(tmp_path / f"{n}.csv", [row]) for n, row in enumerate(rows)]
    made, whole = (bundle(path, tmp_path / f"bundle{n}") for n, path in enumerate(shots))
    words = ["--shots", made / "shots.json", "--report", made / "report", *roots(made), "--only", "1"]
    command = [sys.executable, "-m", "actanywhere", "farm", "task", *map(str, words), "--session"]
    first = subprocess.Popen([*command, str(tmp_path / "host a")], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not layers(tmp_path / "out") and time.monotonic() < until:
        time.sleep(0.02)
    first.kill()
    first.wait()
    server = json.loads((tmp_path / "host a" / "worker.json").read_text())["pid"]
    os.kill(server, signal.SIGKILL)  # the host is gone with all it ran
    time.sleep(1.5)  # its worker ends with its input
    begun = layers(tmp_path / "out")
    again = subprocess.run([*command, str(tmp_path / "host b")], capture_output=True, text=True, timeout=200)
    subprocess.run([BIN / "actanywhere", "farm", "stop", "--session", tmp_path / "host b"], check=True)
    assert again.returncode == 0, again.stdout + again.stderr
    assert task(whole, "1").returncode == 0
    assert 0 < len(begun) < 24
    assert layers(tmp_path / "out") == layers(tmp_path / "whole")


def test_a_stopped_task_ends_soon_and_says_so(tmp_path: Path) -> None:
    made = bundle(write_list(tmp_path, 1, frames=24), tmp_path / "bundle")
    words = ["--shots", made / "shots.json", "--report", made / "report", *roots(made), "--only", "1"]
    command = [sys.executable, "-m", "actanywhere", "farm", "task", *map(str, words)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if "reading footage" in line:
            break
    running.send_signal(signal.SIGTERM)
    said, _ = running.communicate(timeout=30)
    assert running.returncode == 130 and "openjd_fail: run_0: Stopped" in said


def test_no_file_is_written_outside_of_the_output_and_nothing_needs_a_home(tmp_path: Path) -> None:
    made = bundle(write_list(tmp_path, 1), tmp_path / "bundle")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    home = tmp_path / "no home"
    words = ["--shots", made / "shots.json", "--report", made / "report", *roots(made), "--only", "1"]
    command = [sys.executable, "-m", "actanywhere", "farm", "task", *map(str, words)]
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    new = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    allowed = (tmp_path / "out" / "run_0", made / "report")
    assert new and all(any(folder in path.parents for folder in allowed) for path in new), new
    assert not home.exists()


@pytest.mark.parametrize("name", ["session", "a session whose folder has a name as long as " + 90 * "a"])
def test_a_session_is_stopped_with_all_it_started(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = tmp_path / name
    session.mkdir()
    monkeypatch.setenv("TMPDIR", str(session))  # as a farm sets it
    farm = [sys.executable, "-m", "actanywhere", "farm"]
    subprocess.run([*farm, "start", "--session", session], check=True, timeout=60)
    entry = session / "worker.json"
    server = json.loads(entry.read_text())["pid"]
    if os.name == "posix":
        assert entry.stat().st_mode & 0o077 == 0  # the key is nobody else's to read
    with pytest.raises((AuthenticationError, OSError, EOFError)):
        Client(json.loads(entry.read_text())["address"], authkey=b"a wrong one")
    subprocess.run([*farm, "start", "--session", session], check=True, timeout=60)
    assert json.loads(entry.read_text())["pid"] == server, "a wrong key ends nothing"
    subprocess.run([*farm, "stop", "--session", session], check=True, timeout=60)
    assert gone(server)
    assert not entry.exists()


def test_a_plain_shell_loop_is_a_farm(tmp_path: Path) -> None:
    made = bundle(write_list(tmp_path, 2), tmp_path / "bundle")
    words = '--shots bundle/shots.json --report bundle/report --root Root1="$ROOT"'
    loop = f'for n in 1 2; do "$ACTANYWHERE" farm task {words} --only $n || echo "shot $n: $?"; done; '
    loop += f'"$ACTANYWHERE" farm finish {words}'
    root = json.loads((made / "parameters.json").read_text())["Root1"]
    environment = {**os.environ, "ACTANYWHERE": str(BIN / "actanywhere"), "ROOT": root}
    done = subprocess.run(
        ["sh", "-c", loop], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# 2 finished" in (made / "report" / "report.md").read_text()

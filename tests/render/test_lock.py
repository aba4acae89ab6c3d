"""Two renders, one folder."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from actanywhere.contract.errors import FolderBusy, OutputError
from actanywhere.render import lock
from actanywhere.render.lock import lock_folder

HOLD = (
    "import sys, time\nfrom actanywhere.render.lock import lock_folder\n"
    "with lock_folder(sys.argv[1]):\n    print('held', flush=True)\n    time.sleep(60)"
)


def test_a_second_render_into_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(FolderBusy, match=f"process {other.pid}, since .* UTC.*{tmp_path.name}"):
            lock_folder(tmp_path).__enter__()
        other.kill()
        other.wait()
        with lock_folder(tmp_path):  # at once: on one host the system tells that the writer is gone
            pass


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(OutputError), lock_folder(tmp_path / "nowhere"):
        raise AssertionError("locked nothing")
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A note of a writer on another host, as a shared folder holds it; beats are quick."""
    monkeypatch.setattr(lock, "_BEAT", 0.05)
    monkeypatch.setattr(lock, "_DEAD", 0.5)
    path = tmp_path / ".actanywhere.writer"
    write_note(path, 7)
    return path


def write_note(path: Path, beat: int) -> None:
    path.write_text(
        json.dumps({"host": "render-07", "pid": 4242, "since": "2026-01-01 08:00:00 UTC", "beat": beat})
    )


def test_a_writer_on_another_host_that_shows_life_keeps_the_folder(tmp_path: Path, note: Path) -> None:
    beats = threading.Timer(0.2, write_note, (note, 8))
    beats.start()
    with pytest.raises(FolderBusy, match="on render-07, process 4242, since 2026-01-01 08:00:00 UTC"):
        lock_folder(tmp_path).__enter__()
    beats.join()
    assert note.is_file()


def test_a_folder_that_a_dead_host_left_is_taken_over(tmp_path: Path, note: Path) -> None:
    began = time.monotonic()
    with lock_folder(tmp_path):
        assert time.monotonic() - began >= 0.5  # it was watched first
        assert json.loads(note.read_text())["host"] != "render-07"
        first = note.read_text()
        time.sleep(0.2)
        assert note.read_text() != first  # and now counts on by itself
    assert not note.exists()

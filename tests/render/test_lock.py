"""Two renders, one folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from actanywhere.contract.errors import OutputError
from actanywhere.render.lock import writing_alone

HOLD = (
    "import sys, time\nfrom actanywhere.render.lock import writing_alone\n"
    "with writing_alone(sys.argv[1]):\n    print('held', flush=True)\n    time.sleep(60)"
)


def test_a_second_render_into_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match=tmp_path.name), writing_alone(tmp_path):
            raise AssertionError("two writers")
        other.kill()
        other.wait()
        with writing_alone(tmp_path):
            pass


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(OutputError), writing_alone(tmp_path / "nowhere"):
        raise AssertionError("locked nothing")
    assert not (tmp_path / "nowhere").exists()

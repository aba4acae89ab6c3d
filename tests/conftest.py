"""What holds for all tests."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Mount = Callable[[str], Path]

# The test files are shared out among processes (pytest -n): with a thread each they do not wait for one another, and
# neither do the commands that they start. Torch reads this once, when it is first imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_configure(config: pytest.Config) -> None:
    """What a developer has pulled for themselves is not found: a network would change what tests see, and take long."""
    own = tempfile.TemporaryDirectory(prefix="actanywhere_")
    config.add_cleanup(own.cleanup)
    os.environ["XDG_DATA_HOME"] = own.name
    os.environ.pop("ACTANYWHERE_MODELS", None)


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a file system in memory with the given options (``size=1m,ro``); skips where that is not permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def make(options: str) -> Path:
        words = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("mounting a small disk: there is no mount command here")
        if done.returncode:
            pytest.skip(f"mounting a small disk is not permitted here: {done.stderr.strip()}")
        return folder

    yield make
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)

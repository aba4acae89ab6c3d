"""One worker and many jobs: memory, files and handles stay as they were after the first few."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.promises.soak import Held, soak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="handles are counted in /proc")


def grown(before: Held, after: Held) -> dict[str, int]:
    """What is held more than before, but for memory."""
    same = replace(after, worker_memory=before.worker_memory)
    return {
        name: value - getattr(before, name)
        for name, value in vars(same).items()
        if value > getattr(before, name)
    }


def test_a_worker_that_served_150_jobs_holds_what_it_held_after_5(tmp_path: Path) -> None:
    held = list(soak(tmp_path, 150, starter=False))
    assert grown(held[4], held[-1]) == {}
    assert held[-1].worker_memory - held[4].worker_memory < 1024  # KiB; a job and its result are 3


def test_a_worker_that_rendered_15_shots_holds_what_it_held_after_5(tmp_path: Path) -> None:
    held = list(soak(tmp_path, 15, starter=True))
    assert grown(held[4], held[-1]) == {}
    # One copy of the starter's weights would be 40 MB, of a shot's frames at each stage some 4.
    assert min(one.worker_memory for one in held[-3:]) - held[4].worker_memory < 4096

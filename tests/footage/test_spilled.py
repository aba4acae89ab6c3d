"""Arrays in a temporary file give their memory back, and keep their values."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest

from actanywhere.footage import forget, spilled


@pytest.mark.skipif(
    not (hasattr(mmap, "MADV_DONTNEED") and Path("/proc/self/statm").exists()), reason="Linux alone tells"
)
def test_what_is_forgotten_leaves_the_memory_and_stays_in_the_file() -> None:
    def resident() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE / 2**20

    array = spilled((64, 1024, 1024))
    before = resident()
    for number, plane in enumerate(array):
        plane[:] = number
    assert resident() - before > 50
    forget(array, np.zeros(3))
    assert resident() - before < 10
    assert [int(plane[5, 7]) for plane in array] == list(range(64))

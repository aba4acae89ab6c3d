"""Arrays in a temporary file give their memory back, and keep their values."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.shot import FrameRange
from actanywhere.footage import forget, spilled
from actanywhere.render.clip import empty_clip

linux = pytest.mark.skipif(
    not (hasattr(mmap, "MADV_DONTNEED") and Path("/proc/self/statm").exists()), reason="Linux alone tells"
)


def resident() -> float:
    """MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE / 2**20


@linux
def test_what_is_forgotten_leaves_the_memory_and_stays_in_the_file() -> None:
    array = spilled((64, 1024, 1024))
    before = resident()
    for number, plane in enumerate(array):
        plane[:] = number
    assert resident() - before > 50
    forget(array, np.zeros(3))
    assert resident() - before < 10
    assert [int(plane[5, 7]) for plane in array] == list(range(64))


@linux
def test_the_frames_of_a_clip_leave_the_memory_while_it_is_looked_at() -> None:
    clip = empty_clip(FrameRange(1, 256), 256, 256, 1.0)  # 64 MiB, a quarter of one a frame
    before, most = resident(), 0.0
    for index in clip.indices():
        clip.rgb[index], clip.matte[index] = index, 255 - index
        most = max(most, resident() - before)
    assert most < 20
    assert [int(one[9, 9, 1]) for one in clip.rgb] == list(range(256))
    assert [int(one[9, 9]) for one in clip.matte] == list(range(255, -1, -1))

"""Two hosts at once, a kill, a full disk and the same job again, in small (in large: ``python -m benchmarks.farm``)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.farm import FRAMES, faults, run

from .batch import tool


@pytest.mark.skipif(sys.platform != "linux", reason="the play reads /proc and mounts a disk")
def test_nothing_is_lost_torn_or_made_twice_whatever_happens_to_a_host_and_its_disk(tmp_path: Path) -> None:
    tool("openjd")
    found = run(tmp_path, 12)
    assert not faults(found)
    assert found["exit status of both, last"] == [0, 0]
    assert 0 < found["frames of B when it was killed"] < 6 * len(FRAMES), "it was in the middle"
    if "torn: with a full disk" not in found:
        pytest.skip("a full disk: mounting one is not permitted here")
    assert found["shots refused for want of disk, and so told"] > 0

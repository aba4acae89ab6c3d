"""The memory of a render does not grow with the length of the shot."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.shot import FrameRange
from tests.footage.pictures import write_still
from tests.render.stage import ACES, CORE, Staged, disc, environment, texture, write_matte

HEIGHT, WIDTH = 256, 384

# Not ru_maxrss: a process has that of the one that started it, which may be far larger.

MEASURED = """
import sys
from actanywhere.contract.job import Job
from tests.render.stage import render
for name in sys.argv[1:]:
    with open(name) as stream:
        render(Job.from_json(stream.read()))
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")), flush=True)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="no /proc, which tells the peak of a process"
)
def test_48_frames_take_no_more_memory_than_8(shot: Staged, model: Path) -> None:
    plate = texture(np.random.default_rng(2), HEIGHT, WIDTH) ** 2.2
    write_still(shot.folder / "big.exr", plate, "half", attributes=ACES)
    write_matte(shot.folder / "big_matte.png", disc(100, 120, 50, HEIGHT, WIDTH))
    names = []
    for count in (8, 8, 48):  # the first opens everything
        job = shot.job(model, f"out{len(names)}", preview=True, shadow="none")
        job = replace(
            job,
            shot=replace(
                job.shot,
                plate=replace(job.shot.plate, path=str(shot.folder / "big.exr")),
                matte=replace(job.shot.matte, path=str(shot.folder / "big_matte.png")),
                frames=FrameRange(1001, 1000 + count),
            ),
        )
        names.append(str(shot.folder / f"job{len(names)}.json"))
        Path(names[-1]).write_text(job.to_json())
    words = [sys.executable, "-c", MEASURED, *names]
    # Of one heap: threads that wait for each other get their own, some megabytes of noise.
    one_heap = environment(CORE.parent) | {"MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(words, env=one_heap, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    _, short, long = (int(line) for line in done.stdout.split())
    # No shadow: what one is pulled from is kept of up to 128 frames. One float copy of the 40 further plates would be
    # 47 MB, of their layers 126 MB.
    assert long - short < 24, f"{short} MB for 8 frames, {long} MB for 48"

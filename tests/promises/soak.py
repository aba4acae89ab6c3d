"""Many jobs through one worker: what it holds after each, so that one sees whether it grows.

python -m tests.promises.soak --jobs 500             # words instead of pictures: the protocol, the host
python -m tests.promises.soak --jobs 100 --starter   # the starter on a small shot: what rendering holds
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from actanywhere.contract.job import Job
from actanywhere.contract.launch import Worker, run
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange
from actanywhere.shotlist import job_from_flat
from tests.render.stage import CORE, stage_shot

DOUBLE = Path(__file__).resolve().parents[1] / "process/double.py"


@dataclass(frozen=True)
class Held:
    """What worker and host hold after a job: resident memory in KiB, open handles, threads; files it left behind."""

    worker_memory: int
    worker_handles: int
    worker_threads: int
    host_handles: int
    host_threads: int
    strays: int


def soak(folder: Path, jobs: int, starter: bool) -> Iterator[Held]:
    """Render ``jobs`` small jobs with one worker, and tell after each what is held."""
    temporary = folder / "tmp"
    temporary.mkdir()
    command = [sys.executable, *(["-m", "actanywhere", "worker"] if starter else [str(DOUBLE)])]
    around = {"PYTHONPATH": str(CORE), "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"}
    job = _shot(folder) if starter else _words(folder)
    with Worker(command, around) as worker:
        for number in range(jobs):
            output = folder / f"out{number}"
            run(replace(job, output=str(output)), lambda _: None, worker)
            strays = sum(1 for _ in temporary.rglob("*")) + sum(1 for _ in output.rglob("*partial*"))
            shutil.rmtree(output, ignore_errors=True)
            assert worker.pid is not None
            yield _held(worker.pid, strays)


def _shot(folder: Path) -> Job:
    shot = stage_shot(folder / "shot", frames=2, kind="png")
    settings = Settings(camera="still", device="cpu", size=64)
    return Job(replace(shot.shot, frames=FrameRange(1001, 1002)), "", settings)


def _words(folder: Path) -> Job:
    flat = {"name": "good", "plate": "plate.####.png", "condition": "place.png", "output": "."}
    return job_from_flat(flat, folder)


def _held(worker: int, strays: int) -> Held:
    def count(process: int | str, what: str) -> int:
        return len(os.listdir(f"/proc/{process}/{what}"))

    def threads(process: int | str) -> int:
        """The fewest of a few moments: a joined thread is counted until the kernel has let go of it."""
        found = count(process, "task")
        for _ in range(3):
            time.sleep(0.005)
            found = min(found, count(process, "task"))
        return found

    pages = int(Path(f"/proc/{worker}/statm").read_text().split()[1])
    memory = pages * os.sysconf("SC_PAGE_SIZE") // 1024
    return Held(
        worker_memory=memory,
        worker_handles=count(worker, "fd"),
        worker_threads=threads(worker),
        host_handles=count("self", "fd"),
        host_threads=threads("self"),
        strays=strays,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--starter", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for number, held in enumerate(soak(Path(folder), args.jobs, args.starter), 1):
            if number in (1, 2, 5) or number % max(1, args.jobs // 10) == 0:
                print(f"after {number:4d} jobs: {held}", flush=True)


if __name__ == "__main__":
    main()

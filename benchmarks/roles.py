"""What reads a picture, role by role: seconds an answer and peak memory, each in a process that does nothing else.

The picture is the example's condition. Each role is answered by what a render would take: the installed network, else
what needs none. Regions and depth have no such thing: a tiny network of random weights in the published layout then
stands for them, and shows what loading and running cost without the network itself.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

import actanywhere
from actanywhere.seeing.protocol import Hint, Picture
from actanywhere.seeing.readers import Readers, find_networks

from .child import run_child
from .machine import describe
from .records import Figure, Record

__all__ = ["ROLES", "measure_roles"]

ROLES = ("nothing", "subjects", "subjects, pointed at", "regions", "depth", "fill")
_ROUNDS = 5


def measure_roles(command: str) -> Iterator[Record]:
    """A record a role."""
    for role in ROLES:
        run = run_child([sys.executable, "-m", "benchmarks.roles", role])
        if run.status != 0:
            raise SystemExit(f"The role '{role}' was not answered:\n{run.errors}")
        told = json.loads(run.lines[-1][1])
        yield Record(
            "roles",
            f"{role}: {told['by']}" if told["by"] else role,
            (
                Figure("first answer", told["first"], "s"),
                Figure("an answer, processor", told["cpu"], "s", plotted=True),
                Figure("peak memory", run.peak_mib, "MiB"),
            ),
            command,
            describe(),
        )


def main(role: str) -> None:
    """Answer ``role`` and print what it took: ``first`` includes loading; ``cpu`` is the median of later answers."""
    picture = _picture()
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        by, answer = _reader(role, Path(folder))
        answer(picture)
        first = time.perf_counter() - began
        took = []
        for _ in range(_ROUNDS):
            start = time.process_time()
            answer(picture)
            took.append(time.process_time() - start)
    print(json.dumps({"by": by, "first": first, "cpu": round(float(np.median(took)), 4)}))


def _reader(role: str, folder: Path) -> tuple[str, Callable[[Picture], object]]:
    """Who answers, and how they are asked."""
    readers = Readers(find_networks())
    if role == "subjects" and readers.subjects is not None:
        return readers.subjects.name, readers.subjects.find
    if role == "subjects, pointed at":
        pointed = readers.pointed
        return pointed.name, lambda picture: pointed.find(picture, Hint(boxes=(_box(picture),)))
    if role == "regions":
        from tests.seeing.test_regions import EomtRegions, tiny

        if role in readers.networks:
            return readers.networks[role].entry.name, readers.regions_of
        return "a tiny EoMT", EomtRegions(tiny(folder / "eomt"), "tiny", "0").of
    if role == "depth":
        from actanywhere.onnx_runner import open_network
        from actanywhere.seeing.depth import NetworkDepth
        from tests.seeing.networks import brightness_depth

        if role in readers.networks:
            return readers.networks[role].entry.name, readers.depth_of
        return "a tiny network", NetworkDepth(open_network(brightness_depth(folder / "d.onnx")), "tiny").of
    if role == "fill":
        fill = readers.fill
        return fill.name, lambda picture: fill.behind(picture, _hole(picture))
    return "no network is installed" if role == "subjects" else "", lambda picture: None


def _picture() -> Picture:
    path = Path(actanywhere.__file__).parent / "example" / "condition.jpg"
    return np.asarray(cv2.imread(str(path))[..., ::-1] / np.float32(255), np.float32)


def _box(picture: Picture) -> tuple[float, float, float, float]:
    height, width = picture.shape[:2]
    return 0.4 * width, 0.3 * height, 0.15 * width, 0.5 * height


def _hole(picture: Picture) -> Picture:
    """A body in the middle of the picture, 1 where it stood."""
    x, y, width, height = _box(picture)
    hole = np.zeros(picture.shape[:2], np.float32)
    middle, half = (round(x + width / 2), round(y + height / 2)), (round(width / 2), round(height / 2))
    return np.asarray(cv2.ellipse(hole, middle, half, 0, 0, 360, 1.0, -1), np.float32)


if __name__ == "__main__":
    main(sys.argv[1])

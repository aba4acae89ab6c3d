"""Mattes from plates alone against mattes made by hand: J, seconds a frame, peak memory, with a box on the first frame.

Every matte is a ``matte`` command in a process of its own, by the networks that are on this machine.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from actanywhere.contract.shot import ImageSequence, Matte
from actanywhere.footage import open_matte, open_plate

from .child import run_child
from .machine import describe
from .records import Figure, Record

__all__ = ["measure_mattes"]


def measure_mattes(folders: Sequence[Path], command: str) -> Iterator[Record]:
    """Make the matte of each folder's ``plate`` and hold it against its ``matte``, made by hand, of the same frames.

    J is intersection over union of alpha above 0.5, the mean of all frames but the boxed.
    """
    for folder in folders:
        plate, matte = _sequence(folder / "plate"), Matte(_sequence(folder / "matte"))
        true = _alphas(plate, matte)
        rows, columns = np.nonzero(true[0] > 0.5)
        box = f"{columns.min()},{rows.min()},{np.ptp(columns) + 1},{np.ptp(rows) + 1}"
        with tempfile.TemporaryDirectory() as name:
            words = [sys.executable, "-m", "actanywhere", "matte", "--plate", plate, "--json", "--box", box]
            run = run_child([*words, "--output", name])
            if run.status != 0:
                raise SystemExit(f"{folder.name}: no matte was made.\n{run.lines[-1:]}\n{run.errors}")
            found = _alphas(plate, Matte(json.loads(run.lines[-1][1])["pattern"]))
        each = [_overlap(one, other) for one, other in zip(found, true, strict=True)][1:]
        yield Record(
            "mattes",
            folder.name,
            (
                Figure("frames", len(true)),
                Figure("J", float(np.mean(each)), plotted=True),
                Figure("worst J", min(each)),
                Figure("a frame", run.seconds / len(true), "s"),
                Figure("a frame, processor", run.cpu_seconds / len(true), "s"),
                Figure("peak memory", run.peak_mib, "MiB"),
            ),
            command,
            describe(),
        )


def _sequence(folder: Path) -> str:
    """The pattern of the numbered files in a folder."""
    first = min(path.name for path in folder.iterdir())
    return str(folder / re.sub(r"\d+(?=\.\w+$)", lambda found: "#" * len(found[0]), first))


def _alphas(plate: str, matte: Matte) -> list[NDArray[np.float32]]:
    with open_plate(ImageSequence(plate)) as opened, open_matte(matte, opened) as reader:
        return [reader.read(frame) for frame in opened.frames]


def _overlap(found: NDArray[np.float32], true: NDArray[np.float32]) -> float:
    either = ((found > 0.5) | (true > 0.5)).sum()
    return float(((found > 0.5) & (true > 0.5)).sum() / either) if either else 1.0

"""Reads every file of a list as the product does, a line of JSON for each: a process of its own, that may crash.

    python -m tests.faults.fuzzed LAYER.exr < names

``refused``: the message of an error with a remedy. ``traceback``: anything else that was raised. ``pixels``: a file of
the first picture that was read (PATH.npy), after a layer with its metadata was written and read again.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from pathlib import Path

import numpy as np

from actanywhere.cli.flags import job_from_flags
from actanywhere.contract.errors import ActAnywhereError
from actanywhere.contract.shot import FrameRange, ImageSequence
from actanywhere.footage import open_plate
from actanywhere.shotlist import read_shot_list
from tests.layers import write_layer_frame


def read(path: Path, layer: str) -> dict[str, object]:
    if path.suffix == ".csv":
        read_shot_list(path)
        return {}
    if path.suffix == ".json":
        job_from_flags(argparse.Namespace(job=str(path)))
        return {}
    with open_plate(ImageSequence(str(path), first_frame=1)) as plate:
        count = len(plate.frames)
        for frame in plate.frames:
            taken = plate.read(frame)
            if frame == 1:
                first = taken
        json.dumps(plate.warnings)
        alpha = np.zeros(first.pixels.shape[:2], np.float32)
        colour = np.nan_to_num(first.pixels)
        write_layer_frame(layer, colour, alpha, colour, alpha, plate.info, first.attributes)
        with open_plate(ImageSequence(layer), FrameRange(1, 1)) as again:
            again.read(1)
        np.save(f"{path}.npy", first.pixels)
        return {"pixels": f"{path}.npy", "count": count}


def main() -> None:
    for line in sys.stdin:
        path = Path(line.rstrip("\n"))
        said: dict[str, object]
        try:
            said = read(path, sys.argv[1])
        except ActAnywhereError as error:
            said = {"refused": error.message.encode("utf-8").decode(), "remedy": error.remedy}
        except Exception:
            said = {"traceback": traceback.format_exc()[-1500:]}
        print(json.dumps({"file": str(path), **said}), flush=True)


if __name__ == "__main__":
    main()

"""An engine that paints at once: it reads the shot and writes the layer as the real one does, without a network.

The background is flat, and its green says the seed, its blue the frame (``background``). The shot's name says how
it behaves: ``slow`` takes a fifth of a second a frame, ``deaf`` does so and hears no cancel, ``die`` is
killed after two frames, unless two were there before.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from actanywhere import worker
from actanywhere.comp.over import composite
from actanywhere.contract.errors import Cancelled
from actanywhere.contract.job import DecisionRecord, Job, Progress, Result
from actanywhere.contract.takes import layer_stem
from actanywhere.footage import (
    layer_space,
    linearise,
    open_shot,
    read_condition,
    read_still_matte,
    write_exr_frame,
)
from actanywhere.seeing.other_actor import find_other_actor

RED = 0.1


def background(frame: int, seed: int) -> tuple[float, float, float]:
    """The colour of a frame's background, scene-linear; every part is a half float."""
    return RED, 0.125 + 0.0625 * (seed % 8), 0.25 + 0.03125 * (frame % 8)


def render(job: Job, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Result:
    how = job.shot.name.split("-")[0]
    report(Progress("reading footage", message="the double has begun"))
    plate, matte = open_shot(job.shot)
    folder = Path(job.output)
    layer = str(folder / (layer_stem(job) + ".%04d.exr"))
    fresh = 0
    for number, frame in enumerate(plate.frames):
        if cancelled() and how != "deaf":
            raise Cancelled("Stopped.", "The same job goes on from its finished frames.")
        path = layer % frame
        if not os.path.exists(path):
            if how == "die" and fresh == 2 and number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            fresh += 1
            if how in ("slow", "deaf"):
                time.sleep(0.2)
            picture = plate.read(frame)
            cover = matte.read(frame)
            flat = np.empty_like(picture.pixels)
            flat[:] = background(frame, job.settings.seed)
            comp = composite(linearise(picture.pixels, plate.info.space), flat, cover)
            one = np.ones_like(cover)
            own = " ".join(f"{job.settings.layer}.{channel}" for channel in "RGB")
            planes = {"R G B": comp, "A": one, own: flat, f"{job.settings.layer}.A": one}
            write_exr_frame(path, planes, plate.info, picture.attributes)
        done = (number + 1) / len(plate.frames)
        report(
            Progress("writing the layer", number + 1, len(plate.frames), "frames", done, 1 - done, "", path)
        )
    asked = job.shot.condition
    given = read_still_matte(asked.matte, asked) if asked.matte else None
    others = find_other_actor(read_condition(asked).pixels, asked.kind, given=given).warnings
    space = layer_space(plate.info.space)
    versions = {"actanywhere": "double", "fresh": str(fresh), "space": space}
    result = Result(
        job,
        layer.replace("%04d", "####"),
        plate.frames,
        [
            DecisionRecord("camera", "still", "the double knows no other", "camera"),
            DecisionRecord("shadow", "none", "none was asked for", "shadow"),
        ],
        "0" * 64,
        {},
        versions,
        {"painting": 0.0},
        [*plate.warnings, *matte.warnings, *others],
    )
    (folder / "result.json").write_text(json.dumps(result.to_dict()), encoding="utf-8")
    return result


if __name__ == "__main__":
    sys.exit(worker.main(render))

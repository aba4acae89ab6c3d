"""The plate's camera solved in three dimensions: flags to a job, words about what was found."""

from __future__ import annotations

import argparse
import json

import numpy as np

from ..render.progress import JobProgress
from ..render.solved_plate import SolveJob, WrittenCamera, solve_plate, solve_stages
from ..shotlist import job_from_flat
from .flags import given_settings, given_shot
from .follow import Interrupts
from .screen import Screen

__all__ = ["run_camera"]


def run_camera(args: argparse.Namespace, screen: Screen) -> bool:
    """Solve, say what was found, write camera.chan and camera.json; whether the solve is believed."""
    shot = given_shot(args)
    # The flat form needs a place and has none here: the plate's own path stands for it, and is not read.
    flat = {**shot, **given_settings(args), "condition": shot.get("plate", ""), "output": args.output}
    job = job_from_flat(flat)
    asked = SolveJob(job.shot.plate, job.shot.matte, job.output, job.shot.frames, job.settings)
    with Interrupts() as interrupts:
        progress = JobProgress(
            lambda one: screen.progress("camera", one), lambda: interrupts.asked > 0, solve_stages(1)
        )
        try:
            written = solve_plate(asked, progress)
        finally:
            screen.clear()
    _tell(written, args, screen)
    return written.solved.cameras is not None


def _tell(written: WrittenCamera, args: argparse.Namespace, screen: Screen) -> None:
    found = written.solved
    if args.json:
        told = {"believed": found.cameras is not None, "reason": found.reason, "facts": found.facts}
        event = {"event": "camera", **told, "files": written.files, "warnings": written.warnings}
        print(json.dumps(event), flush=True)
        return
    for warning in written.warnings:
        screen.note(f"warning: {warning}")
    print(f"solved: {found.facts}")
    if found.cameras is None:
        print(f"not believed: {found.reason}. Render with --camera plate.", flush=True)
        return
    roll, pitch = found.cameras.attitude.T
    print(f"roll {roll.min():.1f} to {roll.max():.1f}°, looking down {pitch.min():.1f} to {pitch.max():.1f}°")
    print(
        f"lens: {np.median(found.cameras.focal) * 24:.0f} mm over a full frame's 24 mm of height; compare it with the "
        "camera report"
    )
    print(f"ground: {found.reason}" if found.cameras.ground is not None else f"no ground: {found.reason}")
    print("written: {}".format(", ".join(written.files)), flush=True)

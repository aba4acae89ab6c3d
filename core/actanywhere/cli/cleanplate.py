"""The clean plate of a shot: flags to a job, files, words about them."""

from __future__ import annotations

import argparse
import json

from ..render.clean_plate import CleanPlateJob, clean_plate_stages, write_clean_plate
from ..render.progress import JobProgress
from ..shotlist import job_from_flat
from .flags import given_settings, given_shot
from .follow import Interrupts
from .screen import Screen

__all__ = ["make_clean_plate"]


def make_clean_plate(args: argparse.Namespace, screen: Screen) -> None:
    """Write the clean plate that the flags ask for, with progress; Ctrl-C stops it between frames."""
    shot = given_shot(args)
    # The flat form needs a place and has none here: the plate's own path stands for it, and is not read.
    flat = {**shot, **given_settings(args), "condition": shot.get("plate", ""), "output": args.output}
    job = job_from_flat(flat)
    asked = CleanPlateJob(job.shot.plate, job.shot.matte, job.output, job.shot.frames, job.settings)
    with Interrupts() as interrupts:
        progress = JobProgress(
            lambda one: screen.progress("clean plate", one),
            lambda: interrupts.asked > 0,
            clean_plate_stages(1),
        )
        try:
            written = write_clean_plate(asked, progress)
        finally:
            screen.clear()
    if args.json:
        event = {"event": "cleanplate", "pattern": written.pattern, "frames": str(written.frames)}
        print(json.dumps({**event, "shadow": written.shadow, "warnings": written.warnings}), flush=True)
        return
    if not args.quiet:
        for warning in written.warnings:
            screen.note(f"warning: {warning}")
        print(f"{written.pattern}  frames {written.frames}; shadow: {written.shadow}", flush=True)

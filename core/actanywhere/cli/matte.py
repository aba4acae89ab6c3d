"""The matte of a shot: flags to a job, files, words about them."""

from __future__ import annotations

import argparse
import json

from ..contract.job import Job
from ..footage import compact
from ..render.matte import MatteJob, matte_stages, survey_matte, write_matte
from ..render.matte_prompts import Prompts
from ..render.progress import JobProgress
from ..review.matte_sheet import write_matte_sheet
from ..shotlist import job_from_flat
from .flags import given_shot
from .follow import Interrupts
from .screen import Screen

__all__ = ["make_matte"]


def make_matte(args: argparse.Namespace, screen: Screen) -> None:
    """Write the matte that the flags ask for, with progress; Ctrl-C stops it between frames."""
    asked = _asked(args)
    if args.dry_run:
        lines = survey_matte(asked)
        print(json.dumps({"event": "survey", "told": lines}) if args.json else "\n".join(lines), flush=True)
        return
    with Interrupts() as interrupts:
        progress = JobProgress(
            lambda one: screen.progress("matte", one), lambda: interrupts.asked > 0, matte_stages(1)
        )
        try:
            made = write_matte(asked, progress)
            sheet = str(write_matte_sheet(asked.plate, made))
        finally:
            screen.clear()
    if args.json:
        event = {"event": "matte", "pattern": made.pattern, "frames": str(made.frames), "sheet": sheet}
        told = {"unsure": made.unsure, "source": made.source, "warnings": made.warnings}
        print(json.dumps({**event, **told}), flush=True)
        return
    if not args.quiet:
        for warning in made.warnings:
            screen.note(f"warning: {warning}")
        unsure = f"; unsure of {compact(made.unsure)}" if made.unsure else ""
        print(f"{made.pattern}  frames {made.frames}, by {made.source}{unsure}\nsheet  {sheet}", flush=True)


def _asked(args: argparse.Namespace) -> MatteJob:
    shot = given_shot(args)
    rough = shot.pop("matte", [])
    # The flat form needs a place and has none here: the plate's own path stands for it, and is not read.
    job: Job = job_from_flat({**shot, "condition": shot.get("plate", ""), "output": args.output})
    prompts = Prompts(tuple(args.box), tuple(args.click), tuple(args.click_off), tuple(rough))
    return MatteJob(job.shot.plate, job.output, job.shot.frames, prompts)

"""``actanywhere matte``: a matte from the plate alone."""

from __future__ import annotations

import argparse
import json

from ..footage import compact
from ..render.matte import MadeMatte, MatteJob, matte_stages, survey_matte, write_matte
from ..render.matte_prompts import Prompts
from ..render.progress import JobProgress, opening
from ..review.matte_sheet import write_matte_sheet
from .flags import given_shot
from .plate_work import watched, without_condition
from .screen import Screen


def make_matte(args: argparse.Namespace, screen: Screen) -> None:
    """Write the matte that the flags ask for, with progress; Ctrl-C stops it between frames."""
    asked = _asked(args)
    if args.dry_run:
        lines = survey_matte(asked, opening(lambda progress: screen.progress("matte", progress)))
        screen.clear()
        print(json.dumps({"event": "survey", "notes": lines}) if args.json else "\n".join(lines), flush=True)
        return

    def work(progress: JobProgress) -> tuple[MadeMatte, str]:
        made = write_matte(asked, progress)
        return made, str(write_matte_sheet(asked.plate, made))

    made, sheet = watched("matte", matte_stages(), screen, work)
    if args.json:
        event = {"event": "matte", "pattern": made.pattern, "frames": str(made.frames), "sheet": sheet}
        facts = {"unsure": made.unsure, "source": made.source, "warnings": made.warnings}
        print(json.dumps({**event, **facts}), flush=True)
        return
    if not args.quiet:
        for warning in made.warnings:
            screen.note(f"warning: {warning}")
        print(f"{made.pattern}  frames {made.frames}, by {made.source}\nsheet  {sheet}", flush=True)
        if made.unsure:
            mend = "give a --box, a --click or a rough --matte of one of them"
            print(f"unsure of {compact(made.unsure)}: look at these frames, and {mend}", flush=True)


def _asked(args: argparse.Namespace) -> MatteJob:
    shot = given_shot(args)
    rough = shot.pop("matte", [])
    job = without_condition(shot, args)
    prompts = Prompts(tuple(args.box), tuple(args.click), tuple(args.click_off), tuple(rough))
    return MatteJob(job.shot.plate, job.output, job.shot.frames, prompts)

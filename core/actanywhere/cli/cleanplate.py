"""``actanywhere cleanplate``: the clean plate of a shot."""

from __future__ import annotations

import argparse
import json
from functools import partial

from ..render.clean_plate import clean_plate_stages, write_clean_plate
from .plate_work import plate_job, watched
from .screen import Screen


def make_clean_plate(args: argparse.Namespace, screen: Screen) -> None:
    """Write the clean plate that the flags ask for, with progress; Ctrl-C stops it between frames."""
    written = watched(
        "cleanplate", clean_plate_stages(1), screen, partial(write_clean_plate, plate_job(args))
    )
    if args.json:
        event = {"event": "cleanplate", "pattern": written.pattern, "frames": str(written.frames)}
        print(json.dumps({**event, "shadow": written.shadow, "warnings": written.warnings}), flush=True)
        return
    if not args.quiet:
        for warning in written.warnings:
            screen.note(f"warning: {warning}")
        print(f"{written.pattern}  frames {written.frames}; shadow: {written.shadow}", flush=True)

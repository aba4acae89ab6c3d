"""``actanywhere camera``: a 3-D solve of the plate's camera."""

from __future__ import annotations

import argparse
import json
from functools import partial

import numpy as np

from ..render.solved_plate import WrittenCamera, solve_plate, solve_stages
from .plate_work import plate_job, watched
from .screen import Screen


def solve_camera(args: argparse.Namespace, screen: Screen) -> int:
    """Solve, say what was found, write the camera's files. Exit status 2 where the solve is not believed."""
    written = watched("camera", solve_stages(1), screen, partial(solve_plate, plate_job(args)))
    _tell(written, args, screen)
    return 2 if written.solved.cameras is None else 0


def _tell(written: WrittenCamera, args: argparse.Namespace, screen: Screen) -> None:
    found = written.solved
    if args.json:
        solve = {"believed": found.cameras is not None, "reason": found.reason, "facts": found.facts}
        event = {"event": "camera", **solve, "files": written.files, "warnings": written.warnings}
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

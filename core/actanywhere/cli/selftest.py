"""``actanywhere selftest``: the example and a few procedural clips rendered, measured and reported."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from ..contract.errors import JobError
from ..contract.job import Job
from ..evaluation.selftest import selftest
from .demo import demo_job
from .flags import given_settings
from .screen import Screen, timed


def run_selftest(args: argparse.Namespace, screen: Screen, render: Callable[[Job], None]) -> None:
    """Render, measure, write the folder, and say the verdict. ``render`` renders the example."""
    if args.frames < 5:
        raise JobError(f"{args.frames} frames show nothing of how a model moves.", "Give --frames 5 or more.")
    output = Path(args.output)
    example = demo_job(str(output / "example"), given_settings(args))
    report = selftest(
        example.settings, example, output, args.frames, args.quick, render, timed(screen, "selftest")
    )
    screen.clear()
    if args.json:
        print(json.dumps({"event": "selftest", "folder": str(output), "report": report}), flush=True)
        return
    for line in report["verdict"]:
        print(line)
    print(f"Send {output / 'report.md'}, {output / 'report.json'} and {output / 'sheet.png'}.", flush=True)

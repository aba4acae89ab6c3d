"""``batch --openjd``: checks every shot, reports what is wrong, then writes a job bundle for a farm."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..contract.errors import JobError, WorkerError
from ..farm.bundle import BundleOptions, check_paths, hours_on_hosts, shots_per_task, write_bundle
from ..farm.edit import write_layers_edit
from ..farm.plan import PlannedShot, plan_shots
from ..hostkit.progress import clock
from .batch import read_entries
from .screen import Screen, timed
from .shared_warnings import SharedWarnings

_DONE, _BAD_INPUT = 0, 2


def make_bundle(args: argparse.Namespace, screen: Screen) -> int:
    """Write the bundle, or only tell of it (--dry-run). 2, and nothing written, where a single shot is wrong."""
    if not args.shot_hours > 0:
        raise JobError(f"--shot-hours {args.shot_hours} is no time.", "Give hours, such as 6.")
    if args.frame_seconds is not None and not args.frame_seconds > 0:
        raise JobError(f"--frame-seconds {args.frame_seconds} is no time.", "Give seconds, such as 4.5.")
    deadline = _deadline() if args.submit else ""
    options = BundleOptions(
        storage=tuple(args.storage),
        chunk=args.shots_per_task,
        shot_hours=args.shot_hours,
        command=args.farm_command,
        report=str(Path(args.report).absolute())
        if args.report
        else str(Path(args.openjd).absolute() / "report"),
        name=Path(args.shots or args.from_review).stem,
    )
    planned, refused = plan_shots(read_entries(args, screen), args.frame_seconds, timed(screen, "batch"))
    refused += check_paths(planned, options)
    screen.clear()
    for one in refused:
        screen.error(one.name, one.error)
    if refused:
        wrong = len({one.name for one in refused})
        screen.note(f"{wrong} shot{'s are' if wrong > 1 else ' is'} wrong; nothing was written.")
        return _BAD_INPUT
    _tell(planned, args, options)
    if not args.dry_run:
        template = write_bundle(args.openjd, planned, options)
        screen.note(f"{template} is written. To run it here:\n  {_run_here(template)}")
        if args.edit is not None:
            layers = template.with_name(Path(args.edit).stem + "_layers.otio")
            rendered = [(shot.name, shot.job, shot.frames) for shot in planned]
            write_layers_edit(args.edit, layers, rendered, args.edit_rate)
            screen.note(f"{layers} is the edit with the layers.")
        if deadline:
            _submit(deadline, template.parent)
    return _DONE


def _deadline() -> str:
    """The farm's own command, found before anything is written. Raises ``JobError``."""
    found = shutil.which("deadline")
    if found is None:
        raise JobError(
            "There is no command 'deadline' to submit with.", "pip install deadline, or leave --submit out."
        )
    return found


def _submit(deadline: str, folder: Path) -> None:
    done = subprocess.run([deadline, "bundle", "submit", str(folder)])
    if done.returncode:
        raise WorkerError(
            f"'deadline bundle submit' ended with status {done.returncode}; the bundle is in {folder}.",
            "What it says above tells why. Then: deadline bundle submit " + shlex.quote(str(folder)),
        )


def _run_here(template: Path) -> str:
    values = shlex.quote(f"file://{template.with_name('parameters.json')}")
    where = shlex.quote(str(template))
    return f"openjd run {where} --job-param {values} --step Review --run-dependencies"


def _tell(shots: Sequence[PlannedShot], args: argparse.Namespace, options: BundleOptions) -> None:
    """Frames, estimate, disk and requirements of each shot, and of all."""
    hours = None if args.hosts is None else hours_on_hosts(shots, options, args.hosts)
    if args.json:
        plan = {"event": "plan", "shots": [_as_dict(shot) for shot in shots], "hours_on_hosts": hours}
        print(json.dumps(plan), flush=True)
        return
    if args.quiet:
        return
    warnings = SharedWarnings()
    for shot in shots:
        print(f"{shot.name:24} {shot.frames!s:12} {_time(shot.seconds):>9}  {_bytes(shot.disk):>8}")
        for warning in shot.warnings:
            warnings.hear(shot.name, warning)
    for line in warnings.untold():
        print(f"  {line}")
    known = [shot.seconds for shot in shots if shot.seconds is not None]
    unknown = len(shots) - len(known)
    unsure = f" and {unknown} shots whose model has no known speed" if unknown else ""
    by = "the starter's speed" if args.frame_seconds is None else f"{args.frame_seconds:g} seconds a frame"
    print(
        f"{len(shots)} shots, {sum(len(shot.frames) for shot in shots)} frames, about {clock(sum(known))} of machine "
        f"time by {by}{unsure}, at most {_bytes(sum(shot.disk for shot in shots))} of layers",
        flush=True,
    )
    if hours is not None:
        chunk = shots_per_task(shots, options)
        print(f"{args.hosts} hosts take about {clock(3600 * hours)}, {chunk} shots a task", flush=True)


def _as_dict(shot: PlannedShot) -> dict[str, object]:
    return {
        "name": shot.name,
        "frames": str(shot.frames),
        "count": len(shot.frames),
        "seconds": shot.seconds,
        "disk": shot.disk,
        "memory": shot.needs.memory,
        "gpu_memory": shot.needs.gpu_memory,
        "warnings": shot.warnings,
    }


def _time(seconds: float | None) -> str:
    return "?" if seconds is None else clock(seconds)


def _bytes(count: int) -> str:
    return "%.1f GB" % (count / 1e9) if count >= 1e8 else "%.1f MB" % (count / 1e6)

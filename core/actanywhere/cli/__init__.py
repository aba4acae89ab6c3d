"""The command line: flags become a Job, a worker renders it, and text or JSON lines report it."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ..contract.errors import (
    ActAnywhereError,
    Cancelled,
    FootageError,
    JobError,
    ModelError,
    OutputError,
    WorkerError,
)
from ..contract.job import Job
from ..contract.launch import Worker

if TYPE_CHECKING:
    import argparse

    from ..render.preflight import Preflight
    from .screen import Screen

DONE, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 130

#: They load libraries and read footage here: their first line comes before.
_IN_THIS_PROCESS = (
    "batch",
    "review",
    "selftest",
    "train",
    "evaluate",
    "assemble",
    "export",
    "cleanplate",
    "matte",
    "camera",
)
_TORCH = ("torch", "diffusers", "transformers", "einops")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status: 0 done, 1 failed, 2 bad input, 130 stopped."""
    words = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a name that this terminal cannot show fails no render
    if words[:1] == ["worker"] and len(words) == 1:
        from .. import worker  # before anything else: a host waits for its hello

        return worker.main()
    from .flags import joined
    from .parser import read_words

    args = read_words(joined(words))
    from .screen import begin, choose_screen

    screen = choose_screen(getattr(args, "json", False), getattr(args, "quiet", False))
    try:
        try:
            if args.command in _IN_THIS_PROCESS:
                begin(screen, args.command)
            return _COMMANDS[args.command](args, screen)
        finally:
            screen.clear()
    except ActAnywhereError as error:
        screen.error("", error)
        return exit_status(error)
    except ModuleNotFoundError as error:
        if error.name not in _TORCH:
            raise
        needs = f"This needs PyTorch, and {error.name} is not installed."
        screen.error(
            "",
            ModelError(needs, "pip install 'actanywhere[torch]'"),
        )
        return BAD_INPUT
    except BrokenPipeError:  # the reader of our output left (| head)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return STOPPED


def exit_status(error: ActAnywhereError) -> int:
    """2 for what the artist can put right, 130 for a stop, 1 for a worker that failed."""
    if isinstance(error, Cancelled):
        return STOPPED
    return BAD_INPUT if isinstance(error, (JobError, FootageError, ModelError, OutputError)) else FAILED


def _render(args: argparse.Namespace, screen: Screen) -> int:
    from .flags import job_from_flags
    from .screen import begin

    job = job_from_flags(args)
    if args.write_job:
        _write_job(job, Path(args.write_job))
        screen.note(f"{args.write_job} is written: actanywhere render --job {args.write_job}")
        return DONE
    if args.sheet and not args.dry_run:
        raise JobError("A sheet is made instead of a render.", "Give --dry-run besides --sheet.")
    if args.dry_run:
        begin(screen, job.shot.name, "checking the shot")
        frames = _preflight(job, screen, args.json)
        if args.sheet:
            _condition_sheet(job, frames, args, screen)
        return DONE
    _render_one(job, screen)
    return DONE


def _condition_sheet(job: Job, frames: int, args: argparse.Namespace, screen: Screen) -> None:
    from ..render.progress import Stage
    from ..review.condition_sheet import write_condition_sheet
    from .plate_work import watched

    reading = Stage("reading footage", frames, 0.1)
    sheet = watched(
        job.shot.name,
        [reading],
        screen,
        lambda progress: write_condition_sheet(
            job, args.sheet, progress.watch(reading.name), progress.counted
        ),
    )
    _tell_files(args, sheet=sheet)


def _selftest(args: argparse.Namespace, screen: Screen) -> int:
    from .selftest import run_selftest

    run_selftest(args, screen, lambda job: _render_one(job, screen))
    return DONE


def _render_one(job: Job, screen: Screen) -> None:
    from .follow import Interrupts, follow

    with Interrupts() as interrupts, Worker() as worker:
        screen.result(job.shot.name, follow(worker, job, screen, interrupts))


def _write_job(job: Job, path: Path) -> None:
    try:
        path.write_text(job.to_json() + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error}.", "Give another file.") from error


def _preflight(job: Job, screen: Screen, as_json: bool) -> int:
    """What rendering would do; gives how many frames it has."""
    from ..render.preflight import preflight
    from ..render.progress import opening

    found = preflight(job, opening(lambda progress: screen.progress(job.shot.name, progress)))
    screen.clear()
    _show_preflight(job, found, as_json)
    for warning in [] if as_json else found.warnings:
        print(f"warning: {warning}")
    return len(found.frames)


def _show_preflight(job: Job, found: Preflight, as_json: bool) -> None:
    """As JSON with its warnings, else without."""
    if as_json:
        said = {**dataclasses.asdict(found), "frames": str(found.frames)}
        print(json.dumps({"event": "preflight", "shot": job.shot.name, "preflight": said}), flush=True)
        return
    print(f"{job.shot.name}: frames {found.frames}, {found.done} of them finished already")
    print(f"camera: {found.camera}")
    for title, paths in (("would read", found.reads), ("would write", found.writes)):
        for path in paths:
            print(f"{title:<12} {path}")


def _batch(args: argparse.Namespace, screen: Screen) -> int:
    if args.openjd is not None:
        from .bundle import make_bundle

        return make_bundle(args, screen)
    from ..models.memory import free_memory
    from ..render.preflight import preflight
    from .batch import check_all, read_entries
    from .follow import Interrupts
    from .outcome import table
    from .pool import affordable_workers, graphics_cards, open_workers, render_all

    checked = check_all(read_entries(args, screen), preflight, screen)
    entries = [one.entry for one in checked]
    for one in checked:
        if args.dry_run and one.entry.job is not None and one.found is not None:
            _show_preflight(one.entry.job, one.found, args.json)
        for warning in one.found.warnings if one.found is not None else []:
            screen.warn(one.entry.name, warning)
    screen.tell_warnings()
    if args.dry_run:
        return BAD_INPUT if any(entry.job is None for entry in entries) else DONE
    jobs = [entry.job for entry in entries if entry.job is not None]
    count, fewer = affordable_workers(args.workers, jobs, free_memory(), len(graphics_cards()))
    if fewer:
        screen.note(fewer)
    with Interrupts() as interrupts, open_workers(count) as workers:
        outcomes = render_all(entries, workers, screen, interrupts)
    screen.tell_warnings()
    if args.json:
        print(json.dumps({"event": "summary", "shots": [o.to_dict() for o in outcomes]}), flush=True)
    elif not args.quiet:
        print("\n" + table(outcomes), flush=True)
    if interrupts.asked:
        return STOPPED
    bad = [o.name for o in outcomes if o.status != "finished"]
    if bad and not args.json:
        print("not rendered: {}".format(", ".join(bad)), file=sys.stderr)
    return min((exit_status(o.error) for o in outcomes if o.error is not None), default=DONE)


def _review(args: argparse.Namespace, screen: Screen) -> int:
    if args.page:
        _review_page(args, screen)
        return DONE
    if args.wedge is None and args.folder is not None and args.output is None:
        _review_folder(args.folder, 8 if args.columns is None else args.columns, args, screen)
        return DONE
    if args.wedge is None or args.folder is not None or args.output is None:
        raise JobError(
            "A review is of one folder, or of takes with --wedge and --output.",
            "Give DIR alone, or --wedge DIR DIR ... --output SHEET.png.",
        )
    from ..review.wedge import write_wedge_sheet
    from .screen import timed

    columns = 3 if args.columns is None else args.columns
    sheet = write_wedge_sheet(args.wedge, args.output, columns, timed(screen, "review"))
    screen.clear()
    _tell_files(args, sheet=sheet)
    return DONE


def _review_page(args: argparse.Namespace, screen: Screen) -> None:
    from ..review.page import shots_below, write_page
    from .screen import timed

    if args.folder is None or args.wedge is not None:
        raise JobError("A page is of one folder.", "Give the folder that holds the shots' outputs.")
    folder = Path(args.folder).absolute()
    path = Path(args.output) if args.output else folder / "review.html"
    write_page(shots_below(folder), path, folder.name, timed(screen, "review"))
    screen.clear()
    _tell_files(args, page=path)


def _review_folder(folder: str, columns: int, args: argparse.Namespace, screen: Screen) -> None:
    from ..review.folder import write_review
    from .screen import timed

    written = write_review(folder, columns, timed(screen, "review"))
    screen.clear()
    _tell_files(args, sheet=written.sheet, movie=written.movie)


def _tell_files(args: argparse.Namespace, **files: Path) -> None:
    """What a review wrote."""
    if args.json:
        print(
            json.dumps({"event": "review", **{kind: str(path) for kind, path in files.items()}}), flush=True
        )
    elif not args.quiet:
        for kind, path in files.items():
            print(f"{kind}  {path}", flush=True)


def _doctor(args: argparse.Namespace, screen: Screen) -> int:
    from ..doctor import examine

    failed = False
    for check in examine():
        failed = failed or check.status == "FAIL"
        if args.json:
            print(json.dumps({"event": "check", **check.to_dict()}), flush=True)
            continue
        print(f"{check.status:<4}  {check.name:<22} {check.found}", flush=True)
        if check.remedy:
            print(f"      -> {check.remedy}", flush=True)
    return FAILED if failed else DONE


def _demo(args: argparse.Namespace, screen: Screen) -> int:
    from .demo import demo_job
    from .flags import given_settings

    job = demo_job(args.output, given_settings(args))
    _render_one(job, screen)
    _review_folder(job.output, 8, args, screen)
    if not (args.json or args.quiet):
        print("Open the sheet first. Then your own shot: actanywhere render --help")
    return DONE


def _train(args: argparse.Namespace, screen: Screen) -> int:
    try:
        from ..training.cli import main as train
    except ImportError as error:
        raise WorkerError(
            f"Training needs more libraries: {error}.",
            "pip install 'actanywhere[train]'",
        ) from error
    screen.clear()
    try:
        return train(args)
    except KeyboardInterrupt:  # outside of the steps, or the second one
        raise Cancelled("Stopped.", "The same command goes on from what was saved.") from None


def _in(module: str, function: str) -> Callable[..., int]:
    """The command that a ``function`` of a ``module`` here runs; it is loaded when it is called."""

    def run(args: argparse.Namespace, screen: Screen) -> int:
        return getattr(import_module(f".{module}", __name__), function)(args, screen) or DONE

    return run


_COMMANDS: dict[str, Callable[..., int]] = {
    "render": _render,
    "batch": _batch,
    "review": _review,
    "doctor": _doctor,
    "demo": _demo,
    "selftest": _selftest,
    "train": _train,
    "evaluate": _in("evaluate", "evaluate"),
    "assemble": _in("assemble", "assemble_model"),
    "models": _in("models", "manage_models"),
    "export": _in("export", "export"),
    "cleanplate": _in("cleanplate", "make_clean_plate"),
    "matte": _in("matte", "make_matte"),
    "farm": _in("farm", "farm"),
    "camera": _in("camera", "solve_camera"),
}

"""``actanywhere farm``, which a farm's hosts run: the session's worker, tasks of shots, and the review at the end."""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..contract.errors import ActAnywhereError, JobError
from ..contract.job import Progress, Result
from ..contract.launch import Worker
from ..farm.kept import KeptWorker, serve, start_server, stop_server
from ..farm.paths import Roots
from ..farm.record import Outcome, failed, finished, read_outcomes, write_outcome, write_report
from ..farm.shots import FarmShot, read_shots, task_shots
from .follow import Interrupts, RendersJobs, follow
from .screen import LineScreen, Screen, state_of

_DONE, _RETRY, _BAD_INPUT, _STOPPED = 0, 1, 2, 130
_EXITS = """\
exit status of 'task':
  0    every shot is finished
  1    a worker failed or was killed, or another host has the shot: try again, on any host
  2    bad input (no plate, no matte, another job's folder, no such model): trying again will not help
  130  stopped (SIGTERM, SIGINT); the same command goes on from the last finished frame
Where several shots of a task went wrong: 130 before 1 before 2. With --settle, bad input is written into the report and
ends with 0: the farm does not try it on three hosts, and 'finish' ends with 2.
"""


def add_farm_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``actanywhere farm`` and its parts."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "farm",
        help="what a render farm's hosts run (docs/farm.md)",
        description="What a render farm's hosts run for a bundle that 'batch --openjd' wrote.",
        epilog=_EXITS,
        formatter_class=plain,
    )
    kinds = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    task = kinds.add_parser(
        "task", help="render some shots of a bundle", epilog=_EXITS, formatter_class=plain
    )
    _add_bundle_flags(task)
    task.add_argument(
        "--only", required=True, metavar="1-20", help="The shots, by their place in the list, from 1."
    )
    task.add_argument(
        "--session", metavar="DIR", help="Use the worker of 'start'. Left out: one for this task alone."
    )
    task.add_argument(
        "--settle", action="store_true", help="Bad input is a line of the report, not a failed task."
    )
    finish = kinds.add_parser("finish", help="contact sheets, the sequence's review page and the report")
    _add_bundle_flags(finish)
    for name, does in (
        ("start", "start the worker that keeps its model loaded for the tasks of a session"),
        ("stop", "end it"),
        ("serve", "be it (what 'start' starts)"),
    ):
        kind = kinds.add_parser(name, help=does)
        kind.add_argument(
            "--session", required=True, metavar="DIR", help="A folder of this host, for this session."
        )


def _add_bundle_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shots", required=True, metavar="shots.json", help="The bundle's list.")
    parser.add_argument(
        "--report", required=True, metavar="DIR", help="Where what became of each shot is written."
    )
    parser.add_argument(
        "--root",
        action="append",
        default=[],
        metavar="Root1=DIR",
        help="Where a root of the bundle lies on this host (parameters.json says where it lay at submission).",
    )


def farm(args: argparse.Namespace, _screen: Screen) -> int:
    """Run one part and give its exit status."""
    if args.what == "task":
        return _task(args)
    if args.what == "finish":
        return _finish(args)
    session = Path(args.session)
    {"start": start_server, "stop": stop_server, "serve": serve}[args.what](session)
    return _DONE


def _task(args: argparse.Namespace) -> int:
    shots = task_shots(read_shots(args.shots, _roots(args.root)), args.only)
    screen = FarmScreen(len(shots))
    outcomes: list[Outcome] = []
    with Interrupts() as interrupts, _worker(args.session) as worker:
        for shot in shots:
            if interrupts.asked:
                break
            outcomes.append(_render(shot, worker, screen, interrupts, args.settle))
            write_outcome(Path(args.report), outcomes[-1])
            screen.next_shot()
    screen.tell_warnings()
    if interrupts.asked:
        return _STOPPED
    found = {outcome.status for outcome in outcomes}
    if "stopped" in found:
        return _STOPPED
    if "failed" in found:
        return _RETRY
    return _BAD_INPUT if "bad" in found and not args.settle else _DONE


def _worker(session: str | None) -> KeptWorker | Worker:
    return Worker() if session is None else KeptWorker(Path(session))


def _render(
    shot: FarmShot, worker: RendersJobs, screen: FarmScreen, interrupts: Interrupts, settle: bool
) -> Outcome:
    began = time.monotonic()
    try:
        result = follow(worker, shot.job, screen, interrupts, shot.name)
    except ActAnywhereError as error:
        outcome = failed(shot, error, time.monotonic() - began)
        screen.failed(outcome, settle)
        return outcome
    screen.result(shot.name, result)
    return finished(shot, result, time.monotonic() - began)


def _finish(args: argparse.Namespace) -> int:
    from ..review.folder import write_review

    report, shots = Path(args.report), read_shots(args.shots, _roots(args.root))
    screen = FarmScreen(len(shots) + 1)
    outcomes = read_outcomes(report, shots)
    for shot, outcome in zip(shots, outcomes, strict=True):
        if outcome.status == "finished":
            try:
                write_review(shot.job.output, 8, functools.partial(screen.progress, shot.name))
            except ActAnywhereError as error:
                screen.note(f"{shot.name}: no sheet: {error.message}")
        screen.next_shot()
    print(write_report(report, outcomes), flush=True)
    print(_write_page(report, shots, outcomes, functools.partial(screen.progress, "page")), flush=True)
    open_ones = [outcome for outcome in outcomes if outcome.status != "finished"]
    if open_ones:
        screen.fail(f"{len(open_ones)} of {len(shots)} shots are not finished: " + _named(open_ones))
    return _BAD_INPUT if open_ones else _DONE


def _write_page(
    report: Path, shots: Sequence[FarmShot], outcomes: Sequence[Outcome], tell: Callable[[Progress], None]
) -> Path:
    from ..review.page import PageShot, write_page

    rows = [
        PageShot(
            shot.name,
            [Path(shot.job.output)] if outcome.status == "finished" else [],
            shot.job,
            outcome.status,
            " ".join(filter(None, (outcome.message, outcome.remedy))),
        )
        for shot, outcome in zip(shots, outcomes, strict=True)
    ]
    return write_page(rows, report / "review.html", report.parent.name, tell)


def _named(outcomes: Sequence[Outcome]) -> str:
    return ", ".join(f"{one.name} ({one.status})" for one in outcomes)


def _roots(given: Sequence[str]) -> Roots:
    folders = {}
    for text in given:
        name, equals, folder = text.partition("=")
        if not equals or not name or not folder:
            raise JobError(f"'{text}' is no root.", "Write it as Root1=FOLDER.")
        folders[name] = folder
    return Roots(folders)


class FarmScreen(LineScreen):
    """Lines of a log, and those that Open Job Description reads: progress, status and failure, on stdout."""

    def __init__(self, shots: int) -> None:
        super().__init__()
        self._shots, self._done = shots, 0
        self._said, self._at, self._stage_said = -1.0, 0.0, ""

    def progress(self, shot: str, progress: Progress) -> None:
        """How far the task is, in percent, and what is being done: once a second, and with every stage."""
        super().progress(shot, progress)
        self._tell_progress(progress.fraction)
        now, stage = time.monotonic(), shot + progress.stage
        if stage != self._stage_said or now - self._at > 1.0:
            self._stage_said, self._at = stage, now
            self._say("status", f"{shot}: {progress.stage} {state_of(progress)}".rstrip())

    def result(self, shot: str, result: Result) -> None:
        """What was written."""
        super().result(shot, result)
        self._say("status", f"{shot}: finished")

    def failed(self, outcome: Outcome, settle: bool) -> None:
        """What went wrong with a shot, and what to do about it."""
        text = f"{outcome.name}: {outcome.message} -> {outcome.remedy}"
        if settle and outcome.status == "bad":
            self._say("status", f"refused: {text}")
        else:
            self.fail(text)

    def fail(self, text: str) -> None:
        """Why the task is no success."""
        self._say("fail", text)

    def next_shot(self) -> None:
        """A shot is over."""
        self._done += 1
        self._tell_progress(0.0)

    def _tell_progress(self, fraction: float) -> None:
        percent = 100.0 * min(self._done + fraction, self._shots) / self._shots
        if percent - self._said >= 0.1:
            self._said = percent
            self._say("progress", f"{percent:.1f}")

    def _say(self, kind: str, text: str) -> None:
        print(f"openjd_{kind}: {' '.join(text.split())}", flush=True)


def add_farm_flags(farm: argparse._ArgumentGroup) -> None:
    """``--openjd`` and what else a farm has to know."""
    farm.add_argument(
        "--openjd",
        metavar="FOLDER",
        help="Render nothing: write a job bundle of Open Job Description, for 'openjd run' or AWS Deadline Cloud. "
        "Nothing is written where a single shot is wrong.",
    )
    farm.add_argument(
        "--storage",
        action="extend",
        nargs="+",
        default=[],
        metavar="DIR",
        help="Folders that the farm's hosts can reach: every path must be in one of them. Left out: all paths are "
        "assumed to be reachable.",
    )
    farm.add_argument("--report", metavar="DIR", help="The report's folder (default: FOLDER/report).")
    farm.add_argument(
        "--shots-per-task",
        type=at_least_one,
        metavar="N",
        help="Shots in a task. Left out: about a quarter of an hour's worth, at most 20.",
    )
    farm.add_argument(
        "--shot-hours",
        type=float,
        default=6.0,
        metavar="H",
        help="The time limit of a shot whose model has no known speed (default: 6).",
    )
    farm.add_argument(
        "--frame-seconds",
        type=float,
        metavar="S",
        help="Seconds a frame takes on your hosts, for estimates, task sizes and time limits. Left out: known for "
        "the starter only.",
    )
    farm.add_argument(
        "--hosts",
        type=at_least_one,
        metavar="N",
        help="Also estimate how long so many hosts take, from start to end.",
    )
    farm.add_argument(
        "--farm-command",
        default="actanywhere",
        metavar="COMMAND",
        help="The command that starts ActAnywhere on a host (default: actanywhere).",
    )
    farm.add_argument(
        "--submit",
        action="store_true",
        help="Also submit the bundle to AWS Deadline Cloud, with 'deadline bundle submit'.",
    )


def at_least_one(text: str) -> int:
    """A count of 1 or more; the parser names the flag otherwise."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number

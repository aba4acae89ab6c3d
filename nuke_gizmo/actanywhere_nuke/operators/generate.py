"""A take from the button to the layer: inputs rendered here, the rest in the engine, the layer loaded.

With an interface Nuke stays free and a progress bar shows how far the engine is. In a terminal (``nuke -t``) the same
calls block and print.
"""

from __future__ import annotations

import os
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

import nuke

from ..contract.errors import Cancelled, JobError
from ..contract.job import Job, Result
from ..contract.launch import Worker
from ..contract.shot import FrameRange
from ..contract.takes import new_take, read_take, remove_take, wedge, write_job
from ..draw.wording import say
from ..hostkit.controls import BUSY
from ..hostkit.engine import Engine, engine_errand
from ..hostkit.session import Session, Step
from ..hostkit.turns import Listener, Turns
from ..read.asking import ask, text
from ..read.naming import slashes
from ..read.plan import plan, with_output
from ..show import showing
from . import installation
from .rendering import render_inputs

__all__ = [
    "TURNS",
    "cancel",
    "continue_take",
    "generate",
    "is_rendering",
    "is_running",
    "prepare",
    "render_wedge",
    "show_take_in",
    "waiting_take",
    "write_farm_job",
]


def _worker(command: List[str]) -> Worker:
    return Worker(command, remedy=installation.REMEDY)


#: The sessions of this Nuke, and their one worker.
TURNS = Turns(_worker)


class _Running(NamedTuple):
    """A session that was submitted. The node is held itself: it may be renamed, and its script saved elsewhere."""

    number: int
    node: nuke.Node
    folders: Tuple[str, ...]


_running: List[_Running] = []


def prepare(node: nuke.Node, frames: str = "") -> Job:
    """Render the node's inputs and make a take's folder: the job that is to be submitted, not yet written down.

    ``frames`` (``1001-1010``) goes before the node's own range. Raises an ``ActAnywhereError``.
    """
    if is_running(node):
        raise JobError(f"{node.name()} is rendering already.", BUSY)
    if frames:
        _set_range(node, frames)
    planned = plan(ask(node))
    if planned.warning:
        showing.log(node, planned.warning)
    rendered = render_inputs(node, planned)
    showing.log(node, f"{rendered} of {len(planned.renderings)} inputs rendered, the others are as they were")
    return with_output(planned.job, new_take(planned.root, planned.job.shot.name))


def generate(node: nuke.Node, frames: str = "") -> Optional[Result]:
    """A new take. With an interface it returns at once (None); in a terminal with the result. Raises."""
    engine = _engine(node)
    return _submit(node, engine, [_written(prepare(node, frames))])


def continue_take(node: nuke.Node) -> Optional[Result]:
    """What is missing of the take that is shown, by the job that it was started with."""
    if is_running(node):
        raise JobError(f"{node.name()} is rendering already.", BUSY)
    take = showing.shown_take(node)
    if take is None or take.job is None:
        raise JobError("There is no take to continue.", "Choose one in the list, or press Generate.")
    if is_rendering(take.folder):
        raise JobError(f"Take {take.number} is rendering already, for another node.", "Wait for it.")
    return _submit(node, _engine(node), [with_output(take.job, take.folder)], fresh=False)


def render_wedge(node: nuke.Node) -> Optional[Result]:
    """One take for each seed, and a contact sheet of them when all are done."""
    count = int(node["wedge_count"].value())
    if count < 2:
        raise JobError(f"A wedge of {count} takes is none.", "Ask for 2 or more.")
    engine = _engine(node)
    job = prepare(node)
    try:
        jobs = wedge(job, count)
    except Exception:
        remove_take(read_take(job.output))
        raise
    return _submit(node, engine, jobs)


def waiting_take(node: nuke.Node) -> Job:
    """A new take whose job is written down, to be rendered elsewhere."""
    return _written(prepare(node))


def show_take_in(node: nuke.Node, folder: str) -> None:
    """Have the node show a take, whose frames may come later."""
    showing.show_take(node, read_take(folder))
    showing.refresh(node)


def write_farm_job(node: nuke.Node) -> str:
    """A take's job as a file, for another machine; the node shows its frames as they come. Gives the command."""
    job = waiting_take(node)
    path = os.path.join(job.output, "job.json").replace("\\", "/")
    said = f'actanywhere render --job "{path}"'
    with showing.quiet(node):
        node["farm_command"].setValue(said)
    show_take_in(node, job.output)
    showing.log(node, f"job written: {path}")
    return said


def cancel(node: nuke.Node) -> int:
    """Stop what the node has running or waiting; gives how many jobs that were."""
    running = _running_of(node)
    for number in running:
        TURNS.cancel(number)
    return len(running)


def is_running(node: nuke.Node) -> bool:
    """Whether a job of the node runs or waits."""
    return bool(_running_of(node))


def is_rendering(folder: str) -> bool:
    """Whether a job that runs or waits, of whichever node, writes into that take's folder."""
    return any(slashes(folder) in one.folders and TURNS.is_running(one.number) for one in _running)


def _running_of(node: nuke.Node) -> List[int]:
    _running[:] = [one for one in _running if TURNS.is_running(one.number)]
    name = node.fullName()
    return [one.number for one in _running if showing.alive(one.node) and one.node.fullName() == name]


def _set_range(node: nuke.Node, frames: str) -> None:
    span = FrameRange.parse(frames)
    node["range"].setValue("custom")
    node["first"].setValue(span.first)
    node["last"].setValue(span.last)


def _engine(node: nuke.Node) -> Engine:
    """The node's engine, known to be there. Raises ``WorkerError``."""
    engine = installation.engine(text(node, "engine"))
    engine.command("worker")
    return engine


def _written(job: Job) -> Job:
    """The job, written down in its take; a take that cannot be written leaves nothing."""
    try:
        write_job(job)
    except Exception:
        remove_take(read_take(job.output))
        raise
    return job


def _submit(node: nuke.Node, engine: Engine, jobs: List[Job], fresh: bool = True) -> Optional[Result]:
    sheet = _sheet_path(jobs) if len(jobs) > 1 else ""
    session = Session(jobs, after=[_sheet_step(engine, jobs, sheet)] if sheet else [], fresh=fresh)
    task = _Task(node, session, sheet)
    command = engine.command("worker")
    for job in jobs:
        showing.log(node, f"started: {job.output}")
    if nuke.GUI:
        folders = tuple(slashes(job.output) for job in jobs)
        _running.append(_Running(TURNS.submit(session, command, task), node, folders))
        return None
    with _worker(command) as session.worker:
        session.run(task.printed)
    task.ended(session)
    return session.results[-1]


def _sheet_path(jobs: List[Job]) -> str:
    first, last = (os.path.basename(job.output)[-3:] for job in (jobs[0], jobs[-1]))
    return f"{slashes(os.path.dirname(jobs[0].output))}/wedge_{first}-{last}.png"


def _sheet_step(engine: Engine, jobs: List[Job], path: str) -> Step:
    words = ["review", "--wedge", *(job.output for job in jobs), "--output", path]
    return Step("Contact sheet", 0.1, lambda: engine_errand(engine.command(*words)))


class _Task(Listener):
    """A session under Nuke's progress bar. ``sheet`` is the contact sheet that it ends with, empty without one.

    It lives in the thread of the turns; what touches a node goes to the main one.
    """

    def __init__(self, node: nuke.Node, session: Session, sheet: str) -> None:
        self._node, self._sheet = node, sheet
        first = session.jobs[0]
        count = f", {len(session.jobs)} takes" if len(session.jobs) > 1 else ""
        self._title = f"ActAnywhere: {first.shot.name}, seed {first.settings.seed}{count}"
        self._task: Any = None
        self._logged = self._shown = 0

    def began(self, session: Session) -> None:
        self._task = nuke.ProgressTask(self._title)

    def moved(self, session: Session) -> None:
        if self._task is not None:
            self._task.setProgress(int(100 * session.fraction))
            self._task.setMessage(session.words)
        for line in session.log[self._logged :]:
            _main(showing.log, self._node, line)
        self._logged = len(session.log)
        for result in session.results[self._shown :]:
            _main(_finished, self._node, result)
        self._shown = len(session.results)

    def printed(self, session: Session) -> None:
        """News in a terminal."""
        print(f"ActAnywhere {session.words}", flush=True)
        self.moved(session)

    def wants_stop(self) -> bool:
        return self._task is not None and bool(self._task.isCancelled())

    def ended(self, session: Session) -> None:
        self.moved(session)
        self._task = None  # the bar goes with it
        if session.error is not None:
            _main(_failed, self._node, session)
        elif self._sheet:
            _main(_sheet_made, self._node, self._sheet)


def _main(call: Callable[..., None], *args: Any) -> None:
    """Have it done in Nuke's main thread; in a terminal that is the one we are in."""
    if nuke.GUI:
        nuke.executeInMainThread(call, args=args)
    else:
        call(*args)


def _finished(node: nuke.Node, result: Result) -> None:
    if not showing.alive(node):
        return
    seconds = sum(result.seconds.values())
    showing.log(node, f"finished in {seconds:.0f} seconds: {result.layer}")
    show_take_in(node, result.job.output)


def _failed(node: nuke.Node, session: Session) -> None:
    error = session.error
    assert error is not None
    if not showing.alive(node):
        print(say(error), flush=True)
        return
    showing.log(node, say(error))
    left = [job.output for job in session.jobs if read_take(job.output).frames_done]
    if left:
        show_take_in(node, left[-1])
    else:
        showing.refresh(node)
    if not isinstance(error, Cancelled):
        nuke.message(say(error))


def _sheet_made(node: nuke.Node, path: str) -> None:
    if showing.alive(node):
        with showing.quiet(node):
            node["sheet"].setValue(path)
        showing.log(node, f"contact sheet: {path}")

"""A take from press to layer: inputs rendered here, the rest in the engine, the layer brought back.

With an interface Nuke stays free and a progress bar shows how far the engine is. In a terminal (``nuke -t``) the same
calls block and print.
"""

from __future__ import annotations

import os
from typing import Any, Callable, List, NamedTuple, Optional

import nuke

from ..contract.errors import ActAnywhereError, Cancelled, JobError, WorkerError
from ..contract.job import Job, Progress, Result
from ..contract.launch import Worker, run
from ..contract.shot import FrameRange
from ..contract.takes import Take, new_take, read_take, remove_take, wedge, write_job
from ..desk import installation
from ..desk.engine import Engine, Listener
from ..desk.naming import slashes
from ..desk.plan import plan, with_output
from ..desk.progress import message
from . import showing
from .reading import ask, text
from .rendering import render_inputs

__all__ = [
    "ENGINE",
    "cancel",
    "continue_take",
    "generate",
    "is_rendering",
    "is_running",
    "prepare",
    "render_wedge",
    "write_farm_job",
]

#: The one worker of this session of Nuke.
ENGINE = Engine()


class _Running(NamedTuple):
    """A job that was submitted. The node is held itself: it may be renamed, and its script saved under another name."""

    number: int
    node: nuke.Node
    folder: str


_running: List[_Running] = []


def prepare(node: nuke.Node, frames: str = "") -> Job:
    """Render the node's inputs and make a take's folder: the job that is to be submitted, not yet written down.

    ``frames`` (``1001-1010``) goes before the node's own range. Raises an ``ActAnywhereError``.
    """
    if is_running(node):
        raise JobError("%s is rendering already." % node.name(), "Wait, or press Cancel first.")
    if frames:
        _set_range(node, frames)
    planned = plan(ask(node))
    if planned.warning:
        showing.log(node, planned.warning)
    rendered = render_inputs(node, planned)
    showing.log(
        node, "%d of %d inputs rendered, the others are as they were" % (rendered, len(planned.renderings))
    )
    return with_output(planned.job, new_take(planned.root, planned.job.shot.name))


def generate(node: nuke.Node, frames: str = "") -> Optional[Result]:
    """A new take. With an interface it returns at once (None); in a terminal with the result. Raises."""
    command = installation.command(text(node, "engine"))
    job = prepare(node, frames)
    write_job(job)
    return _submit(node, command, [job])


def continue_take(node: nuke.Node) -> Optional[Result]:
    """What is missing of the take that is shown, by the job that it was started with."""
    if is_running(node):
        raise JobError("%s is rendering already." % node.name(), "Wait, or press Cancel first.")
    take = showing.shown_take(node)
    if take is None or take.job is None:
        raise JobError("There is no take to continue.", "Choose one in the list, or press Generate.")
    if is_rendering(take.folder):
        raise JobError("Take %d is rendering already, for another node." % take.number, "Wait for it.")
    command = installation.command(text(node, "engine"))
    return _submit(node, command, [with_output(take.job, take.folder)])


def render_wedge(node: nuke.Node) -> Optional[Result]:
    """One take for each seed, and a contact sheet of them when all are done."""
    count = int(node["wedge_count"].value())
    if count < 2:
        raise JobError("A wedge of %d takes is none." % count, "Ask for 2 or more.")
    command = installation.command(text(node, "engine"))
    jobs = wedge(prepare(node), count)
    return _submit(node, command, jobs)


def write_farm_job(node: nuke.Node) -> str:
    """A take's job as a file, for another machine; the node shows its frames as they come. Gives the command."""
    job = prepare(node)
    write_job(job)
    path = os.path.join(job.output, "job.json").replace("\\", "/")
    said = 'actanywhere render --job "%s"' % path
    with showing.quiet(node):
        node["farm_command"].setValue(said)
    _show(node, job.output)
    showing.log(node, "job written: %s" % path)
    return said


def cancel(node: nuke.Node) -> int:
    """Stop what the node has running or waiting; gives how many jobs that were."""
    running = _running_of(node)
    for number in running:
        ENGINE.cancel(number)
    return len(running)


def is_running(node: nuke.Node) -> bool:
    """Whether a job of the node runs or waits."""
    return bool(_running_of(node))


def is_rendering(folder: str) -> bool:
    """Whether a job that runs or waits, of whichever node, writes into that take's folder."""
    return any(one.folder == slashes(folder) and ENGINE.is_running(one.number) for one in _running)


def _running_of(node: nuke.Node) -> List[int]:
    _running[:] = [one for one in _running if ENGINE.is_running(one.number)]
    name = node.fullName()
    return [one.number for one in _running if showing.alive(one.node) and one.node.fullName() == name]


def _set_range(node: nuke.Node, frames: str) -> None:
    span = FrameRange.parse(frames)
    node["range"].setValue("custom")
    node["first"].setValue(span.first)
    node["last"].setValue(span.last)


def _submit(node: nuke.Node, command: List[str], jobs: List[Job]) -> Optional[Result]:
    sheet = _Sheet(node, command, [job.output for job in jobs]) if len(jobs) > 1 else None
    if not nuke.GUI:
        return _block(node, command, jobs, sheet)
    listeners = [_Task(node, job, sheet) for job in jobs]
    for job, listener in zip(jobs, listeners):
        _running.append(_Running(ENGINE.submit(job, command, listener), node, job.output))
    showing.log(node, *("started: %s" % job.output for job in jobs))
    return None


def _block(
    node: nuke.Node, command: List[str], jobs: List[Job], sheet: Optional["_Sheet"]
) -> Optional[Result]:
    """In a terminal: one job after the other, printed. Raises the first error."""
    result = None

    def tell(progress: Progress) -> None:
        print("ActAnywhere %s" % message(progress), flush=True)
        if progress.message:
            showing.log(node, progress.message)

    with Worker(command) as worker:
        for job in jobs:
            showing.log(node, "started: %s" % job.output)
            try:
                result = run(job, tell, worker)
            except (Cancelled, WorkerError):
                raise
            except ActAnywhereError:
                _drop(job.output)
                raise
            _finished(node, result)
            if sheet is not None:
                sheet.done(job.output)
    return result


class _Task(Listener):
    """A job under Nuke's progress bar. It lives in the engine's thread; what touches a node goes to the main one."""

    def __init__(self, node: nuke.Node, job: Job, sheet: Optional["_Sheet"]) -> None:
        self._node, self._job, self._sheet = node, job, sheet
        self._title = "ActAnywhere: %s, seed %d" % (job.shot.name, job.settings.seed)
        self._task: Any = None

    def started(self) -> None:
        self._task = nuke.ProgressTask(self._title)

    def progress(self, progress: Progress) -> None:
        if self._task is not None:
            self._task.setProgress(int(100 * progress.fraction))
            self._task.setMessage(message(progress))
        if progress.message:
            _main(showing.log, self._node, progress.message)

    def wants_stop(self) -> bool:
        return self._task is not None and bool(self._task.isCancelled())

    def finished(self, result: Result) -> None:
        self._task = None  # the bar goes with it
        _main(_finished, self._node, result)
        if self._sheet is not None:
            self._sheet.done(self._job.output)

    def failed(self, error: ActAnywhereError) -> None:
        began, self._task = self._task is not None, None
        _main(_failed, self._node, self._job.output, error, began)
        if self._sheet is not None:
            self._sheet.failed(self._job.output)


class _Sheet:
    """The contact sheet of a wedge, made when the last of its takes has ended."""

    def __init__(self, node: nuke.Node, command: List[str], folders: List[str]) -> None:
        self._node, self._command = node, command
        self._waiting = set(folders)
        self._whole: List[str] = []
        first, last = (os.path.basename(folder)[-3:] for folder in (folders[0], folders[-1]))
        shot = os.path.dirname(folders[0]).replace("\\", "/")
        self._path = "%s/wedge_%s-%s.png" % (shot, first, last)

    def done(self, folder: str) -> None:
        self._whole.append(folder)
        self._end(folder)

    def failed(self, folder: str) -> None:
        self._end(folder)

    def _end(self, folder: str) -> None:
        self._waiting.discard(folder)
        if self._waiting or not self._whole:
            return
        try:
            installation.wedge_sheet(self._command, self._whole, self._path)
        except ActAnywhereError as error:
            _main(showing.log, self._node, installation.say(error))
            return
        _main(_sheet_made, self._node, self._path)


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
    showing.log(node, "finished in %.0f seconds: %s" % (seconds, result.layer))
    _show(node, result.job.output)


def _failed(node: nuke.Node, folder: str, error: ActAnywhereError, began: bool) -> None:
    if not showing.alive(node):
        print(installation.say(error), flush=True)
        return
    showing.log(node, installation.say(error))
    if read_take(folder).frames_done:
        _show(node, folder)
    else:
        if not (began and isinstance(error, (Cancelled, WorkerError))):
            _drop(folder)
        showing.refresh(node)
    if not isinstance(error, Cancelled):
        cancel(node)  # the others of a wedge would end as this one did
        nuke.message(installation.say(error))


def _drop(folder: str) -> None:
    """A take that was refused, or never begun, is none; one that was stopped can be continued, and is kept.

    The engine keeps what it can go on from in a folder of its own.
    """
    take = read_take(folder)
    if not take.frames_done and not os.path.isdir(os.path.join(folder, ".actanywhere")):
        remove_take(take)


def _show(node: nuke.Node, folder: str) -> None:
    take: Take = read_take(folder)
    showing.show_take(node, take)
    showing.refresh(node)


def _sheet_made(node: nuke.Node, path: str) -> None:
    if showing.alive(node):
        with showing.quiet(node):
            node["sheet"].setValue(path)
        showing.log(node, "contact sheet: %s" % path)

"""The clean plate of the shot: made by the engine from the plate's other frames, read beside the node, and taken."""

from __future__ import annotations

import shutil
import threading
from typing import List

import nuke

from ..contract.errors import ActAnywhereError, Cancelled
from ..contract.job import Job
from ..hostkit.clean_plate import clean_plate_step, made_clean_plate, new_clean_folder
from ..hostkit.progress import say
from ..hostkit.session import Session
from ..read.asking import ask, text
from ..read.plan import plan_clean, with_output
from ..show import showing
from . import installation
from .rendering import render_inputs

__all__ = ["make_clean_plate"]


def make_clean_plate(node: nuke.Node) -> None:
    """Render plate and matte where they changed, then the clean plate. With an interface it returns at once. Raises."""
    engine = installation.engine(text(node, "engine"))
    engine.command("cleanplate")
    planned = plan_clean(ask(node))
    render_inputs(node, planned)
    job = with_output(planned.job, new_clean_folder(planned.root, planned.job.shot.name))
    session = Session([], before=[clean_plate_step(engine, job)])
    if nuke.GUI:
        threading.Thread(target=_follow, args=(node, session, job), daemon=True).start()
        return
    try:
        session.run(lambda now: print(f"ActAnywhere {now.words}", flush=True))
    finally:
        _ended(node, session, job)


def _follow(node: nuke.Node, session: Session, job: Job) -> None:
    """Not in the main thread: the bar is any thread's, the node is not."""
    task = nuke.ProgressTask(f"ActAnywhere: clean plate of {job.shot.name}")
    while not session.over:
        if session.step(0.2):
            task.setProgress(int(100 * session.fraction))
            task.setMessage(session.words)
        if task.isCancelled() and not session.stopping:
            session.cancel()
    del task  # the bar goes with it
    nuke.executeInMainThread(_show, args=(node, session, job))


def _show(node: nuke.Node, session: Session, job: Job) -> None:
    try:
        _ended(node, session, job)
    except ActAnywhereError as error:
        showing.log(node, say(error))
        if not isinstance(error, Cancelled):
            nuke.message(say(error))


def _ended(node: nuke.Node, session: Session, job: Job) -> None:
    """It is the node's clean plate from now on; what was stopped or refused leaves nothing. Raises."""
    try:
        if session.error is not None:
            raise session.error
        pattern, told = made_clean_plate(session.lines)
    except ActAnywhereError:
        shutil.rmtree(job.output, ignore_errors=True)
        raise
    if showing.alive(node):
        _take(node, job, pattern, told)


def _take(node: nuke.Node, job: Job, pattern: str, told: List[str]) -> None:
    frames = job.shot.frames
    assert frames is not None
    with showing.quiet(node, undone=True):
        node["clean_plate"].setValue(pattern)
    with node.parent():
        read = nuke.nodes.Read(file=pattern, first=frames.first, last=frames.last, raw=True)
        read.setXYpos(node.xpos() + 150, node.ypos())
    showing.log(node, f"clean plate: {pattern}", *told)
    showing.show_state(node)

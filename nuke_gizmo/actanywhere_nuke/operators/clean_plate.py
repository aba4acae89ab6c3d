"""The clean plate of the shot: made by the engine from the plate's other frames, read beside the node, and taken."""

from __future__ import annotations

import shutil
from typing import List

import nuke

from ..contract.errors import ActAnywhereError
from ..contract.job import Job
from ..contract.takes import new_folder_beside
from ..hostkit.clean_plate import clean_plate_step, made_clean_plate
from ..hostkit.session import Session
from ..read.asking import ask, text
from ..read.plan import plan_clean, with_output
from ..show import showing
from . import installation
from .aside import run_aside
from .rendering import render_inputs

__all__ = ["make_clean_plate"]


def make_clean_plate(node: nuke.Node) -> None:
    """Render plate and matte where they changed, then the clean plate. With an interface it returns at once. Raises."""
    engine = installation.engine(text(node, "engine"))
    engine.command("cleanplate")
    planned = plan_clean(ask(node))
    render_inputs(node, planned)
    job = with_output(planned.job, new_folder_beside(planned.root, planned.job.shot.name, "clean"))
    session = Session([], before=[clean_plate_step(engine, job)])
    run_aside(node, f"clean plate of {job.shot.name}", session, lambda: _ended(node, session, job))


def _ended(node: nuke.Node, session: Session, job: Job) -> None:
    """It is the node's clean plate from now on; what was stopped or refused leaves nothing. Raises."""
    try:
        if session.error is not None:
            raise session.error
        pattern, notes = made_clean_plate(session.lines)
    except ActAnywhereError:
        shutil.rmtree(job.output, ignore_errors=True)
        raise
    if showing.alive(node):
        _take(node, job, pattern, notes)


def _take(node: nuke.Node, job: Job, pattern: str, notes: List[str]) -> None:
    frames = job.shot.frames
    assert frames is not None
    with showing.quiet(node, undone=True):
        node["clean_plate"].setValue(pattern)
    with node.parent():
        read = nuke.nodes.Read(file=pattern, first=frames.first, last=frames.last, raw=True)
        read.setXYpos(node.xpos() + 150, node.ypos())
    showing.log(node, f"clean plate: {pattern}", *notes)
    showing.show_state(node)

"""The actor's matte from the plate alone: made by the engine, read beside the node, and connected as a roto is."""

from __future__ import annotations

import nuke

from ..contract.job import Job
from ..hostkit.matte import MadeMatte, Pointed, finished_matte, matte_folder, matte_step, misread
from ..hostkit.session import Session
from ..read.asking import ask, text
from ..read.plan import plan_matte, with_output
from ..read.upstream import source_of
from ..show import showing
from . import installation
from .aside import run_aside
from .rendering import render_inputs

__all__ = ["make_matte"]

_INPUT = 1  # of the node: the matte


def make_matte(node: nuke.Node) -> None:
    """Render the plate where it changed, then the matte. With an interface it returns at once. Raises."""
    engine = installation.engine(text(node, "engine"))
    engine.command("matte")
    planned = plan_matte(ask(node))
    if planned.warning:
        showing.log(node, planned.warning)
    render_inputs(node, planned)
    shot, plate = planned.job.shot, planned.plate
    said = f"{plate.pattern} {shot.plate.colour} {plate.frames}"
    folder = matte_folder(planned.root, shot.name, said, map(plate.file, plate.frames))
    job = with_output(planned.job, folder)
    pointed = Pointed(text(node, "matte_box"), text(node, "matte_point"), text(node, "matte_point_off"))
    session = Session([], before=[matte_step(engine, job, pointed)])
    run_aside(node, f"matte of {shot.name}", session, lambda: _ended(node, session, job, pointed))


def _ended(node: nuke.Node, session: Session, job: Job, pointed: Pointed) -> None:
    made = finished_matte(session, job, pointed)
    if not showing.alive(node):
        return
    frames = job.shot.frames
    assert frames is not None
    with showing.quiet(node, undone=True):
        read = _read_of(node, made)
        for name, value in (("first", frames.first), ("last", frames.last)):
            read[name].setValue(value)
            read["orig" + name].setValue(value)
        read["reload"].execute()  # type: ignore[attr-defined]
        node.setInput(_INPUT, read)
        node["matte_channel"].setValue("rgba.alpha")
        for name, value in misread(job.settings).items():
            node[name].setValue(value)
            made.notes.append(f"{name.replace('_', ' ')} is set back: it would misread this matte")
    showing.log(node, f"matte: {made.pattern}", *made.notes, f"sheet: {made.sheet}")
    showing.show_state(node)


def _read_of(node: nuke.Node, made: MadeMatte) -> nuke.Node:
    """The Read that is at the matte's input already, where it reads this matte; else a new one, named by the plate."""
    there = source_of(node.input(_INPUT))
    if there is not None and there.Class() == "Read" and there["file"].value() == made.pattern:
        return there
    plate = source_of(node.input(0))
    with node.parent():
        read = nuke.nodes.Read(file=made.pattern, raw=True)
        read.setName(f"{plate.name() if plate is not None else node.name()}_matte")
        read.setXYpos(node.xpos() + 150, node.ypos() - 100)
    return read

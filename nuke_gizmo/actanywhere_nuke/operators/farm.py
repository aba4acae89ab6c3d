"""Writes shots as a farm's job bundle: inputs rendered here, planned by the engine, written as waiting takes."""

from __future__ import annotations

import shutil
from typing import List, Tuple

import nuke

from ..contract.errors import ActAnywhereError, Cancelled
from ..contract.job import Job
from ..contract.takes import new_folder_beside, read_take, remove_take
from ..hostkit.engine import Engine
from ..hostkit.farm import can_submit, made_bundle, plan_step, planned, write_farm_list, write_step
from ..hostkit.session import Session
from ..read.asking import ask, is_ours, text
from ..read.naming import output_root
from ..show import showing
from . import generate, installation
from .aside import run_aside

__all__ = ["farm_bundle"]

_Shots = List[Tuple[nuke.Node, Job]]


def farm_bundle(node: nuke.Node) -> None:
    """Plan and write the bundle of the node, or of all selected ones where it is one of them. Raises."""
    engine = installation.engine(text(node, "engine"))
    engine.command("batch")
    chosen = [one for one in nuke.selectedNodes() if is_ours(one)]
    shots: _Shots = []
    folder = ""
    try:
        for one in chosen if node.fullName() in [each.fullName() for each in chosen] else [node]:
            shots.append((one, generate.waiting_take(one)))
        asked = ask(node, look=False)
        own = next(job for one, job in shots if one.fullName() == node.fullName())
        folder = new_folder_beside(output_root(asked.output_folder, asked.script), own.shot.name, "farm")
        write_farm_list(folder, [job for _, job in shots])
    except ActAnywhereError:
        _leave_nothing(shots, folder)
        raise
    session = Session([], before=[plan_step(engine, folder)])
    run_aside(node, "planning", session, lambda: _planned(node, engine, shots, folder, session))


def _planned(node: nuke.Node, engine: Engine, shots: _Shots, folder: str, session: Session) -> None:
    """Shows what they need, and asks; what was refused or stopped leaves nothing. Raises."""
    try:
        if session.error is not None:
            raise session.error
        plan = planned(session.lines)
        showing.log(node, *plan)
        question = "Write the bundle and submit it?" if can_submit() else "Write the bundle?"
        if nuke.GUI and not nuke.ask("\n".join([*plan, "", question])):
            raise Cancelled("No bundle was written.")
    except ActAnywhereError:
        _leave_nothing(shots, folder)
        raise
    writing = Session([], before=[write_step(engine, folder)])
    run_aside(node, "farm bundle", writing, lambda: _written(node, shots, folder, writing))


def _written(node: nuke.Node, shots: _Shots, folder: str, session: Session) -> None:
    if session.error is not None:
        raise session.error
    bundle = made_bundle(folder, session.lines)
    for one, job in shots:
        if showing.alive(one):
            generate.show_take_in(one, job.output)
    showing.log(node, f"farm bundle: {bundle}")


def _leave_nothing(shots: _Shots, folder: str) -> None:
    for _, job in shots:
        remove_take(read_take(job.output))
    if folder:
        shutil.rmtree(folder, ignore_errors=True)

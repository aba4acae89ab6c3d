"""Reads a node's knobs, inputs and project into an ``Ask`` for ``plan``."""

from __future__ import annotations

import os
from typing import Any, Dict, Optional, Tuple

import nuke

from ..contract.shot import FrameRange
from ..hostkit.widgets import settings_of
from .colour import Project
from .plan import Ask
from .ranges import choose_range, condition_frame
from .tracks import read_moves
from .upstream import describe, source_of

__all__ = ["ask", "identity", "inner", "is_complete", "is_ours", "script_path", "text"]


_memory: Dict[Tuple[str, int, str], str] = {}


def is_ours(node: nuke.Node) -> bool:
    """Whether it is an ActAnywhere node, Group or gizmo."""
    return node.knob("actanywhere") is not None


def is_complete(node: nuke.Node) -> bool:
    """Whether what is inside is there: while a script is read, callbacks come before it is."""
    return isinstance(node, nuke.Group) and node.node("Output1") is not None


def identity(node: nuke.Node) -> str:
    """The node among those of all scripts that this session of Nuke has opened."""
    return f"{script_path()} {node.fullName()}"


def inner(node: nuke.Node, name: str) -> nuke.Node:
    """A node inside of ours."""
    found = node.node(name) if isinstance(node, nuke.Group) else None
    if found is None:
        raise ValueError(f"{node.name()} has no {name} inside: it is not as it was shipped")
    return found


def text(node: nuke.Node, name: str) -> str:
    """A text or file knob, with what Tcl it holds evaluated."""
    knob = node[name]
    value = knob.evaluate() if isinstance(knob, nuke.EvalString_Knob) else knob.value()
    return str(value or "").strip()


def script_path() -> str:
    """The script's file; empty while it was never saved."""
    return str(nuke.root()["name"].value() or "")


def ask(node: nuke.Node, look: bool = True) -> Ask:
    """All that the node says now. Raises ``JobError`` for settings, ranges and tracks that cannot be.

    ``look`` False takes what hangs at the inputs as it was seen last: a slider that moves must not walk the tree.
    """
    settings = settings_of(lambda name: node[name].value())
    choice, of_input, of_project, own = _ranges(node)
    frames = choose_range(choice, of_input, of_project, own)
    own_frame = int(node["condition_frame"].value()) if node["use_condition_frame"].value() else None
    drawn = condition_frame(own_frame, frames)
    return Ask(
        settings=settings,
        script=script_path(),
        node=node.fullName().replace(".", "_"),
        output_folder=text(node, "output_folder"),
        shot_name=text(node, "shot_name"),
        range=choice,
        input_range=of_input,
        project_range=of_project,
        own_range=own,
        working_space=str(node["working_space"].value()),
        project=_project(),
        plate=_seen(node, 0, frames, look),
        matte=_seen(node, 1, frames, look),
        matte_channel=str(inner(node, "matte_alpha")["from0"].value()),
        matte_channels=tuple(inner(node, "matte_or_plate").channels()),
        condition=_seen(node, 2, FrameRange(drawn, drawn), look),
        condition_frame=own_frame,
        condition_file=text(node, "condition_file"),
        condition_kind=str(node["condition_kind"].value()),
        condition_matte=text(node, "condition_matte"),
        scribble=text(node, "scribble"),
        extended=text(node, "extended"),
        moves=read_moves(node.input(3), frames, str(node["track_means"].value())),
        alive=_seen(node, 4, frames, look),
        alive_channel=str(inner(node, "alive_alpha")["from0"].value()),
        alive_channels=tuple(inner(node, "alive").channels()),
        others=_seen(node, 5, FrameRange(drawn, drawn), look),
        others_channel=str(inner(node, "others_alpha")["from0"].value()),
        others_channels=tuple(inner(node, "others").channels()),
    )


def _seen(node: nuke.Node, index: int, frames: FrameRange, look: bool) -> str:
    """What hangs at an input, in the frames that count."""
    key = (identity(node), index, str(frames))
    if look or key not in _memory:
        _memory[key] = describe(node.input(index), frames)
    return _memory[key]


def _ranges(node: nuke.Node) -> Tuple[str, Optional[Tuple[int, int]], Tuple[int, int], Tuple[int, int]]:
    root, plate = nuke.root(), source_of(node.input(0))
    span = None
    if plate is not None:
        found = plate.frameRange()
        span = (int(found.first()), int(found.last()))
    project = (int(root["first_frame"].value()), int(root["last_frame"].value()))
    own = (int(node["first"].value()), int(node["last"].value()))
    return str(node["range"].value()), span, project, own


def _project() -> Project:
    config = _root("OCIO_config")
    if config == "custom":
        config = _root("customOCIOConfigPath") or os.environ.get("OCIO", "")
    return Project(_root("colorManagement"), config, _root("workingSpaceLUT"))


def _root(name: str) -> str:
    knob: Any = nuke.root().knob(name)
    return "" if knob is None else str(knob.value())

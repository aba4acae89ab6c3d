"""The node graph above an input as text: the same text means the same pictures, in any session.

Nuke's own op hashes change with the frame and between sessions, so they cannot name a folder that lasts.
"""

from __future__ import annotations

import os
from typing import List, Optional, Set

import nuke

from ..contract.shot import FrameRange

__all__ = ["describe", "source_of"]

# Of every node, and without effect on its pictures.
_COSMETIC = frozenset(
    "name label xpos ypos selected tile_color gl_color note_font note_font_size note_font_color icon hide_input help "
    "cached postage_stamp postage_stamp_frame bookmark dope_sheet indicators autolabel onCreate onDestroy knobChanged "
    "updateUI panel panelDropped rootNodeUpdated lock_connections window mapsize lifetimeStart lifetimeEnd "
    "useLifetime".split()
)
# Of a Read: how often it was reloaded, and whether a copy of its files is kept on this machine.
_OF_READ = frozenset(
    "reload version cacheLocal localizationPolicy updateLocalization sourceUtilities".split()
)
# Of a node of ours: what it shows. What it was asked for, its log and its list of takes make no picture.
_OF_OURS = frozenset("show taken take_first take_last take_layer layer_file on_error disable".split())


def source_of(node: Optional[nuke.Node]) -> Optional[nuke.Node]:
    """The node behind Dots, and behind the Input of a group that the node lies in."""
    while node is not None:
        if node.Class() == "Dot":
            node = node.input(0)
        elif node.Class() == "Input":
            node = node.parent().input(int(node["number"].value()))
        else:
            return node
    return None


def describe(node: Optional[nuke.Node], frames: FrameRange) -> str:
    """The nodes above and at ``node`` with their knobs, and size and time of the files that they name in ``frames``.

    Empty where nothing is connected. Where a node lies and how it looks is left out. A file that is retimed by
    Nuke is looked at in the frame's own number.
    """
    found = source_of(node)
    lines: List[str] = []
    if found is not None:
        lines.append(f"format {nuke.root()['format'].toScript()}")  # what has no size of its own takes it
        _tell(found, frames, lines, set())
    return "\n".join(lines)


def _tell(node: nuke.Node, frames: FrameRange, lines: List[str], seen: Set[str]) -> None:
    name = node.fullName()
    if name in seen:
        lines.append(f"again {node.Class()}")
        return
    seen.add(name)
    lines.append(f"node {node.Class()}")
    ours = node.knob("actanywhere") is not None
    for knob_name, knob in sorted(node.knobs().items()):
        if _counts(node, knob_name, ours):
            lines.append(f"{knob_name} {knob.toScript()}")
            if isinstance(knob, nuke.File_Knob):
                lines += _files(knob, frames)
    if isinstance(node, nuke.Group):
        for inner in sorted(node.nodes(), key=lambda one: one.name()):
            if not ours or inner.name() == "read_layer":
                _tell(inner, frames, lines, seen)
    for index in range(1 if ours else node.inputs()):
        above = source_of(node.input(index))
        lines.append(f"input {index}")
        if above is not None:
            _tell(above, frames, lines, seen)
    for other in node.dependencies(nuke.EXPRESSIONS):
        _tell(other, frames, lines, seen)


def _counts(node: nuke.Node, knob: str, ours: bool) -> bool:
    """Whether a knob has an effect on the node's pictures."""
    if ours:
        return knob in _OF_OURS
    return knob not in _COSMETIC and not (node.Class() == "Read" and knob in _OF_READ)


def _files(knob: nuke.File_Knob, frames: FrameRange) -> List[str]:
    """Size and time of every file that the knob names."""
    paths = {str(knob.evaluate(frame) or "") for frame in frames} - {""}
    lines = []
    for path in sorted(paths):
        try:
            about = os.stat(path)
        except OSError:
            continue
        if not os.path.isdir(path):
            lines.append(f"file {path} {about.st_size} {about.st_mtime_ns}")
    return lines

"""Shows on the node the take in its stream, the list of takes, the state and the log.

Everything here touches knobs and belongs to Nuke's main thread.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Dict, Iterator, List, Optional, Set

import nuke

from ..contract.errors import ActAnywhereError
from ..contract.job import Job
from ..contract.takes import Take, layer_stem, list_takes, read_take
from ..draw.wording import shown
from ..hostkit.status import State, notes_of, state_of, take_label
from ..read.asking import ask, inner, script_path, text
from ..read.naming import file_pattern, output_root, shot_name, slashes
from ..read.plan import plan

__all__ = [
    "alive",
    "is_quiet",
    "log",
    "list_labels",
    "listed",
    "quiet",
    "refresh",
    "reload",
    "set_layer",
    "show_state",
    "show_take",
    "shown_take",
    "takes_of",
]

_COLOURS = ("red", "green", "blue", "alpha")
_LOG_LINES = 100
_NONE = "none"

_quiet: Set[str] = set()


def alive(node: nuke.Node) -> bool:
    """Whether the node is still in the script: a job outlives a node that was deleted, and a script that was closed."""
    try:
        return bool(node.fullName())
    except ValueError:
        return False


@contextmanager
def quiet(node: nuke.Node, undone: bool = False) -> Iterator[None]:
    """Our own changes of knobs: they call ``knobChanged`` too (see ``is_quiet``).

    Ctrl-Z takes back those that an artist asked for (``undone``), and no others: it would switch a Write on again, for
    the farm to render.
    """
    name = node.fullName()
    if name in _quiet:
        yield
        return
    _quiet.add(name)
    if not undone:
        nuke.Undo.disable()
    try:
        yield
    finally:
        if not undone:
            nuke.Undo.enable()
        _quiet.discard(name)


def is_quiet(node: nuke.Node) -> bool:
    """Whether it is us who change the node's knobs."""
    return node.fullName() in _quiet


def takes_of(node: nuke.Node) -> List[Take]:
    """The takes of the node's shot, oldest first. Raises ``JobError`` when the node has no folder yet."""
    script = script_path()
    root = output_root(text(node, "output_folder"), script)
    return list_takes(root, shot_name(text(node, "shot_name"), script, node.fullName().replace(".", "_")))


def shown_take(node: nuke.Node) -> Optional[Take]:
    """The take that the node shows, as it is on disk now."""
    folder = text(node, "take_folder")
    return read_take(folder) if folder else None


def listed(node: nuke.Node) -> Dict[str, Take]:
    """The list's lines and their takes: those of the node's shot, and one of another that it shows (a copied node)."""
    try:
        takes = takes_of(node)
    except ActAnywhereError:
        takes = []
    lines = {take_label(take): take for take in takes}
    shown = shown_take(node)
    if shown is not None and slashes(shown.folder) not in [slashes(take.folder) for take in takes]:
        lines[f"{take_label(shown)} of {slashes(shown.folder).split('/')[-2]}"] = shown
    return lines


def show_take(node: nuke.Node, take: Optional[Take]) -> None:
    """Bring a take into the node's stream (or none), and say so in the list."""
    job = None if take is None else take.job
    with quiet(node):
        if take is None or job is None or job.shot.frames is None:
            node["taken"].setValue(False)
            node["take_folder"].setValue("")
            node["layer_file"].setValue("")
            return
        pattern = file_pattern(slashes(take.folder), layer_stem(job), "####")
        node["take_folder"].setValue(slashes(take.folder))
        node["layer_file"].setValue(pattern)
        node["take_first"].setValue(job.shot.frames.first)
        node["take_last"].setValue(job.shot.frames.last)
        node["take_layer"].setValue(job.settings.layer)
        set_layer(node, job.settings.layer)
        node["taken"].setValue(True)
        reload(node)


def set_layer(node: nuke.Node, layer: str) -> None:
    """Have the node's copies carry a layer of that name, made in the project if it is not there yet."""
    names = [f"{layer}.{colour}" for colour in _COLOURS]
    if layer not in nuke.layers():
        nuke.Layer(layer, names)
    for node_name, prefixes in (("layer_copy", ("from", "to")), ("show_layer_copy", ("from",))):
        copy = inner(node, node_name)
        for prefix in prefixes:
            for index, name in enumerate(names):
                if copy[f"{prefix}{index}"].value() != name:
                    copy[f"{prefix}{index}"].setValue(name)


def refresh(node: nuke.Node) -> None:
    """Look at the disk: the list of takes, and the state of the one that is shown."""
    lines = listed(node)
    folder = text(node, "take_folder")
    chosen = [line for line, take in lines.items() if slashes(take.folder) == folder]
    with quiet(node):
        list_labels(node, list(lines), chosen[0] if chosen else "")
    show_state(node)


def list_labels(node: nuke.Node, labels: List[str], chosen: str) -> None:
    """Put takes into the list, and the chosen one into it and onto the node's label."""
    node["take"].setValues([_NONE, *labels])  # type: ignore[attr-defined]
    node["take"].setValue(chosen or _NONE)
    node["take_label"].setValue(chosen)


def reload(node: nuke.Node) -> None:
    """Read the layer's files again: a farm may have written some."""
    inner(node, "read_layer")["reload"].execute()  # type: ignore[attr-defined]


def show_state(node: nuke.Node, look: bool = True) -> State:
    """Compare the take with what knobs and inputs (see ``ask``) ask for now, and write the outcome on the node."""
    job: Optional[Job] = None
    problem = ""
    take: Optional[Take] = None
    try:
        take = shown_take(node)
        job = plan(ask(node, look)).job
    except ActAnywhereError as error:
        problem = shown(error.message)
    state = state_of(take, job, problem)
    notes = shown("\n".join(notes_of(take))) if take is not None else ""
    with quiet(node):
        # A knob evaluates what stands in square brackets.
        for name, said in (("state", state.text), ("notes", notes.replace("[", "(").replace("]", ")"))):
            if node[name].value() != said:
                node[name].setValue(said)
    return state


def log(node: nuke.Node, *lines: str) -> None:
    """Add lines to the log on the node, with the time; in a terminal they are printed too."""
    stamp = time.strftime("%H:%M:%S")
    said = [f"{stamp}  {part}" for line in lines for part in shown(line).splitlines()]
    if not nuke.GUI:
        for one in said:
            print(f"ActAnywhere {one}", flush=True)
    if not alive(node):
        return
    # The knob evaluates what stands in square brackets.
    kept = str(node["log"].value() or "").splitlines() + [
        one.replace("[", "(").replace("]", ")") for one in said
    ]
    with quiet(node):
        node["log"].setValue("\n".join(kept[-_LOG_LINES:]))

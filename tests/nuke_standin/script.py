"""Scripts in and out of the stand-in: text to nodes by the Tcl reader, and nodes to text. Valid Python 3.7."""

from __future__ import annotations

import os
from typing import Any, Dict, List

from tests.nuke_standin import nk
from tests.nuke_standin.classes import COMMON, DEFAULTS
from tests.nuke_standin.kinds import from_user_knob
from tests.nuke_standin.nodes import make
from tests.nuke_standin.session import SESSION

__all__ = ["from_plugin", "paste", "written"]


def paste(text: str, parent: Any, source: Any = None) -> List[Any]:
    """The top-level nodes that ``text`` makes in ``parent``; ``source`` is what was selected before."""
    before: List[nk.NkNode] = []
    made: Dict[int, Any] = {}
    if source is not None:
        before = [nk.NkNode("Dot", [("name", "selected")], [])]
        made[id(before[0])] = source
    script = nk.read(text, before)
    SESSION.layers.update(script.layers)
    top = [_node(item, parent, made) for item in script.nodes]
    return [node for node in top if node is not None]


def from_plugin(name: str, parent: Any) -> Any:
    """A node of a gizmo that lies on the plug-in path; its inside is as it was shipped, always."""
    for folder in SESSION.plugin_path:
        path = os.path.join(folder, name + ".gizmo")
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as stream:
                node = paste(stream.read(), parent)[0]
            node._plugin = name
            return node
    raise RuntimeError("%s: Unknown command" % name)


def _of_plugin(item: nk.NkNode, parent: Any, made: Dict[int, Any]) -> Any:
    """A gizmo of a script: its knobs are there, and nothing of its inside."""
    node = made[id(item)] = from_plugin(item.cls, parent)
    quiet, node._busy = node._busy, 10**6  # loading calls no knobChanged
    node.setName(item.name)
    for name, value in item.pairs:
        if name not in ("inputs", "name"):
            knob = node[name]
            (knob.getLinkedKnob() if knob._code == 41 else knob)._text = value
    node._busy = quiet
    node._inputs = [None if source is None else made[id(source)] for source in item.inputs]
    node._run_python(node._knobs["onCreate"]._text, node._knobs["onCreate"])
    return node


def _node(item: nk.NkNode, parent: Any, made: Dict[int, Any]) -> Any:
    if item.cls == "Root":
        node = SESSION.root
    elif item.cls not in DEFAULTS:
        return _of_plugin(item, parent, made)
    else:
        node = make(item.cls, parent)
        if item.name:
            node.setName(item.name)
    made[id(item)] = node
    quiet, node._busy = node._busy, 10**6  # loading calls no knobChanged
    for line in item.user:
        node._add(from_user_knob(line))
    for name, value in item.pairs:
        if name in ("inputs", "name") and item.cls != "Root":
            continue
        if name not in node._knobs:
            raise RuntimeError("%s: %s has no knob %s" % (item.name, item.cls, name))
        node._knobs[name]._text = value
    for child in item.children:
        _node(child, node, made)
    node._busy = quiet
    node._inputs = [None if source is None else made[id(source)] for source in item.inputs]
    if item.cls in ("Group", "Gizmo") and node._knobs["onCreate"]._text:
        node._run_python(node._knobs["onCreate"]._text, node._knobs["onCreate"])
    return node


def written(root: Any) -> str:
    """The script as a file: every knob that is not at its default, user knobs with their definitions."""
    lines = ["#! standin -nx", "version %d.%d v1" % SESSION.version]
    lines += ["Root {", *_knob_lines(root), "}"]
    for name, channels in SESSION.layers.items():
        lines.append("add_layer {%s %s}" % (name, " ".join(channels)))
    for child in root._children:
        lines += _lines(child)
    return "\n".join(lines) + "\n"


def _lines(node: Any) -> List[str]:
    lines = [
        "push %s" % ("0" if source is None else "$N%x" % id(source)) for source in reversed(node._inputs)
    ]
    cls = node._plugin or node._cls
    lines += ["%s {" % cls, " inputs %d" % len(node._inputs), *_knob_lines(node), "}"]
    if node._plugin:
        return [*lines, "set N%x [stack 0]" % id(node)]
    for child in getattr(node, "_children", []):
        lines += _lines(child)
    if hasattr(node, "_children"):
        lines.append("end_group")
    lines.append("set N%x [stack 0]" % id(node))
    return lines


def _knob_lines(node: Any) -> List[str]:
    lines = []
    for knob in node._knobs.values():
        if node._plugin and knob._code == 41:
            lines.append(" %s %s" % (knob._name, nk.escaped(knob.getLinkedKnob()._text)))
        elif knob._code and not node._plugin:
            lines.append(" addUserKnob {%s}" % _definition(knob))
    for name, knob in node._knobs.items():
        if knob._code in (20, 22, 26, 41) or knob._text == knob._default or not knob._saved:
            continue
        if name in COMMON or knob._code or knob._default != knob._text:
            lines.append(" %s %s" % (name, nk.escaped(knob._text)))
    return lines


def _definition(knob: Any) -> str:
    words = ["%d %s l %s" % (knob._code, knob._name, nk.escaped(knob._label))]
    for key, value in knob._options.items():
        if key == "R":
            words.append("R %g %g" % value)
        elif key == "M":
            words.append("M {%s}" % value)
        elif key not in ("l",):
            words.append("%s %s" % (key, nk.escaped(value)))
    return " ".join(words)

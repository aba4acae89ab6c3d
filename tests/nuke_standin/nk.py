"""A Nuke script, evaluated as what it is: Tcl, by a real Tcl 8.6, with a stack machine for the nodes.

Every command that is not Tcl's own is a node class, handed to ``unknown`` as Nuke does it. Nothing of Tcl is left in
the interpreter but ``set`` and the script's own words, so that a script can read no file and start no program.
Valid Python 3.7, because the stand-in loads scripts with it under the Pythons of real ones.
"""

from __future__ import annotations

import re
import tkinter
from typing import Any, Dict, List, Optional, Tuple

__all__ = ["NkError", "NkNode", "Script", "UserKnob", "escaped", "read"]

_TAKES_ONE = ("l", "t", "T", "M", "n")
_NEVER_PUSHED = ("Root",)


class NkError(Exception):
    """What a real Nuke would refuse, or read as something else than what is meant."""


class UserKnob:
    """One ``addUserKnob`` line: its code, its name, its options (``l t T M n R``) and its ±FLAGs."""

    def __init__(self, words: List[str]) -> None:
        if len(words) < 2 or not re.match(r"^\d+$", words[0]):
            raise NkError("addUserKnob needs a code and a name: %s" % words[:2])
        self.code, self.name = int(words[0]), words[1]
        self.options: Dict[str, Any] = {}
        self.flags: List[str] = []
        rest = words[2:]
        while rest:
            key = rest.pop(0)
            if re.match(r"^[+-][A-Z_]+$", key):
                self.flags.append(key)
            elif key in _TAKES_ONE and rest:
                self.options[key] = rest.pop(0)
            elif key == "R" and len(rest) >= 2:
                self.options["R"] = (float(rest.pop(0)), float(rest.pop(0)))
            else:
                raise NkError("addUserKnob %s: '%s' is no option" % (self.name, key))


class NkNode:
    """A node as it stands in the file. ``inputs[i]`` is the node on input i, or None."""

    def __init__(self, cls: str, knobs: List[Tuple[str, str]], user: List[UserKnob]) -> None:
        self.cls, self.user = cls, user
        self.pairs = knobs  # in order, with repetitions, without addUserKnob
        self.knobs = dict(knobs)
        self.inputs: List[Optional[NkNode]] = []
        self.children: List[NkNode] = []
        self.parent: Optional[NkNode] = None

    @property
    def name(self) -> str:
        return self.knobs.get("name", "")


class Script:
    """All that a file makes: top-level ``nodes``, ``layers`` in the order of declaration, the ``version``."""

    def __init__(self) -> None:
        self.nodes: List[NkNode] = []
        self.layers: Dict[str, List[str]] = {}
        self.used_before: List[Tuple[str, str]] = []  # (layer, node) of what was named before its add_layer
        self.version = ""

    def walk(self) -> List[NkNode]:
        """Every node, groups before what they hold."""
        found: List[NkNode] = []
        todo = list(self.nodes)
        while todo:
            node = todo.pop(0)
            found.append(node)
            todo[:0] = node.children
        return found


class _Machine:
    def __init__(self) -> None:
        self.script = Script()
        self.tcl = tkinter.Tcl()
        self.nodes: List[NkNode] = []  # the number of a node in here, plus 1, is its name in Tcl
        self.group: Optional[NkNode] = None
        self.stacks: List[List[Optional[NkNode]]] = [[]]
        self.failure: Optional[NkError] = None

    def run(self, text: str, stack: List[NkNode]) -> Script:
        self.stacks[0].extend(stack)
        self.nodes.extend(stack)
        self.tcl.createcommand("_nk", self._command)
        self.tcl.eval("proc unknown {args} {_nk {*}$args}")
        for name in ("version", "push", "end_group", "add_layer", "stack"):
            self.tcl.eval("proc %s {args} {_nk %s {*}$args}" % (name, name))
        keep = {"set", "unknown", "_nk", "version", "push", "end_group", "add_layer", "stack", "rename"}
        for name in self.tcl.splitlist(self.tcl.eval("info commands")):
            if name not in keep:
                self.tcl.call("rename", name, "")
        self.tcl.eval("rename rename {}")
        try:
            self.tcl.eval(text)
        except tkinter.TclError as error:
            raise (self.failure or NkError("Tcl: %s" % error)) from error
        if self.group is not None:
            raise NkError("%s has no end_group" % self.group.name)
        return self.script

    def _command(self, *words: str) -> str:
        try:
            special = getattr(self, "_do_" + words[0], None)
            if special is not None:
                return str(special(*words[1:]))
            if not re.match(r"^[A-Za-z]\w*$", words[0]) or len(words) != 2:
                raise NkError("'%s' is neither a command nor a node" % " ".join(words)[:60])
            self._node(words[0], words[1])
            return ""
        except (NkError, tkinter.TclError) as error:
            self.failure = error if isinstance(error, NkError) else NkError("Tcl: %s" % error)
            raise self.failure from error

    def _do_version(self, *words: str) -> str:
        self.script.version = " ".join(words)
        return ""

    def _do_stack(self, depth: str) -> str:
        node = self.stacks[-1][-1 - int(depth)] if int(depth) < len(self.stacks[-1]) else None
        return "0" if node is None else str(self.nodes.index(node) + 1)

    def _do_push(self, name: str) -> str:
        if not re.match(r"^\d+$", name) or int(name) > len(self.nodes):
            raise NkError("push %s: there is no such node" % name)
        self.stacks[-1].append(None if name == "0" else self.nodes[int(name) - 1])
        return ""

    def _do_end_group(self) -> str:
        if self.group is None:
            raise NkError("end_group without a group")
        done, self.group = self.group, self.group.parent
        self.stacks.pop()
        self.stacks[-1].append(done)
        return ""

    def _do_add_layer(self, line: str) -> str:
        name, *channels = self.tcl.splitlist(line)
        self.script.layers[name] = list(channels)
        return ""

    def _node(self, cls: str, body: str) -> None:
        words = list(self.tcl.splitlist(body))
        if len(words) % 2:
            raise NkError("%s: a knob has no value, near '%s'" % (cls, words[-1][:40]))
        pairs = list(zip(words[::2], words[1::2]))
        user = [UserKnob(list(self.tcl.splitlist(value))) for knob, value in pairs if knob == "addUserKnob"]
        node = NkNode(cls, [pair for pair in pairs if pair[0] != "addUserKnob"], user)
        self._note_layers(node)
        node.parent = self.group
        (self.script.nodes if self.group is None else self.group.children).append(node)
        if cls in _NEVER_PUSHED:
            return
        self.nodes.append(node)
        node.inputs = [self._pop(node) for _ in range(_count(node))]
        if cls in ("Group", "Gizmo"):
            self.group = node
            self.stacks.append([])
        else:
            self.stacks[-1].append(node)

    def _pop(self, node: NkNode) -> Optional[NkNode]:
        stack = self.stacks[-1]
        if not stack and self.group is not None:
            raise NkError("%s takes an input, and there is none" % (node.name or node.cls))
        return stack.pop() if stack else None

    def _note_layers(self, node: NkNode) -> None:
        for knob, value in node.pairs:
            for layer in _layers_named(node.cls, knob, value):
                if layer not in self.script.layers:
                    self.script.used_before.append((layer, "%s.%s" % (node.name or node.cls, knob)))


#: Layers that every script has.
BUILT_IN = ("rgb", "rgba", "alpha", "none", "all", "depth", "motion", "forward", "backward", "mask")
_CHANNEL_KNOBS = re.compile(
    r"^(channels\d?|from\d|to\d|in\d?|out\d?|maskChannel\w*|output|fromInput\d|mappings)$"
)


def _layers_named(cls: str, knob: str, value: str) -> List[str]:
    if not _CHANNEL_KNOBS.match(knob) or cls in ("Input", "Output") or knob == "output":
        return []
    words = re.findall(r"[A-Za-z_]\w*(?:\.\w+)?", value)
    return [word.split(".")[0] for word in words if word.split(".")[0] not in BUILT_IN]


def _count(node: NkNode) -> int:
    text = node.knobs.get("inputs", "1")
    if not re.match(r"^\d+(\+\d+)?$", text):
        raise NkError("%s: inputs %s" % (node.name or node.cls, text))
    return sum(int(part) for part in text.split("+"))


def read(text: str, stack: Optional[List[NkNode]] = None) -> Script:
    """The script that ``text`` is. ``stack`` stands on the stack before it, as with a paste. Raises NkError."""
    return _Machine().run(text, list(stack or []))


def escaped(value: str) -> str:
    """A value as Nuke writes it into a script: in quotes, with what Tcl would take for its own escaped."""
    for raw, safe in (("\\", "\\\\"), ('"', '\\"'), ("[", "\\["), ("]", "\\]"), ("$", "\\$"), ("\n", "\\n")):
        value = value.replace(raw, safe)
    return '"%s"' % value.replace("{", "\\{").replace("}", "\\}")

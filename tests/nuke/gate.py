"""What a Group or gizmo of ours must keep to, so that a Nuke we have never seen opens it without a word.

``faults`` lists every breach in plain words; an empty list opens the gate.
"""

from __future__ import annotations

import ast
import re
import sys
import tkinter
from collections.abc import Iterator

from tests.nuke_standin.classes import CALLBACKS, COMMON, GROUPS, KNOBS
from tests.nuke_standin.nk import NkError, NkNode, Script, UserKnob, read

CODES = {1, 2, 3, 4, 6, 7, 10, 11, 12, 14, 15, 17, 18, 20, 22, 26, 28, 32, 41, 68}
FLAGS = {"STARTLINE", "HIDDEN", "INVISIBLE", "DISABLED", "DO_NOT_WRITE"}
OURS = {"actanywhere_nuke", "nuke"}
SCRIPTS = 22  # PyScript_Knob


def faults(text: str, root: str = "Group") -> list[str]:
    """Everything that is wrong with the node of class ``root`` (Group or Gizmo) that ``text`` makes."""
    try:
        script = read(text)
    except NkError as error:
        return [f"cannot be evaluated: {error}"]
    tops = [node for node in script.nodes if node.cls not in ("Root", "StickyNote")]
    found = [f"raw [ in line {line}" for line in raw_brackets(text)]
    if [node.cls for node in tops] != [root]:
        return [*found, f"holds {[node.cls for node in tops]}, not one {root}"]
    found += [f"layer {layer} is used by {where} before its add_layer" for layer, where in script.used_before]
    found += layer_faults(script)
    for node in script.walk():
        found += node_faults(node)
        if node.cls in GROUPS:
            found += group_faults(node)
    return found


def raw_brackets(text: str) -> Iterator[int]:
    """Lines with a [ that Tcl would run in another place than `set N [stack 0]`."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#") or re.match(r"^\s*set \w+ \[stack 0\]$", line):
            continue
        if re.search(r"(?<!\\)(?:\\\\)*\[", line):
            yield number


def layer_faults(script: Script) -> Iterator[str]:
    for name, channels in script.layers.items():
        for channel in channels:
            if not re.match(rf"^{re.escape(name)}\.[A-Za-z_]\w*$", channel):
                yield f"layer {name} declares {channel}"
    for node in script.walk():
        for knob, value in node.pairs:
            if node.cls == "Copy" and re.match(r"^(from|to)\d$", knob):
                layer, _, channel = value.partition(".")
                known = script.layers.get(layer, [f"{layer}.{c}" for c in ("red", "green", "blue", "alpha")])
                if value != "none" and f"{layer}.{channel}" not in known:
                    yield f"{node.name}.{knob} names {value}, which its layer has not"


def node_faults(node: NkNode) -> Iterator[str]:
    who = node.name or node.cls
    if node.cls not in KNOBS:
        yield f"{who}: class {node.cls} is not one of those we know to be in every Nuke from 13.2 to 16"
        return
    if node.cls != "Gizmo" and not re.match(r"^[A-Za-z_]\w*$", node.name):
        yield f"{node.cls} has no proper name: '{node.name}'"
    own = [knob.name for knob in node.user]
    known = KNOBS[node.cls] | COMMON | CALLBACKS | set(own)
    for knob in node.knobs:
        if knob not in known:
            yield f"{who}: {node.cls} has no knob {knob}"
    for name in own:
        if own.count(name) > 1 or name in KNOBS[node.cls] | COMMON | CALLBACKS:
            yield f"{who}: knob {name} is declared twice, or is one of Nuke's own"
    for user in node.user:
        yield from (f"{who}.{user.name}: {fault}" for fault in user_knob_faults(node, user))
    for name, code in python_of(node):
        yield from (f"{who}.{name}: {fault}" for fault in python_faults(code))
    yield from tab_faults(node)
    yield from expression_faults(node)


def user_knob_faults(node: NkNode, user: UserKnob) -> Iterator[str]:
    if user.code not in CODES:
        yield f"code {user.code} is unknown"
    if not re.match(r"^[A-Za-z_]\w*$", user.name):
        yield "its name is not a word"
    for flag in user.flags:
        if flag[1:] not in FLAGS:
            yield f"flag {flag} is unknown"
    if user.code in (4, 68):
        entries = tkinter.Tcl().splitlist(user.options.get("M", ""))
        if not [entry for entry in entries if entry]:
            yield "a pulldown without entries"
        value = node.knobs.get(user.name)
        if value is not None and value not in entries:
            yield f"is set to '{value}', which it does not offer"
    if user.code == 41 and not link_target(node, user.options.get("T", "")):
        yield f"links to '{user.options.get('T', '')}', which is not there"
    if user.code == SCRIPTS and not user.options.get("T", "").strip():
        yield "a button that does nothing"
    limits = user.options.get("R")
    if limits and limits[0] >= limits[1]:
        yield f"a range that ends before it begins: {limits}"


def link_target(node: NkNode, target: str) -> bool:
    """Whether ``Child.knob`` names a knob of a node inside ``node``."""
    name, _, knob = target.rpartition(".")
    for child in node.children:
        if child.name == name:
            return knob in KNOBS.get(child.cls, set()) | COMMON | {user.name for user in child.user}
    return False


def tab_faults(node: NkNode) -> Iterator[str]:
    depth = 0
    for user in node.user:
        if user.code == 20 and user.options.get("n") in ("1", "2"):
            depth += 1
        elif user.code == 20 and user.options.get("n") == "-1":
            depth -= 1
        if depth < 0:
            yield f"{node.name}: {user.name} ends a knob group that was not begun"
            return
    if depth:
        yield f"{node.name}: a knob group is not ended"
    if node.user and not (node.user[0].code == 20 and "n" not in node.user[0].options):
        yield f"{node.name}: its knobs do not begin with a tab of our own, so that Nuke calls it User"


def expression_faults(node: NkNode) -> Iterator[str]:
    """Expressions that name a knob of the parent that is not there."""
    if node.parent is None:
        return
    known = {user.name for user in node.parent.user} | KNOBS[node.parent.cls] | COMMON
    known |= {f"input{i}" for i in range(len(node.parent.inputs))}
    for knob, value in node.pairs:
        if knob in CALLBACKS:
            continue
        for name in re.findall(r"\bparent\.(\w+)", value):
            if name not in known:
                yield f"{node.name}.{knob}: the group has no knob {name}"


def python_of(node: NkNode) -> Iterator[tuple[str, str]]:
    """(where, code) of every piece of Python that the node carries."""
    for user in node.user:
        if user.code == SCRIPTS:
            yield user.name, user.options.get("T", "")
    for knob, value in node.pairs:
        if knob in CALLBACKS:
            yield knob, value


def python_faults(code: str) -> Iterator[str]:
    try:
        tree = ast.parse(code, feature_version=(3, 7))
    except SyntaxError as error:
        yield f"is not Python 3.7: {error}"
        return
    for item in ast.walk(tree):
        names: list[str] = []
        if isinstance(item, ast.Import):
            names = [alias.name for alias in item.names]
        elif isinstance(item, ast.ImportFrom):
            names = [item.module or "."]
        for name in names:
            if name.split(".")[0] not in sys.stdlib_module_names | OURS:
                yield f"imports {name}"


def group_faults(group: NkNode) -> Iterator[str]:
    names = [child.name for child in group.children]
    yield from (f"two nodes are called {name}" for name in sorted({n for n in names if names.count(n) > 1}))
    numbers = [int(child.knobs.get("number", "0")) for child in group.children if child.cls == "Input"]
    if numbers != list(range(len(numbers))):
        yield f"the inputs are numbered {numbers}"
    outputs = [child for child in group.children if child.cls == "Output"]
    if len(outputs) != 1:
        yield f"{len(outputs)} Outputs"
    yield from (f"{child.name} is not connected" for child in outputs if child.inputs[:1] in ([], [None]))
    for child in group.children:
        hollow = [i for i, source in enumerate(child.inputs) if source is None]
        if hollow and child.cls not in ("Output",):
            yield f"{child.name} has nothing on its input {hollow}"

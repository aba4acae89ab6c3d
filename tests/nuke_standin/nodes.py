"""Nodes, groups and the root. Valid Python 3.7."""

from __future__ import annotations

import re
from typing import Any, Dict, List

from tests.nuke_standin.arrays import Boolean_Knob, Int_Knob
from tests.nuke_standin.classes import CALLBACKS, COMMON, DEFAULTS, GROUPS, SWITCHES
from tests.nuke_standin.kinds import kind_of_builtin
from tests.nuke_standin.knobs import EvalString_Knob, PyScript_Knob
from tests.nuke_standin.session import SESSION, checked

__all__ = ["Format", "FrameRange", "Gizmo", "Group", "Node", "Root", "make"]


class FrameRange:
    """First and last frame, both included."""

    def __init__(self, first: int, last: int) -> None:
        self._first, self._last = int(first), int(last)

    def first(self) -> int:
        return self._first

    def last(self) -> int:
        return self._last

    def frames(self) -> int:
        return self._last - self._first + 1


class Format:
    """A size and a pixel aspect."""

    def __init__(self, width: int, height: int, aspect: float = 1.0) -> None:
        self._size = int(width), int(height), float(aspect)

    def width(self) -> int:
        return self._size[0]

    def height(self) -> int:
        return self._size[1]

    def pixelAspect(self) -> float:
        return self._size[2]


@checked
class Node:
    """A node and its knobs."""

    _panel = False  # whether its panel is open
    _plugin = ""  # the gizmo that it is

    def __init__(self, cls: str, parent: Any) -> None:
        self._cls, self._parent = cls, parent
        self._knobs: Dict[str, Any] = {}
        self._inputs: List[Any] = []
        self._busy = 0  # knobChanged within knobChanged
        self._failed = self._gone = False
        for name in sorted(COMMON - {"inputs"}):
            kind = Int_Knob if name in ("xpos", "ypos") else EvalString_Knob
            self._add((Boolean_Knob if name in SWITCHES else kind)(name))
        for name in sorted(CALLBACKS):
            self._add(PyScript_Knob(name))
        for name, default in DEFAULTS[cls].items():
            knob = kind_of_builtin(cls, name, default)(name)
            knob._text = knob._default = default
            self._add(knob)

    def _add(self, knob: Any) -> None:
        knob._node = self
        self._knobs[knob._name] = knob

    def Class(self) -> str:
        return self._cls

    def name(self) -> str:
        return str(self._knobs["name"]._text)

    def setName(self, name: str, uncollide: bool = True, updateExpressions: bool = False) -> None:
        self._knobs["name"]._text = _free(self._parent, name, self) if uncollide else name

    def fullName(self) -> str:
        if self._parent is None or self._parent is SESSION.root:
            return self.name()
        return "%s.%s" % (self._parent.fullName(), self.name())

    def parent(self) -> Any:
        return self._parent

    def knob(self, p: str, follow_link: bool = False) -> Any:
        return self._knobs.get(p)

    def knobs(self) -> Dict[str, Any]:
        return dict(self._knobs)

    def allKnobs(self) -> List[Any]:
        return list(self._knobs.values())

    def addKnob(self, knob: Any) -> None:
        self._add(knob)

    def __getitem__(self, name: str) -> Any:
        if name not in self._knobs:
            raise NameError("knob %s does not exist" % name)
        return self._knobs[name]

    def inputs(self) -> int:
        return len(self._inputs)

    def input(self, index: int) -> Any:
        return self._inputs[index] if 0 <= index < len(self._inputs) else None

    def setInput(self, i: int, node: Any) -> bool:
        if node is not None and node._parent is not self._parent:
            return False  # Nuke connects nothing across a group's border
        self._inputs += [None] * (i + 1 - len(self._inputs))
        self._inputs[i] = node
        self._input_changed()
        return True

    connectInput = setInput

    def dependencies(self, mask: int = 1) -> List[Any]:
        return [node for node in self._inputs if node is not None] if mask & 1 else []

    def hasError(self) -> bool:
        return self._failed

    error = hasError

    def treeHasError(self) -> bool:
        return self._failed or any(node.treeHasError() for node in self.dependencies())

    def frameRange(self) -> FrameRange:
        return FrameRange(self.firstFrame(), self.lastFrame())

    def firstFrame(self) -> int:
        return self._range()[0]

    def lastFrame(self) -> int:
        return self._range()[1]

    def format(self) -> Format:
        from tests.nuke_standin.header import format_of

        return format_of(self)

    def width(self) -> int:
        return self.format().width()

    def height(self) -> int:
        return self.format().height()

    def pixelAspect(self) -> float:
        return self.format().pixelAspect()

    def channels(self) -> List[str]:
        from tests.nuke_standin.header import channels_of

        return channels_of(self)

    def metadata(self, *key: Any, **_: Any) -> Any:
        found: Dict[str, Any] = {}
        return found.get(key[0]) if key else found

    def xpos(self) -> int:
        return int(self["xpos"].value())

    def ypos(self) -> int:
        return int(self["ypos"].value())

    def setXYpos(self, x: int, y: int) -> None:
        self["xpos"].setValue(x)
        self["ypos"].setValue(y)

    def screenWidth(self) -> int:
        return 80

    def screenHeight(self) -> int:
        return 18

    def setSelected(self, selected: bool) -> None:
        self._knobs["selected"]._text = "true" if selected else "false"

    def isSelected(self) -> bool:
        return bool(self._knobs["selected"]._text == "true")

    def showControlPanel(self, forceFloat: bool = False) -> None:
        self._panel = True
        self._tell("showPanel")

    def hideControlPanel(self) -> None:
        self._panel = False

    def shown(self) -> bool:
        return self._panel

    def forceValidate(self) -> None:
        pass

    # -- not of Nuke ---------------------------------------------------------------------------------

    def _range(self) -> List[int]:
        if self._cls == "Read":
            return [int(self["first"].value()), int(self["last"].value())]
        source = next((node for node in self._inputs if node is not None), None)
        if self._cls == "Input" and self._parent._outer(self) is not None:
            source = self._parent._outer(self)
        if source is None or source is self:
            return [int(SESSION.root["first_frame"].value()), int(SESSION.root["last_frame"].value())]
        return list(source._range())

    def _knob_changed(self, knob: Any) -> None:
        """knobChanged: also when a program changed the knob."""
        if not self._knobs["knobChanged"]._text or knob._name in CALLBACKS:
            return
        if self._busy > 20:
            SESSION.fault("%s: knobChanged calls itself without end, by %s" % (self.name(), knob._name))
            return
        self._busy += 1
        try:
            self._run_python(self._knobs["knobChanged"]._text, knob)
        finally:
            self._busy -= 1

    def _tell(self, name: str) -> None:
        """knobChanged for what is no knob of the node: showPanel, hidePanel, inputChange."""
        self._knob_changed(EvalString_Knob(name))

    def _input_changed(self) -> None:
        self._tell("inputChange")

    def _run_python(self, code: str, knob: Any) -> None:
        import __main__

        SESSION.this.append((self, knob))
        try:
            exec(compile(code, "<%s.%s>" % (self.name(), knob._name), "exec"), vars(__main__))
        finally:
            SESSION.this.pop()


@checked
class Group(Node):
    """A node that holds nodes."""

    def __init__(self, cls: str, parent: Any) -> None:
        super().__init__(cls, parent)
        self._children: List[Any] = []

    def begin(self) -> Group:
        SESSION.groups.append(self)
        return self

    def end(self) -> None:
        SESSION.groups.pop()

    def __enter__(self) -> Group:
        return self.begin()

    def __exit__(self, type: Any, value: Any, traceback: Any) -> Any:
        self.end()

    def node(self, s: str) -> Any:
        name, _, rest = s.partition(".")
        found = next((child for child in self._children if child.name() == name), None)
        return found.node(rest) if rest and found is not None else found

    def nodes(self) -> List[Any]:
        return list(self._children)

    def numNodes(self) -> int:
        return len(self._children)

    def output(self) -> Any:
        return next((child for child in self._children if child.Class() == "Output"), None)

    # -- not of Nuke ---------------------------------------------------------------------------------

    def _outer(self, inner: Any) -> Any:
        """What is connected outside to the Input node ``inner``."""
        return self.input(int(inner["number"].value()))


class Gizmo(Group):
    """A group in a file of its own."""


@checked
class Root(Group):
    """The script."""

    def __init__(self) -> None:
        super().__init__("Root", None)
        self._knobs["name"]._text = ""

    def name(self) -> str:
        return str(self._knobs["name"]._text) or "Root"

    def fullName(self) -> str:
        return "root"

    def firstFrame(self) -> int:
        return int(self["first_frame"].value())

    def lastFrame(self) -> int:
        return int(self["last_frame"].value())

    def fps(self) -> int:
        return int(self["fps"].value())

    def proxy(self) -> bool:
        return bool(self["proxy"].value())

    def setProxy(self, on: bool) -> None:
        self["proxy"].setValue(on)

    def modified(self) -> bool:
        return True

    def _frame(self) -> float:
        return float(self._knobs["frame"]._text or 1)


def make(cls: str, parent: Any) -> Any:
    """A node of a class, under a name of its own, in ``parent``."""
    if cls not in DEFAULTS:
        raise RuntimeError("%s: Unknown command" % cls)
    kind = Gizmo if cls == "Gizmo" else Group if cls in GROUPS else Node
    node = kind(cls, parent)
    node._knobs["name"]._text = _free(parent, re.sub(r"\d+$", "", cls) + "1")
    parent._children.append(node)
    return node


def _free(parent: Any, name: str, node: Any = None) -> str:
    others = [child for child in parent._children if child is not node] if parent is not None else []
    taken = {child._knobs["name"]._text for child in others}
    stem = re.sub(r"\d+$", "", name)
    number = 1
    while name in taken:
        name, number = "%s%d" % (stem, number), number + 1
    return name

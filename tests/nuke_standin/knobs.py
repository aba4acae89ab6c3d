"""Knobs, as far as the public stubs know them, with the manners that Nuke's have and few expect. Valid Python 3.7.

A pulldown's ``getValue`` is a number and its ``value`` the text; ``setValue`` by a program calls ``knobChanged`` as an
artist's hand does; a value of the wrong type is a TypeError; expressions are evaluated where they stand.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List

from tests.nuke_standin.curves import file_at, find, number, split
from tests.nuke_standin.nk import escaped
from tests.nuke_standin.session import SESSION, checked


@checked
class Knob:
    """What every knob can do."""

    def __init__(self, name: str, label: str = "", text: Any = "") -> None:
        self._name, self._label, self._tooltip = name, label, ""
        self._node: Any = None
        self._text = ""
        self._flags = 0
        self._seen, self._on, self._saved = True, True, True
        self._code = 0
        self._options: Dict[str, Any] = {}
        self._default = ""
        if text != "":
            self._put(text)

    def Class(self) -> str:
        return type(self).__name__

    def name(self) -> str:
        return self._name

    def label(self) -> str:
        return self._label

    def setLabel(self, label: str) -> None:
        self._label = _str(label)

    def tooltip(self) -> str:
        return self._tooltip

    def setTooltip(self, tooltip: str) -> None:
        self._tooltip = _str(tooltip)

    def node(self) -> Any:
        return self._node

    def visible(self) -> bool:
        return self._seen

    def setVisible(self, visible: bool) -> None:
        self._seen = bool(visible)

    def enabled(self) -> bool:
        return self._on

    def setEnabled(self, enabled: bool) -> None:
        self._on = bool(enabled)

    def setFlag(self, flag: int) -> None:
        self._flags |= flag

    def clearFlag(self, flag: int) -> None:
        self._flags &= ~flag

    def getFlag(self, flag: int) -> bool:
        return bool(self._flags & flag)

    def setName(self, name: str) -> None:
        self._name = _str(name)

    def fullyQualifiedName(self, channel: int = -1) -> str:
        return "%s.%s" % (self._node.fullName(), self._name)

    def value(self, *_: Any) -> Any:
        return self._read()

    def getValue(self, *_: Any) -> Any:
        return self._read()

    def setValue(self, val: Any, *_: Any) -> bool:
        before = self._text
        self._put(val)
        if self._text != before:
            self._changed()
        return True

    def fromScript(self, script: str) -> None:
        before = self._text
        self._text = _str(script)
        if self._text != before:
            self._changed()

    def toScript(self, quote: bool = False, context: Any = None) -> str:
        return escaped(self._text) if quote else self._text

    def isAnimated(self, *_: Any) -> bool:
        return "{curve" in self._text

    def hasExpression(self, *_: Any) -> bool:
        return self._text.startswith("{") and not self.isAnimated()

    def setExpression(self, expression: str, *_: Any) -> bool:
        self._text = "{%s}" % expression
        return True

    # -- not of Nuke ---------------------------------------------------------------------------------

    def _put(self, val: Any) -> None:
        self._text = _str(val)

    def _read(self) -> Any:
        return self._text

    def _changed(self) -> None:
        if self._node is not None:
            if not SESSION.undo_off:
                SESSION.undo.append("%s.%s" % (self._node.fullName(), self._name))
            self._node._knob_changed(self)


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a str is required, not %s" % type(value).__name__)
    return value


class Text_Knob(Knob):
    pass


class Tab_Knob(Knob):
    pass


class Format_Knob(Knob):
    pass


@checked
class String_Knob(Knob):
    def getText(self, *_: Any) -> str:
        return self._text

    def setText(self, val: str) -> None:
        self.setValue(val)


@checked
class EvalString_Knob(String_Knob):
    def evaluate(self, *_: Any) -> Any:
        return self._evaluated() or None

    def _evaluated(self) -> str:
        def put(match: Any) -> str:
            return str(find(self._node, match.group(1))._read())

        text = re.sub(r"\[value ([\w.]+)\]", put, self._text)
        if re.search(r"(?<!\\)\[", text):
            SESSION.fault(
                "%s.%s holds Tcl that this stand-in cannot run: %s" % (_who(self), self._name, text)
            )
        return text


class Multiline_Eval_String_Knob(EvalString_Knob):
    pass


@checked
class File_Knob(EvalString_Knob):
    def evaluate(self, frame: Any = None, *_: Any) -> Any:
        """The file of a frame, or None where there is no text."""
        return self._file(self._node_frame() if frame is None else frame)

    def getEvaluatedValue(self, *_: Any) -> Any:
        return self._file(self._node_frame())

    def _node_frame(self) -> float:
        return float(SESSION.root._frame())

    def _file(self, frame: float) -> Any:
        return file_at(self._evaluated(), frame) or None

    def fromUserText(self, text: str) -> None:
        """What a browser or an artist's typing does: ``path 1001-1047`` sets the range too."""
        match = re.match(r"^(.*?)\s+(-?\d+)-(-?\d+)$", text)
        self.setValue(match.group(1) if match else text)
        if match and self._node is not None and self._node.Class() == "Read":
            for knob, number in (("first", 2), ("last", 3), ("origfirst", 2), ("origlast", 3)):
                self._node[knob].setValue(int(match.group(number)))


@checked
class Script_Knob(String_Knob):
    def command(self) -> str:
        return self._text

    def setCommand(self, cmd: str) -> None:
        self._put(cmd)

    def execute(self) -> None:
        raise NotImplementedError("this stand-in runs no Tcl script")


@checked
class PyScript_Knob(Script_Knob):
    def execute(self) -> None:
        """Press the button."""
        self._node._run_python(self._text, self)


@checked
class Enumeration_Knob(Knob):
    def values(self) -> List[str]:
        return list(self._entries())

    def numValues(self) -> int:
        return len(self._entries())

    def enumName(self, n: int) -> str:
        return self._entries()[n]

    def setValues(self, items: List[str]) -> None:
        if not all(isinstance(item, str) for item in items):
            raise TypeError("a list of str is required")
        chosen = self._read()
        self._options["M"] = " ".join(escaped(item) for item in items)
        if chosen not in items:  # Nuke keeps the index, and falls back to the first entry
            self._text = items[0] if items else ""

    def value(self, *_: Any) -> str:
        return self._read()

    def getValue(self, *_: Any) -> float:
        entries = self._entries()
        return float(entries.index(self._read())) if self._read() in entries else 0.0

    def _entries(self) -> List[str]:
        return [re.split(r"\t", entry)[0] for entry in split(self._options.get("M", ""))]

    def _put(self, val: Any) -> None:
        entries = self._entries()
        if isinstance(val, str):
            if entries and val not in entries:
                raise ValueError("%s offers %s, not '%s'" % (self._name, entries, val))
            self._text = val
        elif entries:
            self._text = entries[int(val)]
        else:
            raise TypeError("a str is required")

    def _read(self) -> str:
        entries = self._entries()
        return self._text or self._default or (entries[0] if entries else "")


class CascadingEnumeration_Knob(Enumeration_Knob):
    pass


@checked
class _Table(Knob):
    """The Tracker's tracks: ``{ 1 COLUMNS ROWS } { columns } { rows }``, counted through by row."""

    def Class(self) -> str:
        return "Table_Knob"

    def getValue(self, index: int = 0, *_: Any) -> Any:
        return self.getValueAt(SESSION.root._frame(), index)

    def getValueAt(self, frame: float, index: int = 0, *_: Any) -> Any:
        head, _columns, rows = split(self._text)
        width = int(split(head)[1])
        return number(self, "{%s}" % split(split(rows)[index // width])[index % width], frame)


@checked
class Channel_Knob(Knob):
    def depth(self) -> int:
        return 1


class ChannelMask_Knob(Channel_Knob):
    pass


@checked
class Link_Knob(Knob):
    """Another knob's face: what is asked of it is asked of the other."""

    def getLink(self) -> str:
        return self._text

    def setLink(self, s: str) -> None:
        self._text = _str(s)

    def makeLink(self, s: str, t: str) -> None:
        self._text = "%s.%s" % (s, t)

    def getLinkedKnob(self) -> Any:
        name, _, knob = self._text.rpartition(".")
        return self._node.node(name)[knob]

    def value(self, *_: Any) -> Any:
        return self.getLinkedKnob().value()

    def getValue(self, *_: Any) -> Any:
        return self.getLinkedKnob().getValue()

    def setValue(self, val: Any, *_: Any) -> bool:
        return bool(self.getLinkedKnob().setValue(val))


def _who(knob: Any) -> str:
    return knob._node.name() if knob._node is not None else "?"

"""Numbers as knobs hold them: plain, animated (``{curve x1001 5 ...}``) or an expression. Valid Python 3.7."""

from __future__ import annotations

import re
import tkinter
from typing import Any, List, Optional, Tuple

from tests.nuke_standin.nk import NkError
from tests.nuke_standin.session import SESSION

__all__ = ["file_at", "find", "keys", "number", "split"]

_TCL = tkinter.Tcl()


def keys(text: str) -> List[Tuple[float, float]]:
    """(frame, value) of a curve, written as Nuke writes it: x sets the frame, each further value goes one on."""
    found: List[Tuple[float, float]] = []
    frame = 0.0
    for word in text.split()[1:]:
        if word.startswith("x"):
            frame = float(word[1:])
        elif re.match(r"^-?[\d.]+(e-?\d+)?$", word):
            found.append((frame, float(word)))
            frame += 1
        # letters are interpolation and slopes: straight lines do for us
    return found


def number(knob: Any, text: str, frame: Optional[float], index: int = 0) -> float:
    """Element ``index`` of the knob's text at a frame (None: the current one)."""
    if text in ("true", "false"):
        return float(text == "true")
    parts = split(text)
    part = parts[min(index, len(parts) - 1)]
    if part.startswith('"'):
        part = split(part)[0]
    if re.match(r"^-?[\d.]+(e[-+]?\d+)?$", part):
        return float(part)
    at = float(SESSION.root._frame() if frame is None else frame)
    if part.startswith("curve"):
        return _on_curve(keys(part), at)
    return _expression(knob, part, at)


def _on_curve(points: List[Tuple[float, float]], at: float) -> float:
    if not points:
        return 0.0
    if at <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if at <= x1:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return points[-1][1]


def _expression(knob: Any, text: str, at: float) -> float:
    def put(match: Any) -> str:
        word = match.group(0)
        if word in ("frame", "x", "t"):
            return repr(at)
        if word in ("and", "or", "not", "if", "else"):
            return str(word)
        return repr(float(find(knob._node, word).getValue()))

    plain = re.sub(r"\[exists ([\w.]+)\]", lambda m: str(int(_exists(knob, m.group(1)))), text)
    plain = plain.replace("&&", " and ").replace("||", " or ")
    plain = re.sub(r"!(?!=)", " not ", plain)
    match = re.match(r"^(.+?)\?(.+?):(.+)$", plain)
    if match:
        plain = "(%s) if (%s) else (%s)" % (match.group(2), match.group(1), match.group(3))
    plain = re.sub(r"[A-Za-z_][\w.]*", put, plain)
    if not re.match(r"^[\d\s.+*/()<>=!e'-]*$", re.sub(r"\b(and|or|not|if|else)\b", "", plain)):
        SESSION.fault("%s: an expression that this stand-in cannot evaluate: %s" % (knob._name, text))
        return 0.0
    return float(eval(plain, {"__builtins__": {}}))


def _exists(knob: Any, path: str) -> bool:
    """Tcl's ``exists``: an input counts when something is connected to it."""
    words = path.split(".")
    node = knob._node._parent if words[0] == "parent" else knob._node
    match = re.match(r"^input(\d*)$", words[-1])
    if match:
        return node.input(int(match.group(1) or 0)) is not None
    return words[-1] in node._knobs


def find(node: Any, path: str) -> Any:
    """The knob that an expression in ``node`` names: ``parent.seed``, ``root.proxy``, ``Read1.file``, ``size``."""
    words = path.split(".")
    at = node
    for word in words[:-1]:
        if word == "parent":
            at = at._parent
        elif word in ("this", "input"):
            at = at if word == "this" else at.input(0)
        elif word == "root":
            at = SESSION.root
        else:
            at = (at if at is not node else node._parent).node(word)
        if at is None:
            raise NkError("%s: nothing is called %s" % (path, word))
    return at[words[-1]]


def file_at(pattern: str, frame: float) -> str:
    """The file of a frame: ``%04d`` and ``####`` both."""
    number = int(frame)
    path = re.sub(r"%(0?\d*)d", lambda m: ("%" + m.group(1) + "d") % number, pattern)
    return re.sub(r"#+", lambda m: ("%0" + str(len(m.group(0))) + "d") % number, path)


def split(text: str) -> List[str]:
    """A Tcl list."""
    return list(_TCL.splitlist(text))

"""Knobs that hold numbers: plain, animated, or by an expression. Valid Python 3.7."""

from __future__ import annotations

from typing import Any, Optional

from tests.nuke_standin.curves import number
from tests.nuke_standin.knobs import Knob
from tests.nuke_standin.session import SESSION, checked


@checked
class Array_Knob(Knob):
    """Numbers. An expression is evaluated when it is asked for its value."""

    _make: Any = float

    def defaultValue(self, *_: Any) -> Any:
        return self._make(float(self._default or 0))

    def getValueAt(self, frame: float, *_: Any) -> Any:
        return self._at(frame, 0)

    def valueAt(self, frame: float, *_: Any) -> Any:
        return self._at(frame, 0)

    def arraySize(self) -> int:
        return int(getattr(self, "_size", 1))

    def setRange(self, low: float, high: float) -> None:
        self._options["R"] = (low, high)

    def setDefaultValue(self, values: Any) -> None:
        self._default = str(values[0])

    def _put(self, val: Any) -> None:
        if isinstance(val, (list, tuple)):
            self._text = " ".join(repr(float(v)) for v in val)
            return
        if not isinstance(val, (int, float)):
            raise TypeError("a float is required, not %s" % type(val).__name__)
        self._text = repr(self._make(val))

    def _read(self) -> Any:
        return self._make(number(self, self._text or self._default or "0", None))

    def _at(self, frame: float, index: int) -> Any:
        return self._make(number(self, self._text or self._default or "0", frame, index))


class Double_Knob(Array_Knob):
    pass


class Int_Knob(Array_Knob):
    _make = int


@checked
class Boolean_Knob(Array_Knob):
    _make = bool

    def _put(self, val: Any) -> None:
        if not isinstance(val, (int, float)):
            raise TypeError("a bool is required, not %s" % type(val).__name__)
        self._text = "true" if val else "false"


@checked
class XY_Knob(Array_Knob):
    """Two numbers. ``value()`` gives both, ``value(i)`` and ``getValueAt(frame, i)`` one."""

    _size = 2

    def value(self, index: Optional[int] = None, *_: Any) -> Any:
        both = [self._at(SESSION.root._frame(), i) for i in range(self._size)]
        return both if index is None else both[index]

    def getValue(self, index: Optional[int] = None, *_: Any) -> Any:
        return self.value(index)

    def getValueAt(self, frame: float, index: Optional[int] = None, *_: Any) -> Any:
        both = [self._at(frame, i) for i in range(self._size)]
        return both if index is None else both[index]

    def valueAt(self, frame: float, index: Optional[int] = None, *_: Any) -> Any:
        return self.getValueAt(frame, index)


class WH_Knob(XY_Knob):
    pass


class XYZ_Knob(XY_Knob):
    _size = 3


class BBox_Knob(XY_Knob):
    _size = 4


class Color_Knob(XY_Knob):
    _size = 3


class IArray_Knob(XY_Knob):
    """A matrix that the node works out, row by row."""

    _size = 16

"""Walks an ONNX model's message once: names, types, sizes, operators, no weights. Field numbers: onnx.proto."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from .protobuf import Malformed, fields, varints

#: ``TensorProto.DataType`` of onnx.proto, as NumPy names it, and the bytes that one element takes.
_TYPES: dict[int, tuple[str, float]] = {
    1: ("float32", 4), 2: ("uint8", 1), 3: ("int8", 1), 4: ("uint16", 2), 5: ("int16", 2), 6: ("int32", 4),
    7: ("int64", 8), 8: ("str", 0), 9: ("bool", 1), 10: ("float16", 2), 11: ("float64", 8), 12: ("uint32", 4),
    13: ("uint64", 8), 16: ("bfloat16", 2), 17: ("float8_e4m3fn", 1), 18: ("float8_e4m3fnuz", 1),
    19: ("float8_e5m2", 1), 20: ("float8_e5m2fnuz", 1), 21: ("uint4", 0.5), 22: ("int4", 0.5),
}  # fmt: skip


@dataclass(frozen=True)
class Slot:
    """An input or output: its name, NumPy's name of its type, and its sides (a number, a name, or None if unknown).

    ``shape`` is None where even the number of sides is unknown.
    """

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None

    def __str__(self) -> str:
        sides = (
            "any shape" if self.shape is None else "×".join("?" if s is None else str(s) for s in self.shape)
        )
        return f"{self.name}: {self.dtype} {sides}"

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of ``shape`` fits: as many sides, and the fixed ones as they are."""
        if self.shape is None:
            return True
        return len(shape) == len(self.shape) and all(
            not isinstance(side, int) or side == given for side, given in zip(self.shape, shape, strict=True)
        )


class Walk:
    """What is found on the way: filled by ``model``."""

    def __init__(self) -> None:
        self.opset = 0
        self.producer: list[str] = []
        self.metadata: dict[str, str] = {}
        self.inputs: list[Slot] = []
        self.outputs: list[Slot] = []
        self.initializers: set[str] = set()  # in old files they are listed among the inputs too
        self.domains: set[str] = set()
        self.functions: set[str] = set()  # domains that the file defines itself
        self.bytes_of: Counter[str] = Counter()
        self.external: dict[str, int] = {}

    def model(self, data: memoryview) -> None:
        """Walk a whole file. Raises ``Malformed``."""
        for number, value in fields(data):
            if number in (2, 3) and not isinstance(value, int):
                self.producer.append(_text(value))
            elif number == 8:
                domain, version = _pair(value, 2)
                if domain in ("", "ai.onnx"):
                    self.opset = max(self.opset, int(version or 0))
            elif number == 14:
                key, text = _pair(value, 2)
                self.metadata[key] = str(text)
            elif number == 7:
                self._graph(_message(value), outermost=True)
            elif number == 25:
                self._function(_message(value))

    def _function(self, data: memoryview) -> None:
        for number, value in fields(data):
            if number == 7:
                self._node(_message(value))
            elif number == 10:
                self.functions.add(_text(_message(value)))

    def _graph(self, data: memoryview, outermost: bool) -> None:
        for number, value in fields(data):
            if number == 1:
                self._node(_message(value))
            elif number == 5:
                self.initializers.add(self._tensor(_message(value)))
            elif number in (11, 12) and outermost:
                (self.inputs if number == 11 else self.outputs).append(_slot(_message(value)))

    def _node(self, data: memoryview) -> None:
        domain = ""
        for number, value in fields(data):
            if number == 7:
                domain = _text(_message(value))
            elif number == 5:
                self._attribute(_message(value))
        self.domains.add(domain)

    def _attribute(self, data: memoryview) -> None:
        for number, value in fields(data):
            if number == 5:
                self._tensor(_message(value))
            elif number in (6, 11):
                self._graph(_message(value), outermost=False)

    def _tensor(self, data: memoryview) -> str:
        """The tensor's name, once its bytes are counted and its place outside of the file is noted."""
        dims: list[int] = []
        kind, name, external, beside = 0, "", False, {}
        for number, value in fields(data):
            if number == 1:
                dims += varints(value)
            elif number == 2 and isinstance(value, int):
                kind = value
            elif number == 8:
                name = _text(_message(value))
            elif number == 13:
                key, text = _pair(value, 2)
                beside[key] = str(text)
            elif number == 14:
                external = value == 1
        type_name, width = _TYPES.get(kind, (f"type {kind}", 0))
        size = math.ceil(math.prod(dims) * width)
        self.bytes_of[type_name] += size
        if external:
            place = beside.get("location", "")
            end = int(beside.get("offset", "0")) + int(beside.get("length", "0") or size)
            self.external[place] = max(self.external.get(place, 0), end)
        return name


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise Malformed("a number where a message should be")
    return value


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8")


def _pair(value: int | memoryview, last: int) -> tuple[str, str | int]:
    """A message of a name and one value: an operator set, an entry of metadata."""
    name: str = ""
    found: str | int = ""
    for number, part in fields(_message(value)):
        if number == 1:
            name = _text(_message(part))
        elif number == last:
            found = part if isinstance(part, int) else _text(part)
    return name, found


def _slot(data: memoryview) -> Slot:
    """An input or output: ``ValueInfoProto``. What is no tensor (a sequence, a map) has no type here."""
    name, dtype = "", "?"
    shape: tuple[int | str | None, ...] | None = None
    for number, value in fields(data):
        if number == 1:
            name = _text(_message(value))
        elif number == 2:
            for kind, tensor in fields(_message(value)):
                if kind == 1:
                    dtype, shape = _tensor_type(_message(tensor))
    return Slot(name, dtype, shape)


def _tensor_type(data: memoryview) -> tuple[str, tuple[int | str | None, ...] | None]:
    dtype = "?"
    shape: tuple[int | str | None, ...] | None = None
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            dtype = _TYPES.get(value, ("?", 0))[0]
        elif number == 2:
            shape = tuple(_side(_message(side)) for kind, side in fields(_message(value)) if kind == 1)
    return dtype, shape


def _side(data: memoryview) -> int | str | None:
    side: int | str | None = None
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            side = value if value < 1 << 62 else None  # -1 where an exporter did not know it
        elif number == 2:
            side = _text(_message(value)) or None
    return side

"""A small protobuf reader and writer: reads a memory-mapped ONNX file without loading its weights.

Wire format: https://protobuf.dev/programming-backdrops/encoding. Standard library alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Malformed(ValueError):
    """The bytes are no protobuf message, or end in the middle of one."""


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Each field's number and value: an integer, or the bytes of a string, a message or a fixed number (not copied).

    Raises ``Malformed``.
    """
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        if number == 0:
            raise Malformed(f"no field at byte {position}")
        if kind == _VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        if kind == _BYTES:
            length, position = _varint(data, position)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise Malformed(f"a field of kind {kind} at byte {position}")
        if position + length > len(data):
            raise Malformed(f"{position + length - len(data)} bytes are missing at the end")
        yield number, data[position : position + length]
        position += length


def varints(value: int | memoryview) -> list[int]:
    """The numbers of a repeated field: one by itself, or many packed into bytes."""
    if isinstance(value, int):
        return [value]
    numbers, position = [], 0
    while position < len(value):
        number, position = _varint(value, position)
        numbers.append(number)
    return numbers


Value = int | str | bytes


def message(values: Mapping[int, Value | list[int] | list[str] | list[bytes]]) -> bytes:
    """A message of these fields: numbers, strings, bytes (a message within is one), and lists of them."""
    written = bytearray()
    for number, value in values.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, int):
                written += _as_varint(number << 3 | _VARINT) + _as_varint(item)
            else:
                content = item.encode() if isinstance(item, str) else item
                written += _as_varint(number << 3 | _BYTES) + _as_varint(len(content)) + content
    return bytes(written)


def _as_varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise Malformed("the end is missing")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise Malformed(f"no number at byte {position}")

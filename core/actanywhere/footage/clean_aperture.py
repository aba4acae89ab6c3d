"""The clean aperture of a MOV or MP4: the part of its picture that is meant to be shown (ISO 14496-12, ``clap``)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

_EXTENSIONS = (".mov", ".mp4", ".m4v")
_LARGEST_HEADER = 64 << 20
_WAY = (b"trak", b"mdia", b"minf", b"stbl", b"stsd")
# What stands in a box before the boxes within it: a version and a count; a sample entry's picture facts.
_BEFORE = {b"stsd": 8}
_SAMPLE_ENTRY = 78


def clean_aperture(path: str) -> tuple[Fraction, Fraction] | None:
    """Width and height of the first clean aperture that a file's header tells, or None."""
    if os.path.splitext(path)[1].lower() not in _EXTENSIONS:
        return None
    try:
        with open(path, "rb") as file:
            header = _header(file)
    except OSError:
        return None  # whoever decodes it says why
    for description in _within(header, _WAY):
        for _, entry in boxes(description):
            for kind, box in boxes(entry[_SAMPLE_ENTRY:]):
                sides = struct.unpack(">4I", box[:16]) if kind == b"clap" and len(box) >= 16 else ()
                if all(sides) and sides:
                    return Fraction(sides[0], sides[1]), Fraction(sides[2], sides[3])
    return None


def _header(file: BinaryIO) -> bytes:
    """What the ``moov`` box holds; empty without one of a sane size."""
    while len(start := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", start)
        length = 8
        if size == 1:
            size, length = int.from_bytes(file.read(8), "big"), 16
        if size < length:
            return b""
        if kind == b"moov":
            return file.read(size - length) if size < _LARGEST_HEADER else b""
        file.seek(size - length, os.SEEK_CUR)
    return b""


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box in turn, as far as they are whole."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            return
        yield kind, data[at + 8 : at + size]
        at += size


def _within(data: bytes, way: tuple[bytes, ...]) -> Iterator[bytes]:
    """The content of every box that lies at the end of a way of boxes."""
    if not way:
        yield data
        return
    for kind, content in boxes(data):
        if kind == way[0]:
            yield from _within(content[_BEFORE.get(kind, 0) :], way[1:])

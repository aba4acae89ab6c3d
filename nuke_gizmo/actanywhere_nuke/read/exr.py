"""The header of a rendered EXR: whether it is complete, and its windows."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, Dict, Tuple

from ..contract.errors import FootageError

__all__ = ["Box", "Header", "read_header"]

_MAGIC = b"\x76\x2f\x31\x01"
_LONGEST = 1 << 20


@dataclass(frozen=True)
class Box:
    """A window in EXR's coordinates: y down, ``right`` and ``bottom`` are the last pixels inside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left + 1

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top + 1

    def union(self, other: Box) -> Box:
        """The smallest window around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True)
class Header:
    """``channels`` as named in the file, ``data`` where pixels are, ``display`` the format."""

    channels: Tuple[str, ...]
    data: Box
    display: Box
    pixel_aspect: float


def read_header(path: str) -> Header:
    """The header of an EXR (of its first part). Raises ``FootageError`` naming the file and what was found."""
    try:
        with open(path, "rb") as stream:
            return _header(stream)
    except (OSError, ValueError, KeyError, struct.error) as error:
        raise FootageError(
            f"{path} is not a whole EXR: {error}.", "Render the inputs again; is the disk full?"
        ) from error


def _header(stream: BinaryIO) -> Header:
    if stream.read(4) != _MAGIC:
        raise ValueError("it does not begin like one")
    stream.read(4)
    found: Dict[str, bytes] = {}
    while True:
        name = _text(stream)
        if not name:
            break
        _text(stream)  # its type
        (size,) = struct.unpack("<i", stream.read(4))
        if not 0 <= size <= _LONGEST:
            raise ValueError(f"an attribute of {size} bytes")
        found[name] = stream.read(size)
    return Header(
        _channels(found["channels"]),
        Box(*struct.unpack("<4i", found["dataWindow"])),
        Box(*struct.unpack("<4i", found["displayWindow"])),
        struct.unpack("<f", found["pixelAspectRatio"])[0],
    )


def _text(stream: BinaryIO) -> str:
    letters = bytearray()
    while True:
        letter = stream.read(1)
        if not letter or len(letters) > 255:
            raise ValueError("its header is cut off")
        if letter == b"\0":
            return letters.decode("utf-8", "replace")
        letters += letter


def _channels(data: bytes) -> Tuple[str, ...]:
    """Each is a name, a zero, and 16 bytes about how it is stored; an empty name ends the list."""
    names = []
    at = 0
    while at < len(data) and data[at] != 0:
        end = data.index(b"\0", at)
        names.append(data[at:end].decode("utf-8", "replace"))
        at = end + 1 + 16
    return tuple(names)

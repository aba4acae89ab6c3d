"""Header fields that the libraries do not read: of PNG, DPX, Radiance, EXIF and HEIF."""

from __future__ import annotations

import struct
from functools import lru_cache

from .clean_aperture import boxes

_LARGEST_CHUNK = 1 << 24
_LARGEST_HEADER = 1 << 16
_MULTIPLIED = ("EXPOSURE", "COLORCORR", "PIXASPECT")
_INTEROPERABILITY = 0xA005
_UNDEFINED = 0xFFFFFFFF


@lru_cache(maxsize=64)
def png_chunks(path: str, mtime: float) -> dict[str, bytes]:
    """The chunks of a PNG before its pixels, the first of each name. ``mtime`` is the file's, so that none is stale."""
    chunks: dict[str, bytes] = {}
    with open(path, "rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            size, name = struct.unpack(">I4s", head)
            if name in (b"IDAT", b"IEND") or size > _LARGEST_CHUNK:
                break
            chunks.setdefault(name.decode("latin-1"), file.read(size))
            file.seek(4, 1)
    return chunks


def dpx_levels(path: str) -> tuple[int, int] | None:
    """The codes that a DPX says are black and white, or None where it does not say."""
    with open(path, "rb") as file:
        head = file.read(800)
    if len(head) < 800 or head[:4] not in (b"SDPX", b"XPDS"):
        return None
    order = ">" if head[:4] == b"SDPX" else "<"
    low, high = struct.unpack_from(f"{order}I", head, 784)[0], struct.unpack_from(f"{order}I", head, 792)[0]
    return None if _UNDEFINED in (low, high) or high <= low else (low, high)


def radiance_fields(path: str) -> dict[str, list[float]]:
    """The numbers of a Radiance picture's header by name. What each program multiplied is written once more: of that it
    is the product, of another field the last.
    """
    fields: dict[str, list[float]] = {}
    with open(path, "rb") as file:
        for line in file.read(_LARGEST_HEADER).partition(b"\n\n")[0].decode("latin-1").splitlines():
            name, _, said = line.partition("=")
            try:
                numbers = [float(one) for one in said.split()]
            except ValueError:
                continue
            before = fields.get(name, []) if name in _MULTIPLIED else []
            if numbers:
                fields[name] = [a * b for a, b in zip(before or [1.0] * len(numbers), numbers, strict=False)]
    return fields


def interoperability(path: str) -> str:
    """EXIF's interoperability index (R98 is sRGB, R03 Adobe RGB), or nothing."""
    from PIL import Image

    with Image.open(path) as picture:
        return str(picture.getexif().get_ifd(_INTEROPERABILITY).get(1, "")).strip("\0 ")


def heif_properties(path: str) -> tuple[tuple[int, int, int, int] | None, int]:
    """Of the picture in an AVIF or HEIC: its CICP (numbers of H.273) or None, and its bits a channel or 0.

    ISO 23008-12: the properties of the primary item, ``colr`` of the kind nclx and ``pixi``.
    """
    with open(path, "rb") as file:
        top = dict(boxes(file.read(_LARGEST_CHUNK)))
    meta = dict(boxes(top.get(b"meta", b"")[4:]))
    within = dict(boxes(meta.get(b"iprp", b"")))
    numbers = _of_item(meta.get(b"pitm", b""), within.get(b"ipma", b""))
    codes, bits = None, 0
    for number, (kind, content) in enumerate(boxes(within.get(b"ipco", b"")), start=1):
        if number not in numbers:
            continue
        if kind == b"colr" and content[:4] == b"nclx" and len(content) >= 11:
            codes = (*struct.unpack(">3H", content[4:10]), content[10] >> 7)
        elif kind == b"pixi" and len(content) > 5:
            bits = max(content[5:])
    return codes, bits


def _of_item(primary: bytes, table: bytes) -> set[int]:
    """The numbers of the properties that belong to the primary item."""
    if len(primary) < 6 or len(table) < 8:
        return set()
    wanted = int.from_bytes(primary[4:], "big")
    id_size, size = (4 if table[0] else 2), (2 if table[3] & 1 else 1)
    at, found = 8, set()
    for _ in range(int.from_bytes(table[4:8], "big")):
        item, count = int.from_bytes(table[at : at + id_size], "big"), table[at + id_size : at + id_size + 1]
        if not count:
            break
        at += id_size + 1
        for _ in range(count[0]):
            number = int.from_bytes(table[at : at + size], "big") & (0x7FFF if size == 2 else 0x7F)
            found |= {number} if item == wanted else set()
            at += size
    return found

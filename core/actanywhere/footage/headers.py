"""What OpenImageIO does not say of a header: PNG's chunks, a DPX's reference levels, EXIF's interoperability index."""

from __future__ import annotations

import struct
from functools import lru_cache

__all__ = ["dpx_levels", "interoperability", "png_chunks"]

_LARGEST_CHUNK = 1 << 24
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


def interoperability(path: str) -> str:
    """EXIF's interoperability index (R98 is sRGB, R03 Adobe RGB), or nothing."""
    from PIL import Image

    with Image.open(path) as picture:
        return str(picture.getexif().get_ifd(_INTEROPERABILITY).get(1, "")).strip("\0 ")

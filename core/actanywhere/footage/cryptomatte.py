"""Cryptomattes: the coverage of named objects, out of ranked pairs of id and coverage.

After the Cryptomatte specification 1.2.0 (Psyop): ids are MurmurHash3 of the names, stored as the bits of a float.
"""

from __future__ import annotations

import difflib
import fnmatch
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from .stills import Part, Still

Pixels = NDArray[np.float32]

_ANY = "crypto"
_KEY = re.compile(r"cryptomatte/([^/]+)/(name|hash|conversion|manifest|manif_file)")
_LAST = (("r", "g", "b", "a"), ("R", "G", "B", "A"), ("red", "green", "blue", "alpha"))
_LISTED = 24
_MASK = 0xFFFFFFFF


@dataclass(frozen=True)
class Cryptomatte:
    """One of a file's cryptomattes: its layer's name, the names it lists with their ids, and its ranked channels.

    ``pairs`` are (part, id channel, coverage channel), from the first rank on. ``names`` is empty where the file has
    no manifest.
    """

    name: str
    names: dict[str, int]
    pairs: tuple[tuple[Part, str, str], ...]


def id_of(name: str) -> int:
    """The 32 bits of a name's id: MurmurHash3_x86_32 of its UTF-8, made a float that is finite and normal."""
    bits = _murmur3(name.encode("utf-8"))
    exponent = bits >> 23 & 255
    return bits ^ 1 << 23 if exponent in (0, 255) else bits


def _murmur3(data: bytes) -> int:
    """MurmurHash3_x86_32 with seed 0 (Appleby)."""
    value, whole = 0, len(data) & ~3
    for start in range(0, whole, 4):
        value ^= _scramble(int.from_bytes(data[start : start + 4], "little"))
        value = ((value << 13 | value >> 19) * 5 + 0xE6546B64) & _MASK
    value ^= _scramble(int.from_bytes(data[whole:], "little"))
    value ^= len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        value = (value ^ value >> shift) * factor & _MASK
    return value


def _scramble(block: int) -> int:
    block = block * 0xCC9E2D51 & _MASK
    return (block << 15 | block >> 17) * 0x1B873593 & _MASK


def split_request(channel: str, layers: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """The layer (empty: any) and the objects of ``crypto:hero, hero_hair`` or ``CryptoObject:hero``; or None."""
    layer, colon, objects = channel.partition(":")
    if not colon or (layer != _ANY and layer not in layers):
        return None
    return "" if layer == _ANY else layer, tuple(one.strip() for one in objects.split(",") if one.strip())


def cryptomattes(still: Still) -> list[Cryptomatte]:
    """What the file's headers say of cryptomattes, in its order."""
    said: dict[str, dict[str, str]] = {}
    for part in still.parts:
        for name, value in still.part_attributes(part).items():
            match = _KEY.fullmatch(name)
            if match:
                said.setdefault(match.group(1), {})[match.group(2)] = str(value)
    found = {}
    for facts in said.values():
        if "name" in facts and facts["name"] not in found:
            found[facts["name"]] = Cryptomatte(
                facts["name"], _manifest(still, facts), _pairs(still, facts["name"])
            )
    return list(found.values())


def _manifest(still: Still, facts: dict[str, str]) -> dict[str, int]:
    """Name to id. A file beside the picture may hold it; nothing outside of that folder is opened."""
    text = facts.get("manifest", "")
    beside = facts.get("manif_file", "")
    if not text and beside and beside == os.path.basename(beside):
        try:
            with open(os.path.join(os.path.dirname(still.path), beside), encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError):
            return {}
    try:
        data: Any = json.loads(text)
        return {str(name): int(bits, 16) for name, bits in data.items()}
    except (ValueError, AttributeError, TypeError, RecursionError):
        return {}


def _pairs(still: Still, name: str) -> tuple[tuple[Part, str, str], ...]:
    ranks: dict[int, list[tuple[Part, str, str]]] = {}
    layer = re.compile(re.escape(name) + r"(\d+)")
    for part in still.parts:
        for channel in part.channels:
            prefix, _, last = channel.rpartition(".")
            match = layer.fullmatch(prefix or part.name)
            names = next((names for names in _LAST if last == names[0]), None)
            if match is None or names is None:
                continue
            whole = [f"{prefix}.{one}" if prefix else one for one in names]
            pairs = [(part, a, b) for a, b in (whole[:2], whole[2:]) if {a, b} <= set(part.channels)]
            ranks.setdefault(int(match.group(1)), pairs)
    return tuple(pair for rank in sorted(ranks) for pair in ranks[rank])


def read_objects(still: Still, layer: str, objects: tuple[str, ...]) -> tuple[Pixels, Part]:
    """The coverage (H, W) of the named objects together, 0..1, and the part that it is of.

    ``layer`` empty: the one cryptomatte that has them. A name may hold ``*`` and ``?``. Raises ``FootageError`` that
    lists the names where one is absent.
    """
    mattes = [one for one in cryptomattes(still) if layer in ("", one.name)]
    if not mattes:
        raise FootageError(
            f"{still.label}: it holds no cryptomatte{f' {layer}' if layer else ''}.",
            f"Name one of its channels: {', '.join(still.channel_names()[:_LISTED])}.",
        )
    chosen = [(one, ids) for one in mattes if (ids := _ids(one, objects))]
    if not chosen:
        raise _absent(still, mattes, objects)
    if len(chosen) > 1:
        flags = " or ".join(f"{one.name}:{','.join(objects)}" for one, _ in chosen)
        raise FootageError(
            f"{still.label}: several of its cryptomattes have '{', '.join(objects)}'.", f"Say which: {flags}."
        )
    matte, ids = chosen[0]
    if not matte.pairs:
        raise FootageError(
            f"{still.label}: the cryptomatte {matte.name} has no channels ({matte.name}00.r and so on).",
            "Write the picture again with all channels.",
        )
    return _coverage(still, matte, ids), matte.pairs[0][0]


def _ids(matte: Cryptomatte, objects: tuple[str, ...]) -> set[int]:
    """The ids of the objects; empty where one of them is not listed. Without a manifest, of the names themselves."""
    ids: set[int] = set()
    for wanted in objects:
        if not matte.names:
            ids.add(id_of(wanted))
            continue
        found = {
            bits for name, bits in matte.names.items() if name == wanted or fnmatch.fnmatchcase(name, wanted)
        }
        if not found:
            return set()
        ids |= found
    return ids


def _coverage(still: Still, matte: Cryptomatte, ids: set[int]) -> Pixels:
    wanted = np.array(sorted(ids), np.uint32)
    total: Pixels | None = None
    for part, id_channel, coverage_channel in matte.pairs:
        pixels = still.read(part, (id_channel, coverage_channel))
        mine = np.isin(np.ascontiguousarray(pixels[..., 0]).view(np.uint32), wanted)
        share = np.where(mine, pixels[..., 1], np.float32(0))
        total = share if total is None else total + share
    assert total is not None
    # Ranks of a pixel that an object fills may add up to a rounding more or less than 1.
    return np.where(total > 1 - 1e-4, np.float32(1), total).astype(np.float32)


def _absent(still: Still, mattes: list[Cryptomatte], objects: tuple[str, ...]) -> FootageError:
    names = sorted({name for one in mattes for name in one.names})
    missing = [one for one in objects if not fnmatch.filter(names, one)] or list(objects)
    near = difflib.get_close_matches(missing[0], names, 3) if missing else []
    listed = ", ".join(names[:_LISTED]) + (
        f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    )
    layers = ", ".join(one.name for one in mattes)
    remedy = f"Name one of them: --matte-channel crypto:{(names or ['NAME'])[0]}."
    return FootageError(
        f"{still.label}: no cryptomatte of it ({layers}) has '{', '.join(missing)}'. It has: {listed or 'no names'}.",
        f"Did you mean {' or '.join(near)}?" if near else remedy,
    )

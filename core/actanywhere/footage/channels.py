"""Finds a file's colour, alpha and matte channels, by name and never by position."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .orientation import Window

Found = tuple["Part", tuple[str, ...]]

_COLOURS = (("R", "G", "B"), ("r", "g", "b"), ("red", "green", "blue"))
_ALPHAS = ("A", "a", "alpha", "Alpha")
_GREYS = ("Y", "I", "gray", "channel0")
# How renderers and hosts name the picture itself among its passes.
_MAIN = (
    "",
    "rgba",
    "rgb",
    "beauty",
    "combined",
    "main",
    "master",
    "default",
    "composite",
    "c",
    "color",
    "colour",
)
# Channels of passes that are no mattes though they stand alone: depth, motion, positions, ids.
_NO_MASKS = re.compile(
    r"(^|[._ ])(z|zback|depth|mist|u|v|x|y|z|uv|vector|normal|position|motion|forward|backward|speed|id|n|p)$",
    re.I,
)


@dataclass(frozen=True)
class Part:
    """One part (subimage) of a file. ``name`` is empty in single-part files, ``view`` where it belongs to none.

    ``kind`` is how its pixels are stored (``half``, ``uint8``), ``bits`` how many of an integer's bits are used.
    ``kinds`` is that of every channel where they differ, as in an EXR with ids beside its colours.
    """

    index: int
    name: str
    channels: tuple[str, ...]
    data: Window
    kind: str = "half"
    bits: int = 16
    view: str = ""
    kinds: tuple[str, ...] = ()

    def kind_of(self, channel: str) -> str:
        """How a channel is stored."""
        return self.kinds[self.channels.index(channel)] if self.kinds else self.kind

    def is_floating(self, channel: str) -> bool:
        """Whether a channel is stored as half or float."""
        return self.kind_of(channel) in ("half", "float", "double")


def full_name(part: Part, channel: str) -> str:
    """``roto.actor.A`` for channel ``actor.A`` (or ``roto.actor.A``) of the part ``roto``."""
    if not part.name or channel.startswith(part.name + "."):
        return channel
    return f"{part.name}.{channel}"


def full_names(parts: Sequence[Part]) -> list[str]:
    """Every channel's full name; in a multi-part file the part's name stands before it."""
    if len(parts) == 1:
        return list(parts[0].channels)
    return [full_name(part, channel) for part in parts for channel in part.channels]


def find(parts: Sequence[Part], name: str) -> tuple[Part, str] | None:
    """The part and channel that a full name means, ``part.channel`` or as the file has it; or None."""
    for part in parts:
        for channel in part.channels:
            if name in (full_name(part, channel), f"{part.name}.{channel}"):
                return part, channel
    for part in parts:
        if name in part.channels:
            return part, name
    return None


def find_colour(parts: Sequence[Part]) -> Found | None:
    """The main colour: R, G, B, or a single grey channel; else the main layer that has all three, else the first."""
    whole = _whole(parts)
    if whole:
        return _main(whole)
    first = parts[0]
    grey = [name for name in first.channels if name in _GREYS]
    # X, Y, Z are a position, or CIE's colours: their Y is no picture.
    if grey and not is_luminance_chroma(first) and not {"X", "Z"} <= set(first.channels):
        return first, (grey[0],)
    layers = [(part, names) for part in parts for names in _layers(part)]
    return _main(layers) if layers else None


def _whole(parts: Sequence[Part]) -> list[Found]:
    return [(part, names) for part in parts for names in _COLOURS if set(names) <= set(part.channels)]


def coloured_parts(parts: Sequence[Part]) -> list[str]:
    """The names of the parts that have R, G, B, where they are several and none is named as the picture itself."""
    found = _whole(parts)
    return [] if any(_is_main(*one) for one in found) or len(found) < 2 else [part.name for part, _ in found]


def _is_main(part: Part, names: tuple[str, ...]) -> bool:
    layer = names[0].rpartition(".")[0] or _without_view(part)
    return layer.rpartition(".")[2].lower() in _MAIN


def _main(found: Sequence[Found]) -> Found:
    """The one that is named as the picture itself; else the first."""
    return next((one for one in found if _is_main(*one)), found[0])


def _without_view(part: Part) -> str:
    """A part's name without its view: ``rgba`` of ``rgba.left``."""
    return part.name.removesuffix("." + part.view) if part.view and part.name != part.view else part.name


def _layers(part: Part) -> list[tuple[str, ...]]:
    """The channels of each layer that holds a colour, in the file's order."""
    found = []
    for channel in part.channels:
        layer, _, last = channel.rpartition(".")
        names = next((tuple(f"{layer}.{one}" for one in rgb) for rgb in _COLOURS if last == rgb[0]), ())
        if layer and names and set(names) <= set(part.channels):
            found.append(names)
    return found


def find_alpha(parts: Sequence[Part]) -> tuple[Part, str] | None:
    """Part and channel of the main alpha: that of the main colour, else the first there is without a layer; or None."""
    colour = find_colour(parts)
    if colour is not None:
        part, names = colour
        layer = names[0].rpartition(".")[0]
        for alpha in _ALPHAS:
            name = f"{layer}.{alpha}" if layer else alpha
            if name in part.channels:
                return part, name
    for alpha in _ALPHAS:
        found = find(parts, alpha)
        if found is not None:
            return found
    return None


def is_luminance_chroma(part: Part) -> bool:
    """Whether a part holds luminance and chroma, as EXR can, instead of R, G, B."""
    return bool({"RY", "BY"} & set(part.channels))


def mask_candidates(parts: Sequence[Part], not_in: Sequence[str] = ()) -> list[tuple[Part, str]]:
    """Channels that may be a matte, beside the main alpha: the alphas of layers, and layers of one channel alone.

    ``not_in`` are layers (cryptomattes) whose channels mean something else.
    """
    found = []
    for part in parts:
        layers: dict[str, list[str]] = {}
        for channel in part.channels:
            layers.setdefault(full_name(part, channel).rpartition(".")[0], []).append(channel)
        for layer, channels in layers.items():
            if not any(f"{layer}.".startswith(other) for other in not_in):
                found += [(part, channel) for channel in _masks(layer, channels)]
    return found


def _masks(layer: str, channels: list[str]) -> list[str]:
    last = [channel.rpartition(".")[2] for channel in channels]
    alphas = [channel for channel, name in zip(channels, last, strict=True) if name in _ALPHAS]
    if alphas:
        return alphas
    coloured = any(set(rgb) <= set(last) for rgb in _COLOURS)
    if not layer or coloured:
        # A fourth channel of a TIFF is what Photoshop saves a selection as; a lone name beside R, G, B is a mask.
        return [
            name
            for name, short in zip(channels, last, strict=True)
            if short not in _GREYS and short not in sum(_COLOURS, ()) and not _NO_MASKS.search(name)
        ]
    if len(channels) == 1 and not _NO_MASKS.search(layer) and last[0].lower() != "z":
        return channels
    return []

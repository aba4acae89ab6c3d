"""What Nuke's EXR writer calls a channel, and what its reader makes of a name in a file.

Written from the published rules alone, and sharing nothing with the product's own code. Valid Python 3.7.
"""

from __future__ import annotations

import re
from typing import Sequence, Tuple

__all__ = ["name_in_file", "name_in_nuke"]

_MAIN = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}
_COLOURS = {
    "r": "red", "red": "red", "g": "green", "green": "green",
    "b": "blue", "blue": "blue", "a": "alpha", "alpha": "alpha",
}  # fmt: skip


def name_in_file(channel: str) -> str:
    """The main layer's channels are R, G, B, A; every other is ``layer.channel``."""
    layer, _, name = channel.partition(".")
    return _MAIN[name] if layer in ("rgba", "rgb", "alpha") and name in _MAIN else channel


def name_in_nuke(name: str, views: Sequence[str] = ("main",)) -> Tuple[str, str]:
    """(view, ``layer.channel``) of a channel in a file; the view is empty where the name has none."""
    view = ""
    words = []
    for word in name.split("."):
        if word in views and not view and word is not name.split(".")[-1]:
            view = word
        else:
            words.append(re.sub(r"[^A-Za-z0-9]", "_", re.sub(r"^\d+", "", word)))
    layer, channel = "_".join(words[:-1]), words[-1]
    if channel.lower() in _COLOURS and channel in (channel.lower(), channel.upper(), channel.capitalize()):
        channel = _COLOURS[channel.lower()]
    if not layer:
        layer = "depth" if channel in ("Z", "z") else "rgba" if channel in _MAIN else "other"
    return view, "%s.%s" % (layer, channel)

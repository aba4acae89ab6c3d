"""The names of the shot, its folder, and the inputs rendered for it."""

from __future__ import annotations

import hashlib
import os
import re

from ..contract.errors import JobError

__all__ = ["absolute", "digest", "file_pattern", "output_root", "shot_name", "slashes"]

# In a file knob these are Tcl, or the frame's number.
_MEANT = frozenset('[]{}$%#"')
_VERSION = re.compile(r"[._-]?v\d+$", re.IGNORECASE)


def slashes(path: str) -> str:
    """A path as Nuke wants it on every system: with forward slashes, no backslash to be taken for an escape."""
    return path.replace("\\", "/")


def shot_name(given: str, script: str, node: str) -> str:
    """The shot's name: what the artist gave, else the script's without its version, with the node's name.

    ``sh010_comp_v003.nk`` and ``ActAnywhere1`` give ``sh010_comp_ActAnywhere1``, so that a new version of the script
    finds the takes of the old one, and two nodes never share theirs.
    """
    if given.strip():
        return given.strip()
    stem = os.path.splitext(os.path.basename(slashes(script)))[0]
    stem = _VERSION.sub("", stem)
    return f"{stem}_{node}" if stem else node


def output_root(given: str, script: str) -> str:
    """The folder under which takes are kept, absolute: the given one, else ``actanywhere`` beside the script.

    A relative one starts at the script's folder. Raises ``JobError`` when there is no script to start from, and for
    a folder that a file knob would read as something else.
    """
    if not script and not os.path.isabs(os.path.expanduser(given.strip())):
        raise JobError(
            "There is no folder for the layer yet: the script has never been saved.",
            "Save the script, or choose a folder for the takes.",
        )
    root = absolute(given.strip() or "actanywhere", script)
    meant = sorted(set(root) & _MEANT)
    if meant:
        raise JobError(
            f"The folder {root} has {' '.join(meant)} in its name, which Nuke does not take as it stands.",
            "Choose a folder for the takes without such characters.",
        )
    return root


def absolute(path: str, script: str) -> str:
    """A path that an artist gave; a relative one starts at the script's folder. Empty stays empty."""
    path = os.path.expanduser(path.strip())
    if not path:
        return ""
    return slashes(os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(script)), path)))


def digest(text: str) -> str:
    """A short name for what a text describes: the same text, the same name."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def file_pattern(folder: str, stem: str, mark: str) -> str:
    """``FOLDER/STEM.####.exr``; ``mark`` is ``####`` (core, Read) or ``%04d`` (Write)."""
    return slashes(os.path.join(folder, f"{stem}.{mark}.exr"))

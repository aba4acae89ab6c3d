"""Files and their frame numbers: from the one file that an artist points at to the sequence that it belongs to."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field

from ..contract.errors import FootageError

__all__ = ["MOVIES", "Footage", "find_footage", "link_numbered"]

MOVIES = (".mov", ".mp4", ".m4v", ".mkv", ".avi", ".mxf", ".webm")
_PLACEHOLDER = re.compile(r"#+|%0?\d*d|@+|\$F\d*")


@dataclass(frozen=True)
class Footage:
    """What a path means. ``pattern`` is what the engine reads (``plate.####.exr``, a movie, a still).

    ``files`` maps the numbers in the file names to paths; it is empty for a movie and for a still.
    """

    pattern: str
    kind: str
    files: dict[int, str] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The lowest number."""
        return min(self.files)

    @property
    def last(self) -> int:
        """The highest number."""
        return max(self.files)


def find_footage(path: str, what: str) -> Footage:
    """The footage that ``path`` (absolute: a pattern, or any one file) belongs to; ``what`` names it in errors.

    A numbered file stands for its whole sequence, unless it is alone. Raises ``FootageError``.
    """
    if not path:
        raise FootageError("No %s is chosen." % what, "Choose the %s in the ActAnywhere panel." % what)
    folder, name = os.path.split(path)
    if os.path.splitext(name)[1].lower() in MOVIES:
        return Footage(_existing(path, what), "movie")
    placeholder = None if os.path.isfile(path) else _PLACEHOLDER.search(name)
    numbers = list(re.finditer(r"\d+", os.path.splitext(name)[0]))
    if placeholder is not None:
        start, end = placeholder.span()
    elif numbers:
        start, end = numbers[-1].span()
    else:
        return Footage(_existing(path, what), "still")
    files = _numbered(folder, name[:start], name[end:], what)
    if not files:
        raise FootageError("%s: there is no such %s." % (path, what), "Check the path.")
    if placeholder is None and len(files) == 1:
        return Footage(_existing(path, what), "still")
    pattern = os.path.join(folder, name[:start] + "#" * (end - start) + name[end:])
    return Footage(pattern, "sequence", files)


def _existing(path: str, what: str) -> str:
    if not os.path.isfile(path):
        raise FootageError("%s: there is no such %s." % (path, what), "Check the path.")
    return path


def _numbered(folder: str, head: str, tail: str, what: str) -> dict[int, str]:
    try:
        names = sorted(os.listdir(folder or "."))
    except OSError as error:
        raise FootageError(
            "%s: the folder of the %s cannot be listed (%s)." % (folder, what, error.strerror),
            "Check the path.",
        ) from error
    numbered = re.compile(re.escape(head) + r"(\d+)" + re.escape(tail))
    found = ((numbered.fullmatch(name), name) for name in names)
    return {int(match.group(1)): os.path.join(folder, name) for match, name in found if match}


def link_numbered(files: dict[int, str], folder: str, stem: str) -> str:
    """Give files other numbers without copying where the disk allows it; gives the new pattern.

    ``files`` maps the number wanted to the file that is there.
    """
    os.makedirs(folder, exist_ok=True)
    extension = ""
    for number, source in files.items():
        extension = os.path.splitext(source)[1]
        target = os.path.join(folder, "%s.%04d%s" % (stem, number, extension))
        if os.path.lexists(target):
            os.remove(target)
        _link(source, target)
    return os.path.join(folder, "%s.####%s" % (stem, extension))


def _link(source: str, target: str) -> None:
    for way in (os.link, os.symlink, shutil.copyfile):
        try:
            way(source, target)
            return
        except OSError as error:
            problem = error
    raise FootageError(
        "%s: cannot be put into %s (%s)." % (source, os.path.dirname(target), problem.strerror),
        "Choose another folder for the takes in the ActAnywhere panel.",
    )

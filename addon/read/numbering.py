"""From the one file that an artist picks to the sequence it belongs to, and its frame numbers."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field

from ..contract import sequences
from ..contract.errors import FootageError
from ..contract.shot import ImageSequence

__all__ = ["Footage", "find_footage", "link_numbered"]


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
        raise FootageError(f"No {what} is chosen.", f"Choose the {what} in the ActAnywhere panel.")
    found = sequences.find_footage(ImageSequence(path))
    whole = sequences.sequence_of(found.path, sure=True) if found.kind == "still" else found
    whole = whole or found
    return Footage(whole.path, whole.kind, whole.files)


def link_numbered(files: dict[int, str], folder: str, stem: str) -> str:
    """Give files other numbers without copying where the disk allows it; gives the new pattern.

    ``files`` maps the number wanted to the file that is there.
    """
    os.makedirs(folder, exist_ok=True)
    extension = ""
    for number, source in files.items():
        extension = os.path.splitext(source)[1]
        target = os.path.join(folder, f"{stem}.{number:04d}{extension}")
        if os.path.lexists(target):
            os.remove(target)
        _link(source, target)
    return os.path.join(folder, f"{stem}.####{extension}")


def _link(source: str, target: str) -> None:
    for way in (os.link, os.symlink, shutil.copyfile):
        try:
            way(source, target)
            return
        except OSError as error:
            problem = error
    raise FootageError(
        f"{source}: cannot be put into {os.path.dirname(target)} ({problem.strerror}).",
        "Choose another folder for the takes in the ActAnywhere panel.",
    )

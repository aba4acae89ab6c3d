"""Which files a path means: numbered stills, one still, or a movie. Nothing is opened.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Dict, List, Optional, Sequence, Tuple

from .errors import FootageError, JobError
from .numbering import compact, composed, match, readings, span_of
from .shot import FrameRange, ImageSequence

MOVIE_EXTENSIONS = (".mov", ".mp4", ".m4v", ".mkv", ".avi", ".mxf", ".webm")
#: What is read as a still picture, lower case, with the dot.
STILL_EXTENSIONS = (
    *(".exr", ".sxr", ".mxr", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dpx", ".cin", ".tx"),
    *(".hdr", ".rgbe", ".webp", ".jxl", ".jp2", ".j2k", ".tga", ".bmp", ".gif", ".psd", ".psb", ".iff"),
    *(".sgi", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    *(".avif", ".heic", ".heif"),
)

_FIRST_OF_MOVIE = 1001
_LONGEST_PATH = 4096
_LISTED = 6
_NEAR = 0.75
"""How much of two names is the same, as a share."""
# A single file that is a frame all the same: run.7.exr, run_0007.exr.
_LONE = re.compile(r"(\.[0-9]+|[0-9]{4,})\.\w+$")
# What other programs let stand for a number, a tile or a view, and this one does not.
_OTHER = re.compile(r"<[A-Za-z0-9_]+>|%\(UDIM\)d|%V|%v")


@dataclass(frozen=True)
class Footage:
    """The files of one sequence, found on disk.

    ``kind`` is ``sequence``, ``still`` or ``movie``. ``files`` maps host frame numbers to paths (a sequence
    alone). ``frames`` is what the disk or the pattern says: None for a still, which stands for every frame,
    and for a movie, whose length only the movie knows. ``first_frame`` is the host number of the first picture.
    """

    path: str
    kind: str
    first_frame: int
    files: Dict[int, str] = field(default_factory=dict)
    frames: Optional[FrameRange] = None

    @property
    def name(self) -> str:
        """The last part of the path, as messages show it."""
        return os.path.basename(self.path)

    def at(self, frame: int) -> str:
        """The file that holds a host frame. Raises ``FootageError`` when there is none."""
        if self.kind != "sequence":
            return self.path
        if frame not in self.files:
            self.require(FrameRange(frame, frame))
        return self.files[frame]

    def require(self, frames: FrameRange, remedy: str = "") -> None:
        """Raises ``FootageError`` that lists every frame of the range that has no file; ``remedy`` or the usual one."""
        if self.kind != "sequence":
            return
        missing = [frame for frame in frames if frame not in self.files]
        if missing:
            raise FootageError(
                f"{self.path}: {len(missing)} of {len(frames)} frames are missing: {compact(missing)}.",
                remedy or self._mend(),
            )

    def _mend(self) -> str:
        there = sorted(self.files)
        steps = {b - a for a, b in zip(there, there[1:])}
        if len(steps) == 1 and min(steps) > 1 and len(there) > 2:
            return (
                f"Only one frame in {steps.pop()} is there ({compact(there)}), and a layer has each of its range: "
                "render or copy the others, or number the files without gaps."
            )
        return f"Render or copy them, or choose frames that are there ({compact(there)})."

    def unbroken(self, frames: FrameRange) -> Optional[FrameRange]:
        """The ``frames`` and those beside them, as far as each has its file; of a still and a movie as ``frames``."""
        first, last = frames.first, frames.last
        while first - 1 in self.files:
            first -= 1
        while last + 1 in self.files:
            last += 1
        return FrameRange(first, last) if self.kind == "sequence" else self.frames

    def held(self, frames: FrameRange) -> List[str]:
        """What to say of a still that stands for all ``frames``; a numbered one may have been meant as a sequence."""
        if self.kind != "still":
            return []
        whole = sequence_of(self.path)
        if len(frames) > 1:
            said = f"{self.path}: one still stands for all {len(frames)} frames."
        elif whole is not None:
            said = f"{self.path}: one still is taken."
        else:
            return []
        if whole is not None:
            said += f" It is one of {len(whole.files)} numbered files; for all of them give {whole.path}."
        return [said]


def find_footage(sequence: ImageSequence) -> Footage:
    """The files that ``sequence.path`` means.

    A path that is a file is a movie or one still, by its extension; one that is a folder means the one sequence in it;
    anything else is a pattern. Raises ``FootageError`` for unknown extensions, for folders that are not there and for
    patterns without a file, with what is there instead.
    """
    path = _checked(os.path.expanduser(sequence.path))
    if os.path.isdir(path):
        path = _only_one_in(path)
    range_after = re.fullmatch(r"(.*\.\w+)\s+(-?[0-9]{1,9})-(-?[0-9]{1,9})", path)
    if range_after and not os.path.lexists(path):  # as Nuke lists and pastes it
        return _numbered(range_after.group(1), sequence.first_frame, "{}-{}".format(*range_after.group(2, 3)))
    extension = os.path.splitext(path)[1].lower()
    if not extension and not os.path.lexists(path):
        raise FootageError(f"{path}: there is no such file or folder.", "Check the path.")
    if extension not in MOVIE_EXTENSIONS + STILL_EXTENSIONS:
        raise FootageError(
            f"{path}: '{extension if extension[1:].isalnum() else 'no extension'}' is not a format that can be read.",
            "Use EXR, PNG, JPEG, TIFF or DPX pictures, or a MOV or MP4 movie; docs/files.md lists the others.",
        )
    found = _on_disk(path)
    if found:
        kind = "movie" if extension in MOVIE_EXTENSIONS else "still"
        first = _FIRST_OF_MOVIE if sequence.first_frame is None else sequence.first_frame
        return Footage(found, kind, first)
    return _numbered(path, sequence.first_frame)


def sequence_of(still: str, sure: bool = False) -> Optional[Footage]:
    """The sequence that a numbered still is a frame of; None where there is none, or it cannot be told.

    ``sure``: the number is known to be the frame's, and no version or name.
    """
    folder, name = os.path.split(still)
    numbered = re.fullmatch(r"(.*?)([0-9]+)([^0-9]*\.\w+)", name)
    if numbered is None:
        return None
    base, digits, tail = numbered.groups()
    # roto_v003 is a version, MatteA1 a name; plate1001, without a point, is how Blender numbers frames.
    if not sure and (base[-1:] in ("v", "V") or (base[-1:].isalpha() and len(digits) < 4)):
        return None
    path = os.path.join(folder, base + "#" * len(digits) + tail)
    try:
        found = find_footage(ImageSequence(path))
    except FootageError:
        return None  # a hint fails no shot
    # A name with pattern signs of its own can mean other files.
    return found if len(found.files) > 1 and still in found.files.values() else None


def sequences_in(folder: str, extensions: Sequence[str] = STILL_EXTENSIONS + MOVIE_EXTENSIONS) -> List[str]:
    """The footage of a folder, by name: a pattern for numbered files of one kind, else the file.

    Raises ``FootageError``.
    """
    names = [name for name in _list(folder) if os.path.splitext(name)[1].lower() in extensions]
    groups: Dict[Tuple[str, str], List[str]] = {}
    for name in names:
        for number in re.finditer("[0-9]+", os.path.splitext(name)[0]):
            groups.setdefault((name[: number.start()], name[number.end() :]), []).append(name)
    found = set()
    for name in names:
        spots = [
            (name[: n.start()], name[n.end() :]) for n in re.finditer("[0-9]+", os.path.splitext(name)[0])
        ]
        # What counts is the number that most of the files have at that place; of two, the later.
        best = max(reversed(spots), key=lambda spot: len(groups[spot]), default=None)
        alone = best is None or (len(groups[best]) == 1 and not _LONE.search(name))
        if best is None or alone or name.lower().endswith(MOVIE_EXTENSIONS):
            found.add(name)
        else:
            digits = min(len(one) - len(best[0]) - len(best[1]) for one in groups[best])
            found.add(best[0] + "#" * digits + best[1])
    return sorted(found)


# -- paths -----------------------------------------------------------------------------------------------------------


def _checked(path: str) -> str:
    """The path, where it can be one."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        shown = path.encode("utf-8", "replace").decode("utf-8")
        raise FootageError(f"{shown}: the name is not in UTF-8.", "Rename it, with plain letters.") from None
    if "\0" in path or len(path) > _LONGEST_PATH:
        raise FootageError(f"{path[:80]!r}: no file can have such a name.", "Check the path.")
    return path


def _on_disk(path: str) -> str:
    """The file of that name, however its accents are composed; empty if there is none."""
    if os.path.isfile(path):
        return path
    folder, name = os.path.split(path)
    if name.isascii():
        return ""
    try:
        names = _list(folder)
    except FootageError:
        return ""
    return next((os.path.join(folder, one) for one in names if composed(one) == composed(name)), "")


def _list(folder: str) -> List[str]:
    """The names of the files in a folder, in order; no folders, dead links, or macOS' own (``._a``)."""
    try:
        with os.scandir(folder or ".") as entries:
            return sorted(entry.name for entry in entries if entry.name[:2] != "._" and _is_file(entry))
    except OSError as error:
        raise FootageError(
            f"{folder}: the folder cannot be listed ({error.strerror}).", "Check the path."
        ) from error


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads to itself
        return False


def _only_one_in(folder: str) -> str:
    found = sequences_in(folder)
    if not found:
        raise FootageError(f"{folder}: the folder holds no footage that can be read.", "Give its files.")
    if len(found) > 1:
        raise FootageError(f"{folder} is a folder, and holds {_listed(found)}.", "Give one of them.")
    return os.path.join(folder, found[0])


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _numbered(path: str, first_frame: Optional[int], said: str = "") -> Footage:
    folder, name = os.path.split(path)
    ways = list(readings(name))
    if not ways:
        raise _no_such(path)
    names = _list(folder)
    for reading in ways:
        files = match(names, reading)
        if files:
            found = {frame: os.path.join(folder, files[frame]) for frame in sorted(files)}
            return _renumber(path, found, said or reading.said, first_frame)
    raise FootageError(
        f"{path}: no file matches this pattern{_instead(folder, name)}.",
        "Check the path and the padding.",
    )


def _no_such(path: str) -> FootageError:
    folder, name = os.path.split(path)
    other = _OTHER.search(name)
    if other:
        return FootageError(
            f"{path}: '{other.group()}' does not stand for a frame number.",
            "Write the frame number as ####, and any view or tile by its name.",
        )
    if os.path.splitext(name)[1].lower() in MOVIE_EXTENSIONS:
        return FootageError(f"{path}: there is no such movie{_instead(folder, name)}.", "Check the path.")
    return FootageError(f"{path}: there is no such file{_instead(folder, name)}.", "Check the path.")


def _instead(folder: str, name: str) -> str:
    """What the folder holds that is named alike, for a message."""
    try:
        there = sequences_in(folder)
    except FootageError:
        return ""
    letters = re.sub("[^a-z]", "", name.lower())
    alike = [one for one in there if re.sub("[^a-z]", "", composed(one).lower()) == letters]
    near = alike or get_close_matches(name, there, _LISTED, _NEAR)
    return f"; there is {_listed(near)}" if near else ""


def _renumber(path: str, files: Dict[int, str], said: str, first_frame: Optional[int]) -> Footage:
    """The sequence with the numbers of its file names, or counted from ``first_frame``."""
    numbers = sorted(files)
    try:
        frames = span_of(said) if said else FrameRange(numbers[0], numbers[-1])
    except JobError as error:
        raise FootageError(f"{path}: {error.message}", error.remedy) from error
    shift = 0 if first_frame is None else first_frame - frames.first
    whole = FrameRange(frames.first + shift, frames.last + shift)
    moved = {number + shift: file for number, file in files.items()} if shift else files
    return Footage(path, "sequence", whole.first, moved, whole)

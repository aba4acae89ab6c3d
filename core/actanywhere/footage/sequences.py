"""Which files a sequence means: numbered stills, one still, or a movie; and their digest.

fileseq reads the pattern. The folder is then listed once and matched by name, because fileseq's own search
goes through ``glob`` and loses folders whose names hold brackets.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field

from fileseq.exceptions import FileSeqException
from fileseq.filesequence import FileSequence

from ..contract.errors import FootageError
from ..contract.shot import FrameRange, ImageSequence
from .decoders import EXTENSIONS as STILL_EXTENSIONS

__all__ = ["MOVIE_EXTENSIONS", "STILL_EXTENSIONS", "Footage", "digest", "find_footage"]

MOVIE_EXTENSIONS = (".mov", ".mp4", ".m4v", ".mkv", ".avi", ".mxf", ".webm")


@dataclass(frozen=True)
class Footage:
    """The files of one sequence, found on disk; nothing has been opened yet.

    ``kind`` is ``sequence``, ``still`` or ``movie``. ``files`` maps host frame numbers to paths (a sequence
    alone). ``frames`` is what the disk or the pattern says: None for a still, which stands for every frame,
    and for a movie, whose length only the movie knows.
    """

    path: str
    kind: str
    first_frame: int
    files: dict[int, str] = field(default_factory=dict)
    frames: FrameRange | None = None

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

    def require(self, frames: FrameRange) -> None:
        """Raises ``FootageError`` that lists every frame of the range that has no file."""
        if self.kind != "sequence":
            return
        missing = [frame for frame in frames if frame not in self.files]
        if missing:
            raise FootageError(
                f"{self.path}: {len(missing)} of {len(frames)} frames are missing: {compact(missing)}.",
                f"Render or copy them, or choose frames that are there ({compact(sorted(self.files))}).",
            )

    def held(self, frames: FrameRange) -> list[str]:
        """What to say of a still that stands for all ``frames``; a numbered one may have been meant as a sequence."""
        if self.kind != "still":
            return []
        whole = _sequence_of(self.path)
        if len(frames) > 1:
            said = f"{self.path}: one still stands for all {len(frames)} frames."
        elif whole is not None:
            said = f"{self.path}: one still is taken."
        else:
            return []
        if whole is not None:
            said += f" It is one of {len(whole.files)} numbered files; for all of them give {whole.path}."
        return [said]


def compact(frames: list[int]) -> str:
    """Frame numbers as a person writes them: ``1001-1003, 1007``. Every number is in it."""
    runs: list[list[int]] = []
    for frame in frames:
        if runs and frame == runs[-1][1] + 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def find_footage(sequence: ImageSequence) -> Footage:
    """The files that ``sequence.path`` means.

    A path that is a file is a movie or one still, by its extension; anything else is a pattern. Raises
    ``FootageError`` for unknown extensions, for folders that are not there and for patterns without a file.
    """
    path = os.path.expanduser(sequence.path)
    extension = os.path.splitext(path)[1].lower()
    if extension not in MOVIE_EXTENSIONS + STILL_EXTENSIONS:
        raise FootageError(
            f"{path}: '{extension or 'no extension'}' is not a format that can be read.",
            "Use EXR, PNG, JPEG, TIFF or DPX pictures, or a MOV or MP4 movie.",
        )
    if os.path.isfile(path):
        kind = "movie" if extension in MOVIE_EXTENSIONS else "still"
        return Footage(path, kind, sequence.first_frame)
    if extension in MOVIE_EXTENSIONS:
        raise FootageError(f"{path}: there is no such movie.", "Check the path.")
    return _find_numbered(path, sequence.first_frame)


def _find_numbered(path: str, first_frame: int) -> Footage:
    folder, name = os.path.split(path)
    try:
        pattern = FileSequence(name)
        padded = pattern.padding() != ""
        said = pattern.frameSet() if padded else None
        digits = max(pattern.zfill(), len(pattern.padding()) if set(pattern.padding()) == {"#"} else 0)
    except FileSeqException as error:
        raise FootageError(
            f"{path}: this is not a frame pattern ({error}).", "Write it as name.####.exr or name.%04d.exr."
        ) from error
    if not padded:
        raise FootageError(f"{path}: there is no such file.", "Check the path.")
    try:
        names = os.listdir(folder or ".")
    except OSError as error:
        raise FootageError(
            f"{folder}: the folder cannot be listed ({error.strerror}).", "Check the path."
        ) from error
    files = _match(names, str(pattern.basename()), str(pattern.extension()), digits)
    found = {frame: os.path.join(folder, files[frame]) for frame in sorted(files)}
    if not found:
        raise FootageError(f"{path}: no file matches this pattern.", "Check the path and the padding.")
    numbers = sorted(int(frame) for frame in said) if said else sorted(found)
    return Footage(path, "sequence", first_frame, found, FrameRange(numbers[0], numbers[-1]))


def _sequence_of(still: str) -> Footage | None:
    """The sequence that a numbered still is a frame of; None where there is none, or it cannot be told."""
    folder, name = os.path.split(still)
    numbered = re.fullmatch(r"(.*?)([0-9]+)(\.\w+)", name)
    if numbered is None:
        return None
    base, digits, extension = numbered.groups()
    # roto_v003 is a version, MatteA1 a name; plate1001, without a point, is how Blender numbers frames.
    if base[-1:] in ("v", "V") or (base[-1:].isalpha() and len(digits) < 4):
        return None
    try:
        found = find_footage(ImageSequence(os.path.join(folder, base + "#" * len(digits) + extension)))
    except FootageError:
        return None  # a hint fails no shot
    # A name with pattern signs of its own can mean other files.
    return found if len(found.files) > 1 and still in found.files.values() else None


def _match(names: list[str], base: str, extension: str, digits: int) -> dict[int, str]:
    """Frame to file name. Where 7 and 0007 are both there, the pattern's own padding wins."""
    numbered = re.compile(re.escape(base) + r"(-?\d+)" + re.escape(extension))
    files: dict[int, str] = {}
    for name in sorted(names):
        match = numbered.fullmatch(name)
        if match is None:
            continue
        frame = int(match.group(1))
        if frame not in files or len(match.group(1)) == digits:
            files[frame] = name
    return files


def digest(sequence: ImageSequence, frames: FrameRange | None = None) -> str:
    """The sha256 over the files that were read, in frame order (hexadecimal).

    Each file adds its own sha256, so the result does not depend on names or folders. ``frames`` limits a
    numbered sequence to the range that was rendered. Raises ``FootageError``.
    """
    footage = find_footage(sequence)
    chosen = frames or footage.frames
    if footage.kind == "sequence" and chosen is not None:
        footage.require(chosen)
        paths = [footage.at(frame) for frame in chosen]
    else:
        paths = [footage.path]
    total = hashlib.sha256()
    for path in paths:
        try:
            with open(path, "rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise FootageError(
                f"{path}: cannot be read ({error.strerror}).", "Check the file's permissions."
            ) from error
    return total.hexdigest()

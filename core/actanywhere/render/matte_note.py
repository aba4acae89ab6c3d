"""What the folder of a matte from the plate alone notes, and when that matte is made again."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..contract.errors import OutputError
from ..contract.files import write_text
from ..contract.schema import Upgrade, numbered, upgraded
from ..contract.sequences import find_footage
from ..contract.shot import FrameRange, ImageSequence
from .matte_prompts import Prompts

WORK = ".following"
_NOTE = "matte.json"


def _with_files(data: dict[str, Any]) -> dict[str, Any]:
    """Layout 1 knew a plate by its path alone."""
    return {**data, "files": None}


_UPGRADES: tuple[Upgrade, ...] = (_with_files,)


def identity_of(plate: ImageSequence, frames: FrameRange, source: str) -> dict[str, object]:
    """What a folder is of; ``source`` names the networks that make it."""
    return {"plate": asdict(plate), "frames": str(frames), "by": source}


def read_note(folder: Path) -> dict[str, object] | None:
    """What the folder notes, None where it notes nothing that can be read."""
    with suppress(OSError, ValueError):
        note = folder / _NOTE
        found = upgraded(json.loads(note.read_text(encoding="utf-8")), str(note), _UPGRADES)
        return found if isinstance(found, dict) else None
    return None


def files_of(plate: ImageSequence, frames: FrameRange) -> str:
    """What tells the plate's files from others in their place: their sizes and times, as one sha256."""
    footage = find_footage(plate)
    paths = [footage.at(frame) for frame in frames] if footage.kind == "sequence" else [footage.path]
    about = [os.stat(path) for path in paths]
    return hashlib.sha256(repr([(one.st_size, one.st_mtime_ns) for one in about]).encode()).hexdigest()


def check_note(folder: Path, identity: dict[str, object]) -> None:
    """Raises ``OutputError`` where the folder holds another plate's matte, or one that other networks began."""
    note = read_note(folder)
    if note is None or {key: note.get(key) for key in identity} == identity:
        return
    changed = next(key for key in identity if note.get(key) != identity[key])
    if changed == "by":
        raise OutputError(
            f"{folder} holds a matte by {note.get(changed)}, and {identity[changed]} would make it now: the networks "
            "here are others than when it was begun.",
            "Take the matte as it is, or have it made by those: give another output folder, or remove this one.",
        )
    raise OutputError(
        f"{folder} holds another matte: its {changed} was {note.get(changed)}.",
        "Give another output folder, or remove it.",
    )


def why_anew(note: dict[str, object] | None, prompts: Prompts, files: str) -> list[str]:
    """Why the matte that is there is made again, as warnings; none where it is not, or where none is there."""
    if note is None:
        return []
    notes = []
    if note.get("prompts") != _as_kept(prompts):
        notes.append("Who is meant was said otherwise before: the matte is made again.")
    if note.get("files") not in (None, files):
        notes.append("The plate's files are others than before: the matte is made again.")
    return notes


def claim_folder(folder: Path, identity: dict[str, object], prompts: Prompts, files: str) -> list[str]:
    """Note what the folder is for; where a matte is there that is made again, why, and its frames are taken away."""
    note = read_note(folder)
    anew = why_anew(note, prompts, files)
    if anew:
        for old in [*folder.glob("*_matte.*.exr"), *(folder / WORK).glob("*.npz")]:
            old.unlink()
    if note is None or anew:
        write_note(folder, identity, prompts, files, None)
    return anew


def write_note(
    folder: Path, identity: dict[str, object], prompts: Prompts, files: str, unsure: list[int] | None
) -> None:
    """Note what the folder holds; ``unsure`` is None until the matte is done."""
    data = {**identity, "prompts": _as_kept(prompts), "files": files, "unsure": unsure}
    text = json.dumps(numbered(data, _UPGRADES), indent=2, sort_keys=True)
    write_text(str(folder / _NOTE), text + "\n")


def _as_kept(prompts: Prompts) -> Any:
    """The prompts as JSON has them: lists for tuples."""
    return json.loads(json.dumps(asdict(prompts)))

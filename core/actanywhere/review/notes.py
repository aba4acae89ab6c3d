"""The notes of a review page: shots to render again, each into a new folder beside the reviewed take."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract.errors import ActAnywhereError, JobError
from ..contract.job import Job
from ..contract.schema import Upgrade, upgraded
from ..contract.takes import find_result, same_layer
from ..shotlist import Entry

_NUMBERED = re.compile(r"^(.*?)(?:(_redo)(\d+)|([/\\]take_)(\d+))$")
_UPGRADES: tuple[Upgrade, ...] = ()


def read_redos(path: str | os.PathLike[str], overrides: Mapping[str, Any]) -> tuple[list[Entry], list[str]]:
    """The shots whose verdict is redo, good and bad ones, and a line to tell of each. Raises ``JobError``.

    A finished take stays: its redo goes into the next free folder beside it (``run_redo2``, ``take_003``), with the
    settings that the notes change, or with the next seed where they change nothing. An unfinished one goes on.
    """
    entries, notices = [], []
    for note in _notes(path):
        name = str(note.get("name", "shot"))
        if note.get("verdict") != "redo":
            continue
        try:
            job = Job.from_dict(note.get("job"))
            again = _again(job, str(note.get("folder") or job.output), note.get("change") or {}, overrides)
            entries.append(Entry(name, again))
            notices.append(
                f"{name}: {_said(job, again)} -> {again.output}. {note.get('note', '')}".rstrip(". ")
            )
        except ActAnywhereError as error:
            entries.append(Entry(name, error=error))
    if not entries:
        raise JobError(
            f"{path} sends no shot back.", "Mark shots with 'redo' on the page, and save its notes again."
        )
    return entries, notices


def _notes(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    try:
        data = upgraded(json.loads(Path(path).read_text(encoding="utf-8-sig")), str(path), _UPGRADES)
        notes = data["notes"]
        if not all(isinstance(note, dict) for note in notes):
            raise ValueError
    except OSError as error:
        raise JobError(
            f"{path} cannot be read: {error.strerror}.", "Give the notes.json of a review page."
        ) from error
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise JobError(f"{path} holds no notes of a review page.", "Save them on the page again.") from error
    return list(notes)


def _again(job: Job, folder: str, change: Any, overrides: Mapping[str, Any]) -> Job:
    if not isinstance(change, dict):
        raise JobError(f"The change {change!r} is none.", "Write setting=value on the page.")
    job = dataclasses.replace(job, output=folder)
    changed = dataclasses.replace(job, settings=job.settings.given({**change, **overrides}))
    if find_result(folder) is None:
        return changed if same_layer(changed) == same_layer(job) else _elsewhere(changed)
    if same_layer(changed) == same_layer(job):
        settings = dataclasses.replace(changed.settings, seed=changed.settings.seed + 1)
        changed = dataclasses.replace(changed, settings=settings)
    return _elsewhere(changed)


def _elsewhere(job: Job) -> Job:
    match = _NUMBERED.match(job.output)
    stem, number = (job.output + "_redo", 2) if match is None else _numbered(match)
    digits = 3 if stem.endswith("take_") else 1
    while os.path.lexists(folder := f"{stem}{number:0{digits}d}"):
        number += 1
    return dataclasses.replace(job, output=folder)


def _numbered(match: re.Match[str]) -> tuple[str, int]:
    return match[1] + (match[2] or match[4]), int(match[3] or match[5]) + 1


def _said(before: Job, after: Job) -> str:
    old, new = before.settings, after.settings
    names = [f.name for f in dataclasses.fields(new) if getattr(old, f.name) != getattr(new, f.name)]
    return ", ".join(f"{name} {getattr(old, name)} -> {getattr(new, name)}" for name in names) or "as it was"

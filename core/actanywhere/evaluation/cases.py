"""The shots that are evaluated: a folder with a folder for each, or the list that ``batch`` takes.

A shot's folder holds ``plate`` and ``matte`` (each a movie, a numbered sequence, or a folder with one), ``condition*``
(each picture makes a case of its own; NAME_matte beside it is the matte of an actor painted into it), and, if there
are results of others to compare with, ``reference/*.mp4``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..contract.errors import FootageError, JobError
from ..contract.job import Job, Progress
from ..contract.numbering import stem_of
from ..contract.sequences import MOVIE_EXTENSIONS, STILL_EXTENSIONS, sequences_in
from ..contract.shot import FrameRange
from ..footage import Counted, open_plate
from ..render.progress import opening
from ..shotlist import job_from_flat, read_shot_list


@dataclass(frozen=True)
class Case:
    """One shot with one condition. ``references`` are finished results of others, by method."""

    job: Job
    references: dict[str, Path]

    @property
    def name(self) -> str:
        """As tables and sheets show it."""
        return self.job.shot.name


@dataclass(frozen=True)
class Cases:
    """What is to be evaluated, and why something beside it is not."""

    found: list[Case]
    notes: list[str]


def find_cases(
    shots: Path,
    settings: Mapping[str, Any],
    most: int,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Cases:
    """The cases of ``shots``, of each at most the first ``most`` frames. ``settings`` (flat) win over a list's.

    ``report`` hears how far the plates are opened.
    Raises ``JobError`` or ``FootageError`` when there is none, or when a shot of a list is bad.
    """
    cases = _of_folder(shots, settings) if shots.is_dir() else _of_list(shots, settings)
    if not cases.found:
        raise FootageError(
            f"{shots} holds no shot with a condition picture. {' '.join(cases.notes)}".strip(),
            "Give a folder with a folder for each shot: plate, matte and condition.png.",
        )
    count = len(cases.found)
    cut = [_cut(case, most, opening(report, number, count)) for number, case in enumerate(cases.found)]
    return Cases(cut, cases.notes)


def _of_list(path: Path, settings: Mapping[str, Any]) -> Cases:
    jobs = []
    for entry in read_shot_list(path, settings):
        if entry.error is not None:
            raise entry.error
        assert entry.job is not None
        jobs.append(entry.job)
    return Cases([Case(job, {}) for job in jobs], [])


def _of_folder(shots: Path, settings: Mapping[str, Any]) -> Cases:
    found: list[Case] = []
    notes = []
    for folder in sorted(path for path in shots.iterdir() if path.is_dir()):
        if _footage(folder, "plate") is None:
            continue
        conditions = _conditions(folder)
        if not conditions:
            notes.append(f"{folder.name} has no condition picture and is left out.")
        for number, condition in enumerate(conditions, 1):
            found.append(_case(folder, condition, number if len(conditions) > 1 else 0, settings))
    return Cases(found, notes)


def _case(folder: Path, condition: Path, number: int, settings: Mapping[str, Any]) -> Case:
    matte = _footage(folder, "matte")
    beside = [path for path in folder.glob(f"{condition.stem}_matte.*") if _is_still(path)]
    flat = {
        "name": f"{folder.name}_{number}" if number else folder.name,
        "plate": _footage(folder, "plate"),
        "matte": matte,
        "condition": str(condition.absolute()),
        "condition_matte": str(beside[0].absolute()) if beside else "",
        "output": str(folder),
        **settings,
    }
    return Case(job_from_flat(flat), _references(folder / "reference", number))


def _references(folder: Path, number: int) -> dict[str, Path]:
    """By method; of numbered ones (authors2.mp4) a numbered condition takes the one with its number."""
    movies = sorted(path for path in folder.glob("*") if path.suffix.lower() in MOVIE_EXTENSIONS)
    if not number:
        return {path.stem: path for path in movies}
    mine = [
        path for path in movies if (last := re.search(r"\d+$", path.stem)) and int(last.group()) == number
    ]
    return {path.stem.rstrip("0123456789"): path for path in mine}


def _conditions(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.glob("condition*") if _is_still(path) and not path.stem.endswith("_matte")
    )


def _is_still(path: Path) -> bool:
    return path.suffix.lower() in STILL_EXTENSIONS


def _footage(folder: Path, name: str) -> str | None:
    """The movie or the pattern of that name in a shot's folder, as an absolute path."""
    movies = [path for path in folder.glob(f"{name}.*") if path.suffix.lower() in MOVIE_EXTENSIONS]
    if movies:
        return str(sorted(movies)[0].absolute())
    inside = folder / name
    place = inside if inside.is_dir() else folder
    sequences = [one for one in sequences_in(str(place), STILL_EXTENSIONS) if "#" in one]
    if place is folder:
        sequences = [one for one in sequences if stem_of(one) == name]
    if len(sequences) > 1:
        raise JobError(
            f"{inside} holds {len(sequences)} sequences: {', '.join(sequences)}.", "Leave one in it."
        )
    if not sequences:
        return None
    return str((place / sequences[0]).absolute())


def _cut(case: Case, most: int, counted: Counted) -> Case:
    shot = case.job.shot
    frames = shot.frames
    if frames is None:
        with open_plate(shot.plate, counted=counted) as plate:
            frames = plate.frames
    frames = FrameRange(frames.first, min(frames.last, frames.first + most - 1))
    return replace(case, job=replace(case.job, shot=replace(shot, frames=frames)))

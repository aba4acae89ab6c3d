"""Shots as a person writes them: flat names and values, on a command line, in JSON or in CSV.

A *flat* shot has the fields of ``SHOT_FIELDS`` and any of ``Settings``; values may be text. ``job_from_flat``
makes the Job, with absolute paths.
"""

from __future__ import annotations

import collections
import dataclasses
import difflib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contract.errors import ActAnywhereError, JobError
from .contract.fields import NUMBER, WHOLE, fields_of
from .contract.job import Job
from .contract.numbering import plate_name
from .contract.settings import Settings, file_settings, moot_settings, setting_fields
from .contract.shot import CONDITION_KINDS, Condition, FrameRange, ImageSequence, Matte, Shot
from .spreadsheet import read_text, rows_of


@dataclass(frozen=True)
class ShotField:
    """One flat field of a shot, with the help that every interface shows."""

    name: str
    help: str
    metavar: str = "PATH"
    choices: tuple[str, ...] | None = None


SHOT_FIELDS = (
    ShotField(
        "plate",
        "The plate: a sequence (plate.####.exr, plate.%04d.exr, plate.$F4.exr; EXR, PNG, JPEG, TIFF or DPX) or a "
        "movie (MOV, MP4).",
    ),
    ShotField(
        "matte",
        "The actor's matte (1 = actor): a sequence or a movie of the plate's size. Left out: the plate's own alpha, "
        "or the channel that --matte-channel names.",
    ),
    ShotField(
        "matte_channel",
        "Which channel of the matte to read, by its full name (roto.actor.A), or the objects of a cryptomatte "
        "(crypto:hero,hero_hair). Left out: the only one, else alpha, else the only mask, else luminance.",
        "NAME",
    ),
    ShotField(
        "plate_first",
        "The frame number of the plate's first picture. Left out: a sequence keeps the numbers of its files, a movie "
        "begins at 1001.",
        "FRAME",
    ),
    ShotField(
        "matte_first",
        "The plate's frame number of the matte's first picture, if the matte is numbered otherwise (many tools write "
        "from 0 or 1). Left out: as its files are numbered; a movie begins where the plate's movie does.",
        "FRAME",
    ),
    ShotField(
        "plate_colour",
        "The plate's colour space: acescg, linear-rec709, srgb, rec709, cineon, a camera's log (LogC3, LogC4, S-Log3 "
        "S-Gamut3.Cine, V-Log, Log3G10, ...), or any other of the ACES studio configuration or of $OCIO. auto: from "
        "its metadata; assumptions are reported.",
        "SPACE",
    ),
    ShotField(
        "condition",
        "The picture of the place: the empty place, or a finished frame with an actor in it.",
        "IMAGE",
    ),
    ShotField("condition_colour", "The condition picture's colour space, as --plate-colour.", "SPACE"),
    ShotField(
        "condition_kind",
        "What the picture shows. " + " ".join("{}: {}.".format(*kind) for kind in CONDITION_KINDS.items()),
        "KIND",
        tuple(CONDITION_KINDS),
    ),
    ShotField(
        "condition_matte", "A still matte of the person painted into a composite condition picture.", "IMAGE"
    ),
    ShotField(
        "condition_scribble",
        "A picture of the condition's size with strokes: green or white over what to remove, red over what to keep, "
        "on black or transparent.",
        "IMAGE",
    ),
    ShotField(
        "extended",
        "Your own extended picture of the place: NAME_place.png of an earlier render, painted over, or the condition "
        "extended elsewhere at its own scale. Nothing is filled then.",
        "IMAGE",
    ),
    ShotField(
        "track",
        "Your own 2-D track or 3-D camera of the plate, JSON or .chan (docs/track.md). --camera FILE is the same.",
        "FILE",
    ),
    ShotField("output", "The folder for the layer; it is made if it does not exist.", "DIR"),
    ShotField("name", "The shot's name, for sheets and file names. Left out: the plate's name.", "NAME"),
    ShotField(
        "frames",
        "The frame range to render, inclusive, in the plate's frame numbers. Left out: the whole plate.",
        "1001-1047",
    ),
)

_START = next(f for f in fields_of(ImageSequence) if f.name == "first_frame")
#: Fields that hold numbers, and whether whole ones.
_NUMBERS = {f.name: f.kind == WHOLE for f in setting_fields() if f.kind in (WHOLE, NUMBER)}
_NUMBERS.update(plate_first=True, matte_first=True, frames=True)
_LIST = 'Write [{"plate": ..., "matte": ..., ...}, ...] into it.'
_SHOT_NAMES = frozenset(f.name for f in SHOT_FIELDS)
_SETTING_NAMES = frozenset(f.name for f in setting_fields())


def job_from_flat(flat: Mapping[str, Any], base: str | os.PathLike[str] = ".") -> Job:
    """The Job of a flat shot; relative paths start at ``base``. Empty values count as left out.

    Raises JobError on unknown, missing or unreadable fields.
    """
    given = _camera_said({key: value for key, value in flat.items() if value is not None and value != ""})
    known = _SHOT_NAMES | _SETTING_NAMES
    unknown = sorted(set(given) - known)
    if unknown:
        near = difflib.get_close_matches(unknown[0], sorted(known), 1)
        raise JobError(
            "Unknown fields: {}.{}".format(", ".join(unknown), f" Did you mean {near[0]}?" if near else ""),
            "Known are: {}. A column of a list is left out where its name begins with #.".format(
                ", ".join(sorted(known))
            ),
        )
    missing = [key for key in ("plate", "condition", "output") if key not in given]
    if missing:
        raise JobError(
            "The shot has no {}.".format(" and no ".join(missing)),
            "Give at least plate, matte, condition and output.",
        )
    shot = _shot({key: given[key] for key in given if key in _SHOT_NAMES}, Path(base))
    files = {name: _absolute(given[name], Path(base)) for name in file_settings() if name in given}
    settings = Settings().given({key: given[key] for key in given if key in _SETTING_NAMES} | files)
    if "model" in given:
        settings = dataclasses.replace(settings, model=_model(settings.model, Path(base)))
    return Job(shot, _absolute(given["output"], Path(base)), settings)


def _camera_said(given: dict[str, Any]) -> dict[str, Any]:
    """The camera may be the file of a track, which then is tracked; 'none' is a locked one."""
    said = str(given.get("camera", ""))
    if said == "none":
        return {**given, "camera": "still"}
    if not said.lower().endswith((".chan", ".json")):
        return given
    if "track" in given:
        raise JobError(f"The camera is {said}, and the track {given['track']}.", "Give one of them.")
    return {**given, "camera": "tracked", "track": said}


def _shot(given: Mapping[str, Any], base: Path) -> Shot:
    first, matte_first = (_START.read(given.get(name)) for name in ("plate_first", "matte_first"))
    plate = ImageSequence(_absolute(given["plate"], base), first, given.get("plate_colour", "auto"))
    return Shot(
        name=given.get("name", plate_name(plate.path)),
        plate=plate,
        matte=Matte(_absolute(given.get("matte", ""), base), given.get("matte_channel", ""), matte_first),
        condition=Condition(
            _absolute(given["condition"], base),
            given.get("condition_kind", "auto"),
            _absolute(given.get("condition_matte", ""), base),
            given.get("condition_colour", "auto"),
            _absolute(given.get("condition_scribble", ""), base),
            _absolute(given.get("extended", ""), base),
        ),
        frames=FrameRange.parse(str(given["frames"])) if "frames" in given else None,
        track=_absolute(given.get("track", ""), base),
    )


def _absolute(path: Any, base: Path) -> Any:
    """A path that starts at ``base``; what is no text stays as it is, for the shot to refuse."""
    return os.path.abspath(base / os.path.expanduser(path)) if path and isinstance(path, str) else path


def _model(name: str, base: Path) -> str:
    """A folder that exists, as an absolute path; any other word is left for the model room to find."""
    folder = str(_absolute(name, base))
    return folder if os.sep in name or (name != "starter" and os.path.isdir(folder)) else name


# -- lists ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One line of a shot list: its Job, or the error that keeps it from being one."""

    name: str
    job: Job | None = None
    error: ActAnywhereError | None = None


def read_shot_list(path: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None) -> list[Entry]:
    """The entries of SHOTS.json or SHOTS.csv, good and bad; paths in it are relative to its folder.

    JSON: a list of flat shots (or of whole jobs, as --write-job writes them), or an object with ``shots``
    (that list) and ``defaults`` (flat fields for all). CSV or TSV: a header line of flat names, a shot a line.
    ``overrides`` wins over the list. Raises JobError when the list itself cannot be read, or is empty.
    """
    path = Path(path)
    text = read_text(path)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        shots: list[Any] = list(rows_of(path, text, _SHOT_NAMES | _SETTING_NAMES, _NUMBERS))
        defaults: Mapping[str, Any] = {}
    else:
        shots, defaults = _rows_of_json(path, text)
    if not shots:
        raise JobError(f"{path} lists no shots.", "Add at least one with plate, matte, condition and output.")
    entries = [_entry(n, row, defaults, overrides or {}, path.parent) for n, row in enumerate(shots, 1)]
    return _refuse_shared_outputs(_with_own_names(entries))


def _once(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; of a name that is there twice, only one would count."""
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise JobError(f"{path}: {twice[0]} is there twice in one shot.", "Remove one of them.")
    return dict(pairs)


def _rows_of_json(path: Path, text: str) -> tuple[list[Any], Mapping[str, Any]]:
    try:
        data = json.loads(text, object_pairs_hook=lambda pairs: _once(path, pairs))
    except ValueError as error:
        raise JobError(f"{path} is not JSON: {error}.", "Correct it at that place.") from error
    except RecursionError as error:
        raise JobError(f"{path} is not a list: its brackets lie too deep in one another.", _LIST) from error
    defaults: Any = {}
    if isinstance(data, dict):
        unknown = sorted(set(data) - {"shots", "defaults"})
        if unknown:
            raise JobError(
                "{}: unknown fields: {}.".format(path, ", ".join(unknown)), "Use shots and defaults."
            )
        defaults, data = data.get("defaults", {}), data.get("shots")
    if not isinstance(data, list) or not isinstance(defaults, dict):
        raise JobError(f"{path} is not a list of shots.", _LIST)
    return data, defaults


def _entry(
    number: int, row: Any, defaults: Mapping[str, Any], overrides: Mapping[str, Any], base: Path
) -> Entry:
    name = f"shot {number}"
    try:
        if not isinstance(row, dict):
            raise JobError("It is not an object.", 'Write {"plate": ..., "matte": ..., ...}.')
        name = str(row.get("name") or name)
        if "shot" in row:
            job = Job.from_dict(row)
            job = dataclasses.replace(job, settings=job.settings.given(overrides))
        else:
            job = job_from_flat(_over(_over(defaults, row), overrides), base)
        return Entry(job.shot.name, job)
    except ActAnywhereError as error:
        return Entry(name, error=error)


def _over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """``upper`` wins over ``lower``, and what ``lower`` says of a thing that ``upper`` wants otherwise goes with it."""
    moot = moot_settings(upper)
    return {**{name: lower[name] for name in lower if name not in moot}, **upper}


def _with_own_names(entries: list[Entry]) -> list[Entry]:
    """Entries of one name get their numbers, as a plate is called plate.####.exr in every folder."""
    often = collections.Counter(entry.name for entry in entries)
    return [
        dataclasses.replace(entry, name=f"{entry.name} (shot {number})") if often[entry.name] > 1 else entry
        for number, entry in enumerate(entries, 1)
    ]


def _refuse_shared_outputs(entries: list[Entry]) -> list[Entry]:
    seen: dict[str, str] = {}
    checked = []
    for entry in entries:
        if entry.job is not None and entry.job.output in seen:
            text = f"Its output {entry.job.output} is also that of {seen[entry.job.output]}."
            entry = Entry(entry.name, error=JobError(text, "Give every shot a folder of its own."))
        elif entry.job is not None:
            seen[entry.job.output] = entry.name
        checked.append(entry)
    return checked

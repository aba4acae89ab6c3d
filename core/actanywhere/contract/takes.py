"""Takes of a shot on disk: numbered folders that are never overwritten.

    <root>/<shot name>/take_001/       one take: the output folder of one job
        job.json                       what was asked for, written when the take is started
        NAME_LAYER.1001.exr ...        frames of the layer; each appears when it is whole
        result.json                    written when all of them are finished

A host makes a take's folder, gives it to a Job as its ``output``, writes the job down and submits it. An
unfinished take goes on when its own job is submitted again. What hosts show of takes comes from here.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from .errors import JobError, LaterVersion, OutputError
from .fields import to_data
from .files import write_text
from .job import Job, Result
from .settings import moot_settings, setting_fields
from .shot import FrameRange

JOB_NAME = "job.json"
RESULT_NAME = "result.json"

_TAKE = re.compile(r"^take_(\d{3,})$")


@dataclass(frozen=True)
class Take:
    """One take as it is on disk now.

    ``number`` is 0 for a rendered folder that is not called take_001 or so.
    ``job`` is what was asked for, ``result`` what came of it; each is None where it is not there (yet) or is damaged.
    ``frames_done`` are the frames of the layer on disk, in order. ``state`` is ``finished``, ``unfinished`` or
    ``unreadable``: a later version wrote it, and ``problem`` says so.
    """

    number: int
    folder: str
    job: Optional[Job] = None
    result: Optional[Result] = None
    frames_done: List[int] = field(default_factory=list)
    state: str = "unfinished"
    problem: str = ""

    @property
    def layer(self) -> str:
        """The pattern of the layer's frames, where the take is now; empty without a job."""
        return "" if self.job is None else os.path.join(self.folder, layer_stem(self.job) + ".####.exr")


def layer_stem(job: Job) -> str:
    """The name of the layer's files in ``job.output``, up to the frame number: ``run_010_generated_bg``."""
    return f"{_file_name(job.shot.name)}_{job.settings.layer}"


def comp_stem(job: Job) -> str:
    """The name of the comp's display files (PNG, MOV) in ``job.output``: ``run_010_comp``."""
    return f"{_file_name(job.shot.name)}_comp"


def new_take(root: str, shot_name: str) -> str:
    """Make the next free take's folder and give its path. Two that ask at once get two folders.

    Raises ``OutputError`` when it cannot be made.
    """
    folder = _shot_folder(root, shot_name)
    try:
        os.makedirs(folder, exist_ok=True)
        number = max(_numbers(folder), default=0) + 1
        while True:
            take = os.path.join(folder, f"take_{number:03d}")
            try:
                os.mkdir(take)
                return take
            except FileExistsError:
                number += 1
    except (OSError, ValueError) as error:
        raise OutputError(
            f"A take cannot be made in {folder}: {getattr(error, 'strerror', None) or error}.",
            "Choose a folder for the takes that you may write to.",
        ) from error


def folder_beside(root: str, shot_name: str, name: str) -> str:
    """The path of a folder beside the shot's takes, whether it is there or not."""
    return os.path.join(_shot_folder(root, shot_name), name)


def new_folder_beside(root: str, shot_name: str, kind: str) -> str:
    """Make the next free folder of a kind beside the shot's takes: ``clean_001``. Raises ``OutputError``."""
    number = 1
    while True:
        folder = folder_beside(root, shot_name, f"{kind}_{number:03d}")
        try:
            os.makedirs(folder)
            return folder
        except FileExistsError:
            number += 1
        except OSError as error:
            raise OutputError(
                f"{folder} cannot be made: {error.strerror or error}.",
                "Choose a folder for the takes that you may write to.",
            ) from error


def write_job(job: Job) -> None:
    """Write ``job.json`` into the job's folder: the take is started.

    Raises ``JobError`` when the shot has no frame range (nobody could tell later what is missing), ``OutputError``
    when the file cannot be written.
    """
    if job.shot.frames is None:
        raise JobError("A take needs its frame range.", "Give the shot's first and last frame.")
    write_text(os.path.join(job.output, JOB_NAME), job.to_json() + "\n")


def list_takes(root: str, shot_name: str) -> List[Take]:
    """The takes of a shot, oldest first; none when the shot has no folder yet."""
    folder = _shot_folder(root, shot_name)
    return [read_take(os.path.join(folder, f"take_{number:03d}")) for number in sorted(_numbers(folder))]


def read_take(folder: str) -> Take:
    """The take in a folder, as it is now; a folder that somebody else rendered into is one, too."""
    folder = os.path.abspath(folder)
    name = _TAKE.match(os.path.basename(folder))
    try:
        result = find_result(folder)
        job = _read_job(os.path.join(folder, JOB_NAME)) or (result.job if result is not None else None)
    except LaterVersion as error:
        return Take(
            0 if name is None else int(name.group(1)), folder, state="unreadable", problem=error.message
        )
    take = Take(
        0 if name is None else int(name.group(1)), folder, job, result, _frames_done(folder, job, result)
    )
    finished = result is not None and not missing_frames(take)
    return dataclasses.replace(take, state="finished" if finished else "unfinished")


def find_result(folder: str) -> Optional[Result]:
    """What ``result.json`` in a folder says; None where it is not there or damaged. Raises ``LaterVersion``."""
    try:
        with open(os.path.join(folder, RESULT_NAME), encoding="utf-8") as stream:
            return Result.from_dict(json.load(stream))
    except LaterVersion:
        raise
    except (OSError, ValueError, RecursionError, JobError):
        return None


def missing_frames(take: Take) -> List[int]:
    """The frames that were asked for and are not on disk; none where nothing tells which were asked for."""
    frames = _range(take.job, take.result)
    done = set(take.frames_done)
    return [] if frames is None else [frame for frame in frames if frame not in done]


def last_stopped(takes: List[Take]) -> Optional[Take]:
    """The take in which something was written last, of those that were begun and not finished; None without any."""
    stopped = [take for take in takes if take.state == "unfinished" and take.job is not None]
    return max(stopped, key=lambda take: (_last_written(take.folder), take.number), default=None)


def changed(take: Take, job: Job) -> List[str]:
    """What ``job`` asks for otherwise than the take did: its cache is stale where this is not empty.

    Names of the fields of settings and shot, in their order (``seed``, ``matte`` ...); ``["job"]`` when the take
    does not say what it was asked for. Folder, device and extra formats do not count.
    """
    return ["job"] if take.job is None else differences(take.job, job)


def differences(one: Job, other: Job) -> List[str]:
    """The fields of shot and settings in which two jobs ask for different layers, in their order."""
    a, b = same_layer(one), same_layer(other)
    return [name for part in ("shot", "settings") for name in a[part] if a[part][name] != b[part][name]]


def same_layer(job: Job) -> Dict[str, Any]:
    """All that makes the layer what it is, as JSON-ready data: two jobs that agree here have the same layer.

    A setting that has no effect, because of another one's value, stands at its default.
    """
    data = to_data(job)
    del data["output"]
    fields = {f.name: f for f in setting_fields()}
    for name in moot_settings(data["settings"]):
        data["settings"][name] = fields[name].default
    for name in [f.name for f in fields.values() if not f.affects_layer]:
        del data["settings"][name]
    # Files that lie beside the job's folder (what a host drew for it) may be moved together with it.
    beside = os.path.join(os.path.dirname(job.output), "")
    shot = data["shot"]
    for owner, name in (
        (shot["plate"], "path"),
        (shot["matte"], "path"),
        (shot["condition"], "path"),
        (shot["condition"], "matte"),
        (shot["condition"], "scribble"),
        (shot["condition"], "extended"),
        (shot, "track"),
    ):
        if owner[name].startswith(beside):
            owner[name] = owner[name][len(beside) :]
    return data


def remove_take(take: Take) -> None:
    """Delete a take, whole, from disk. It must not be rendering. Raises ``OutputError``."""
    if _TAKE.match(os.path.basename(take.folder)) is None:
        raise OutputError(f"{take.folder} is not a take.", "Remove it by hand if it is in the way.")
    gone = take.folder + ".removed"
    try:
        # Renamed first: what stops half way leaves no half take behind that would look like an unfinished one.
        shutil.rmtree(gone, ignore_errors=True)
        os.rename(take.folder, gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise OutputError(
            f"{take.folder} cannot be removed: {error.strerror or error}.",
            "Close what has its frames open, and try again.",
        ) from error


def wedge(job: Job, count: int) -> List[Job]:
    """``count`` jobs that differ in their seed alone: the job's own, and the ones after it. All are written down.

    ``job.output`` is a take's folder that nothing was rendered into yet (from ``new_take``); the others get the
    next free ones beside it. Raises ``JobError`` and ``OutputError``.
    """
    folder = os.path.abspath(job.output)
    if _TAKE.match(os.path.basename(folder)) is None:
        raise JobError(f"{folder} is not a take.", "Make its folder with new_take.")
    if count < 1:
        raise JobError(f"A wedge of {count} takes is none.", "Ask for 2 or more.")
    settings = [dataclasses.replace(job.settings, seed=job.settings.seed + k) for k in range(count)]
    shot_folder = os.path.dirname(folder)
    root, name = os.path.dirname(shot_folder), os.path.basename(shot_folder)
    jobs = [dataclasses.replace(job, output=folder)]
    for other in settings[1:]:
        jobs.append(dataclasses.replace(job, output=new_take(root, name), settings=other))
    for each in jobs:
        write_job(each)
    return jobs


def _file_name(name: str) -> str:
    """A shot's name as files and folders may have it."""
    return re.sub(r"[^\w-]+", "_", name) or "shot"


def _shot_folder(root: str, shot_name: str) -> str:
    return os.path.join(os.path.abspath(root), _file_name(shot_name))


def _numbers(folder: str) -> List[int]:
    try:
        found = [_TAKE.match(entry.name) for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return []
    return [int(match.group(1)) for match in found if match is not None]


def _range(job: Optional[Job], result: Optional[Result]) -> Optional[FrameRange]:
    if job is not None and job.shot.frames is not None:
        return job.shot.frames
    return None if result is None else result.frames


def _frames_done(folder: str, job: Optional[Job], result: Optional[Result]) -> List[int]:
    if job is None:
        return []
    name = re.compile(rf"^{re.escape(layer_stem(job))}\.(-?\d+)\.exr$")
    frames = _range(job, result)
    try:
        found = [name.match(entry.name) for entry in os.scandir(folder)]
    except OSError:
        return []
    numbers = sorted(int(match.group(1)) for match in found if match is not None)
    return [number for number in numbers if frames is None or number in frames]


def _read_job(path: str) -> Optional[Job]:
    try:
        with open(path, encoding="utf-8") as stream:
            return Job.from_json(stream.read())
    except LaterVersion:
        raise
    except (OSError, ValueError, RecursionError, JobError):
        return None


def _last_written(folder: str) -> float:
    """When a file in the folder was written last, in seconds."""
    found = [0.0]
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                found.append(os.stat(os.path.join(parent, name)).st_mtime)
            except OSError:
                pass  # it has gone since
    return max(found)

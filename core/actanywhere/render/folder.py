"""The output folder of a job: whose it is, which frames are finished, and how it resumes.

NAME_LAYER.1001.exr ...     finished frames
result.json                 when all are finished
.actanywhere/job.json       whose folder this is: the job and the digests of what it read
.actanywhere/*.safetensors  the last painted window, until the job is finished
.actanywhere/engine/        what the engine keeps for going on
.actanywhere/networks.json  which networks read the condition
.actanywhere/beside.txt     which frames beside those of the layer its shadow was pulled with
.actanywhere/seen/*.npz     what they answered; takes share it, in the folder above them
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..contract.errors import JobError, OutputError
from ..contract.files import refusal, sweep_strays, write_text
from ..contract.job import Job, Result
from ..contract.schema import Upgrade, numbered, upgraded
from ..contract.shot import FrameRange
from ..contract.takes import RESULT_NAME, comp_stem, find_result, layer_stem, same_layer
from .lock import LOCK_NAME, lock_folder
from .resume import PaintedWindows


def _numbered_job(data: dict[str, Any]) -> dict[str, Any]:
    """Layout 1 held a job of layout 2 without its number."""
    job = data.get("job")
    return dict(data, job=dict(job, schema=2)) if isinstance(job, dict) else data


_CLAIM: tuple[Upgrade, ...] = (_numbered_job,)
_NETWORKS: tuple[Upgrade, ...] = ()
_LONGEST_NAME = 180  # with the frame's number and what a temporary name adds, file systems take 255


class OutputFolder:
    """One job's folder. ``check`` touches nothing; ``held`` keeps others out; ``claim`` makes it this job's own."""

    def __init__(self, job: Job, frames: FrameRange) -> None:
        self.job = job
        self.frames = frames
        self.path = Path(job.output)
        self.work = self.path / ".actanywhere"
        self.scratch = self.work / "engine"
        self.result_path = self.path / RESULT_NAME
        self.stem = layer_stem(job)
        self.comp_stem = comp_stem(job)
        self._claimed = False

    @property
    def pattern(self) -> str:
        """The layer's frames, as a pattern."""
        return str(self.path / f"{self.stem}.####.exr")

    def frame_path(self, frame: int) -> Path:
        """The layer's file of that host frame."""
        return self.path / f"{self.stem}.{frame:04d}.exr"

    @property
    def place_path(self) -> Path:
        """Where the condition picture lies as it was filled, and goes on beyond its borders."""
        return self.path / f"{self.stem}_place.png"

    @property
    def answers(self) -> Path:
        """Where networks' answers are kept; the takes of a shot share them."""
        if re.fullmatch(r"take_\d{3,}", self.path.name):
            return self.path.parent / ".actanywhere_seen"
        return self.work / "seen"

    def keep_networks(self, names: dict[str, str]) -> None:
        """Note which networks (by role) read the condition. Raises ``OutputError`` where others began."""
        path = self.work / "networks.json"
        if not names and not path.is_file():
            return
        before = _networks(path)
        if before is not None and before != names:
            self._begin_again(f"for which other networks read the condition picture ({before})")
        write_text(str(path), json.dumps(numbered(names, _NETWORKS), indent=2, sort_keys=True))

    def keep_beside(self, frames: str) -> None:
        """Note with which frames beside its own the shadow is pulled. Raises ``OutputError`` where others began."""
        path = self.work / "beside.txt"
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if before != frames:
            self._begin_again(
                "of this job, but those of the plate and matte beside them, which tell of the shadow, changed since "
                "then"
            )
            write_text(str(path), frames)

    def _begin_again(self, other: str) -> None:
        """Let go of windows that were painted of what is now ``other``. Raises ``OutputError`` for finished frames."""
        if self.finished():
            raise OutputError(
                f"{self.path} holds frames {other}.", "Give another output folder, or remove this one."
            )
        PaintedWindows(self.work).forget()

    def finished(self) -> list[int]:
        """The frames that are on disk. A frame appears under its name only when it is whole."""
        return [frame for frame in self.frames if self.frame_path(frame).is_file()]

    def writes(self) -> list[str]:
        """What a render writes, for a dry run."""
        files = [self.pattern, str(self.result_path)]
        files += [f"{self.place_path} (where the condition picture is filled, or goes on)"]
        files += [str(self.path / f"{self.comp_stem}.####.png")] if "png" in self.job.settings.format else []
        files += [str(self.path / f"{self.comp_stem}.mov")] if "mov" in self.job.settings.format else []
        return files

    def check(self) -> None:
        """Raises ``OutputError`` when the folder cannot be written or holds another job's layer."""
        if len(os.fsencode(self.stem)) > _LONGEST_NAME:
            raise OutputError(
                f"Files cannot have a name as long as {self.stem[:40]}...",
                "Give a shorter shot or layer name.",
            )
        _check_writable(self.path)
        if self._owner() is None and self.finished():
            raise OutputError(
                f"{self.path} holds frames like {self.frame_path(self.finished()[0]).name} that no job here wrote.",
                "Give another output folder, or remove them.",
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """The folder, made if need be, with other renders kept out.

        Whatever ends this before anything was painted leaves no trace of it. Raises ``OutputError``.
        """
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise _unwritable(self.path, error) from error
        try:
            with lock_folder(self.path):
                try:
                    yield
                except BaseException:
                    self._disclaim()
                    raise
        except BaseException:
            with suppress(OSError):  # the first that holds something ends it
                for folder in missing:
                    folder.rmdir()
            raise

    def claim(self, inputs: dict[str, str], checkpoint: str) -> None:
        """Make the folder this job's: note what was read, and sweep what a killed writer left.

        Raises ``OutputError`` when another job rendered here, or the same from other footage or another model.
        """
        facts: dict[str, Any] = {"job": same_layer(self.job), "inputs": inputs, "checkpoint": checkpoint}
        owner = self._owner()
        if owner is not None and owner != facts:
            changed = [name for name in inputs if owner["inputs"].get(name) != inputs[name]]
            what = ", ".join(changed) or "the model"
            raise OutputError(
                f"{self.path} holds frames of this job, but {what} changed since then.",
                "Give another output folder, or remove this one.",
            )
        self._claimed = True
        self.work.mkdir(exist_ok=True)
        for folder in (self.path, self.work):
            sweep_strays(str(folder))
        if owner is None:
            facts["job"] = dict(facts["job"], schema=self.job.to_dict()["schema"])
            write_text(str(self.work / "job.json"), json.dumps(numbered(facts, _CLAIM), indent=2) + "\n")

    def finish(self, result: Result) -> None:
        """Write ``result.json``: the job is finished."""
        write_text(str(self.result_path), json.dumps(result.to_dict(), indent=2) + "\n")

    def let_go(self) -> None:
        """Drop what was kept for going on, of a job that is finished."""
        for path in self.work.glob("*.safetensors"):
            path.unlink()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def result(self) -> Result | None:
        """The result, if the job is finished to the last frame."""
        if len(self.finished()) < len(self.frames):
            return None
        return find_result(str(self.path))  # one that is not understood will be written again

    def _kept(self) -> bool:
        """Whether something was painted that the same job goes on from."""
        return any(self.work.glob("*.safetensors")) or (self.scratch.is_dir() and any(self.scratch.iterdir()))

    def _disclaim(self) -> None:
        """Take back the claim on a folder in which nothing was painted."""
        others = not self._claimed and self.work.exists()
        if others or self.finished() or self._kept():
            return
        shutil.rmtree(self.work, ignore_errors=True)
        with suppress(OSError):
            (self.path / LOCK_NAME).unlink()

    def _owner(self) -> dict[str, Any] | None:
        """What was noted of the render whose folder this is; None in a new one. Raises ``OutputError`` where it is of
        another job.
        """
        path = self.work / "job.json"
        if not path.is_file():
            return None
        other_folder = "Give another output folder, or remove this one."
        try:
            owner = upgraded(json.loads(path.read_text()), str(path), _CLAIM)
            inputs = dict(owner.get("inputs", {}))
            there, here = same_layer(Job.from_dict({**owner["job"], "output": ""})), same_layer(self.job)
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            raise OutputError(f"{path} is not what was written there.", other_folder) from error
        except JobError as error:
            raise OutputError(f"{path} cannot be read as a job: {error.message}", other_folder) from error
        if there != here:
            difference = _difference(there, here)
            raise OutputError(f"{self.path} holds the layer of another job ({difference}).", other_folder)
        return {"job": there, "inputs": inputs, "checkpoint": owner.get("checkpoint")}


def _networks(path: Path) -> Any:
    """Which networks read the condition of the frames that are there: None in a new folder, text where damaged."""
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    try:
        return upgraded(json.loads(text), str(path), _NETWORKS)
    except ValueError:
        return text


def _difference(one: dict[str, Any], other: dict[str, Any], place: str = "") -> str:
    """Where two jobs differ first, as an artist reads it."""
    for key in sorted(set(one) | set(other)):
        a, b = one.get(key), other.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found = _difference(a, b, f"{place}{key}.")
            if found:
                return found
        elif a != b:
            return f"{place}{key} is {a!r} there and {b!r} here"
    return ""


def _check_writable(folder: Path) -> None:
    """Try it in the nearest folder that exists, and leave nothing behind."""
    try:
        nearest = folder.absolute()
        while not nearest.exists():
            nearest = nearest.parent
        if not nearest.is_dir():
            raise OutputError(f"{nearest} is a file, not a folder.", "Give another output folder.")
        with tempfile.TemporaryFile(dir=nearest) as stream:
            stream.write(b"\0" * 4096)
    except (OSError, ValueError) as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError | ValueError) -> OutputError:
    reason = refusal(error) if isinstance(error, OSError) else error
    return OutputError(f"{folder} cannot be written: {reason}.", "Give a folder that you may write to.")

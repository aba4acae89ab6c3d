"""What the artist asks for, and what comes back; JSON both ways.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, cast

from .errors import JobError
from .fields import check_record, from_data, members_of, record, text, to_data
from .sequences import MOVIE_EXTENSIONS
from .settings import Settings
from .shot import FrameRange, Shot

__all__ = ["Job", "Progress", "Result"]


@dataclass(frozen=True)
class Job:
    """One shot to render into one folder."""

    shot: Shot = record(Shot, "a shot")
    output: str = text()
    settings: Settings = record(Settings, "settings", Settings)

    def __post_init__(self) -> None:
        check_record(self, "")

    def to_dict(self) -> Dict[str, Any]:
        """The job as JSON-ready data, with the number of its ``schema``. The frame range is a string, ``1001-1047``."""
        return dict(to_data(self), schema=_SCHEMA)

    @classmethod
    def from_dict(cls, data: Any) -> Job:
        """The job that ``to_dict`` described. Raises ``JobError`` on unknown, missing or wrong fields."""
        return cast(Job, from_data(cls, _of_schema(data), "job"))

    def to_json(self) -> str:
        """``to_dict`` as text."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Job:
        """The job that ``to_json`` wrote. Raises ``JobError``."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise JobError("The job is not JSON: %s." % _told(error), "Write it with --write-job.") from error
        return cls.from_dict(data)


_SCHEMA = 2


def _told(error: Exception) -> str:
    return "its brackets lie too deep in one another" if isinstance(error, RecursionError) else str(error)


def _of_schema(data: Any) -> Any:
    """A job's data in today's words. Schema 1, which had no number, gave sequences a ``first_frame`` without effect."""
    if not isinstance(data, dict):
        return data
    found = dict(data)
    schema = found.pop("schema", 1)
    if schema not in (1, _SCHEMA) or isinstance(schema, bool):
        raise JobError(
            "The job is of schema %r, and this version reads 1 to %d." % (schema, _SCHEMA),
            "Use the version that wrote it, or write it anew with --write-job.",
        )
    shot = found.get("shot")
    if schema == 1 and isinstance(shot, dict):
        numbered = {name: _numbered_as_named(shot[name]) for name in ("plate", "matte") if name in shot}
        found["shot"] = dict(shot, **numbered)
    return found


def _numbered_as_named(sequence: Any) -> Any:
    path = sequence.get("path") if isinstance(sequence, dict) else None
    if not isinstance(path, str) or path.lower().endswith(MOVIE_EXTENSIONS):
        return sequence
    return {name: value for name, value in sequence.items() if name != "first_frame"}


@dataclass(frozen=True)
class Progress:
    """How far a job is. ``stage`` is what is being done, in words an artist reads.

    ``done`` of ``total`` counts ``unit`` (frames or steps) within the stage; ``fraction`` (0 to 1) is of the
    whole job and never goes back; ``seconds_left`` is None until it can be told. ``message`` is a
    line for the log (which camera was chosen and why, a warning). ``frame_ready`` is the path of a layer frame
    that has just been finished, else empty.
    """

    stage: str
    done: int = 0
    total: int = 0
    unit: str = "frames"
    fraction: float = 0.0
    seconds_left: Optional[float] = None
    message: str = ""
    frame_ready: str = ""

    def to_dict(self) -> Dict[str, Any]:
        """JSON-ready data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Dict[str, Any]) -> Progress:
        """The progress that ``to_dict`` described."""
        return cls(**data)


@dataclass(frozen=True)
class Result:
    """A finished layer and all that is needed to render it again; ``result.json`` beside the layer holds it.

    ``layer`` is the pattern of the EXR frames; ``frames`` their range. ``camera`` is the mode that was
    used and ``camera_reason`` why; ``shadow`` says how the actor's shadow falls, and whence that comes.
    ``checkpoint`` is the sha256 of the model's manifest, ``inputs`` maps what was read (plate, matte, condition,
    track) to a sha256 over its files. ``versions`` are those of this software, Python and the libraries that
    touch pixels. ``warnings`` are what the artist was told.
    """

    job: Job
    layer: str
    frames: FrameRange
    camera: str
    camera_reason: str
    shadow: str
    checkpoint: str
    inputs: Dict[str, str]
    versions: Dict[str, str]
    seconds: Dict[str, float]
    warnings: List[str] = field(default_factory=list)

    def to_dict(self) -> Dict[str, Any]:
        """JSON-ready data."""
        data = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        data["job"] = self.job.to_dict()
        data["frames"] = str(self.frames)
        return data

    @classmethod
    def from_dict(cls, data: Dict[str, Any]) -> Result:
        """The result that ``to_dict`` described. Raises ``JobError`` when it is something else."""
        result = members_of(cls, data, "result", {})
        result["job"] = Job.from_dict(result["job"])
        result["frames"] = FrameRange.parse(str(result["frames"]))
        return cls(**result)

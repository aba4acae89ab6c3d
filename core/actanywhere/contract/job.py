"""The Job that a host sends, and the Progress and Result that come back; JSON both ways.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple, cast

from .errors import JobError
from .fields import check_record, from_data, members_of, record, text, to_data
from .schema import Upgrade, numbered, upgraded
from .sequences import MOVIE_EXTENSIONS
from .settings import Settings
from .shot import FrameRange, Shot


@dataclass(frozen=True)
class Job:
    """One shot to render into one folder."""

    shot: Shot = record(Shot, "a shot")
    output: str = text()
    settings: Settings = record(Settings, "settings", Settings)

    def __post_init__(self) -> None:
        check_record(self, "")

    def to_dict(self) -> Dict[str, Any]:
        """The job as JSON-ready data. The frame range is a string, ``1001-1047``."""
        return numbered(to_data(self), _JOB_UPGRADES)

    @classmethod
    def from_dict(cls, data: Any) -> Job:
        """The job that ``to_dict`` described. Raises ``JobError`` on unknown, missing or wrong fields."""
        return cast(Job, from_data(cls, upgraded(data, "job", _JOB_UPGRADES), "job"))

    def to_json(self) -> str:
        """``to_dict`` as text."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Job:
        """The job that ``to_json`` wrote. Raises ``JobError``."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise JobError(f"The job is not JSON: {_reason(error)}.", "Write it with --write-job.") from error
        return cls.from_dict(data)


def _reason(error: Exception) -> str:
    return "its brackets lie too deep in one another" if isinstance(error, RecursionError) else str(error)


def _numbering(data: Dict[str, Any]) -> Dict[str, Any]:
    """Layout 1 of a job gave sequences a ``first_frame`` without effect."""
    shot = data.get("shot")
    if not isinstance(shot, dict):
        return data
    named = {name: _numbered_as_named(shot[name]) for name in ("plate", "matte") if name in shot}
    return dict(data, shot=dict(shot, **named))


def _numbered_as_named(sequence: Any) -> Any:
    path = sequence.get("path") if isinstance(sequence, dict) else None
    if not isinstance(path, str) or path.lower().endswith(MOVIE_EXTENSIONS):
        return sequence
    return {name: value for name, value in sequence.items() if name != "first_frame"}


_JOB_UPGRADES: Tuple[Upgrade, ...] = (_numbering,)


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
class DecisionRecord:
    """What a render decided, or was told: ``name`` (camera), ``value`` (plate), and why, in a sentence or two.

    ``setting`` is the setting or the field of the shot that says it otherwise; empty where none does.
    """

    name: str
    value: str
    reason: str = ""
    setting: str = ""

    def __str__(self) -> str:
        """``camera: plate (the background can be tracked)``."""
        return f"{self.name}: {self.value}{f' ({self.reason})' if self.reason else ''}"


def _decisions(data: Dict[str, Any]) -> Dict[str, Any]:
    """Layout 1 of a result had the camera and the shadow in fields of their own."""
    data = dict(data)
    decisions = [
        DecisionRecord("camera", str(data.pop("camera", "")), str(data.pop("camera_reason", "")), "camera"),
        DecisionRecord("shadow", str(data.pop("shadow", "")), "", "shadow"),
    ]
    return dict(data, decisions=[dataclasses.asdict(one) for one in decisions])


_RESULT_UPGRADES: Tuple[Upgrade, ...] = (_decisions,)


@dataclass(frozen=True)
class Result:
    """A finished layer and all that is needed to render it again; ``result.json`` beside the layer holds it.

    ``layer`` is the pattern of the EXR frames; ``frames`` their range. ``decisions`` are all that
    was decided on the way (the camera, how the actor's shadow falls ...), each with its reason.
    ``checkpoint`` is the sha256 of the model's manifest, ``inputs`` maps what was read (plate, matte, condition,
    track) to a sha256 over its files. ``versions`` are those of this software, Python and the libraries that
    touch pixels. ``warnings`` are what the artist was told.
    """

    job: Job
    layer: str
    frames: FrameRange
    decisions: List[DecisionRecord]
    checkpoint: str
    inputs: Dict[str, str]
    versions: Dict[str, str]
    seconds: Dict[str, float]
    warnings: List[str] = field(default_factory=list)

    @property
    def camera(self) -> str:
        """The camera that was used."""
        return self.decided("camera").value

    def decided(self, name: str) -> DecisionRecord:
        """The decision of that name; one without a value where there was none to be made."""
        return next((one for one in self.decisions if one.name == name), DecisionRecord(name, ""))

    def to_dict(self) -> Dict[str, Any]:
        """JSON-ready data."""
        data = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        data["job"] = self.job.to_dict()
        data["frames"] = str(self.frames)
        data["decisions"] = [dataclasses.asdict(one) for one in self.decisions]
        return numbered(data, _RESULT_UPGRADES)

    @classmethod
    def from_dict(cls, data: Any) -> Result:
        """The result that ``to_dict`` described. Raises ``JobError`` when it is something else."""
        result = members_of(cls, upgraded(data, "result", _RESULT_UPGRADES), "result", {})
        try:
            result["decisions"] = [DecisionRecord(**one) for one in result["decisions"]]
        except TypeError as error:
            raise JobError(
                f"result.decisions is {result['decisions']!r}.", "Render the job again."
            ) from error
        result["job"] = Job.from_dict(result["job"])
        result["frames"] = FrameRange.parse(str(result["frames"]))
        return cls(**result)

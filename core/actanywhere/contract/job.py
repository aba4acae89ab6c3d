"""What the artist asks for, and what comes back; JSON both ways.

``Settings`` is the one place where a default lives: command-line flags, Blender properties and Nuke knobs
are derived from its fields, each of which carries its own help, choices and limits.
Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

from .errors import JobError
from .shot import Condition, FrameRange, ImageSequence, Matte, Shot, check_fields

__all__ = ["Job", "Progress", "Result", "Settings", "setting_fields"]


def _setting(default: Any, help: str, **limits: Any) -> Any:
    """A field of ``Settings``: ``choices``, ``minimum``, ``maximum`` and ``unit`` may be given, and ``only_with``, the
    name and the value of another field without which this one has no effect. A field that may be left out has
    ``begin``: what stands in an interface when it is switched on.
    """
    return field(default=default, metadata=dict(limits, help=help))


@dataclass(frozen=True)
class Settings:
    """How a shot is rendered. Every field has a default that suits a first try."""

    model: str = _setting(
        "starter",
        "The model: 'starter' (comes with the software), or a folder in the diffusers layout.",
    )
    camera: str = _setting(
        "auto",
        "Who leads the camera. plate: the background's motion is tracked in the plate and the condition "
        "picture moves with it. subject: the network infers the camera from how the actor moves (the "
        "paper's way; for grey and green screens). still: a locked camera. tracked: your own track of the shot "
        "moves it. auto: your track if there is one, else plate where the background can be tracked, else "
        "subject; it says which and why.",
        choices=("auto", "plate", "subject", "still", "tracked"),
    )
    anchor: Optional[int] = _setting(
        None,
        "The plate frame (host number) at which the condition picture fits the frame; it moves from there. "
        "Left out: the frame that a composite condition was painted on, else the middle of the move.",
        begin=1001,
    )
    seed: int = _setting(
        0, "The same seed gives the same layer; another one gives another take.", minimum=0, maximum=2**31 - 1
    )
    preview: bool = _setting(
        False,
        "Fewer steps and no guidance: a rough take in a fraction of the time, to judge the set-up by. The starter "
        "paints in one step anyway.",
    )
    solver: str = _setting(
        "dpm++",
        "dpm++: DPM-Solver++(2M), good from about 10 steps. ddim: the paper's, made for 50.",
        choices=("dpm++", "ddim"),
    )
    steps: Optional[int] = _setting(
        None,
        "Denoising steps. Left out: what the model's folder recommends.",
        minimum=1,
        maximum=1000,
        begin=20,
    )
    guidance: Optional[float] = _setting(
        None,
        "How strongly the condition and the matte lead; 1 is off. Left out: what the model's folder "
        "recommends (the paper: 5).",
        minimum=1.0,
        maximum=30.0,
        begin=5.0,
    )
    variation: Optional[float] = _setting(
        None,
        "How freely the seed may vary what is painted where the picture says nothing: 0 is calm and soft, 1 as "
        "the network was trained. Left out: what the model's folder recommends.",
        minimum=0.0,
        maximum=1.0,
        begin=0.3,
    )
    size: Optional[int] = _setting(
        None,
        "Size at which the network works: frames of about SIZE x SIZE pixels, in the plate's shape. Left out: what "
        "the model was made for (256). Smaller is quicker; the layer has the plate's size all the same.",
        minimum=64,
        maximum=1024,
        unit="pixels",
        begin=256,
    )
    overlap: Optional[int] = _setting(
        None,
        "Frames that each window takes over from the one before it, in shots longer than the model's window. Left "
        "out: 4, or a quarter of a shorter window.",
        minimum=1,
        maximum=15,
        unit="frames",
        begin=4,
    )
    invert_matte: bool = _setting(False, "The matte is 1 on the background: turn it round.")
    fill_matte: bool = _setting(False, "Fill holes that the matte encloses.")
    grow_matte: float = _setting(
        0.0,
        "Grow (above 0) or choke (below 0) the matte of model and comp, in pixels of the plate.",
        minimum=-200.0,
        maximum=200.0,
        unit="pixels",
    )
    erode: int = _setting(
        5,
        "Width of the square that erodes the matte for the model alone, in pixels at the model's size, so "
        "that no rim of the old background leaks in (the paper: 5). The comp keeps the artist's matte. 0: off.",
        minimum=0,
        maximum=63,
        unit="pixels",
    )
    band: float = _setting(
        0.08,
        "Width of the band around the actor that the model paints anew (contact, shadow), as a share of the "
        "frame's height. It applies where the camera is tracked or still.",
        minimum=0.0,
        maximum=0.5,
    )
    shadow: str = _setting(
        "auto",
        "The actor's cast shadow. auto: how it falls is read in the plate, where its camera is known and a shadow can "
        "be made out; it says what it read. given: as the four settings that follow say. none: the network alone "
        "shades the ground.",
        choices=("auto", "given", "none"),
    )
    shadow_side: float = _setting(
        0.5,
        "For a given shadow: how far that of the actor's head falls to the right of his feet, as a share of his height "
        "in the frame. Below 0: to the left.",
        minimum=-4.0,
        maximum=4.0,
        only_with=("shadow", "given"),
    )
    shadow_away: float = _setting(
        -0.15,
        "For a given shadow: how far up in the frame, away from the camera, that of the actor's head falls, as a share "
        "of his height in the frame. Below 0: down, towards the camera.",
        minimum=-4.0,
        maximum=4.0,
        only_with=("shadow", "given"),
    )
    shadow_density: float = _setting(
        0.5,
        "For a given shadow: how much of the ground's brightness on a display it takes.",
        minimum=0.0,
        maximum=1.0,
        only_with=("shadow", "given"),
    )
    shadow_softness: float = _setting(
        0.02,
        "For a given shadow: the blur of that of the actor's head, as a share of the frame's height. At his feet it is "
        "a quarter of that.",
        minimum=0.0,
        maximum=0.2,
        only_with=("shadow", "given"),
    )
    shading: Optional[float] = _setting(
        None,
        "How strongly what the network paints shows over the moved picture: 0 leaves that alone, with the cast shadow "
        "on it, 1 is as painted, more is stronger. A model that is not 'assisted' moves no picture with the camera "
        "'subject': there 0 leaves blurred colours. Left out: what the model's folder recommends.",
        minimum=0.0,
        maximum=2.0,
        begin=0.75,
    )
    detail: float = _setting(
        1.0,
        "How much of the condition picture's own full-size detail is laid under the generated shading.",
        minimum=0.0,
        maximum=1.0,
    )
    layer: str = _setting("generated_bg", "Name of the layer (channel group) that holds the background.")
    format: Tuple[str, ...] = _setting(
        ("exr",),
        "What to write. exr always; png and mov besides it are display files of the comp.",
        choices=("exr", "png", "mov"),
    )
    device: str = _setting(
        "auto",
        "Where the network runs: auto (a GPU if there is one), cpu, cuda, cuda:1, mps.",
    )
    precision: str = _setting(
        "auto",
        "Arithmetic of the network. auto: fp16 on CUDA, bf16 where the processor has it in hardware, else fp32.",
        choices=("auto", "fp32", "bf16", "fp16"),
    )

    def __post_init__(self) -> None:
        if isinstance(self.format, list):
            object.__setattr__(self, "format", tuple(self.format))
        check_fields(self, "settings.")
        _check_layer_name(self.layer)


def setting_fields() -> "List[dataclasses.Field[Any]]":
    """The fields of ``Settings`` in the order in which an interface shows them."""
    return list(dataclasses.fields(Settings))


_RESERVED_LAYERS = ("rgb", "rgba", "alpha", "depth", "forward", "backward", "mask", "rotopaint_mask")


def _check_layer_name(name: str) -> None:
    plain = name.replace("_", "a")
    if not (plain.isalnum() and plain.isascii() and plain[0].isalpha()) or name.lower() in _RESERVED_LAYERS:
        raise JobError(
            "'%s' cannot be a layer's name: hosts split or reserve it." % name,
            "Use letters, digits and underscores, beginning with a letter, for example generated_bg.",
        )


@dataclass(frozen=True)
class Job:
    """One shot to render into one folder."""

    shot: Shot
    output: str
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        check_fields(self, "")

    def to_dict(self) -> Dict[str, Any]:
        """The job as JSON-ready data. The frame range is a string, ``1001-1047``."""
        data = dataclasses.asdict(self)
        data["shot"]["frames"] = None if self.shot.frames is None else str(self.shot.frames)
        data["settings"]["format"] = list(self.settings.format)
        return data

    @classmethod
    def from_dict(cls, data: Dict[str, Any]) -> Job:
        """The job that ``to_dict`` described. Raises ``JobError`` on unknown, missing or wrong fields."""
        job = _members(cls, data, "job", settings={})
        shot = _members(Shot, job["shot"], "shot", matte={})
        if isinstance(shot.get("frames"), str):
            shot["frames"] = FrameRange.parse(shot["frames"])
        for name, kind in (("plate", ImageSequence), ("matte", Matte), ("condition", Condition)):
            shot[name] = kind(**_members(kind, shot[name], "shot." + name))
        settings = _members(Settings, job["settings"], "settings")
        return cls(Shot(**shot), job["output"], Settings(**settings))

    def to_json(self) -> str:
        """``to_dict`` as text."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Job:
        """The job that ``to_json`` wrote. Raises ``JobError``."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise JobError("The job is not JSON: %s." % error, "Write it with --write-job.") from error
        return cls.from_dict(data)


def _members(kind: Any, data: Any, place: str, **left_out: Any) -> Dict[str, Any]:
    """What JSON has for a dataclass: an object with no other fields, and all that it needs but may be ``left_out``."""
    if not isinstance(data, dict):
        raise JobError(
            "%s is %r; it must be a JSON object." % (place, data),
            "Compare it with the job in any result.json.",
        )
    found, fields = {**left_out, **data}, dataclasses.fields(kind)
    unknown = sorted(set(found) - {f.name for f in fields})
    if unknown:
        raise JobError(
            "%s has unknown fields: %s." % (place, ", ".join(unknown)),
            "Remove them; known are: %s." % ", ".join(f.name for f in fields),
        )
    missing = [
        f.name
        for f in fields
        if f.name not in found
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise JobError(
            "%s has no %s." % (place, " and no ".join(missing)), "Compare it with the job in any result.json."
        )
    return found


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

    ``layer`` is the fileseq pattern of the EXR frames; ``frames`` their range. ``camera`` is the mode that was
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
        result = _members(cls, data, "result")
        result["job"] = Job.from_dict(result["job"])
        result["frames"] = FrameRange.parse(str(result["frames"]))
        return cls(**result)

"""Makes the Job from what the node asks for: every choice between knobs and worker is made here."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ..contract.errors import JobError
from ..contract.job import Job
from ..contract.settings import Settings
from ..contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from .colour import Project, working_space
from .inputs import Rendering
from .naming import absolute, digest, output_root, shot_name, slashes
from .ranges import Span, beyond, choose_range, condition_frame
from .track import Move

__all__ = ["Ask", "Plan", "plan", "plan_clean", "plan_matte", "with_output"]


_IDLE_ALIVE = "What is connected to the input 'alive' has no effect: the knob 'life' is 0."


@dataclass(frozen=True)
class Ask:
    """What a node says, in plain values; ``asking`` fills it and decides nothing.

    ``plate``, ``matte``, ``condition``, ``alive`` and ``others`` describe what hangs at these inputs (the upstream
    nodes with their knobs and files); empty where nothing is connected. ``matte_channels`` are those of the matte's
    branch, and so for the others. ``moves`` is the track, a move a frame (``track``), or None.
    """

    settings: Settings
    script: str
    node: str
    output_folder: str
    shot_name: str
    range: str
    input_range: Optional[Span]
    project_range: Span
    own_range: Span
    working_space: str
    project: Project
    plate: str
    matte: str
    matte_channel: str
    matte_channels: Tuple[str, ...]
    condition: str
    condition_frame: Optional[int]
    condition_file: str
    condition_kind: str
    condition_matte: str
    moves: Optional[Dict[int, Move]] = None
    alive: str = ""
    alive_channel: str = ""
    alive_channels: Tuple[str, ...] = ()
    others: str = ""
    others_channel: str = ""
    others_channels: Tuple[str, ...] = ()
    scribble: str = ""
    extended: str = ""


@dataclass(frozen=True)
class Plan:
    """What is to be rendered and submitted.

    ``job`` lacks its output folder: a take gives it. ``renderings`` are the inputs, in the order to render them;
    ``track`` is the file to write for ``moves``, empty without. ``warning`` is for the log, empty if there is none.
    """

    job: Job
    root: str
    renderings: Tuple[Rendering, ...]
    track: str
    moves: Optional[Dict[int, Move]]
    warning: str = ""

    @property
    def plate(self) -> Rendering:
        """The rendering of the plate."""
        return self.renderings[0]


def plan(ask: Ask) -> Plan:
    """The plan for what a node says; nothing is touched. Raises ``JobError`` with what to do about it."""
    root, plate, matte, shot = _footage(ask)
    assert shot.frames is not None
    frames, inputs = shot.frames, f"{root}/inputs"
    condition, drawn = _condition(ask, inputs, frames, shot.plate.colour)
    track = _track(ask, inputs, frames, plate)
    settings, living = _alive(ask, inputs, frames)
    job = Job(dataclasses.replace(shot, condition=condition, track=track), "", settings)
    moves = ask.moves if track else None
    idle = _IDLE_ALIVE if ask.alive and not living else ""
    warning = "\n".join(filter(None, (beyond(frames, ask.input_range), idle)))
    return Plan(job, root, (plate, matte, *drawn, *living), track, moves, warning)


def plan_clean(ask: Ask) -> Plan:
    """The plan for the clean plate of what a node says: plate and matte alone. Raises ``JobError``."""
    root, plate, matte, shot = _footage(ask)
    return Plan(Job(shot, "", ask.settings), root, (plate, matte), "", None)


def plan_matte(ask: Ask) -> Plan:
    """The plan for a matte of what a node says: the plate alone; the job has no matte. Raises ``JobError``."""
    root, plate, shot = _plate(ask)
    assert shot.frames is not None
    return Plan(Job(shot, "", ask.settings), root, (plate,), "", None, beyond(shot.frames, ask.input_range))


def _footage(ask: Ask) -> Tuple[str, Rendering, Rendering, Shot]:
    """The folder, what is rendered of plate and matte, and the shot of them; its condition is none yet."""
    root, plate, shot = _plate(ask)
    assert shot.frames is not None
    if ask.matte_channel in ("", "none"):
        raise JobError("No matte channel is chosen.", "Choose one with the knob 'matte channel'.")
    _check_channel(ask.matte_channel, ask.matte_channels, "matte" if ask.matte else "plate", "matte channel")
    source = (ask.matte or ask.plate) + ask.matte_channel
    matte = _rendering(ask, f"{root}/inputs", "matte", source, shot.frames, ("A",))
    return root, plate, matte, dataclasses.replace(shot, matte=Matte(matte.pattern, "A"))


def _plate(ask: Ask) -> Tuple[str, Rendering, Shot]:
    """The folder, what is rendered of the plate, and the shot of it; it has no matte and no condition yet."""
    if not ask.plate:
        raise JobError("No plate is connected.", "Connect the photographed frames to the input 'plate'.")
    root = output_root(ask.output_folder, ask.script)
    frames = choose_range(ask.range, ask.input_range, ask.project_range, ask.own_range)
    plate = _rendering(ask, f"{root}/inputs", "plate", ask.plate, frames, ("R", "G", "B"))
    shot = Shot(
        name=shot_name(ask.shot_name, ask.script, ask.node),
        plate=ImageSequence(plate.pattern, colour=working_space(ask.working_space, ask.project)),
        matte=Matte(),
        condition=Condition(plate.pattern),
        frames=frames,
    )
    return root, plate, shot


def _check_channel(channel: str, there: Tuple[str, ...], what: str, knob: str) -> None:
    if _full_name(channel) not in map(_full_name, there):
        raise JobError(
            f"The {what} has no channel {channel}; it has {', '.join(there) or 'none'}.",
            f"Choose another with the knob '{knob}'.",
        )


def _full_name(channel: str) -> str:
    """Nuke also says ``alpha`` for ``rgba.alpha``."""
    return channel if "." in channel else f"rgba.{channel}"


def with_output(job: Job, folder: str) -> Job:
    """The job with the folder of a take."""
    return dataclasses.replace(job, output=slashes(folder))


def _rendering(
    ask: Ask, inputs: str, kind: str, source: str, frames: FrameRange, channels: Tuple[str, ...]
) -> Rendering:
    """``source`` and the project's colour say what the pixels are: a Read gives others in another working space."""
    colour = " ".join(dataclasses.astuple(ask.project))
    text = f"{source}\nframes {frames}\ncolour {colour}"
    folder = f"{inputs}/{kind}_{digest(text)}"
    return Rendering(kind, f"write_{kind}", folder, frames, channels, text)


def _condition(ask: Ask, inputs: str, frames: FrameRange, space: str) -> Tuple[Condition, List[Rendering]]:
    """The branch at the input if there is one, else the file: both through Nuke, so that it looks as it does there.

    The renderings are that, and the roto of who else is in it where one is connected.
    """
    frame = condition_frame(ask.condition_frame, frames)
    if not ask.condition and ask.condition_file and not os.path.isabs(ask.condition_file):
        # Nuke would look for it in the project's directory, or in whichever folder it was started from.
        raise JobError(
            f"The picture '{ask.condition_file}' has no whole path.",
            "Choose it with its folder; [file dirname [value root.name]] stands for the script's.",
        )
    source = ask.condition or _file(slashes(ask.condition_file))
    if not source:
        raise JobError(
            "There is no condition: no picture of the place wanted.",
            "Connect one to the input 'condition', or give a file.",
        )
    beside = [absolute(path, ask.script) for path in (ask.condition_matte, ask.scribble, ask.extended)]
    for path, what in zip(beside, ("matte of the condition", "scribble picture", "extended picture")):
        _must_exist(path, what)
    matte, scribble, extended = beside
    one = FrameRange(frame, frame)
    drawn = [_rendering(ask, inputs, "condition", source, one, ("R", "G", "B"))]
    if ask.others:
        _check_channel(ask.others_channel, ask.others_channels, "input 'others'", "others channel")
        drawn.append(_rendering(ask, inputs, "others", ask.others + ask.others_channel, one, ("A",)))
        matte = drawn[1].file(frame)
    return Condition(drawn[0].file(frame), ask.condition_kind, matte, space, scribble, extended), drawn


def _alive(ask: Ask, inputs: str, frames: FrameRange) -> Tuple[Settings, List[Rendering]]:
    """The settings with the files that they name in full, and the rendering of the input 'alive', where life reads it.

    What is connected comes before the file.
    """
    settings = ask.settings.with_files(lambda path: absolute(path, ask.script))
    if not ask.alive or ask.settings.life == 0:
        return settings, []
    _check_channel(ask.alive_channel, ask.alive_channels, "input 'alive'", "alive channel")
    drawn = _rendering(ask, inputs, "alive", ask.alive + ask.alive_channel, frames, ("A",))
    return dataclasses.replace(settings, alive=drawn.pattern), [drawn]


def _file(path: str) -> str:
    """What a picture is, as text: its path, size and time. Empty without a path."""
    if not path:
        return ""
    if ("%" in path or "#" in path) and not os.path.isfile(path):
        raise JobError(
            f"{path} is a sequence, and the condition is one picture.",
            "Name one of its frames, or connect its Read to 'condition' and choose the frame beside it.",
        )
    _must_exist(path, "condition picture")
    about = os.stat(path)
    return f"file {path} {about.st_size} {about.st_mtime_ns}"


def _must_exist(path: str, what: str) -> None:
    if path and not os.path.isfile(path):
        raise JobError(f"{path}: there is no such {what}.", "Choose a file that is there.")


def _track(ask: Ask, inputs: str, frames: FrameRange, plate: Rendering) -> str:
    """The track's file, named by what it holds; empty without a track."""
    if ask.settings.camera == "tracked" and ask.moves is None:
        raise JobError(
            "The camera is 'tracked', but nothing is connected to the input 'track'.",
            "Connect a Tracker, CornerPin, Transform or Camera, or choose another camera.",
        )
    if ask.moves is None or ask.settings.camera not in ("tracked", "auto"):
        return ""
    lacking = [frame for frame in frames if frame not in ask.moves]
    if lacking:
        raise JobError(f"The track says nothing of frame {lacking[0]}.", "Track the whole range.")
    moves: List[Tuple[int, Move]] = sorted(ask.moves.items())
    return f"{inputs}/track_{digest(plate.folder + json.dumps(moves))}.json"

"""The decision about the camera: the artist's track, a 3-D solve, a 2-D track, the actor's movement, or none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..camera.actor_led import actor_led_track
from ..camera.alignment import Frame
from ..camera.camera_files import (
    Cameras,
    cameras_of,
    read_cameras,
    write_cameras,
    write_chan,
    write_nuke_camera,
)
from ..camera.ground import feet_on_ground, find_ground
from ..camera.motion import Motion
from ..camera.parallax import shows_parallax
from ..camera.solve import has_pycolmap, solve_camera
from ..camera.space import SpaceTrack
from ..camera.timing import read_timing
from ..camera.track import CameraTrack, still_track
from ..contract.errors import JobError, OutputError
from ..contract.files import make_folder, write_text
from ..engines.protocol import Watch
from ..footage import PlateInfo
from .clip import Clip
from .decision import Decision
from .features import ShotFeatures
from .grounded import follow_ground
from .preflight import Inputs

#: Width at which a camera is solved: a wider plate is made smaller.
SOLVE_WIDTH = 640

_LONGEST = 400
"""Frames of a shot that is solved unasked: a solve takes seconds a frame."""
_FEWEST = 5
_LOST = (
    "The plate's camera cannot be followed ({}): the place moves by the actor alone, and may slide or stand still "
    "where the plate moves. Give a track of the plate (--track); --camera still if it was locked off; --camera plate "
    "to take what was followed nevertheless."
)

_STANDS = (
    "The plate's camera cannot be followed ({}), and no feet on the ground tell how it moves: the place stands still. "
    "If the plate moves, give a track of it (--track), or take what was followed nevertheless (--camera plate)."
)


@dataclass(frozen=True)
class Solving:
    """How a camera is solved: ``watch`` hears of a hundred parts; the solve is kept in the folder ``kept``, if any."""

    watch: Watch = field(default_factory=Watch)
    kept: Path | None = None


@dataclass(frozen=True)
class Solved:
    """The plate's cameras with their ground, or None where they cannot be believed; ``reason`` says why in both cases.

    ``facts`` are the solve's own.
    """

    cameras: Cameras | None
    reason: str
    facts: str = ""


def asks_solve(inputs: Inputs) -> bool:
    """Whether the plate's camera may be solved in three dimensions."""
    camera = inputs.job.settings.camera
    return inputs.track is None and (camera == "3d" or (camera == "auto" and len(inputs.frames) <= _LONGEST))


def asks_larger(inputs: Inputs) -> bool:
    """Whether the plate is to be kept at ``SOLVE_WIDTH``: for a solve, or to find the ground of a given camera."""
    return asks_solve(inputs) or (inputs.track is not None and inputs.track.space is not None)


def choose_camera(
    inputs: Inputs, track: CameraTrack, clip: Clip, larger: ShotFeatures | None, solving: Solving
) -> tuple[Decision[str], Motion]:
    """The camera's name with its reason and warnings, and how the place moves.

    ``track`` is the plate's flat track, or the artist's; ``larger`` the shot at the width at which cameras are solved.
    """
    asked = inputs.job.settings.camera
    if inputs.track is not None:
        return _given(inputs, track, None if larger is None else larger.clip)
    if asked == "3d" or (asked == "auto" and track.trackable):
        found = _in_space(inputs, track, larger, solving)
        if asks_solve(inputs):
            solving.watch.step(100)
        if isinstance(found, SpaceTrack):
            return Decision("3d", found.reason, found.doubts), found
        flat, motion = _flat(inputs, "auto", track, clip, solving.watch.check)
        if asked == "3d":
            warning = f"A camera in 3-D was asked for, and is not used: {found}. The place moves with '{flat.value}'."
            return replace(flat, warnings=(warning, *flat.warnings)), motion
        return replace(flat, reason=f"{flat.reason}; not in 3-D: {found}"), motion
    return _flat(inputs, asked, track, clip, solving.watch.check)


def _on_ground(
    asked: str, track: CameraTrack, clip: Clip, check: Callable[[], None]
) -> tuple[Decision[str], Motion]:
    """The plate's flat camera, or that which the ground under the actor's feet keeps to."""
    found = follow_ground(clip, track, check)
    if found is None or not (found.sure or asked == "ground"):
        lacks = (
            "The ground under the actor's feet is not seen to move in enough frames for --camera ground: the place "
            "moves with the plate's background.",
        )
        return Decision("plate", track.reason, track.doubts + (lacks if asked == "ground" else ())), track
    leaves = "; --camera plate keeps to what is far away" if asked == "auto" else ""
    reason = (
        f"{track.reason}; slid by the ground under the actor's feet, as {found.told} of {found.pairs} pairs of frames "
        f"tell{leaves}"
    )
    return Decision("ground", reason, track.doubts), found.track


def _flat(
    inputs: Inputs, asked: str, track: CameraTrack, clip: Clip, check: Callable[[], None]
) -> tuple[Decision[str], Motion]:
    if track.trackable and asked in ("auto", "ground"):
        return _on_ground(asked, track, clip, check)
    if asked == "still" or (track.trackable and asked == "plate"):
        return Decision(asked, track.reason, track.doubts), track
    if asked in ("plate", "ground"):
        warning = f"The plate's camera was asked for, but cannot be relied on: {track.reason}."
        return Decision(asked, track.reason, (warning,)), track
    reason = "as asked for" if asked == "subject" else track.reason
    doubts = (_LOST.format(track.reason),) if asked == "auto" and track.lost else track.doubts
    if inputs.engine.facts.infers_camera:
        return Decision("subject", reason, doubts), track
    led = actor_led_track(clip.rgb, clip.matte, clip.aspect, inputs.job.settings.seed)
    if asked == "auto" and track.lost and not led.trackable:
        # The plate moves in a way of its own: the seed's drift would be another in every take, and wrong in each.
        return Decision("still", reason, (_STANDS.format(track.reason),)), still_track(len(track))
    return Decision("subject", f"{reason}; {led.reason}", doubts), led


def _given(inputs: Inputs, track: CameraTrack, larger: Clip | None) -> tuple[Decision[str], Motion]:
    """The artist's track; in a camera that travels the place stands, on ground that the file or the plate tells."""
    assert inputs.track is not None
    cameras, name = inputs.track.space, Path(inputs.job.shot.track).name
    if cameras is None:
        return Decision("tracked", track.reason, track.doubts), track
    doubts: tuple[str, ...] = ()
    reason = "its ground as the file has it"
    if cameras.ground is None:
        assert larger is not None
        found = find_ground(cameras, _frames(larger), inputs.aspect)
        levels, reason = found.levels, found.reason
        if levels is None:
            levels = np.zeros(len(cameras.frames))
            doubts = (f"The ground is taken to be y = 0 of {name}: {found.reason}.",)
            reason = "its ground at y = 0"
        cameras = replace(cameras, ground=levels)
    assert cameras.ground is not None
    if (cameras.matrices[:, 1, 3] <= cameras.ground).any():
        warning = (
            f"{name} holds a camera that travels, and stands under the ground (y = {cameras.ground.max():.3g}): the "
            "place turns and zooms with it as if it were far away, and nothing near slides past."
        )
        return Decision("tracked", track.reason, (*track.doubts, warning)), track
    motion = _standing(inputs, cameras, larger, f"the camera in {name}; {reason}")
    return Decision("tracked", motion.reason, doubts), motion


def _standing(inputs: Inputs, cameras: Cameras, larger: Clip | None, reason: str) -> SpaceTrack:
    feet = np.zeros((0, 2)) if larger is None else feet_on_ground(cameras, _frames(larger), inputs.aspect)
    return SpaceTrack(cameras, inputs.aspect, reason, np.ones(len(cameras.frames)), feet)


def _in_space(
    inputs: Inputs, track: CameraTrack, larger: ShotFeatures | None, solving: Solving
) -> SpaceTrack | str:
    """The plate's camera in three dimensions, or why it is not used."""
    count = len(inputs.frames)
    if inputs.job.settings.camera == "auto":
        if larger is None or not asks_solve(inputs):
            return f"{count} frames are solved only if --camera 3d asks for it"
        if np.array_equal(track.transforms, np.broadcast_to(np.eye(3), track.transforms.shape)):
            return "the camera does not move"
        if count < _FEWEST or not shows_parallax(larger.shared, count, larger.clip.size[1]):
            return "too little of the plate shows parallax"
        if not has_pycolmap():
            return "the plate shows parallax, and solving it needs pip install 'actanywhere[solve]'"
    assert larger is not None
    found = solve_clip(larger.clip, inputs.focal, solving)
    if found.cameras is None or found.cameras.ground is None:
        return found.reason
    return _standing(inputs, found.cameras, larger.clip, f"{found.facts}; {found.reason}")


def solve_clip(clip: Clip, focal: float | None, solving: Solving) -> Solved:
    """The camera of a shot at ``SOLVE_WIDTH``, solved, or as it was kept. ``focal`` is its lens in frame heights.

    Raises ``Cancelled``.
    """
    kept = _kept(clip, focal, solving.kept)
    if kept is not None and (before := _read(kept)) is not None:
        return before

    def step(share: float) -> None:
        solving.watch.step(round(100 * share))
        solving.watch.check()

    timing = read_timing(clip.rgb, clip.indices())
    shown = np.setdiff1d(timing.shown, list(timing.apart))
    shown = shown if len(shown) else timing.shown

    def frame(number: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return _frames(clip)(int(shown[number]))

    found = solve_camera(frame, len(shown), focal, step)
    left = (
        "" if len(shown) == len(clip.frames) else " (without frames that repeat others, flash or are broken)"
    )
    facts = f"{found.facts}{left}"
    if found.doubt:
        solved = Solved(None, f"{found.doubt}{left}", facts)
    else:
        cameras = cameras_of(found, clip.frames.first)
        ground = find_ground(cameras, frame, clip.aspect)
        cameras = cameras if ground.levels is None else cameras.over(ground.levels)
        solved = Solved(
            cameras.at(np.interp(timing.same, shown, np.arange(len(shown)))), ground.reason, facts
        )
    if kept is None:
        return solved
    _keep(kept, solved, clip)
    return _read(kept) or solved  # as it will be read by who goes on


def deliver_camera(
    cameras: Cameras, facts: Mapping[str, object], info: PlateInfo, stem: Path
) -> tuple[str, ...]:
    """Write ``stem``.chan, ``stem``.nk and ``stem``.json for that plate, and give them."""
    make_folder(str(stem.parent))
    chan, script, data = f"{stem}.chan", f"{stem}.nk", f"{stem}.json"
    window = info.display_window
    shown, aspect = window.height / info.height, window.width * info.pixel_aspect / window.height
    write_chan(cameras, chan, shown)
    write_nuke_camera(cameras, script, shown, aspect)
    write_cameras(cameras, (info.width, info.height), data, facts)
    return chan, script, data


def facts_of(solved: Solved) -> dict[str, object]:
    """What a file of cameras says of a solve."""
    return {"believed": solved.cameras is not None, "facts": solved.facts, "reason": solved.reason}


def _frames(clip: Clip) -> Frame:
    return lambda index: (np.asarray(clip.rgb[index]), np.asarray(clip.matte[index]))


def _kept(clip: Clip, focal: float | None, folder: Path | None) -> Path | None:
    """The file of this very clip's solve."""
    if folder is None:
        return None
    digest = hashlib.sha256(f"4|{clip.frames}|{clip.rgb.shape}|{focal}".encode())
    for index in clip.indices():
        digest.update(clip.rgb[index].tobytes())
        digest.update(clip.matte[index].tobytes())
    return folder / f"camera_{digest.hexdigest()[:24]}.json"


def _keep(path: Path, solved: Solved, clip: Clip) -> None:
    with suppress(OSError, OutputError):  # a full disk stops the layer, not a solve that can be had again
        path.parent.mkdir(parents=True, exist_ok=True)
        if solved.cameras is None:
            write_text(str(path), json.dumps(facts_of(solved)) + "\n")
        else:
            write_cameras(solved.cameras, (clip.size[1], clip.size[0]), str(path), facts_of(solved))


def _read(path: Path) -> Solved | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        cameras = read_cameras(str(path), data) if data["believed"] else None
        return Solved(cameras, str(data["reason"]), str(data["facts"]))
    except (OSError, ValueError, KeyError, TypeError, JobError):
        return None

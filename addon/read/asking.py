"""The artist's choices in the panel, or an operator's arguments, as an Order."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import bpy

from ..contract.errors import FootageError, JobError
from ..contract.files import write_text
from ..contract.job import Job
from ..contract.settings import Settings
from ..contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from ..hostkit.order import Drawing, Order
from ..settings import read_settings
from .camera import read_camera
from .condition import find_condition
from .footage import align
from .matte import find_alive, find_matte, plate_start
from .plate import Plate, find_plate
from .track import read_track

_Drawn = tuple[str, tuple[str, dict[str, Any]]]

__all__ = ["Asked", "build_errand_order", "build_order", "frame_range", "shot_name", "takes_root"]


class Asked:
    """The scene's properties, with what an operator was given laid over them."""

    def __init__(self, scene: Any, operator: Any = None) -> None:
        self._group = scene.actanywhere
        self._over: dict[str, Any] = {}
        if operator is not None:
            self._lay(operator)

    def _lay(self, operator: Any) -> None:
        if operator.plate:
            self._over.update(plate_source="FILES", plate_path=operator.plate)
        if operator.matte:
            self._over.update(matte_source="FILES", matte_path=operator.matte)
        if operator.matte_channel:
            self._over.update(matte_channel=operator.matte_channel)
            if not operator.matte:
                self._over.update(matte_source="CHANNEL")
        if operator.condition:
            self._over.update(condition_source="IMAGE", condition_path=operator.condition)
        self._over.update({f"{name}_path": getattr(operator, name) for name in ("scribble", "extended")})
        if operator.frames:
            frames = FrameRange.parse(operator.frames)
            self._over.update(range_source="CUSTOM", first=frames.first, last=frames.last)

    def __getattr__(self, name: str) -> Any:
        return self._over[name] if name in self._over else getattr(self._group, name)


def shot_name(scene: Any, plate: Plate | None = None) -> str:
    """The shot's name: what the artist typed, else the plate's. Raises ``FootageError``."""
    typed = scene.actanywhere.shot_name.strip()
    return typed or (plate or find_plate(scene, Asked(scene))).name


def takes_root(scene: Any) -> str:
    """The folder of all takes: the one chosen, else beside the .blend, else the extension's own."""
    chosen = scene.actanywhere.takes_root or ("//actanywhere" if bpy.data.filepath else "")
    if chosen:
        return os.path.normpath(bpy.path.abspath(chosen))
    package = __package__.rpartition(".")[0]
    return str(bpy.utils.extension_path_user(package, path="takes", create=True))


def build_order(scene: Any, asked: Asked, operator: Any, plate: Plate, take: str, folder: str) -> Order:
    """The order for the take in folder ``take``; what has to be drawn goes to ``folder``.

    Raises ``ActAnywhereError`` when something is missing.
    """
    # Paths may be relative to the .blend.
    given = read_settings(scene.actanywhere.settings, operator)
    settings = given.with_files(lambda path: os.path.normpath(bpy.path.abspath(path)))
    first, last = frame_range(scene, asked, plate)
    sequence, drawn = _plate(plate, first, last, folder)
    matte = _matte(scene, asked, plate, first, last, folder, drawn)
    condition, pictures = find_condition(scene, asked, folder)
    drawn += pictures
    alive = find_alive(asked, plate) if settings.life > 0 else None
    if alive is not None:
        drawn.append(("alive", alive))
        settings = dataclasses.replace(settings, alive=os.path.join(folder, "alive.####.exr"))
    name = shot_name(scene, plate)
    frames = FrameRange(first + plate.shift, last + plate.shift)
    track = _track(scene, asked, settings, plate, first, last, folder)
    shot = Shot(name, sequence, matte, condition, frames, track)
    job = Job(shot, take, _in_job_frames(settings, plate.shift))
    return Order(job, folder, scene.name, first, last, plate.shift, _drawings(drawn))


def build_errand_order(scene: Any, asked: Asked, plate: Plate, folder: str, reads_matte: bool) -> Order:
    """The order for what the engine makes of a plate in ``folder``, no take: a clean plate, a matte.

    Only one that ``reads_matte`` has a matte in it, and asks for one. Raises ``ActAnywhereError``.
    """
    settings = read_settings(scene.actanywhere.settings)
    first, last = frame_range(scene, asked, plate)
    inside = os.path.join(folder, "drawn")
    sequence, drawn = _plate(plate, first, last, inside)
    matte = Matte()
    if reads_matte:
        matte = _matte(scene, asked, plate, first, last, inside, drawn)
    frames = FrameRange(first + plate.shift, last + plate.shift)
    # A job needs a picture of a place; none is read for this.
    shot = Shot(shot_name(scene, plate), sequence, matte, Condition(sequence.path), frames)
    order = Order(Job(shot, folder, settings), inside, scene.name, first, last, plate.shift, _drawings(drawn))
    order.write(inside)
    return order


def _plate(plate: Plate, first: int, last: int, folder: str) -> tuple[ImageSequence, list[_Drawn]]:
    """The plate as the engine reads it, and what of it has to be drawn into ``folder``."""
    if plate.drawing is not None:
        path = os.path.join(folder, "plate.####.exr")
        return ImageSequence(path, colour="linear-rec709"), [("plate", plate.drawing)]
    path, _ = align(plate.frames, first, last, plate.shift, folder, "plate")
    return ImageSequence(path, plate_start(plate), plate.frames.colour), []


def _matte(
    scene: Any, asked: Asked, plate: Plate, first: int, last: int, folder: str, drawn: list[_Drawn]
) -> Matte:
    """The matte as the engine reads it; what of it has to be drawn into ``folder`` is added to ``drawn``."""
    found = find_matte(scene, asked, plate, first, last, folder)
    drawn += [("matte", found.drawing)] if found.drawing else []
    return found.matte


def _drawings(drawn: list[_Drawn]) -> tuple[Drawing, ...]:
    return tuple(Drawing(kind, stem, options) for stem, (kind, options) in drawn)


def _in_job_frames(settings: Settings, shift: int) -> Settings:
    """The artist gives the anchor as a scene frame."""
    if settings.anchor is None:
        return settings
    return dataclasses.replace(settings, anchor=settings.anchor + shift)


def frame_range(scene: Any, asked: Asked, plate: Plate) -> tuple[int, int]:
    """First and last scene frame to render."""
    frames = plate.frames
    if asked.range_source == "PLATE":
        return frames.first, frames.last
    if asked.range_source == "CUSTOM":
        first, last = asked.first, asked.last
    elif scene.use_preview_range:
        first, last = scene.frame_preview_start, scene.frame_preview_end
    else:
        first, last = scene.frame_start, scene.frame_end
    FrameRange(first, last)
    inside = plate.drawing is not None or (frames.first <= first and last <= frames.last)
    if not inside and (frames.files or frames.is_movie):
        raise FootageError(
            f"Scene frames {first}-{last} are asked for, and the plate has {frames.first}-{frames.last}.",
            "Choose the plate's own range, or frames within it.",
        )
    return first, last


def _track(
    scene: Any, asked: Asked, settings: Settings, plate: Plate, first: int, last: int, folder: str
) -> str:
    """The file of the camera track that is to be used, or nothing."""
    clip = asked.track_clip or plate.clip
    if settings.camera != "tracked":
        return ""
    if asked.track_source == "CAMERA":
        track = read_camera(scene, range(first, last + 1), plate.shift, plate.frames.size)
        return _written(track, folder)
    if clip is None:
        raise JobError(
            "The camera is to be tracked, and there is no clip with a track.",
            "Choose the tracked clip under Camera, or another camera.",
        )
    track = read_track(clip, asked.track_source, first, last, plate.shift, plate.frames.size)
    return _written(track, folder)


def _written(track: str, folder: str) -> str:
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "track.json")
    write_text(path, track)
    return path

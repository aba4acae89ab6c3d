"""What a job would read and write, checked before anything heavy is loaded (no torch here)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import View
from ..camera.given import GivenTrack, read_track
from ..camera.placement import read_place
from ..camera.solve import require_pycolmap
from ..camera.space import read_horizon
from ..camera.track import still_track
from ..comp.motion_blur import read_shutter
from ..contract.errors import FootageError, JobError
from ..contract.job import Job
from ..contract.sequences import find_footage
from ..contract.settings import Settings
from ..contract.shot import FrameRange, ImageSequence, Matte
from ..contract.takes import layer_stem
from ..engines.find import Engines
from ..engines.protocol import Engine, EngineFacts
from ..engines.tiled import Tiled
from ..footage import (
    ConditionPicture,
    Counted,
    MatteReader,
    MatteValues,
    Plate,
    PlateInfo,
    Unchanged,
    open_matte,
    open_plate,
    open_shot,
    read_condition,
    read_scribble,
    read_still_mask,
    read_still_matte,
    unheard,
)
from ..models import Found
from ..models.folder import model_folder
from ..seeing.hints import read_hint
from ..seeing.protocol import Hint
from ..seeing.readers import find_networks
from .folder import OutputFolder
from .resolve import Resolved, resolve, unread_settings
from .shadow import asks_pull

_SAME_SHAPE = 0.01
"""How much the shapes of a plate and its clean plate may differ, as a share."""


@dataclass(frozen=True)
class Preflight:
    """``reads`` and ``writes`` name files and folders; ``done`` counts frames that are finished already.

    ``engine`` is what the engine says of the job: how it will go about it, what that takes.
    """

    reads: list[str]
    writes: list[str]
    frames: FrameRange
    camera: str
    warnings: list[str]
    done: int
    engine: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Inputs:
    """A job's model and footage, opened but not read, and its condition. Use it in ``with``."""

    job: Job
    plate: Plate
    matte: MatteReader
    condition: ConditionPicture
    engine: Engine
    resolved: Resolved
    digest: str
    """What tells the model's weights from others."""
    warnings: list[str]
    notes: list[str]
    """What the engine says of the job."""
    track: GivenTrack | None = None
    """The artist's own, where it leads the camera."""
    alive: MatteReader | None = None
    """The artist's mask of what is alive, where the engine reads it."""
    front: MatteReader | None = None
    """The artist's matte of what stands in front of the actor."""
    clean: Plate | None = None
    """The artist's clean plate, where a shadow or interaction is pulled, or the actor is despilled."""
    others: NDArray[np.float32] | None = None
    """The artist's matte (h, w) of who else is in the condition."""
    water: NDArray[np.float32] | None = None
    """The artist's mask (h, w) of the condition's water."""
    hint: Hint | None = None
    """What the artist points at in the condition."""
    networks: dict[str, Found] = field(default_factory=dict)
    """Those that read the condition, by role."""
    pictures: Unchanged = field(default_factory=Unchanged)
    """The files that are read once, as they were before that."""

    def alive_at(self, frame: int) -> NDArray[np.float32] | None:
        """The mask of what is alive in a frame, (H, W) at plate size, or None without one."""
        return None if self.alive is None else self.alive.read(frame)

    @property
    def frames(self) -> FrameRange:
        """The frames to render."""
        return self.plate.frames

    @property
    def size(self) -> tuple[int, int]:
        """Height and width at which the engine works."""
        return model_size(self.resolved.area, self.aspect, self.engine.facts.multiple)

    @property
    def aspect(self) -> float:
        """Width over height of the plate's raster, as a screen shows it."""
        return self.plate.info.aspect

    @property
    def view(self) -> View:
        """The part of the raster that the condition is made for: the plate's display window."""
        info = self.plate.info
        raster, display = info.data_window, info.display_window
        across = (2 * display.x + display.width - 2 * raster.x - raster.width) / 2
        down = (2 * display.y + display.height - 2 * raster.y - raster.height) / 2
        return View(
            aspect=display.width * info.pixel_aspect / display.height,
            x=across * info.pixel_aspect / raster.height,
            y=down / raster.height,
            height=display.height / raster.height,
        )

    @property
    def focal(self) -> float | None:
        """The plate's lens in frame heights, where the artist gave it."""
        return lens_of(self.job.settings, self.plate.info)

    def __enter__(self) -> Inputs:
        return self

    def __exit__(self, *failure: object) -> None:
        self.plate.close()
        self.matte.close()
        if self.alive is not None:
            self.alive.close()
        if self.front is not None:
            self.front.close()
        if self.clean is not None:
            self.clean.close()


def open_inputs(
    job: Job,
    engines: Engines | None = None,
    networks: Mapping[str, Found] | None = None,
    counted: Counted = unheard,
) -> Inputs:
    """Check the model's files, then every header of the footage. Raises the error that an artist should see first.

    ``networks`` are those to read pictures with, by role; None for those that are here. ``counted`` hears how
    far each file is opened.
    """
    settings, pictures = job.settings, Unchanged()
    read_shutter(settings.shutter)
    for path in _read_once(job):
        pictures.note(path)
    engine = (engines or Engines()).find(settings.model)
    resolved = resolve(settings, engine.facts)
    condition = read_condition(job.shot.condition, counted)
    plate, matte = open_shot(job.shot, MatteValues.of(settings), counted)
    _check_anchor(job, plate.frames)
    read_horizon(settings.horizon, condition.pixels.shape[0])
    others, hint = _read_others(job, condition)
    warnings = [*plate.warnings, *matte.warnings, *condition.warnings, *_of_the_model(settings, engine.facts)]
    warnings += _of_the_name(job)
    track = _open_track(job, plate, warnings)
    alive = _open_alive(settings, engine.facts, plate, warnings, counted)
    front, sized = None, MatteValues(fit=settings.fit_matte)
    if settings.keep_front:
        beside = beside_of(settings.keep_front, job.shot.matte, plate.frames)
        front = open_matte(Matte(beside.path, "", beside.first_frame), plate, None, sized, counted)
    warnings += [] if front is None else front.warnings
    clean = _open_clean(job, plate, warnings, counted)
    if settings.despill and plate.premultiplied:
        warnings.append(
            f"{plate.path} is not despilled: it is premultiplied by its alpha, so nothing of a background is in the "
            "actor's edge."
        )
    water = read_still_mask(settings.water_mask, job.shot.condition) if settings.water_mask else None
    if settings.second_pass and engine.facts.window is None:
        engine = Tiled(engine, plate.info.width * plate.info.height, resolved.area)
        resolved = replace(resolved, area=engine.facts.area)
    inputs = Inputs(
        job,
        plate,
        matte,
        condition,
        engine,
        resolved,
        engine.digest(),
        warnings,
        notes=[],
        track=track,
        alive=alive,
        front=front,
        clean=clean,
        others=others,
        water=water,
        hint=hint,
        networks=find_networks() if networks is None else dict(networks),
        pictures=pictures,
    )
    read_place(settings.place, settings.fit, condition.pixels.shape[:2], inputs.view.aspect)
    inputs.notes.extend(engine.check(resolved.for_engine(), len(inputs.frames), inputs.size))
    return inputs


def _read_once(job: Job) -> list[str]:
    condition = job.shot.condition
    own = (condition.path, condition.matte, condition.scribble, condition.extended)
    paths = (*own, job.shot.track, job.settings.water_mask)
    return [path for path in paths if path]


def model_size(area: int, aspect: float, multiple: int) -> tuple[int, int]:
    """Height and width of about ``area`` pixels at ``aspect``, both multiples of ``multiple``."""
    height = max(1, round((area / aspect) ** 0.5 / multiple)) * multiple
    width = max(1, round((area * aspect) ** 0.5 / multiple)) * multiple
    return height, width


def preflight(job: Job, counted: Counted = unheard) -> Preflight:
    """What rendering ``job`` would read and write. Raises the same errors as rendering; nothing is touched."""
    with open_inputs(job, counted=counted) as inputs:
        warnings = list(inputs.warnings)
        output = OutputFolder(job, inputs.frames)
        output.check()
        asked = job.settings.camera
        camera = {
            "auto": "auto: the plate's, in 3-D or flat, if it can be had; told once its frames are read",
            "3d": "3d: solved from the plate, if it can be believed; told once its frames are read",
            "still": still_track(1).reason,
        }.get(asked, asked)
        camera = camera if inputs.track is None else f"tracked: {inputs.track.camera.reason}"
        shot = job.shot
        reads = [
            shot.plate.path,
            shot.matte.path or f"{shot.plate.path} (its matte channel)",
            shot.condition.path,
        ]
        beside = (shot.condition.matte, shot.condition.scribble, shot.condition.extended)
        reads += [path for path in beside if path]
        reads += [shot.track] if inputs.track else []
        reads += [job.settings.keep_front] if inputs.front else []
        reads += [job.settings.clean_plate] if inputs.clean else []
        reads += [job.settings.alive] if inputs.alive else []
        reads += [job.settings.water_mask] if job.settings.water_mask else []
        reads.append(str(model_folder(job.settings.model)))
        done = len(output.finished())
        return Preflight(reads, output.writes(), inputs.frames, camera, warnings, done, inputs.notes)


def _of_the_model(settings: Settings, facts: EngineFacts) -> list[str]:
    """What is to be said of this model with these settings."""
    found = unread_settings(settings, facts)
    if facts.untrained:
        found.append(
            f"The model {facts.name} is not trained yet ({', '.join(facts.untrained)}): what it paints means "
            "nothing before 'actanywhere train --from' it."
        )
    if settings.preview and all(getattr(settings, name) is not None for name in facts.preview_lowers):
        found.append(
            f"The model {facts.name} has no cheaper take: it paints a preview as it paints the layer. For a quick "
            "look, render a few frames (--frames)."
        )
    return found


def _of_the_name(job: Job) -> list[str]:
    """A shot that is called as a matte is: its plate may be one, and its files will be taken for one."""
    if re.search(r"(^|[._-])(matte|mask|roto)$", job.shot.name, re.IGNORECASE) is None:
        return []
    return [
        f"The shot is called {job.shot.name}, as a matte would be, and its layer {layer_stem(job)}. If that is not "
        "meant: --plate is the photographed frames, and --name calls the shot otherwise."
    ]


def _check_anchor(job: Job, frames: FrameRange) -> None:
    anchor = job.settings.anchor
    if anchor is not None and anchor not in frames:
        raise JobError(f"The anchor frame {anchor} is not among the frames {frames}.", "Choose one of them.")


def _read_others(job: Job, condition: ConditionPicture) -> tuple[NDArray[np.float32] | None, Hint | None]:
    """Who else is in the condition, by the artist's matte, and by what they point at."""
    settings, asked = job.settings, job.shot.condition
    size = (condition.pixels.shape[0], condition.pixels.shape[1])
    given = read_still_matte(asked.matte, asked) if asked.matte else None
    strokes = read_scribble(asked.scribble, size) if asked.scribble else None
    return given, read_hint(settings.condition_box, settings.condition_point, strokes, size)


def _open_alive(
    settings: Settings, facts: EngineFacts, plate: Plate, warnings: list[str], counted: Counted
) -> MatteReader | None:
    if not settings.alive or "alive" not in facts.reads:
        return None
    if settings.life == 0:
        warnings.append(f"The alive mask {settings.alive} has no effect: life is 0.")
        return None
    sized = MatteValues(fit=settings.fit_matte)
    return open_matte(Matte(settings.alive), plate, values=sized, counted=counted)


def beside_of(path: str, like: ImageSequence | Matte, frames: FrameRange) -> ImageSequence:
    """A file of the artist's in its own numbers, or where these lack ``frames`` renumbered as the one it is ``like``.

    It has that one's colour space too, but for an EXR, which tells its own.
    """
    found, first = find_footage(ImageSequence(path)), like.first_frame
    if first is None or found.kind == "still" or (found.frames and found.frames.holds(frames)):
        first = None
    elif like.path and found.frames and (other := find_footage(ImageSequence(like.path)).frames):
        first += found.frames.first - other.first if other.first != first else 0
    same = Path(path).suffix.lower() == Path(like.path).suffix.lower() != ".exr"
    return ImageSequence(path, first, like.colour if same and isinstance(like, ImageSequence) else "auto")


def _open_clean(job: Job, plate: Plate, warnings: list[str], counted: Counted) -> Plate | None:
    """The artist's clean plate, where it is used; one that is given and not used is told."""
    settings = job.settings
    if not settings.clean_plate:
        return None
    if not (asks_pull(settings) or settings.despill or settings.interaction):
        warnings.append(
            f"The clean plate {settings.clean_plate} is not used: no shadow or interaction is pulled, and nothing is "
            "despilled."
        )
        return None
    beside = beside_of(settings.clean_plate, job.shot.plate, plate.frames)
    clean = open_plate(beside, plate.frames, False, counted)
    warnings += clean.warnings
    apart = np.subtract(_part_of(clean.info), _part_of(plate.info))
    if abs(clean.info.aspect / plate.info.aspect - 1) > _SAME_SHAPE or np.abs(apart).max() > _SAME_SHAPE:
        clean.close()
        raise FootageError(
            f"{settings.clean_plate}: the clean plate is {clean.info.width}x{clean.info.height}, but the plate is "
            f"{plate.info.width}x{plate.info.height}.",
            "Render it in the plate's shape, with the same overscan.",
        )
    return clean


def _part_of(info: PlateInfo) -> tuple[float, float, float, float]:
    """Where the raster lies on the display window: left, top, width and height, as shares of that."""
    raster, shown = info.data_window, info.display_window
    corner = (raster.x - shown.x) / shown.width, (raster.y - shown.y) / shown.height
    return (*corner, raster.width / shown.width, raster.height / shown.height)


def _open_track(job: Job, plate: Plate, warnings: list[str]) -> GivenTrack | None:
    """The artist's track where it leads the camera; one that is given and not used is told."""
    path, settings = job.shot.track, job.settings
    camera = settings.camera
    if camera == "3d":
        require_pycolmap()
    if camera == "tracked" and not path:
        raise JobError(
            "The camera is to be 'tracked', and no track was given.", "Give it with --track, or camera auto."
        )
    if not path:
        return None
    if camera not in ("auto", "tracked"):
        warnings.append(f"The camera track {path} is not used: the camera is '{camera}'.")
        return None
    info = plate.info
    lens, shown = lens_of(settings, info), info.display_window
    return read_track(
        path, plate.frames, info.width, info.height, lens, info.pixel_aspect, (shown.width, shown.height)
    )


def lens_of(settings: Settings, info: PlateInfo) -> float | None:
    """The artist's lens in heights of that plate's raster, None where they gave none: the sensor shows its display
    window.
    """
    across = info.display_window.width * info.pixel_aspect / info.height
    return None if settings.focal is None else settings.focal / settings.haperture * across

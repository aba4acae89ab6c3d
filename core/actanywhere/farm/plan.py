"""The plan of a batch before submission: time, memory and disk for each shot, and all errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..contract.errors import ActAnywhereError, JobError
from ..contract.job import Job, Progress
from ..contract.sequences import find_footage
from ..contract.settings import file_settings
from ..contract.shot import FrameRange, ImageSequence
from ..contract.takes import same_layer
from ..footage import Counted
from ..render.beyond import may_read
from ..render.folder import OutputFolder
from ..render.preflight import Inputs, open_inputs
from ..render.progress import opening
from ..shotlist import Entry
from .needs import Needs, needs_of
from .paths import with_paths

_CHANNELS = 8  # comp and layer, each RGBA


@dataclass(frozen=True)
class PlannedShot:
    """A shot that can be rendered. ``seconds`` is a rough estimate, None where no speed is known.

    ``disk`` is the most that its layer takes, in bytes. ``reads`` are its files, ``models`` folders of weights.
    """

    name: str
    job: Job
    frames: FrameRange
    seconds: float | None
    disk: int
    needs: Needs
    reads: list[str]
    warnings: list[str]


@dataclass(frozen=True)
class Refused:
    """A shot that cannot be rendered, and why."""

    name: str
    error: ActAnywhereError


def plan_shots(
    entries: Sequence[Entry],
    frame_seconds: float | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> tuple[list[PlannedShot], list[Refused]]:
    """Every shot of a list, planned or refused; nothing is written. ``frame_seconds``: what a frame takes, if known."""
    planned: list[PlannedShot] = []
    refused: list[Refused] = []
    folders: dict[str, str] = {}
    layers: dict[str, str] = {}
    for done, entry in enumerate(entries):
        report(Progress("checking the shots", done, len(entries), "shots", done / len(entries)))
        try:
            if entry.error is not None:
                raise entry.error
            assert entry.job is not None
            job = with_paths(entry.job, os.path.abspath)
            folder, layer = os.path.realpath(job.output), repr(same_layer(job))
            _check_alone(job, folders.get(folder), layers.get(layer))
            planned.append(_plan(entry.name, job, frame_seconds, opening(report, done, len(entries))))
            folders[folder] = layers[layer] = entry.name
        except ActAnywhereError as error:
            refused.append(Refused(entry.name, error))
    return planned, refused


def _check_alone(job: Job, in_folder: str | None, with_layer: str | None) -> None:
    """``in_folder`` and ``with_layer`` name the shot that has them already."""
    if in_folder is not None:
        raise JobError(
            f"Its output {job.output} is also that of {in_folder}.", "Give every shot a folder of its own."
        )
    if with_layer is not None:
        raise JobError(
            f"It is in the list twice: {with_layer} is the same shot with the same settings.",
            "Take one of them out, or give it another setting.",
        )


def _plan(name: str, job: Job, frame_seconds: float | None, counted: Counted) -> PlannedShot:
    with open_inputs(job, counted=counted) as inputs:
        OutputFolder(job, inputs.frames).check()
        pixels = inputs.plate.info.width * inputs.plate.info.height
        frames = len(inputs.frames)
        return PlannedShot(
            name=name,
            job=job,
            frames=inputs.frames,
            seconds=_seconds(job.settings.model, frames, pixels)
            if frame_seconds is None
            else frames * frame_seconds,
            disk=frames * pixels * _CHANNELS * 2,
            needs=needs_of(job),
            reads=_reads(inputs),
            warnings=list(inputs.warnings),
        )


def _seconds(model: str, frames: int, pixels: int) -> float | None:
    """From the starter's runs on two cores (README, "Speed and memory"); the share of the plate's size is a guess."""
    if model != "starter":
        return None
    return 5.0 + frames * (0.25 + 0.6 * pixels / 1e6)


def _reads(inputs: Inputs) -> list[str]:
    shot, settings = inputs.job.shot, inputs.job.settings
    others = [path for name in file_settings() if (path := getattr(settings, name))]
    moving = [(shot.plate, may_read(inputs)), *((ImageSequence(path), inputs.frames) for path in others)]
    if shot.matte.path:
        moving.append((ImageSequence(shot.matte.path, shot.matte.first_frame), may_read(inputs)))
    files: list[str] = []
    for sequence, frames in moving:
        footage = find_footage(sequence)
        numbered = footage.kind == "sequence"
        files += [footage.at(frame) for frame in frames] if numbered else [footage.path]
    files += [find_footage(ImageSequence(shot.condition.path)).path]
    beside = (shot.condition.matte, shot.condition.scribble, shot.condition.extended, shot.track)
    files += [path for path in beside if path]
    if os.path.isabs(settings.model):
        files += sorted(str(path) for path in Path(settings.model).rglob("*") if path.is_file())
    return files

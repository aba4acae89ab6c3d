"""Solves the plate's camera by itself and writes it for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..camera.fields import Fields
from ..camera.parallax import shows_parallax
from ..camera.solve import require_pycolmap
from ..camera.timing import read_timing
from ..footage import MatteReader, MatteValues, Plate, open_matte, open_plate
from .camera import SOLVE_WIDTH, Solved, Solving, deliver_camera, facts_of, solve_clip
from .clip import Clip, empty_clip
from .features import ShotFeatures
from .plate_job import PlateJob
from .preflight import lens_of
from .progress import JobProgress, Stage
from .proxies import read_proxies, resize

_READING, _SOLVING = "reading footage", "solving the camera"
_FLAT = (
    "no parallax is seen between near frames; if matching all frames finds none either, no camera is solved"
)
_REMEDY = "Nothing was written. The same command begins again."


@dataclass(frozen=True)
class WrittenCamera:
    """What was found, and the files in which it is; none where it is not believed."""

    solved: Solved
    files: tuple[str, ...]
    warnings: tuple[str, ...]


def solve_stages(frames: int) -> list[Stage]:
    """The work on the camera of so many frames."""
    return [Stage(_READING, frames, 0.1), Stage(_SOLVING, 100, 0.015 * frames, "parts")]


def solve_plate(job: PlateJob, progress: JobProgress) -> WrittenCamera:
    """Solve, judge, and write camera.chan, camera.nk and camera.json where the solve is believed.

    Raises ``FootageError``, ``ModelError`` where pycolmap is missing, ``OutputError``, ``Cancelled``.
    """
    require_pycolmap()
    with (
        open_plate(job.plate, job.frames, counted=progress.counted) as plate,
        open_matte(job.matte, plate, plate.frames, MatteValues.of(job.settings), progress.counted) as matte,
    ):
        for stage in solve_stages(len(plate.frames)):
            progress.plan(stage.name, stage.count)
        fields = Fields()
        clip = _read(job, plate, matte, progress, fields)
        lens = lens_of(job.settings, plate.info)
        progress.reach(_SOLVING, 0)
        with ShotFeatures(clip) as features:
            if not shows_parallax(features.shared, len(clip.frames), clip.size[1]):
                progress.say(_SOLVING, _FLAT)
        found = solve_clip(clip, lens, Solving(progress.watch(_SOLVING, remedy=_REMEDY)))
        progress.reach(_SOLVING, 100)
        stem = Path(job.output) / "camera"
        files = (
            () if found.cameras is None else deliver_camera(found.cameras, facts_of(found), plate.info, stem)
        )
        first = plate.frames.first
        told = (*fields.warnings(first), *read_timing(clip.rgb, clip.indices()).warnings(first))
        return WrittenCamera(found, files, (*plate.warnings, *matte.warnings, *told))


def _read(job: PlateJob, plate: Plate, matte: MatteReader, progress: JobProgress, fields: Fields) -> Clip:
    info, watch = plate.info, progress.watch(_READING, remedy=_REMEDY)
    width = min(SOLVE_WIDTH, info.width)
    watch.step(0)
    clip = empty_clip(plate.frames, max(1, round(width / info.aspect)), width, info.aspect)
    for index, frame in enumerate(plate.frames):
        for kept, picture in zip(
            (clip.rgb, clip.matte), read_proxies(plate, matte, job.settings, frame, fields), strict=True
        ):
            kept[index] = np.round(resize(picture, *clip.size) * 255)
        watch.step(index + 1)
        watch.check()
    return clip

"""Writes a shot's clean plate: the plate without the actor and their shadow, and an alpha where it is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Matrix
from ..camera.fields import Fields
from ..camera.track import CameraTrack, Tracker
from ..contract.errors import OutputError
from ..contract.files import make_folder, write_text
from ..contract.numbering import named_after, numbered_name
from ..contract.schema import Upgrade, numbered, upgraded
from ..contract.shot import FrameRange, ImageSequence
from ..footage import (
    MatteReader,
    MatteValues,
    Plate,
    compact,
    digest,
    linearise,
    open_matte,
    open_plate,
    write_exr_frame,
)
from ..shadow.clean_plate import AlignedFrames, align_frames
from ..shadow.pull import Refusal, pull_shadow
from ..shadow.shot_frames import ShotFrames
from .clip import Clip, empty_clip
from .features import ShotFeatures
from .lock import lock_folder
from .plate_job import PlateJob
from .progress import JobProgress, Stage
from .proxies import read_proxies, resize
from .shadow import PULL_WIDTH, shaded

Picture = NDArray[np.float32]

_CHECKING, _READING = "checking footage", "reading footage"
_PULLING, _WRITING = "pulling the shadow", "writing the clean plate"
_NOTE = "cleanplate.json"


def _with_inputs(data: dict[str, Any]) -> dict[str, Any]:
    """Layout 1 knew plate and matte by their paths alone."""
    return {**data, "inputs": None}


_UPGRADES: tuple[Upgrade, ...] = (_with_inputs,)
_KEPT_FRAMES = 20
_RIM = 0.02
"""Width of the rim about the actor, as a share of the frame's height, that is taken out with them."""
_STRIP = 96
_BRIGHTER = (0.4, 0.85)
_SEEN = 1
_HOLE = 1e-4
"""Share of a frame that is told as a hole."""


@dataclass(frozen=True)
class CleanPlate:
    """A written clean plate: the ``pattern`` of its frames, and what is to be said of it."""

    pattern: str
    frames: FrameRange
    shadow: str
    warnings: list[str]


def clean_plate_stages(frames: int) -> list[Stage]:
    """The work on a clean plate of so many frames."""
    seconds = {_CHECKING: 0.02, _READING: 0.1, _PULLING: 0.5, _WRITING: 1.0}
    return [Stage(name, frames, each) for name, each in seconds.items()]


def write_clean_plate(job: PlateJob, progress: JobProgress) -> CleanPlate:
    """Write the clean plate of a shot: EXR frames ``<plate>_clean.####.exr`` in the plate's own numbers.

    ``R G B`` are scene-linear in the plate's layer space: away from the actor the plate's own pixels, and where they or
    their shadow are, what other frames show there. ``A`` is 0 where no frame ever saw the place free. Frames that are
    there are kept: the same job goes on. Raises ``FootageError``, ``OutputError``, ``Cancelled``.
    """
    settings = job.settings
    values = MatteValues.of(settings)
    with (
        open_plate(job.plate, job.frames, counted=progress.counted) as plate,
        open_matte(job.matte, plate, plate.frames, values, progress.counted) as matte,
    ):
        folder = Path(job.output)
        make_folder(str(folder))
        with lock_folder(folder):
            for stage in clean_plate_stages(len(plate.frames)):
                progress.plan(stage.name, stage.count)
            _claim(folder, job, plate.frames, _digests(job, plate.frames, progress))
            return _write(job, plate, matte, folder, progress)


def _digests(job: PlateJob, frames: FrameRange, progress: JobProgress) -> dict[str, str]:
    watch = progress.watch(_CHECKING)

    def step(share: float) -> None:
        watch.step(int(share * len(frames)))
        watch.check()

    step(0)
    found = {"plate": digest(job.plate, frames, step)}
    if job.matte.path:
        found["matte"] = digest(ImageSequence(job.matte.path, job.matte.first_frame), frames)
    return found


def _claim(folder: Path, job: PlateJob, frames: FrameRange, inputs: dict[str, str]) -> None:
    """Note what the folder is for. Raises ``OutputError`` where it holds another clean plate."""
    note = folder / _NOTE
    data: dict[str, Any] = {"plate": asdict(job.plate), "matte": asdict(job.matte), "frames": str(frames)}
    data["settings"] = {k: v for k, v in asdict(job.settings).items() if "matte" in k}
    found: dict[str, Any] = {}
    if note.is_file():
        other_folder = "Give another output folder, or remove it."
        try:
            found = upgraded(json.loads(note.read_text(encoding="utf-8")), str(note), _UPGRADES)
            same = {key: found[key] for key in found if key != "inputs"} == data
        except (ValueError, TypeError, AttributeError):
            same = False
        if not same:
            raise OutputError(f"{folder} holds another shot's clean plate.", other_folder)
        before = found.get("inputs")
        changed = [name for name in inputs if isinstance(before, dict) and before.get(name) != inputs[name]]
        if changed:
            raise OutputError(
                f"{folder} holds a clean plate of these files, but {' and '.join(changed)} changed since then.",
                other_folder,
            )
    if found.get("inputs") is None:
        data["inputs"] = inputs
        write_text(str(note), json.dumps(numbered(data, _UPGRADES), indent=2, sort_keys=True) + "\n")


def _write(
    job: PlateJob, plate: Plate, matte: MatteReader, folder: Path, progress: JobProgress
) -> CleanPlate:
    fields = Fields()
    clip, track = _read(job, plate, matte, progress, fields)
    with ShotFeatures(clip) as features:
        return _write_frames(job, plate, matte, folder, progress, features, track, fields)


def _write_frames(
    job: PlateJob,
    plate: Plate,
    matte: MatteReader,
    folder: Path,
    progress: JobProgress,
    features: ShotFeatures,
    track: CameraTrack,
    fields: Fields,
) -> CleanPlate:
    clip = features.clip

    @lru_cache(_KEPT_FRAMES)
    def light(index: int) -> NDArray[np.float16]:
        pixels = linearise(plate.read(plate.frames.first + index).pixels, plate.info.space)
        return np.clip(pixels, -65504, 65504).astype(np.float16)

    shot = features.shot(track)
    pulling = progress.watch(_PULLING)

    def step(done: int) -> None:
        pulling.step(done)
        pulling.check()

    pulling.step(0)
    pull = pull_shadow(shot, step, lies=shaded(clip))
    progress.reach(_WRITING, 0)
    pattern = str(folder / named_after(plate.path, "clean"))
    holes = []
    for index, frame in enumerate(plate.frames):
        path = Path(numbered_name(pattern, frame))
        if not path.is_file():
            out = features.actor(index).astype(np.float32)
            if pull.shadow is not None:
                out = np.maximum(out, (pull.shadow.at(index, *clip.size) > 0.02).astype(np.float32))
            own = plate.read(frame)
            clean, known = _cleaned(shot, index, out, linearise(own.pixels, plate.info.space), light)
            if (1 - known).mean() > _HOLE:
                holes.append(frame)
            write_exr_frame(str(path), {"R G B": clean, "A": known}, plate.info, own.attributes)
        progress.reach(_WRITING, index + 1, str(path))
        progress.watch(_WRITING).check()
    first = plate.frames.first
    told = (*fields.warnings(first), *features.timing.warnings(first))
    warnings = list(dict.fromkeys([*plate.warnings, *matte.warnings, *told]))
    if holes:
        warnings.append(
            f"In {len(holes)} frames ({compact(holes)}) no other frame shows all behind the actor: A is 0 there. "
            "Paint it, or give frames in which they are elsewhere."
        )
    if pull.stays or pull.refused is Refusal.HIDDEN:
        pace = "" if pull.needs is None else f" (at this pace some {pull.needs} frames)"
        warnings.append(
            "The actor hardly moves on, so the ground under them is not seen lit: their shadow may be left in the "
            f"clean plate, also where A is 1. Give a longer range{pace}, or paint it out."
        )
    return CleanPlate(pattern, plate.frames, pull.reason, warnings)


def _read(
    job: PlateJob, plate: Plate, matte: MatteReader, progress: JobProgress, fields: Fields
) -> tuple[Clip, CameraTrack]:
    """The shot at the width at which it is aligned, and its camera; ``fields`` hears every frame."""
    info, watch = plate.info, progress.watch(_READING)
    width = min(PULL_WIDTH, info.width)
    watch.step(0)
    clip = empty_clip(plate.frames, max(1, round(width * info.height / info.width)), width, info.aspect)
    tracker = Tracker(info.aspect)
    for index, frame in enumerate(plate.frames):
        picture, actor = read_proxies(plate, matte, job.settings, frame, fields)
        clip.rgb[index] = np.round(resize(picture, *clip.size) * 255)
        clip.matte[index] = np.round(resize(actor, *clip.size) * 255)
        tracker.add(picture, actor)
        watch.step(index + 1)
        watch.check()
    return clip, tracker.solve()


def _cleaned(
    shot: ShotFrames, index: int, gone: Picture, own: Picture, light: Callable[[int], NDArray[np.float16]]
) -> tuple[Picture, Picture]:
    """The clean frame (H, W, 3), and where (H, W) it is known, 1 or less.

    ``gone`` (h, w), small, is 1 on what is taken out of ``own`` (H, W, 3); ``light`` gives the frames at full size.
    """
    height, width = own.shape[:2]
    rim = 2 * max(1, round(_RIM * len(gone))) + 1
    grown = cv2.dilate(gone, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (rim, rim)))
    soft = cv2.GaussianBlur(cv2.resize(grown, (width, height)), (0, 0), max(0.5, 0.003 * height))
    rows, columns = np.flatnonzero((soft > 0).any(1)), np.flatnonzero((soft > 0).any(0))
    clean, known = own.copy(), np.ones((height, width), np.float32)
    if not len(rows):
        return clean, known
    aligned = align_frames(shot, index)
    left, right = int(columns[0]), int(columns[-1]) + 1
    for top in range(int(rows[0]), int(rows[-1]) + 1, _STRIP):
        part = np.s_[top : min(top + _STRIP, int(rows[-1]) + 1), left:right]
        there, seen = _clean_background(shot, aligned, part, (height, width), light)
        share = soft[part][..., None]
        clean[part] += share * (np.where(seen[..., None], there, 0) - clean[part])
        known[part] -= soft[part] * ~seen
    return clean, known


def _clean_background(
    shot: ShotFrames,
    aligned: AlignedFrames,
    part: tuple[slice, slice],
    size: tuple[int, int],
    light: Callable[[int], NDArray[np.float16]],
) -> tuple[Picture, NDArray[np.bool_]]:
    """What the other frames show in a part of a frame of ``size`` (H, W), and where (h, w) enough of them do."""
    by_ground = (
        cv2.resize(aligned.by_ground.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST)[part] > 0
    )
    picture, seen = _brighter(shot, aligned.whole, part, size, light)
    if by_ground.any():
        other, also = _brighter(shot, aligned.ground, part, size, light)
        picture = np.where(by_ground[..., None], other, picture)
        seen = np.where(by_ground, also, seen)
    return picture, seen >= _SEEN


def _brighter(
    shot: ShotFrames,
    moves: list[tuple[int, Matrix]],
    part: tuple[slice, slice],
    size: tuple[int, int],
    light: Callable[[int], NDArray[np.float16]],
) -> tuple[Picture, NDArray[np.int64]]:
    """The mean (h, w, 3) of the brighter samples that see a part free, and how many do."""
    rows, columns = part
    into = np.array([[1, 0, -columns.start], [0, 1, -rows.start], [0, 0, 1]], np.float64)
    across = (columns.stop - columns.start, rows.stop - rows.start)
    larger = np.diag([size[1] / shot.size[1], size[0] / shot.size[0], 1])
    smaller = np.linalg.inv(larger)
    pictures = np.zeros((len(moves), across[1], across[0], 3), np.float32)
    free = np.zeros((len(moves), across[1], across[0]), bool)
    for number, (other, move) in enumerate(moves):
        off = cv2.erode((~shot.actor(other)).astype(np.uint8), np.ones((7, 7), np.uint8))
        free[number] = cv2.warpPerspective(off, into @ larger @ move, across, flags=cv2.INTER_NEAREST) > 0
        full = into @ larger @ move @ smaller
        pictures[number] = cv2.warpPerspective(light(other).astype(np.float32), full, across)
    seen = free.sum(0)
    order = np.argsort(np.where(free, pictures.mean(-1), np.inf), axis=0)
    ranks = np.argsort(order, axis=0)
    low, high = (np.floor(rank * np.maximum(seen - 1, 0)) for rank in _BRIGHTER)
    used = ((ranks >= low) & (ranks <= high) & free).astype(np.float32)[..., None]
    mean = (pictures * used).sum(0) / np.maximum(used.sum(0), 1)
    return np.asarray(mean, np.float32), seen

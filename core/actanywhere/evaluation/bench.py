"""One case of an evaluation: its references, and every method's frames at one size."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import FootageError
from ..contract.job import Job, Result
from ..contract.shot import FrameRange, ImageSequence
from ..contract.takes import comp_stem
from ..engines.protocol import Watch
from ..footage import open_plate, read_still_matte, to_display
from ..render.preflight import open_inputs
from ..render.proxies import resize
from ..render.scene import Scene, read_scene
from ..seeing.cache import Answers
from ..seeing.readers import Readers
from .baselines import backdrop_alone, still_paste, tracked_card
from .cases import Case
from .measures import Ground, ground_of

Frames = NDArray[np.uint8]
Plane = NDArray[np.float32]

_REPEATED = 0.5
"""A frame that differs from the one before by less than this, 0..255 on average, was repeated (pulled-up footage)."""


@dataclass(frozen=True)
class Bench:
    """``measured`` are the places in the clip of the frames that count: repeated ones say nothing about motion.

    ``scene`` is what rendering reads of the whole clip; ``tracked`` is the same with the plate's camera, whichever the
    job asks for; ``plain`` is ``scene`` without a cast shadow.
    """

    case: Case
    scene: Scene
    tracked: Scene
    plain: Scene
    measured: list[int]
    ground: Ground

    def baselines(self) -> dict[str, Frames]:
        """The measured frames of what can be had without the network."""
        settings = self.case.job.settings
        alone = backdrop_alone(self.plain, settings)
        made = {
            "still paste": still_paste(self.scene),
            "tracked card": tracked_card(self.tracked),
            "backdrop alone": alone,
            "backdrop and shadow": alone
            if self.scene is self.plain
            else backdrop_alone(self.scene, settings),
        }
        return {method: frames[self.measured] for method, frames in made.items()}

    def ours(self, result: Result) -> Frames:
        """The measured frames of a rendered layer: its comp, of which PNG display files were written."""
        return read_comp(result, self.measured, self.scene.clip.size)

    def reference(self, movie: Path) -> Frames:
        """The measured frames of another's result; one of another length is spread over the plate's whole range."""
        return read_result(self.case.job, movie, self.measured, self.scene.clip.size)


def read_comp(result: Result, places: Sequence[int], size: tuple[int, int]) -> Frames:
    """Frames of a rendered comp at a (height, width), by their places in the clip; PNG display files were written."""
    comp = Path(result.job.output) / f"{comp_stem(result.job)}.####.png"
    files = ImageSequence(str(comp), colour="srgb")
    return _read_frames(files, [result.frames.first + place for place in places], size)


def read_result(job: Job, movie: Path, places: Sequence[int], size: tuple[int, int]) -> Frames:
    """The same of another's result of the job's shot; one of another length is spread over the plate's whole range."""
    shot = job.shot
    with open_plate(shot.plate) as plate:
        whole = plate.frames
    with open_plate(ImageSequence(str(movie))) as other:
        count, first = len(other.frames), other.frames.first
    skipped = 0 if shot.frames is None else shot.frames.first - whole.first
    share = (count - 1) / max(1, len(whole) - 1)
    return _read_frames(
        ImageSequence(str(movie)), [first + round((skipped + place) * share) for place in places], size
    )


def _read_frames(files: ImageSequence, numbers: list[int], size: tuple[int, int]) -> Frames:
    made = np.empty((len(numbers), *size, 3), np.uint8)
    with open_plate(files, FrameRange(min(numbers), max(numbers))) as pictures:
        for index, number in enumerate(numbers):
            shown = to_display(pictures.read(number).pixels, pictures.info.space)
            made[index] = np.round(resize(shown, *size) * 255)
    return made


def read_bench(case: Case) -> Bench:
    """Read a case's footage. Raises ``FootageError``."""
    with tempfile.TemporaryDirectory() as folder:  # the same pictures are asked about each time
        return _read_bench(case, Answers(Path(folder)))


def _read_bench(case: Case, answers: Answers) -> Bench:
    job = case.job
    scene = tracked = _read(job, answers)
    camera = "tracked" if job.shot.track else "plate"
    if scene.camera.value != camera:
        tracked = _read(replace(job, settings=replace(job.settings, camera=camera)), answers)
    plain = scene
    if scene.shadow.value is not None:
        plain = _read(replace(job, settings=replace(job.settings, shadow="none")), answers)
    clip = scene.clip
    measured = _moving(np.asarray(clip.rgb))
    if len(measured) < 2:
        raise FootageError(
            f"{case.name}: frames {clip.frames} hold no two that differ.",
            "Evaluate a longer piece of a moving shot.",
        )
    condition, painted = _at_clip_size(scene, _painted(job, scene))
    ground = ground_of(clip.rgb[measured], clip.matte[measured], condition, painted)
    return Bench(case, scene, tracked, plain, measured, ground)


def _read(job: Job, answers: Answers) -> Scene:
    with open_inputs(job) as inputs:
        return read_scene(inputs, Watch(), Readers(inputs.networks, answers))


def _moving(rgb: Frames) -> list[int]:
    apart = [float(np.abs(rgb[t].astype(np.int16) - rgb[t - 1]).mean()) for t in range(1, len(rgb))]
    return [0, *(t for t, difference in enumerate(apart, 1) if difference > _REPEATED)]


def _painted(job: Job, scene: Scene) -> Plane | None:
    """Where an actor stands in the condition, in its own raster; None when there is none."""
    condition = job.shot.condition
    if condition.matte:
        return read_still_matte(condition.matte, condition)
    return None if scene.place is None else scene.place.other.mask


def _at_clip_size(scene: Scene, painted: Plane | None) -> tuple[NDArray[np.uint8], Plane | None]:
    """The condition (and the actor in it) cut to the frame it covers, at the clip's size."""
    height, width = scene.clip.size
    original = scene.condition if scene.original is None else scene.original
    rows, columns = original.shape[:2]
    crop_rows = min(rows, round(columns / scene.clip.aspect))
    crop_columns = min(columns, round(rows * scene.clip.aspect))
    top, left = (rows - crop_rows) // 2, (columns - crop_columns) // 2
    box = np.s_[top : top + crop_rows, left : left + crop_columns]
    picture = np.round(resize(np.ascontiguousarray(original[box]), height, width) * 255).astype(np.uint8)
    return picture, None if painted is None else resize(np.ascontiguousarray(painted[box]), height, width)

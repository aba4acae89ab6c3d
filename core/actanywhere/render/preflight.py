"""What a job would read and write, checked before anything heavy is loaded (no torch here)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..camera.given import GivenTrack, read_track
from ..camera.guide import View
from ..camera.track import still_track
from ..contract.errors import JobError
from ..contract.job import Job
from ..contract.settings import Settings
from ..contract.shot import FrameRange
from ..engines.unet.model.configuration import ModelConfiguration
from ..engines.unet.model.manifest import check_manifest, find_model, read_configuration
from ..footage import ConditionPicture, MatteReader, Plate, open_shot, read_condition
from .folder import OutputFolder

__all__ = ["Inputs", "Survey", "open_inputs", "overlap_of", "steps_of", "survey"]

_OVERLAP = 4


@dataclass(frozen=True)
class Survey:
    """``reads`` and ``writes`` name files and folders; ``done`` counts frames that are finished already."""

    reads: list[str]
    writes: list[str]
    frames: FrameRange
    camera: str
    warnings: list[str]
    done: int


@dataclass(frozen=True)
class Inputs:
    """A job's model and footage, opened but not read, and its condition. Use it in ``with``."""

    job: Job
    plate: Plate
    matte: MatteReader
    condition: ConditionPicture
    configuration: ModelConfiguration
    digest: str
    """Of the model's manifest."""
    warnings: list[str]
    track: GivenTrack | None = None
    """The artist's own, where it leads the camera."""

    @property
    def frames(self) -> FrameRange:
        """The frames to render."""
        return self.plate.frames

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

    def __enter__(self) -> Inputs:
        return self

    def __exit__(self, *failure: object) -> None:
        self.plate.close()
        self.matte.close()


def open_inputs(job: Job) -> Inputs:
    """Check the model's files, then every header of the footage. Raises the error that an artist should see first."""
    folder = find_model(job.settings.model)
    digest = check_manifest(folder)
    configuration = read_configuration(folder)
    _check_window(job.settings, configuration)
    if job.settings.device not in ("auto", "cpu"):
        from ..engines.unet.model.device import (
            choose_device,  # loads torch: only where a device has to be there
        )

        choose_device(job.settings.device)
    condition = read_condition(job.shot.condition)
    plate, matte = open_shot(job.shot)
    anchor = job.settings.anchor
    if anchor is not None and anchor not in plate.frames:
        raise JobError(
            f"The anchor frame {anchor} is not among the frames {plate.frames}.", "Choose one of them."
        )
    warnings = [*plate.warnings, *matte.warnings, *condition.warnings]
    if configuration.untrained:
        warnings.append(
            f"The model {folder.name} is not trained yet ({', '.join(configuration.untrained)}): what it paints means "
            "nothing before 'actanywhere train --from' it."
        )
    if job.settings.preview and _samples_as_ever(job.settings, configuration):
        warnings.append(
            f"The model {folder.name} has no cheaper take: it paints a preview as it paints the layer. For a quick "
            "look, render a few frames (--frames)."
        )
    track = _open_track(job, plate, warnings)
    return Inputs(job, plate, matte, condition, configuration, digest, warnings, track)


def survey(job: Job) -> Survey:
    """What rendering ``job`` would read and write. Raises the same errors as rendering; nothing is touched."""
    with open_inputs(job) as inputs:
        warnings = list(inputs.warnings)
        output = OutputFolder(job, inputs.frames)
        output.check()
        asked = job.settings.camera
        camera = {
            "auto": "auto: the plate's, if its background can be tracked; told once its frames are read",
            "still": still_track(1).reason,
        }.get(asked, asked)
        camera = camera if inputs.track is None else f"tracked: {inputs.track.camera.reason}"
        shot = job.shot
        reads = [
            shot.plate.path,
            shot.matte.path or f"{shot.plate.path} (its matte channel)",
            shot.condition.path,
        ]
        reads += [shot.condition.matte] if shot.condition.matte else []
        reads += [shot.track] if inputs.track else []
        reads.append(str(find_model(job.settings.model)))
        return Survey(reads, output.writes(), inputs.frames, camera, warnings, len(output.finished()))


def overlap_of(settings: Settings, configuration: ModelConfiguration) -> int:
    """The frames that windows share: as asked for, else what suits the model's window."""
    if settings.overlap is not None:
        return settings.overlap
    return min(_OVERLAP, max(1, configuration.frames // 4))


def steps_of(settings: Settings, configuration: ModelConfiguration) -> int:
    """The denoising steps of a job: as asked for, else as the model recommends."""
    return settings.steps or (configuration.preview_steps if settings.preview else configuration.steps)


def _samples_as_ever(settings: Settings, configuration: ModelConfiguration) -> bool:
    """Whether a preview is sampled as a whole render is."""
    whole = replace(settings, preview=False)
    guided = settings.guidance is None and configuration.guidance != 1.0
    return steps_of(settings, configuration) == steps_of(whole, configuration) and not guided


def _open_track(job: Job, plate: Plate, warnings: list[str]) -> GivenTrack | None:
    """The artist's track where it leads the camera; one that is given and not used is told."""
    path, camera = job.shot.track, job.settings.camera
    if camera == "tracked" and not path:
        raise JobError(
            "The camera is to be 'tracked', and no track was given.", "Give it with --track, or camera auto."
        )
    if not path:
        return None
    if camera not in ("auto", "tracked"):
        warnings.append(f"The camera track {path} is not used: the camera is '{camera}'.")
        return None
    return read_track(path, plate.frames, plate.info.width, plate.info.height)


def _check_window(settings: Settings, configuration: ModelConfiguration) -> None:
    if settings.overlap is not None and settings.overlap >= configuration.frames:
        raise JobError(
            f"An overlap of {settings.overlap} frames leaves nothing of the model's window of {configuration.frames}.",
            f"Choose an overlap below {configuration.frames}.",
        )

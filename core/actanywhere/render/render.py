"""Job to Result: the whole story.

The footage is read once, judged and tracked; the camera is chosen; the network paints one window after the other,
each going on from the one before; every painted frame is brought to plate size and written at once.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import __version__
from ..contract.errors import Cancelled
from ..contract.job import Job, Progress, Result
from ..contract.shot import ImageSequence
from ..engines.protocol import Window
from ..engines.unet.model.manifest import find_model
from ..footage import HALF_MAX, digest
from .conditioning import know
from .deliver import count_display_frames, deliver_display_files, deliver_frame
from .folder import OutputFolder
from .preflight import Inputs, open_inputs, overlap_of, steps_of
from .progress import Stage, Teller
from .scene import Scene, read_footage
from .windows import plan_windows

if TYPE_CHECKING:
    from ..engines.unet.cache import ModelCache
    from ..engines.unet.painter import Painter

__all__ = ["render"]

_DISPLAY = "writing display files"
_LIBRARIES = (
    "torch",
    "diffusers",
    "transformers",
    "numpy",
    "opencv-contrib-python-headless",
    "OpenImageIO",
    "opencolorio",
)


def render(
    job: Job, report: Callable[[Progress], None], cancelled: Callable[[], bool], models: ModelCache
) -> Result:
    """Render ``job``; its finished frames are kept whatever happens, and the same job goes on from them.

    Raises an ``ActAnywhereError`` before anything is computed when the job cannot be rendered, ``Cancelled`` when
    ``cancelled()`` turned true.
    """
    with open_inputs(job) as inputs:
        output = OutputFolder(job, inputs.frames)
        output.check()
        with output.held():
            inputs_digest = _digests(inputs)
            output.claim(inputs_digest, inputs.digest)
            finished = output.result()
            display = (
                [Stage(_DISPLAY, count, 0.15)] if (count := count_display_frames(inputs, output)) else []
            )
            teller = Teller(report, display)
            if finished is None:
                windows = _windows(inputs)
                teller = Teller(report, [*_stages(inputs, len(windows)), *display])
                finished = _render(inputs, output, inputs_digest, windows, teller, cancelled, models)
                output.finish(finished)
            _deliver_display_files(inputs, output, teller, cancelled)
            return finished


def _windows(inputs: Inputs) -> list[Window]:
    overlap = overlap_of(inputs.job.settings, inputs.configuration)
    return plan_windows(len(inputs.frames), inputs.configuration.frames, overlap)


def _stages(inputs: Inputs, windows: int) -> list[Stage]:
    frames = len(inputs.frames)
    return [
        Stage("reading footage", frames, 0.1),
        Stage("loading the model", 1, 2.0, "model"),
        Stage("painting", windows * steps_of(inputs.job.settings, inputs.configuration), 1.0, "steps"),
        Stage("writing the layer", frames, 0.3),
    ]


def _deliver_display_files(
    inputs: Inputs, output: OutputFolder, teller: Teller, cancelled: Callable[[], bool]
) -> None:
    def step(done: int) -> None:
        teller.tell(_DISPLAY, done)
        if cancelled():
            raise Cancelled("Stopped.", "The layer is finished; the same job goes on with its display files.")

    deliver_display_files(inputs, output, step)


def _render(
    inputs: Inputs,
    output: OutputFolder,
    digests: dict[str, str],
    windows: list[Window],
    teller: Teller,
    cancelled: Callable[[], bool],
    models: ModelCache,
) -> Result:
    job, frames = inputs.job, inputs.frames

    def read(done: int) -> None:
        teller.tell("reading footage", done)
        if cancelled():
            raise Cancelled("Stopped.", "The same job goes on from its finished frames.")

    scene = read_footage(inputs, read)
    teller.say("reading footage", f"camera: {scene.camera} ({scene.reason})")
    teller.say("reading footage", f"shadow: {scene.shadow_reason}")
    for warning in scene.warnings:
        teller.say("reading footage", f"warning: {warning}")
    painter = _load_painter(inputs, scene, teller, models)
    clamped = _clamped(output, _paint(inputs, scene, output, windows, painter, teller, cancelled))
    for warning in clamped:
        teller.say("writing the layer", f"warning: {warning}")
    return Result(
        job=job,
        layer=output.pattern,
        frames=frames,
        camera=scene.camera,
        camera_reason=scene.reason,
        shadow=scene.shadow_reason,
        checkpoint=inputs.digest,
        inputs=digests,
        versions=_versions(),
        seconds={name: round(seconds, 3) for name, seconds in teller.seconds.items() if name != _DISPLAY},
        warnings=scene.warnings + clamped,
    )


def _load_painter(inputs: Inputs, scene: Scene, teller: Teller, models: ModelCache) -> Painter:
    from ..engines.unet.painter import (
        Painter,  # torch comes in here, after everything that can be wrong was checked
    )

    settings = inputs.job.settings
    model = models.load(find_model(settings.model), inputs.digest, settings)
    painter = Painter(model, settings, scene.condition, guided=scene.guide is not None)
    teller.tell("loading the model", 1)
    return painter


def _paint(
    inputs: Inputs,
    scene: Scene,
    output: OutputFolder,
    windows: list[Window],
    painter: Painter,
    teller: Teller,
    cancelled: Callable[[], bool],
) -> dict[int, int]:
    """Paint every window and write its new frames; what an earlier run left is taken over.

    Gives each new frame's number of clamped values.
    """
    from .resume import PaintedWindows

    settings, first = inputs.job.settings, inputs.frames.first
    painted = PaintedWindows(output.work)
    clamped: dict[int, int] = {}
    latents = None
    for number, window in enumerate(windows):
        before = None if latents is None else latents[-window.known :]
        known = [know(scene, settings, index) for index in range(window.first, window.last)]
        done = number * painter.steps
        latents = painted.load(number)
        if latents is None:
            latents = painter.paint(
                window,
                first + window.first,
                known,
                before,
                lambda step, done=done: teller.tell("painting", done + step),  # type: ignore[misc]
                cancelled,
            )
            painted.save(number, latents)
        teller.tell("painting", done + painter.steps)
        for index in range(window.first + window.known, window.last):
            path = output.frame_path(first + index)
            if not path.is_file():
                facts = known[index - window.first]
                picture = painter.picture(latents[index - window.first], facts)
                clamped[first + index] = deliver_frame(inputs, scene, output, index, picture, facts)
            teller.tell("writing the layer", index + 1, str(path))
            if cancelled():
                raise Cancelled("Stopped.", "The same job goes on from its finished frames.")
    return clamped


def _clamped(output: OutputFolder, clamped: dict[int, int]) -> list[str]:
    frames = [frame for frame, count in clamped.items() if count]
    if not frames:
        return []
    return [
        f"{output.pattern}: {sum(clamped.values())} values in {len(frames)} frames, the first in frame {frames[0]}, "
        f"are more than a half float holds and were clamped to {HALF_MAX:.0f}. Take the plate's own pixels there."
    ]


def _digests(inputs: Inputs) -> dict[str, str]:
    shot, frames = inputs.job.shot, inputs.frames
    digests = {"plate": digest(shot.plate, frames)}
    if shot.matte.path:
        digests["matte"] = digest(ImageSequence(shot.matte.path, shot.matte.first_frame), frames)
    digests["condition"] = digest(ImageSequence(shot.condition.path))
    if shot.condition.matte:
        digests["condition matte"] = digest(ImageSequence(shot.condition.matte))
    if inputs.track is not None:
        digests["track"] = inputs.track.digest
    return digests


def _versions() -> dict[str, str]:
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"actanywhere": __version__, "python": platform.python_version(), **libraries}

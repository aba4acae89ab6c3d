"""Painted pictures to frames of the layer: brought to plate size, into the plate's colour, under the plate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..comp.finish import finish_frame
from ..comp.merge import merge_over
from ..comp.over import composite
from ..contract.settings import Settings
from ..contract.shot import ImageSequence
from ..engines.protocol import FrameConditioning, Watch
from ..footage import (
    MovieWriter,
    from_display,
    is_scene_linear,
    layer_to_display,
    linearise,
    open_plate,
    write_layer_frame,
    write_png,
)
from ..shadow.pull import PulledShadow
from .conditioning import guide_at
from .folder import OutputFolder
from .preflight import Inputs
from .scene import Scene, treated_matte

__all__ = ["count_display_frames", "deliver_display_files", "deliver_frame"]

Picture = NDArray[np.float32]


def deliver_frame(
    inputs: Inputs,
    scene: Scene,
    output: OutputFolder,
    index: int,
    painted: Picture,
    shown: Picture | None,
    told: FrameConditioning,
) -> int:
    """Write the layer's frame ``index`` from its ``painted`` picture (h, w, 3) display, and how far it is ``shown``.

    Gives how many of its values were clamped, being more than a half float holds.
    Where the artist's matte is 1 the comp holds the plate's own pixels, which go through no display view.
    """
    settings: Settings = inputs.job.settings
    info = inputs.plate.info
    frame = inputs.frames.first + index
    plate = inputs.plate.read(frame)
    matte = treated_matte(inputs, frame)
    guide, seen = guide_at(scene, index, info.height, info.width)
    place, shadow, pulled = told.place, scene.shadow.value, None
    if isinstance(shadow, PulledShadow):
        painted, place = (shadow.off_display(picture, index) for picture in (painted, place))
        pulled = shadow.at(index, info.height, info.width)
    if shown is None:
        if isinstance(shadow, PulledShadow):
            painted = shadow.trusted(painted, place, index)
        display = finish_frame(painted, place, told.seen, guide, seen, settings.detail)
    else:
        display = merge_over(np.minimum(painted, _white(info.space)), shown, guide, seen)
    background = from_display(display, info.space)
    if isinstance(shadow, PulledShadow):
        background = shadow.on_light(background, index)
    comp = composite(linearise(plate.pixels, info.space), background, matte)
    solid = np.ones(matte.shape, np.float32)
    path = str(output.frame_path(frame))
    return write_layer_frame(
        path, background, solid, comp, solid, info, plate.attributes, settings.layer, pulled
    )


def _white(space: str) -> np.float32:
    """The brightest display value that an engine's own picture may have.

    The view's inverse gives 128 for display white: what the picture of the place has may be that bright, but a network
    paints every blown-out pixel so.
    """
    return np.float32(0.97 if is_scene_linear(space) else 1.0)


def count_display_frames(inputs: Inputs, output: OutputFolder) -> int:
    """How many frames of display files are still to be written."""
    return len(inputs.frames) * _movie_is_due(output) + len(_pngs_due(inputs, output))


def deliver_display_files(inputs: Inputs, output: OutputFolder, watch: Watch) -> None:
    """The comp as PNG and MOV besides, for those who asked: read back from the finished layer.

    What is there already is whole, and of this job: it stays. ``watch`` hears how many of ``count_display_frames`` are
    written. Raises ``Cancelled``, and leaves no half file.
    """
    if not count_display_frames(inputs, output):
        return
    info, done = inputs.plate.info, 0

    def step() -> None:
        nonlocal done
        done += 1
        watch.step(done)
        watch.check()

    with open_plate(ImageSequence(output.pattern), inputs.frames) as layer:

        def shown(frame: int) -> Picture:
            return layer_to_display(layer.read(frame).pixels, info.space)

        for frame, path in _pngs_due(inputs, output).items():
            write_png(str(path), shown(frame), info.pixel_aspect)
            step()
        if _movie_is_due(output):
            with MovieWriter(str(_movie_path(output)), info.fps, info.pixel_aspect) as movie:
                for frame in inputs.frames:
                    movie.write(shown(frame))
                    step()


def _pngs_due(inputs: Inputs, output: OutputFolder) -> dict[int, Path]:
    if "png" not in output.job.settings.format:
        return {}
    paths = {frame: output.path / f"{output.comp_stem}.{frame:04d}.png" for frame in inputs.frames}
    return {frame: path for frame, path in paths.items() if not path.is_file()}


def _movie_path(output: OutputFolder) -> Path:
    return output.path / f"{output.comp_stem}.mov"


def _movie_is_due(output: OutputFolder) -> bool:
    return "mov" in output.job.settings.format and not _movie_path(output).is_file()

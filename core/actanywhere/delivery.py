"""Painted pictures to frames of the layer: brought to plate size, into the plate's colour, under the plate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .comp.finish import finish_frame
from .comp.over import composite
from .folder import OutputFolder
from .footage import (
    MovieWriter,
    from_display,
    layer_to_display,
    linearise,
    open_plate,
    write_layer_frame,
    write_png,
)
from .job import Settings
from .knowledge import Knowledge, guide_at
from .reading import Scene, treated_matte
from .shot import ImageSequence
from .survey import Inputs

__all__ = ["deliver_display_files", "deliver_frame"]

Picture = NDArray[np.float32]


def deliver_frame(
    inputs: Inputs, scene: Scene, output: OutputFolder, index: int, painted: Picture, known: Knowledge
) -> str:
    """Write the layer's frame ``index`` from its ``painted`` picture (h, w, 3) display; gives its path.

    Where the artist's matte is 1 the comp holds the plate's own pixels, which go through no display view.
    """
    settings: Settings = inputs.job.settings
    info = inputs.plate.info
    frame = inputs.frames.first + index
    plate = inputs.plate.read(frame)
    matte = treated_matte(inputs, frame)
    guide, seen = guide_at(scene, index, info.height, info.width)
    display = finish_frame(painted, known.guide, known.seen, guide, seen, settings.detail)
    background = from_display(display, info.space)
    comp = composite(linearise(plate.pixels, info.space), background, matte)
    solid = np.ones(matte.shape, np.float32)
    path = str(output.frame_path(frame))
    write_layer_frame(path, background, solid, comp, solid, info, plate.attributes, settings.layer)
    return path


def deliver_display_files(inputs: Inputs, output: OutputFolder) -> None:
    """The comp as PNG and MOV besides, for those who asked: read back from the finished layer.

    What is there already is whole, and of this job: it stays.
    """
    formats = set(output.job.settings.format) - {"exr"}
    if not formats:
        return
    info = inputs.plate.info
    with open_plate(ImageSequence(output.pattern), inputs.frames) as layer:
        if "png" in formats:
            for frame in inputs.frames:
                path = output.frame_path(frame).with_suffix(".png")
                if path.is_file():
                    continue
                write_png(
                    str(path), layer_to_display(layer.read(frame).pixels, info.space), info.pixel_aspect
                )
        path = output.path / f"{output.stem}.mov"
        if "mov" in formats and not path.is_file():
            with MovieWriter(str(path), info.fps, info.pixel_aspect) as movie:
                for frame in inputs.frames:
                    movie.write(layer_to_display(layer.read(frame).pixels, info.space))

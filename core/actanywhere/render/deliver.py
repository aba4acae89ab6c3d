"""Painted pictures to frames of the layer: brought to plate size, into the plate's colour, under the plate."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..comp.despill import despill
from ..comp.finish import Finish
from ..comp.merge import Merge
from ..comp.motion_blur import Streaks, squeezed
from ..comp.over import composite, kept_matte, over
from ..contract.shot import ImageSequence
from ..engines.protocol import FrameConditioning, Watch
from ..footage import (
    HalfFrame,
    MovieWriter,
    PlateFrame,
    from_display,
    is_scene_linear,
    layer_channels,
    layer_to_display,
    linearise,
    open_plate,
    processors,
    write_png,
)
from ..footage.timecode import ATTRIBUTE, said
from ..shadow.pulled import PulledShadow
from .conditioning import MovedCondition
from .folder import OutputFolder
from .preflight import Inputs
from .proxies import treated_matte
from .scene import Scene
from .shutter import streaks_at

Picture = NDArray[np.float32]

_KNOWN = 0.99
"""Alpha of a clean plate from which on it is known."""
_STRIP = 1 << 18
"""Pixels of a strip."""


@dataclass(frozen=True)
class PlateAndMatte:
    """What was read of a frame for its delivery: the plate, and the artist's ``matte`` (H, W).

    ``keep`` (H, W) has what stands in front of the actor, too. ``clean`` (H, W, 4) is the artist's clean plate, in the
    layer's light, and where it is known; None where it is not asked for.
    """

    plate: PlateFrame
    matte: Picture
    keep: Picture
    clean: Picture | None = None


def read_frame(inputs: Inputs, scene: Scene, index: int) -> PlateAndMatte:
    """The plate and the matte, mended where that was asked for, of frame ``index``, counted from 0."""
    frame = inputs.frames.first + index
    matte = treated_matte(inputs, frame, scene.mend.value)
    keep = matte if inputs.front is None else kept_matte(matte, inputs.front.read(frame))
    return PlateAndMatte(inputs.plate.read(frame), matte, keep, _clean(inputs, frame))


def _clean(inputs: Inputs, frame: int) -> Picture | None:
    """The artist's clean plate (H, W, 4) where the actor is despilled by it."""
    if inputs.clean is None or not inputs.job.settings.despill:
        return None
    light = linearise(inputs.clean.read(frame).pixels, inputs.clean.info.space, inputs.plate.info.space)
    alpha = inputs.clean.read_alpha(frame)
    known = np.ones(light.shape[:2], np.float32) if alpha is None else (alpha > _KNOWN).astype(np.float32)
    size = (inputs.plate.info.width, inputs.plate.info.height)
    whole = cv2.resize(np.dstack([light, known]), size, interpolation=cv2.INTER_AREA)
    return np.asarray(whole, np.float32)


def finish_layer(
    inputs: Inputs,
    scene: Scene,
    path: str,
    index: int,
    read: PlateAndMatte,
    painted: Picture,
    shown: Picture | None,
    known: FrameConditioning,
) -> HalfFrame:
    """The layer's frame ``index``, to be written to ``path``.

    It comes from its ``painted`` picture (h, w, 3) display, and from how far (h, w) that is ``shown``.

    Where the artist's matte is 1 the comp holds the plate's own pixels, which go through no display view. It is made in
    strips that a processor's cache holds: no raster of floats is filled, and each strip can have a core of its own.
    """
    info, settings = inputs.plate.info, inputs.job.settings
    shadow, place = scene.shadow.value, known.place
    pulled = shadow if isinstance(shadow, PulledShadow) else None
    moved = MovedCondition(scene, index, info.height, info.width)
    if pulled is not None:
        painted, place = (pulled.off_display(picture, index) for picture in (painted, place))
        taken = pulled.at(index, info.height, info.width)
        laid = pulled.blurred(taken)
    if shown is None:
        if pulled is not None:
            painted = pulled.trusted(painted, place, index)
        finish = Finish(painted, place, known.seen, moved.seen, settings.detail)
    else:
        merge = Merge(np.minimum(painted, _white(info.space)), shown, info.height, info.width)
    match, streaks = scene.match.value, _streaks(inputs, scene, index)
    actor = None
    if settings.despill:
        strength = 0.0 if inputs.plate.premultiplied else settings.despill
        actor = _without_spill(read, info.space, strength, None if pulled is None else taken)
    mended = scene.mend.value is not None
    closed = _closed(inputs, scene, index, read)
    element = _interaction(scene, index, read, info.space)
    names = layer_channels(
        settings.layer,
        pulled is not None,
        match is not None,
        actor is not None,
        mended,
        closed is not None,
        element is not None,
    )
    frame = HalfFrame(path, names, info)

    def light_of(rows: slice) -> Picture:
        backdrop = moved.rows(rows)
        display = (
            finish.rows(rows, backdrop) if shown is None else merge.rows(rows, backdrop, moved.seen[rows])
        )
        return from_display(display, info.space)

    def under(light: Picture, rows: slice) -> Picture:
        return light if pulled is None else pulled.under(light, laid[rows])

    def put(rows: slice, background: Picture, *unmatched: Picture) -> None:
        keep, own = read.keep[rows], None if actor is None else actor[rows]
        behind = background if element is None else over(element[rows], background)
        comp = composite(linearise(read.plate.pixels[rows], info.space), behind, keep, own)
        if closed is not None and inputs.front is None:
            comp = over(closed[rows], comp)
        beside = [
            *([] if pulled is None else [taken[rows]]),
            *unmatched,
            *([] if own is None else [own, keep]),
            *([read.matte[rows]] if mended else []),
            *([] if closed is None else [closed[rows]]),
            *([] if element is None else [element[rows]]),
        ]
        frame.put(rows, comp, 1.0, background, 1.0, *beside)

    count = max(16, min(128, _STRIP // info.width))
    strips = [slice(at, min(at + count, info.height)) for at in range(0, info.height, count)]
    with ThreadPoolExecutor(processors()) as pool:
        if match is None and streaks is None:
            list(pool.map(lambda rows: put(rows, under(light_of(rows), rows)), strips))
            return frame
        # Both blurs reach over the strips' borders. The shadow moves with the actor, and lies over the streaks.
        light = np.concatenate(list(pool.map(light_of, strips)))
        sharp = light if streaks is None else squeezed(light)

        def blurred(rows: slice) -> Picture:
            return under(light[rows] if streaks is None else streaks.rows(sharp, rows), rows)

        unmatched = np.concatenate(list(pool.map(blurred, strips)))
        if match is None:
            list(pool.map(lambda rows: put(rows, unmatched[rows]), strips))
        else:
            matched = match.apply(unmatched, inputs.frames.first + index)
            list(pool.map(lambda rows: put(rows, matched[rows], unmatched[rows]), strips))
    return frame


def layer_attributes(scene: Scene, read: PlateAndMatte) -> dict[str, Any]:
    """What a layer's header passes on of the plate's, and how it was matched to the plate."""
    match = scene.match.value
    return read.plate.attributes | ({} if match is None else {"actanywhere:match": ("string", str(match))})


def _streaks(inputs: Inputs, scene: Scene, index: int) -> Streaks | None:
    """How the place is blurred in a frame; None where it moves too little."""
    if scene.shutter.value is None or scene.backdrop.value is None:
        return None
    size = inputs.plate.info.height, inputs.plate.info.width
    found = streaks_at(scene.backdrop.value, scene.shutter.value, index, *size, scene.timing)
    return found.sized(*size) if found.seen else None


def _without_spill(read: PlateAndMatte, space: str, strength: float, shadow: Picture | None) -> Picture:
    """The actor's own light times their matte (H, W, 3), as far as it is asked for. A clean plate is in the sun where
    the plate lies in their ``shadow`` (H, W).
    """
    clean = read.clean
    if clean is not None and shadow is not None:
        clean = np.dstack([clean[..., :3] * (1 - shadow[..., None]), clean[..., 3]])
    light, matte, keep = linearise(read.plate.pixels, space), read.matte[..., None], read.keep[..., None]
    share = np.float32(strength)
    mixed = share * despill(light, read.matte, clean) + (1 - share) * light * matte
    return np.where(keep >= 1, light, mixed + light * (keep - matte))


def _closed(inputs: Inputs, scene: Scene, index: int, read: PlateAndMatte) -> Picture | None:
    """The actor where their slits are closed (H, W, 4), premultiplied."""
    if scene.slits.value is None:
        return None

    def plate(other: int) -> Picture:
        return linearise(inputs.plate.read(inputs.frames.first + other).pixels, inputs.plate.info.space)

    return scene.slits.value.closed(index, read.matte, plate)


def _interaction(scene: Scene, index: int, read: PlateAndMatte, space: str) -> Picture | None:
    """The splash, spray and dust of a frame (H, W, 4), premultiplied."""
    if scene.interaction.value is None:
        return None
    light = linearise(read.plate.pixels, space)
    return scene.interaction.value.layer(index, light, read.keep, lambda shown: from_display(shown, space))


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
            code = layer.read(inputs.frames.first).attributes.get(ATTRIBUTE)
            begins = "" if code is None or info.fps is None else said(code[1][0], info.fps)
            with MovieWriter(str(_movie_path(output)), info.fps, info.pixel_aspect, begins) as movie:
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

"""A shot's frames as they are read: the matte as the artist set it, and both small enough to be looked at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.fields import COLUMNS, Fields
from ..contract.settings import Settings
from ..engines.protocol import Watch
from ..footage import MatteReader, Plate, judge_fronts, spilled, to_display, treat_matte
from .clip import Clip
from .matte_mend import Mend
from .preflight import Inputs

Picture = NDArray[np.float32]

_PROXY_WIDTH = 960


def resize(picture: Picture, height: int, width: int) -> Picture:
    """Averaged when it shrinks, interpolated when it grows."""
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = height * width < picture.shape[0] * picture.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.clip(np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.float32), 0, 1)


def treated_matte(inputs: Inputs, frame: int, mend: Mend | None = None) -> Picture:
    """The artist's matte of a frame, (H, W) at plate size, after the artist's own settings, and mended."""
    if mend is None:
        return _treated(inputs.matte, inputs.job.settings, frame)
    first = inputs.frames.first
    return mend.mended(
        frame - first, lambda index: _treated(inputs.matte, inputs.job.settings, first + index)
    )


def read_front(inputs: Inputs, clip: Clip, watch: Watch) -> NDArray[np.uint8] | None:
    """What stands in front of the actor, (T, h, w) at the clip's size, 255 = keep; None without a matte of it."""
    if inputs.front is None:
        return None
    front = spilled(clip.matte.shape)
    for index, frame in enumerate(inputs.frames):
        front[index] = np.round(resize(inputs.front.read(frame), *clip.size) * 255)
        watch.check()
    return front


def warn_of_front(inputs: Inputs, front: NDArray[np.uint8]) -> tuple[str, ...]:
    """What is odd about the matte of what stands in front, as ``read_front`` gives it."""
    assert inputs.front is not None
    small = (resize(one / np.float32(255), 64, 64) for one in front)
    return tuple(judge_fronts(inputs.front.path, inputs.frames, small, inputs.front.levels))


def hard_edge(inputs: Inputs) -> bool:
    """Whether the matte, of which every frame was read, has no soft edge, nor is given one."""
    settings = inputs.job.settings
    return inputs.matte.levels.hard and not settings.fit_matte and settings.grow_matte.is_integer()


def warn_of_hard_edge(inputs: Inputs) -> tuple[str, ...]:
    """Where there is nothing to despill."""
    if not inputs.job.settings.despill or not hard_edge(inputs):
        return ()
    return (
        f"{inputs.matte.path}: --despill changes nothing, since the matte has no soft edge. Soften it where it is "
        "made, or take the rim off: --grow-matte -1.",
    )


def _treated(matte: MatteReader, settings: Settings, frame: int) -> Picture:
    return treat_matte(matte.read(frame), settings.invert_matte, settings.fill_matte, settings.grow_matte)


def read_proxies(
    plate: Plate, matte: MatteReader, settings: Settings, frame: int, fields: Fields | None = None
) -> tuple[Picture, Picture]:
    """Plate (h, w, 3) and matte (h, w) of a frame, no wider than a proxy; the plate as a display sees it.

    ``fields`` hears of its rows at the plate's own height.

    Scene-linear light is averaged before the display's curve, and the curve costs less on a small picture.
    """
    info = plate.info
    pixels, actor = plate.read(frame).pixels, _treated(matte, settings, frame)
    if fields is not None:
        fields.add(field_rows(pixels, info.space))
    if info.width > _PROXY_WIDTH:
        size = (_PROXY_WIDTH, max(1, round(_PROXY_WIDTH * info.height / info.width)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
        actor = np.asarray(cv2.resize(actor, size, interpolation=cv2.INTER_AREA), np.float32)
    return to_display(np.ascontiguousarray(pixels), info.space), actor


def field_rows(pixels: Picture, space: str) -> NDArray[np.uint8]:
    """A few columns (H, n) of a frame (H, W, 3), in codes of a display's green, for ``Fields``."""
    columns = np.linspace(0, pixels.shape[1] - 1, min(COLUMNS, pixels.shape[1])).round().astype(int)
    codes = to_display(np.ascontiguousarray(pixels[:, columns]), space)[..., 1]
    return np.asarray(np.round(np.clip(codes, 0, 1) * 255), np.uint8)

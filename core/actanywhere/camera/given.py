"""The artist's own track: homographies or cameras in JSON, or a .chan file (docs/track.md).

In a file of homographies, pixels are counted from the top left corner of the plate's raster, y down, so that the first
pixel's centre is at (0.5, 0.5).
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import JobError
from ..contract.numbering import compact
from ..contract.shot import FrameRange
from ..contract.track import track_of_any_layout
from .camera_files import Cameras, read_cameras, read_chan, turned
from .fit import Matrix, apply, normalise
from .track import CameraTrack

_FIELDS = {"width", "height", "transforms"}
_WORST_CONDITION = 1e7
"""Of a transform in unit coordinates; beyond this it presses the picture into a line."""
_SAME_SHAPE = 0.01
"""How much the shape of a camera's frame and the plate's may differ, as a share: a proxy's sides are rounded."""
_FORMAT = "docs/track.md describes the file."


@dataclass(frozen=True)
class GivenTrack:
    """The artist's ``camera`` as a flat track, and the sha256 of the file that it was read from.

    ``space`` are the cameras of a file in which they travel: the place can stand in them.
    """

    camera: CameraTrack
    digest: str
    space: Cameras | None = None


def read_track(
    path: str,
    frames: FrameRange,
    width: int,
    height: int,
    focal: float | None = None,
    squeeze: float = 1.0,
    shown: tuple[int, int] | None = None,
) -> GivenTrack:
    """The camera of ``frames`` from a track file of a plate of ``width`` by ``height`` pixels.

    ``focal``, in heights of these, is the lens that goes before a camera file's own. ``squeeze`` is the plate's pixel
    aspect; ``shown`` are width and height of its display window, which a .chan file's field of view is of, where it has
    overscan. Raises ``JobError`` naming the file and the first thing in it that is wrong; nothing is guessed.
    """
    aspect, shown = squeeze * width / height, shown or (width, height)
    if Path(path).suffix.lower() == ".chan":
        text, digest = _read(path)
        cameras = read_chan(path, text, focal)
        if focal is None:
            cameras = replace(cameras, focal=cameras.focal * shown[1] / height)
        return _in_space(path, cameras, frames, aspect, digest)
    data, digest = _load(path)
    if data.get("kind") == "cameras":
        cameras = read_cameras(path, data)
        scale = _rows_of(path, data, (width, height), shown, squeeze) / height
        lens = cameras.focal * scale if focal is None else np.full(len(cameras.frames), focal)
        return _in_space(path, replace(cameras, focal=lens), frames, aspect, digest)
    if set(data) != _FIELDS or not isinstance(data["transforms"], dict):
        raise JobError(f"{path} is not a camera track: it needs width, height and transforms alone.", _FORMAT)
    size = data["width"], data["height"]
    if size != (width, height):
        raise JobError(
            f"{path} was made for {size[0]} x {size[1]} pixels; the plate has {width} x {height}.",
            "Track the plate at its full size (no proxy), and write its width and height into the file.",
        )
    transforms = {_frame(path, key): (key, row) for key, row in data["transforms"].items()}
    missing = [frame for frame in frames if frame not in transforms]
    if missing:
        raise JobError(
            f"{path} has no transform for {compact(missing)}: it has {compact(sorted(transforms)) or 'none'}.",
            "Track the whole range in the plate's frame numbers, or render less.",
        )
    to_pixels = np.array([[height, 0, width / 2], [0, height, height / 2], [0, 0, 1]], np.float64)
    from_pixels = np.linalg.inv(to_pixels)
    found = np.stack(
        [_unit(from_pixels @ _matrix(path, *transforms[frame]) @ to_pixels, path, frame) for frame in frames]
    )
    _refuse_turned_over(path, frames, found)
    reason = f"as tracked in {Path(path).name}"
    return GivenTrack(CameraTrack(found, True, reason, np.ones(len(frames))), digest)


def _read(path: str) -> tuple[str, str]:
    """The text of a file, and its sha256."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise JobError(f"{path} cannot be read: {error.strerror}.", "Give the track's file.") from error
    return raw.decode("utf-8-sig", "replace"), hashlib.sha256(raw).hexdigest()


def _load(path: str) -> tuple[dict[str, Any], str]:
    text, digest = _read(path)
    try:
        data = track_of_any_layout(json.loads(text), path)
    except (ValueError, RecursionError) as error:
        raise JobError(f"{path} is not JSON: {error}.", _FORMAT) from error
    if not isinstance(data, dict):
        raise JobError(f"{path} is not a camera track: it needs width, height and transforms alone.", _FORMAT)
    return data, digest


def _rows_of(
    path: str, data: dict[str, Any], raster: tuple[int, int], shown: tuple[int, int], squeeze: float
) -> int:
    """How many rows of the plate are the height of a file of cameras: its raster's, or its display window's."""
    size = data.get("width"), data["height"]
    if type(size[0]) is not int or size == raster:
        return raster[1]
    for width, height in (shown,) if size == shown else (raster, shown):
        if any(abs(size[0] * height / (size[1] * width * wide) - 1) < _SAME_SHAPE for wide in (1, squeeze)):
            return height
    raise JobError(
        f"{path} was made for {size[0]} x {size[1]} pixels; the plate has {raster[0]} x {raster[1]}, another shape.",
        "Export the camera for the plate's own frame: cropping it changes what the lens shows.",
    )


def _in_space(path: str, cameras: Cameras, frames: FrameRange, aspect: float, digest: str) -> GivenTrack:
    """A camera's turns and zoom, and where it travels, itself."""
    missing = [frame for frame in frames if frame not in cameras.frames]
    if missing:
        raise JobError(
            f"{path} has no camera for {compact(missing)}: it has {compact(cameras.frames)}.",
            "Export the whole range in the plate's frame numbers, or render less.",
        )
    chosen = cameras.only(tuple(frames))
    reason = f"the turns of the camera in {Path(path).name}"
    track = CameraTrack(turned(chosen, aspect), True, reason, np.ones(len(frames)), (), chosen.horizons)
    return GivenTrack(track, digest, chosen if chosen.travel > 0 else None)


def _frame(path: str, key: str) -> int:
    try:
        return int(key)
    except ValueError:
        raise JobError(f"{path}: '{key}' is not a frame number.", _FORMAT) from None


def _matrix(path: str, frame: str, row: Any) -> Matrix:
    numbers = isinstance(row, list) and all(type(value) in (int, float) for value in row)
    if not numbers or len(row) != 9 or not all(abs(value) < 1e15 and math.isfinite(value) for value in row):
        raise JobError(f"{path}, frame {frame}: a transform is nine numbers, row by row.", _FORMAT)
    return np.array(row, np.float64).reshape(3, 3)


def _unit(transform: Matrix, path: str, frame: int) -> Matrix:
    """The transform with determinant 1: a homography's own scale and sign mean nothing."""
    if not transform.any() or np.linalg.cond(transform) > _WORST_CONDITION:
        raise JobError(
            f"{path}, frame {frame}: the transform presses the whole picture into a line or a point.", _FORMAT
        )
    return np.asarray(transform / np.cbrt(np.linalg.det(transform)), np.float64)


def _refuse_turned_over(path: str, frames: FrameRange, transforms: NDArray[np.float64]) -> None:
    """A camera never mirrors the picture, nor turns its back on it, from one frame to the next."""
    centre = np.zeros((1, 2))
    for index in range(1, len(transforms)):
        step = normalise(transforms[index] @ np.linalg.inv(transforms[index - 1]))
        if not np.isfinite(apply(step, centre)).all():
            raise JobError(
                f"{path}, frame {frames.first + index}: against the frame before, the picture is mirrored.",
                "Correct the track there.",
            )

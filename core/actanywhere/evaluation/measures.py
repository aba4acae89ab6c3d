"""The measures of one result that need no network."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from .duplicate import duplicate_subject
from .motion import Motion, background_motion, camera_agreement, warp_error
from .palette import palette_agreement, sharpness
from .structure import structure_agreement
from .subject import halo, subject_kept

Frames = NDArray[np.uint8]
Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Ground:
    """What every result of one shot is measured against, all at one size.

    ``plate`` (T, H, W, 3) uint8 display; ``matte`` (T, H, W) uint8, 255 = subject; ``condition`` (H, W, 3) uint8, cut
    to the frame; ``painted`` (H, W) float32, 1 = an actor in the condition, or None; ``motion`` is the plate's.
    """

    plate: Frames
    matte: NDArray[np.uint8]
    condition: NDArray[np.uint8]
    painted: Plane | None
    motion: Motion

    @property
    def place(self) -> NDArray[np.bool_]:
        """(H, W) where the condition shows the place, and not an actor in it or the rim around."""
        if self.painted is None:
            return np.ones(self.condition.shape[:2], bool)
        rim = 2 * max(1, len(self.condition) // 64) + 1
        actor = cv2.dilate((self.painted > 0.02).astype(np.uint8), np.ones((rim, rim), np.uint8))
        return np.asarray(np.asarray(actor) == 0, np.bool_)

    @property
    def outside(self) -> NDArray[np.bool_]:
        """(T, H, W) where the matte leaves background."""
        return self.matte < 128


@dataclass(frozen=True)
class Measures:
    """The figures of one result, in the order of the table; NaN where one says nothing about the shot."""

    palette: float
    """1: the condition's colours, in its shares."""
    structure: float
    """1: the condition's shapes, wherever the camera looks."""
    camera: float
    """1: the background moves as the plate's does; 0: it stands still, or moves otherwise."""
    warp_error: float
    """0: steady (0..255)."""
    sharpness: float
    """1: as sharp as the condition."""
    subject_db: float
    """PSNR of the actor against the plate; 60 is exact."""
    halo: float
    """Rim around the actor (0..255); about 20 without any."""
    duplicate: float
    """Share of frames with a second actor."""

    def to_dict(self) -> dict[str, float | None]:
        """By name; None for what could not be said."""
        values = {field.name: float(getattr(self, field.name)) for field in fields(self)}
        return {name: None if math.isnan(value) else value for name, value in values.items()}


def measure(frames: Frames, ground: Ground) -> Measures:
    """The figures of a result: the finished frames (T, H, W, 3) uint8 display, with the actor in them."""
    outside, place = ground.outside, ground.place
    aspect = frames.shape[2] / frames.shape[1]
    painted = ground.painted
    return Measures(
        palette=palette_agreement(frames, outside, ground.condition, place),
        structure=structure_agreement(frames, outside, ground.condition, place),
        camera=camera_agreement(background_motion(frames, outside), ground.motion, aspect),
        warp_error=warp_error(frames, outside),
        sharpness=sharpness(frames, outside, ground.condition, place),
        subject_db=subject_kept(frames, ground.plate, ground.matte),
        halo=halo(frames, ground.matte),
        duplicate=float("nan")
        if painted is None
        else duplicate_subject(frames, ground.matte, ground.condition, painted),
    )


def ground_of(
    plate: Frames, matte: NDArray[np.uint8], condition: NDArray[np.uint8], painted: Plane | None
) -> Ground:
    """The ground of a shot; the plate's own motion is measured here, once."""
    plate, matte = np.ascontiguousarray(plate), np.ascontiguousarray(matte)
    return Ground(plate, matte, condition, painted, background_motion(plate, matte < 128))

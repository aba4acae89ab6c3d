"""The baselines: what the same condition picture gives without the network.

The *still paste* is the condition picture behind the actor, not moving. The *tracked card* is the condition moved by
the plate's track, with mirrored borders: what a compositor does in ten minutes. The *backdrop alone* is this software
with the network left out and the holes filled classically, of a scene without a cast shadow; the *backdrop and shadow*
is the same under the shadow that was pulled from the plate. All give frames (T, h, w, 3) uint8 display at the size of
the scene's clip, with the actor over them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.fit import Matrix, from_pixels, normalise
from ..camera.placement import condition_to_unit
from ..camera.track import CameraTrack, still_track
from ..comp.finish import finish_frame
from ..contract.settings import Settings
from ..engines.protocol import FrameConditioning
from ..render.conditioning import ShotConditioning
from ..render.scene import Scene

Picture = NDArray[np.float32]
Frames = NDArray[np.uint8]


def still_paste(scene: Scene) -> Frames:
    """The condition picture, covering the frame, behind the actor."""
    return _card(scene, still_track(len(scene.clip.frames)))


def tracked_card(scene: Scene) -> Frames:
    """The condition picture moved by the plate's track, mirrored at its borders, behind the actor.

    Where the scene has no backdrop, because the plate could not be tracked, this is the still paste.
    """
    return (
        still_paste(scene)
        if scene.backdrop.value is None
        else _card(scene, scene.backdrop.value.track.flat())
    )


def backdrop_alone(scene: Scene, settings: Settings) -> Frames:
    """What this software would deliver if the network added nothing to what is known and expected."""
    conditioning = ShotConditioning(scene, settings)
    return over_background(scene, [finish_small(one.prefill, one, settings) for one in conditioning])


def finish_small(painted: Picture, frame: FrameConditioning, settings: Settings) -> Picture:
    """A painted picture (h, w, 3) display as it is delivered when the plate has the engine's size."""
    painted = np.clip(painted, 0, 1)
    return finish_frame(painted, frame.place, frame.seen, frame.place, frame.seen, settings.detail)


def over_background(scene: Scene, backgrounds: list[Picture]) -> Frames:
    """The plate's actor over display pictures (h, w, 3), mixed in linear light as the comp is."""
    made = np.empty(scene.clip.rgb.shape, np.uint8)
    for index, background in enumerate(backgrounds):
        matte = scene.clip.matte[index] / np.float32(255)
        plate = scene.clip.rgb[index] / np.float32(255)
        mixed = _mix(plate, background, matte[..., None])
        made[index] = np.round(np.clip(mixed, 0, 1) * 255)
    return made


def _mix(plate: Picture, background: Picture, share: Picture) -> Picture:
    linear = plate**2.2 * share + np.clip(background, 0, 1) ** 2.2 * (1 - share)
    mixed = linear ** (1 / 2.2)
    return np.asarray(np.where(share >= 1, plate, np.where(share <= 0, background, mixed)), np.float32)


def _card(scene: Scene, track: CameraTrack) -> Frames:
    height, width = scene.clip.size
    aspect, (rows, columns) = scene.clip.aspect, scene.condition.shape[:2]
    to_unit = condition_to_unit(rows, columns, aspect, scene.placement.value)
    onto_frame = np.linalg.inv(from_pixels(height, width, aspect))
    moved = [
        _warp(scene.condition, onto_frame @ normalise(t) @ to_unit, height, width) for t in track.transforms
    ]
    return over_background(scene, moved)


def _warp(picture: Picture, matrix: Matrix, height: int, width: int) -> Picture:
    """The picture through ``matrix`` (its pixels to the frame's), averaged first where it shrinks."""
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2] / matrix[2, 2]))))
    if shrink < 0.9:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.45 * (shrink**-2 - 1) ** 0.5), np.float32)
    flags = cv2.INTER_CUBIC
    moved = cv2.warpPerspective(picture, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.clip(np.asarray(moved, np.float32), 0, 1)

"""What an engine is told of each frame: the masked picture, the mask and the prefill, at the engine's size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.guide import known_region
from ..contract.settings import Settings
from ..engines.protocol import FrameConditioning
from ..inpaint.fill import expect
from ..shadow.cast import under_shadow
from .scene import Scene, resize

__all__ = ["ShotConditioning", "condition_frame", "guide_at"]

Picture = NDArray[np.float32]


class ShotConditioning(Sequence[FrameConditioning]):
    """What an engine is told of every frame of a shot, each made when it is asked for; indices count from 0.

    ``alive`` gives the artist's mask of what is alive in a frame, by its host number, or None without one.
    """

    def __init__(
        self, scene: Scene, settings: Settings, alive: Callable[[int], Picture | None] = lambda frame: None
    ) -> None:
        self._scene = scene
        self._settings = settings
        self._alive = alive

    def __len__(self) -> int:
        return len(self._scene.clip.frames)

    @overload
    def __getitem__(self, index: int) -> FrameConditioning: ...
    @overload
    def __getitem__(self, index: slice) -> list[FrameConditioning]: ...
    def __getitem__(self, index: int | slice) -> FrameConditioning | list[FrameConditioning]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        told = condition_frame(self._scene, self._settings, range(len(self))[index])
        alive = self._alive(told.frame)
        return told if alive is None else replace(told, alive=resize(alive, *told.mask.shape))


def condition_frame(scene: Scene, settings: Settings, index: int) -> FrameConditioning:
    """What an engine is told of frame ``index`` (counted from 0): the eroded actor, and the guide away from it."""
    clip = scene.clip
    height, width = clip.size
    rgb = clip.rgb[index] / np.float32(255)
    matte = clip.matte[index] / np.float32(255)
    subject = (matte > 0.5).astype(np.uint8)
    if settings.erode:
        subject = np.asarray(cv2.erode(subject, np.ones((settings.erode, settings.erode), np.uint8)))
    guide, seen = guide_at(scene, index, height, width)
    seen = (seen > 0.5).astype(np.float32)
    sure = (known_region(seen, matte, settings.band * height) > 0.5).astype(np.float32)
    picture = np.where(sure[..., None] > 0, guide, np.float32(127 / 255))
    picture = np.where(subject[..., None] > 0, rgb, picture)
    expected = np.where(subject[..., None] > 0, rgb, _expected(scene, guide, seen))
    actor = subject.astype(np.float32)
    return FrameConditioning(
        frame=clip.frames.first + index,
        masked=picture,
        mask=1 - np.maximum(sure, actor),
        prefill=expected,
        subject=actor,
        place=guide,
        seen=seen * _beside(matte),
    )


def _beside(matte: Picture) -> Picture:
    """(h, w) 1 where nothing of the actor is mixed into a pixel or its neighbour."""
    actor = np.asarray(cv2.dilate((matte > 0.02).astype(np.uint8), np.ones((3, 3), np.uint8)))
    return (1 - actor).astype(np.float32)


def _expected(scene: Scene, guide: Picture, seen: Picture) -> Picture:
    """What to expect of a whole frame; where the guide has left it, the colours of the guide's nearest edge."""
    if scene.guide.value is not None and seen.max() == 0:
        return np.asarray(cv2.GaussianBlur(guide, (0, 0), guide.shape[0] / 12), np.float32)
    return expect(guide, seen, scene.condition)


def guide_at(scene: Scene, index: int, height: int, width: int) -> tuple[Picture, Picture]:
    """The moved condition (H, W, 3) of a frame at any size, and where (H, W) it shows the place, 0..1.

    It lies under the shadow that the actor casts on it.
    """
    if scene.guide.value is None:
        return np.full((height, width, 3), 0.5, np.float32), np.zeros((height, width), np.float32)
    guide, seen = scene.guide.value.frame(index, height, width)
    if scene.shadow.value is not None:
        guide = under_shadow(scene.shadow.value, scene.clip.matte[index] / np.float32(255), guide)
    return guide, seen

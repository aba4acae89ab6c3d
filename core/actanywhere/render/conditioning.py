"""The conditioning of each frame: the masked picture, the mask and the prefill, at the engine's size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import known_region
from ..comp.despill import despill
from ..comp.over import kept_matte
from ..contract.settings import Settings
from ..engines.protocol import FrameConditioning
from ..footage import layer_to_display, linearise
from ..inpaint.fill import smooth_prefill
from ..shadow.cast import CastShadow, shade_at
from ..shadow.pulled import PulledShadow
from .proxies import resize
from .scene import Scene

Picture = NDArray[np.float32]

_SEEN = 0.5
"""Share of a pixel from which on it shows the moved condition."""


class ShotConditioning(Sequence[FrameConditioning]):
    """What an engine is told of every frame of a shot, each made when it is asked for; indices count from 0.

    ``alive`` gives the artist's mask of what is alive in a frame, by its host number, or None without one.
    ``despills``: the actor is without the plate's background in their soft edge.
    """

    def __init__(
        self,
        scene: Scene,
        settings: Settings,
        alive: Callable[[int], Picture | None] = lambda frame: None,
        despills: bool = False,
    ) -> None:
        self._scene = scene
        self._settings = settings
        self._alive = alive
        self._despills = despills

    def __len__(self) -> int:
        return len(self._scene.clip.frames)

    @overload
    def __getitem__(self, index: int) -> FrameConditioning: ...
    @overload
    def __getitem__(self, index: slice) -> list[FrameConditioning]: ...
    def __getitem__(self, index: int | slice) -> FrameConditioning | list[FrameConditioning]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        conditioning = condition_frame(self._scene, self._settings, range(len(self))[index], self._despills)
        alive = self._alive(conditioning.frame)
        return (
            conditioning
            if alive is None
            else replace(conditioning, alive=resize(alive, *conditioning.mask.shape))
        )


def condition_frame(
    scene: Scene, settings: Settings, index: int, despills: bool = False
) -> FrameConditioning:
    """What an engine is told of frame ``index`` (counted from 0) of a scene."""
    clip = scene.clip
    height, width = clip.size
    rgb, matte = (plane[index] / np.float32(255) for plane in (clip.rgb, clip.matte))
    if scene.front is not None:
        matte = kept_matte(matte, scene.front[index] / np.float32(255))
    place, seen = backdrop_at(scene, index, height, width)
    if isinstance(scene.shadow.value, PulledShadow):
        place = scene.shadow.value.on_display(place, index)
    return frame_conditioning(
        clip.frames.first + index,
        rgb=_despilled(rgb, matte) if despills else rgb,
        matte=matte,
        subject=core_matte(matte, settings.erode),
        place=place,
        seen=seen,
        condition=scene.condition,
        band=settings.band * height,
        guided=scene.backdrop.value is not None,
    )


def frame_conditioning(
    frame: int,
    *,
    rgb: Picture,
    matte: Picture,
    subject: Picture,
    place: Picture,
    seen: Picture,
    condition: Picture,
    band: float,
    guided: bool,
) -> FrameConditioning:
    """What an engine is told of a frame, in training and in rendering: the actor, and the place away from them.

    ``rgb`` (h, w, 3) is the plate and ``matte`` (h, w) the actor's; ``subject`` (h, w) is 1 where it is surely the
    actor (see ``core_matte``). ``place`` (h, w, 3) is the moved ``condition`` (hc, wc, 3), ``seen`` (h, w), 0..1,
    where it shows the place; in a ``band`` of so many pixels around the actor it is expected, and not known: there
    their shadow and contact are painted. ``guided``: the camera moves the condition.
    """
    shown = (seen > _SEEN).astype(np.float32)
    known = (known_region(shown, matte, band) > 0.5).astype(np.float32)
    actor = subject[..., None] > 0
    masked = np.where(known[..., None] > 0, place, np.float32(127 / 255))
    return FrameConditioning(
        frame=frame,
        masked=np.where(actor, rgb, masked),
        mask=1 - np.maximum(known, subject),
        prefill=np.where(actor, rgb, _expected(place, shown, condition, guided)),
        subject=subject,
        place=place,
        seen=shown * _beside(matte),
    )


def _despilled(rgb: Picture, matte: Picture) -> Picture:
    """The plate (h, w, 3), display, with the actor in their own colours where most of a pixel is theirs."""
    # By the display's own curve: the view's inverse makes 128 of a blown-out sky, and a black rim of what it is in.
    own = despill(linearise(rgb, "srgb"), matte) / np.maximum(matte, np.float32(0.5))[..., None]
    rim = (matte > 0.5) & (matte < 1)
    return np.where(rim[..., None], layer_to_display(np.asarray(own, np.float32), "srgb"), rgb)


def core_matte(matte: Picture, erode: int) -> Picture:
    """(h, w) 1 where a pixel shows the actor alone: the matte, hard, and eroded so that no rim of the plate's own
    background is left.

    ``erode`` is the side of the eroding square in frames of 256 x 256 pixels, or of as many; 0 erodes nothing.
    """
    hard = (matte > 0.5).astype(np.float32)
    if erode <= 1:
        return hard
    wide = erode * (matte.shape[0] * matte.shape[1]) ** 0.5 / 256
    side = 2 * max(1, round((wide - 1) / 2)) + 1  # odd, or the matte would move
    return np.asarray(cv2.erode(hard, np.ones((side, side), np.uint8)), np.float32)


def _beside(matte: Picture) -> Picture:
    """(h, w) 1 where nothing of the actor is mixed into a pixel or its neighbour."""
    actor = np.asarray(cv2.dilate((matte > 0.02).astype(np.uint8), np.ones((3, 3), np.uint8)))
    return (1 - actor).astype(np.float32)


def _expected(place: Picture, seen: Picture, condition: Picture, guided: bool) -> Picture:
    """What to expect of a whole frame; where the backdrop has left it, the colours of the backdrop's nearest edge."""
    if guided and seen.max() == 0:
        return np.asarray(cv2.GaussianBlur(place, (0, 0), place.shape[0] / 12), np.float32)
    return smooth_prefill(place, seen, condition)


class MovedCondition:
    """The moved condition of a frame, (H, W) large, made a few rows at a time; ``seen`` (H, W), 0..1, is where it shows
    the place.

    It lies under a shadow that is cast on it; one that was pulled is laid on in light, when the layer is written.
    """

    def __init__(self, scene: Scene, index: int, height: int, width: int) -> None:
        self._scene, self._index, self._size = scene, index, (height, width)
        backdrop, shadow = scene.backdrop.value, scene.shadow.value
        self._left: Picture | None = None
        if backdrop is None:
            self.seen = np.zeros((height, width), np.float32)
            return
        self.seen = backdrop.seen(index, height, width)
        if isinstance(shadow, CastShadow):
            self._left = 1 - shade_at(shadow, scene.clip.matte[index] / np.float32(255), height, width)

    def rows(self, part: slice) -> Picture:
        """The rows (n, W, 3), display, of a ``part`` (start and stop)."""
        backdrop = self._scene.backdrop.value
        if backdrop is None:
            return np.full((part.stop - part.start, self._size[1], 3), 0.5, np.float32)
        picture, _ = backdrop.frame(self._index, *self._size, part)
        return picture if self._left is None else picture * self._left[part][..., None]


def backdrop_at(scene: Scene, index: int, height: int, width: int) -> tuple[Picture, Picture]:
    """The moved condition (H, W, 3) of a frame at any size, and where (H, W) it shows the place, 0..1."""
    moved = MovedCondition(scene, index, height, width)
    return moved.rows(slice(0, height)), moved.seen

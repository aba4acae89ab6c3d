"""What the network is told of a frame: the masked picture and the mask, at the model's size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.guide import known_region
from ..contract.settings import Settings
from ..inpaint.fill import expect
from ..shadow.cast import under_shadow
from .scene import Scene

__all__ = ["Knowledge", "guide_at", "know"]

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Knowledge:
    """``known`` (h, w, 3) float32 in [-1, 1], what is known over grey (0); ``prior`` the same over what is
    expected; ``mask`` (h, w) float32, 0 = known; ``subject`` (h, w) float32, 1 = the actor.

    ``guide`` (h, w, 3) float32 display is the moved condition alone, under the actor's cast shadow if there is one,
    ``seen`` (h, w) 1 where it shows what is not the actor. Around the actor it is expected, and not relied on: there
    his contact is painted.
    """

    known: Picture
    prior: Picture
    mask: Picture
    subject: Picture
    guide: Picture
    seen: Picture


def know(scene: Scene, settings: Settings, index: int) -> Knowledge:
    """What is known of frame ``index`` (counted from 0): the eroded subject, and the guide away from it."""
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
    mask = 1 - np.maximum(sure, actor)
    return Knowledge(_to_network(picture), _to_network(expected), mask, actor, guide, seen * _beside(matte))


def _beside(matte: Picture) -> Picture:
    """(h, w) 1 where nothing of the actor is mixed into a pixel or its neighbour."""
    actor = np.asarray(cv2.dilate((matte > 0.02).astype(np.uint8), np.ones((3, 3), np.uint8)))
    return (1 - actor).astype(np.float32)


def _expected(scene: Scene, guide: Picture, seen: Picture) -> Picture:
    """What to expect of a whole frame; where the guide has left it, the colours of the guide's nearest edge."""
    if scene.guide is not None and seen.max() == 0:
        return np.asarray(cv2.GaussianBlur(guide, (0, 0), guide.shape[0] / 12), np.float32)
    return expect(guide, seen, scene.condition)


def guide_at(scene: Scene, index: int, height: int, width: int) -> tuple[Picture, Picture]:
    """The moved condition (H, W, 3) of a frame at any size, and where (H, W) it shows the place, 0..1.

    It lies under the shadow that the actor casts on it.
    """
    if scene.guide is None:
        return np.full((height, width, 3), 0.5, np.float32), np.zeros((height, width), np.float32)
    guide, seen = scene.guide.frame(index, height, width)
    if scene.shadow is not None:
        guide = under_shadow(scene.shadow, scene.clip.matte[index] / np.float32(255), guide)
    return guide, seen


def _to_network(display: Picture) -> Picture:
    """Display 0..1 to the network's [-1, 1], where 127 of 255 is exactly 0."""
    return np.asarray(np.clip((display * 255 - 127) / 127.5, -1, 1), np.float32)

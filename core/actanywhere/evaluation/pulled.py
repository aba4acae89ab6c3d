"""Shadows pulled from rendered plates, as a render pulls them, against what the actor truly takes of the light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.track import Tracker
from ..contract.shot import FrameRange
from ..render.clip import Clip
from ..render.features import ShotFeatures
from ..render.shadow import shaded
from ..shadow.clean_plate import clean_frame
from ..shadow.pull import pull_shadow
from ..shadow.shot_frames import ShotFrames, linear
from ..training.datasets import RenderedClips, TrainingClip
from .against_marks import DARK, shadow_count
from .figures import Figures

Region = NDArray[np.bool_]
Plane = NDArray[np.float32]

_SIDE = 256
_ASIDE, _OF_TAKEN = 0.1, 1 / 3
"""Shares of the light, and of what the shadow takes of it, by which a clean plate that is right may be off at most."""
_BLUR = 0.8
_BLACK = 0.003


def pulled_shadows(clips: RenderedClips) -> list[Figures]:
    """Of each clip how much of the shadow laid is true (``shadow_precision``), and how much of the true one is laid.

    The latter is told in all (``recall_of_all``) and where the clean plate of the other frames is right within a tenth
    of the light, and a third of what the shadow takes (``shadow_recall``); ``covered`` is that share of the true one.
    """
    return [
        Figures(name, "pulled from the plate", _figures(clips.read(name, _SIDE, _SIDE)))
        for name in clips.names
    ]


def _figures(clip: TrainingClip) -> dict[str, float | None]:
    count = len(clip.rgb)
    mattes = np.round(clip.matte * 255).astype(np.uint8)
    tracker = Tracker(1.0)
    for picture, matte in zip(clip.rgb, clip.matte, strict=True):
        tracker.add(picture / np.float32(255), matte)
    track = tracker.solve()
    with ShotFeatures(Clip(FrameRange(1, count), clip.rgb, mattes, 1.0)) as features:
        shot = features.shot(track)
        shadow = pull_shadow(shot, lies=shaded(features.clip)).shadow
        planes = [np.zeros(shot.size, np.float32)] * count
        if shadow is not None:
            planes = [shadow.at(index, *shot.size) for index in range(count)]
        true = [_taken(clip, index) for index in range(count)]
        known = [_known(shot, clip, index) for index in range(count)]
    actors = [
        np.asarray(cv2.dilate((matte > 0).astype(np.uint8), np.ones((3, 3), np.uint8))) > 0
        for matte in mattes
    ]
    found = shadow_count(planes, true, actors)
    hidden = [actor | ~right for actor, right in zip(actors, known, strict=True)]
    there = shadow_count(planes, true, hidden)
    values = {
        "shadow_precision": found.precision,
        "shadow_recall": there.recall,
        "recall_of_all": found.recall,
        "covered": there.marked / max(1, found.marked),
    }
    return {name: None if np.isnan(value) else float(value) for name, value in values.items()}


def _light(codes: NDArray[np.uint8]) -> Plane:
    return np.asarray(cv2.GaussianBlur(linear(codes).mean(-1), (0, 0), _BLUR), np.float32) + np.float32(
        _BLACK
    )


def _taken(clip: TrainingClip, index: int) -> Region:
    """Where (h, w) the actor truly takes more light than a shadow that counts."""
    left = _light(clip.rgb[index]) / _light(clip.background[index])
    return np.asarray((left < 1 - DARK) & (clip.effect[index] > 0))


def _known(shot: ShotFrames, clip: TrainingClip, index: int) -> Region:
    """Where (h, w) the clean plate is what is truly behind the actor and their shadow."""
    clean = clean_frame(shot, index)
    light = np.asarray(cv2.GaussianBlur(clean.light.mean(-1), (0, 0), _BLUR), np.float32)
    behind = _light(clip.background[index])
    most = np.minimum(_ASIDE, _OF_TAKEN * (1 - _light(clip.rgb[index]) / behind))
    return np.asarray(~clean.hole & (np.abs((light + _BLACK) / behind - 1) < most))

"""Procedural clips with known truth, rendered and measured: where the network is better than a card, and where not.

The clips come from the generator of the training corpus with seeds that no training run uses. Each gives one frame
as the condition, with or without its actor, and the rest is to be painted. The camera is the true one, so that what is
measured is the painting, not the tracking.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.fit import apply, from_pixels, to_pixels
from ..camera.guide import Guide
from ..camera.track import CameraTrack
from ..clip import Clip
from ..job import Settings
from ..knowledge import know
from ..model.checkpoint import Model
from ..painter import Painter
from ..reading import Scene, model_size
from ..sampling.windows import Window
from ..shot import FrameRange
from ..training.corpus import PictureLibrary, TrainingClip, make_clip
from .baselines import finish_small, guide_alone, over_background, still_paste, tracked_card
from .quality import psnr, ssim

__all__ = ["METHODS", "REGIONS", "TrueShot", "Truth", "measure_true_shot", "render_ours", "true_shots"]

Frames = NDArray[np.uint8]
Region = NDArray[np.bool_]

METHODS = ("ours", "still paste", "tracked card", "guide alone")
REGIONS = ("background", "contact band", "shadow", "borders", "uncovered")
"""Outside of the matte: all of it; a band of 0.08 frame heights around the actor; where the actor truly changes the
background; what the moved condition does not reach; what the condition's painted-in actor hides."""

_SEED = 0x7E57_C119
"""Far from the seeds of training runs, which are counted from 0."""
_BAND = 0.08
_SHADOW = 0.08


@dataclass(frozen=True)
class TrueShot:
    """A clip set up as a shot: ``scene`` is what rendering reads, ``regions`` where it is measured."""

    name: str
    clip: TrainingClip
    scene: Scene
    regions: dict[str, Region]
    digest: str


@dataclass(frozen=True)
class Truth:
    """``figures[method][region]`` is (PSNR in dB, SSIM) against the true frames; NaN where there is no such region."""

    name: str
    figures: dict[str, dict[str, tuple[float, float]]]


def true_shots(
    count: int, frames: int, area: int, multiple: int, pictures: PictureLibrary | None = None
) -> Iterator[TrueShot]:
    """``count`` shots, the same ones every time; every second condition is a composite, with the actor in it."""
    height, width = model_size(area, 1.0, multiple)
    for number in range(count):
        rng = np.random.default_rng([_SEED, number])
        clip = make_clip(rng, frames, height, width, pictures)
        while not clip.tracked or clip.name.startswith("cutout") or not clip.matte.any():
            clip = make_clip(rng, frames, height, width, pictures)
        yield _set_up(clip, number, anchor=int(rng.integers(frames)), composite=number % 2 == 1)


def _set_up(clip: TrainingClip, number: int, anchor: int, composite: bool) -> TrueShot:
    frames, height, width = clip.matte.shape
    condition = (clip.rgb if composite else clip.background)[anchor] / np.float32(255)
    track = CameraTrack(clip.transforms, True, "the true camera", np.ones(frames)).relative_to(anchor)
    guide = Guide(condition, track, width / height, clip.matte[anchor] if composite else None)
    known = Clip(
        FrameRange(1001, 1000 + frames), clip.rgb, np.round(clip.matte * 255).astype(np.uint8), width / height
    )
    scene = Scene(known, condition, guide, "plate", "the true camera", [])
    kind = "composite" if composite else "background"
    digest = hashlib.sha256(clip.rgb.tobytes() + clip.matte.tobytes()).hexdigest()[:8]
    name = f"{number:03d} {clip.name} ({kind})"
    return TrueShot(name, clip, scene, _regions(clip, guide, track), digest)


def _regions(clip: TrainingClip, guide: Guide, track: CameraTrack) -> dict[str, Region]:
    outside = clip.matte < 0.02
    height, width = clip.matte.shape[1:]
    reached = np.stack([_reached(t, height, width) for t in track.transforms])
    valid = np.stack([guide.frame(index, height, width)[1] > 0.5 for index in range(len(reached))])
    away = np.stack([_distance(frame) for frame in clip.matte])
    return {
        "background": outside,
        "contact band": outside & (away <= _BAND * height),
        "shadow": outside & (clip.effect > _SHADOW),
        "borders": outside & ~reached,
        "uncovered": outside & reached & ~valid,
    }


def _distance(matte: NDArray[np.float32]) -> NDArray[np.float32]:
    if not (matte >= 0.02).any():
        return np.full(matte.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform((matte < 0.02).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _reached(transform: NDArray[np.float64], height: int, width: int) -> Region:
    """(H, W) where the frame looks inside the borders of the condition, which covers the frame exactly."""
    aspect = width / height
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    places = np.stack([x.ravel(), y.ravel()], 1).astype(np.float64)
    unit = apply(from_pixels(height, width, aspect), places)
    back = np.nan_to_num(apply(np.linalg.inv(transform), unit), nan=1e3)
    pixels = apply(to_pixels(height, width, aspect), back)
    inside = (pixels > -0.5) & (pixels < [width - 0.5, height - 0.5])
    return np.asarray(inside.all(1).reshape(height, width))


def render_ours(model: Model, scene: Scene, settings: Settings, step: Callable[[int], None]) -> Frames:
    """The scene as it is delivered, one window of the model, at the model's size."""
    painter = Painter(model, settings, scene.condition, guided=scene.guide is not None)
    count = len(scene.clip.frames)
    known = [know(scene, settings, index) for index in range(count)]
    latents = painter.paint(Window(0, count, 0), scene.clip.frames.first, known, None, step, lambda: False)
    made = [
        finish_small(painter.picture(one), facts, settings) for one, facts in zip(latents, known, strict=True)
    ]
    return over_background(scene, made)


def measure_true_shot(
    shot: TrueShot, ours: Frames | None, settings: Settings
) -> tuple[Truth, dict[str, Frames]]:
    """The figures of every method, and their frames. ``ours`` may be left out: the baselines alone then."""
    made = {
        "still paste": still_paste(shot.scene),
        "tracked card": tracked_card(shot.scene),
        "guide alone": guide_alone(shot.scene, settings),
    }
    if ours is not None:
        made = {"ours": ours, **made}
    figures = {
        method: {
            region: (psnr(frames, shot.clip.rgb, where), ssim(frames, shot.clip.rgb, where))
            for region, where in shot.regions.items()
        }
        for method, frames in made.items()
    }
    return Truth(shot.name, figures), made

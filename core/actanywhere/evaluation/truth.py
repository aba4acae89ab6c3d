"""Procedural clips rendered and measured against their ground truth, beside a moved card.

The clips come from the generator of the training corpus with seeds that no training run uses. Each gives one frame
as the condition, with or without its actor, and the rest is to be painted. The camera is the true one, so that what is
measured is the painting, not the tracking.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box
from ..camera.backdrop import Backdrop
from ..camera.fit import apply, from_pixels, to_pixels
from ..camera.track import CameraTrack
from ..contract.settings import Settings
from ..contract.shot import FrameRange
from ..engines.protocol import Engine, EngineRequest, Watch, Window
from ..render.clip import Clip
from ..render.conditioning import ShotConditioning
from ..render.decision import Decision
from ..render.features import ShotFeatures
from ..render.preflight import model_size
from ..render.resolve import resolve
from ..render.scene import Scene
from ..seeing.outpaint import outpaint
from ..seeing.shift_map import ShiftMap
from ..shadow.clean_plate import CleanFrame
from ..shadow.pull import Pull, pull_shadow
from ..shadow.pulled import PulledShadow
from ..shadow.shot_frames import linear
from ..training.datasets import PictureLibrary, RenderedClips, TrainingClip, make_clip
from .against_marks import left_standing, looks_of
from .baselines import backdrop_alone, finish_small, over_background, still_paste, tracked_card
from .figures import Figures
from .quality import psnr, ssim
from .sheet import Block

Frames = NDArray[np.uint8]
Region = NDArray[np.bool_]

_SEED = 0x7E57_C119
"""Far from the seeds of training runs, which are counted from 0."""
_BAND = 0.08
_ALWAYS = 99
"""Frames that see a pixel free: enough."""
_SHADOW = 0.08


@dataclass(frozen=True)
class TrueShot:
    """A clip set up as a shot: ``scene`` is what rendering reads, its shadow pulled by the true clean plate; ``plain``
    is the same without a shadow, ``digest`` says which clip it was.

    ``regions`` (T, H, W) are where it is measured, all outside of the matte: the whole ``background``; the ``contact``
    band of 0.08 frame heights around the actor; the ``shadow``, reflection or dust, where the actor truly changes the
    background; the ``borders`` that the moved condition does not reach; and what is ``uncovered`` when the actor that
    was painted into a composite condition is taken out of it. ``painted`` (H, W) is that actor in the condition, None
    where nobody is in it.
    """

    name: str
    clip: TrainingClip
    scene: Scene
    plain: Scene
    regions: dict[str, Region]
    digest: str
    painted: Region | None = None


def true_shots(
    count: int,
    frames: int,
    area: int,
    multiple: int,
    pictures: PictureLibrary | None = None,
    gone_on: bool = False,
) -> Iterator[TrueShot]:
    """``count`` shots, the same ones every time; every second condition is a composite with an actor in it: the clip's
    own, and by turns another clip's.

    ``gone_on``: the place is filled behind the actor and beyond the condition's borders, as a render does.
    """
    height, width = model_size(area, 1.0, multiple)
    for number in range(count):
        rng = np.random.default_rng([_SEED, number])
        clip = _whole_clip(rng, frames, height, width, pictures)
        anchor = int(rng.integers(frames))
        other = _whole_clip(rng, frames, height, width, pictures) if number % 4 == 3 else None
        yield _set_up(clip, number, anchor, composite=number % 2 == 1, gone_on=gone_on, other=other)


def _whole_clip(
    rng: np.random.Generator, frames: int, height: int, width: int, pictures: PictureLibrary | None
) -> TrainingClip:
    """A clip of a camera that is tracked, with an actor in it."""
    clip = make_clip(rng, frames, height, width, pictures)
    while not clip.tracked or clip.name.startswith("cutout") or not clip.matte.any():
        clip = make_clip(rng, frames, height, width, pictures)
    return clip


def rendered_shots(
    clips: RenderedClips, frames: int, area: int, multiple: int, gone_on: bool = False
) -> Iterator[TrueShot]:
    """Three shots of each clip's first ``frames`` frames: the condition without the actor, with it, and with the next
    clip's.
    """
    height, width = model_size(area, 1.0, multiple)
    first = clip = clips.read(clips.names[0], height, width, frames)
    for number in range(len(clips.names)):
        last = number + 1 == len(clips.names)
        following = first if last else clips.read(clips.names[number + 1], height, width, frames)
        for composite, other in ((False, None), (True, None), (True, following)):
            yield _set_up(clip, number, len(clip.rgb) // 2, composite, gone_on, other)
        clip = following


def _set_up(
    clip: TrainingClip,
    number: int,
    anchor: int,
    composite: bool,
    gone_on: bool,
    other: TrainingClip | None = None,
) -> TrueShot:
    """A clip as a shot; of a composite, ``other`` gives the actor, where it is not the clip's own."""
    frames, height, width = clip.matte.shape
    condition = (clip.rgb if composite else clip.background)[anchor] / np.float32(255)
    subject = clip.matte[anchor] if composite else None
    if other is not None:
        shown = int(other.matte.sum((1, 2)).argmax())
        subject = other.matte[shown]
        actor, place = other.rgb[shown] / np.float32(255), clip.background[anchor] / np.float32(255)
        condition = place + (actor - place) * subject[..., None]
    track = CameraTrack(clip.transforms, True, "the true camera", np.ones(frames)).relative_to(anchor)
    known = Clip(
        FrameRange(1001, 1000 + frames), clip.rgb, np.round(clip.matte * 255).astype(np.uint8), width / height
    )
    unextended = Backdrop(condition, track, width / height, subject)
    bare = _gone_on(unextended, condition) if gone_on else unextended
    plain = Scene(
        known,
        condition,
        camera=Decision("plate", "the true camera"),
        backdrop=Decision(bare),
        shadow=Decision(None, "none was asked for"),
    )
    scene = plain
    pull = _pulled(known, clip.background, track)
    if pull.shadow is not None:
        backdrop = bare
        if subject is not None and other is None:  # another's picture has no shadow of this actor
            lifted = pull.shadow.off_display(condition, anchor)
            backdrop = Backdrop(lifted, track, width / height, subject)
            backdrop = _gone_on(backdrop, lifted) if gone_on else backdrop
        scene = replace(plain, backdrop=Decision(backdrop), shadow=Decision(pull.shadow, pull.reason))
    kind = "composite of another" if other is not None else "composite" if composite else "background"
    digest = hashlib.sha256(clip.rgb.tobytes() + clip.matte.tobytes()).hexdigest()[:8]
    name = f"{number:03d} {clip.name} ({kind})"
    painted = None if subject is None else subject > 0.5
    return TrueShot(name, clip, scene, plain, _regions(clip, unextended, track), digest, painted)


def _pulled(known: Clip, background: Frames, track: CameraTrack) -> Pull:
    def clean(index: int, part: Box) -> CleanFrame:
        left, top, right, bottom = part
        light = linear(background[index, top:bottom, left:right])
        return CleanFrame(light, np.full(light.shape[:2], _ALWAYS), np.zeros(light.shape[:2], np.float32))

    with ShotFeatures(known) as features:
        frames = features.shot(track, sure=True)
        return pull_shadow(frames, clean=clean)


def _gone_on(backdrop: Backdrop, condition: NDArray[np.float32]) -> Backdrop:
    """The backdrop of that condition, filled as a render without networks fills it."""
    hole = np.zeros(condition.shape[:2], np.float32) if backdrop.subject is None else backdrop.subject
    place = outpaint(condition, hole, backdrop, ShiftMap())
    return backdrop if place is None else backdrop.within(place.surroundings)


def _regions(clip: TrainingClip, backdrop: Backdrop, track: CameraTrack) -> dict[str, Region]:
    outside = clip.matte < 0.02
    height, width = clip.matte.shape[1:]
    reached = np.stack([_reached(t, height, width) for t in track.transforms])
    valid = np.stack([backdrop.frame(index, height, width)[1] > 0.5 for index in range(len(reached))])
    away = np.stack([_distance(frame) for frame in clip.matte])
    return {
        "background": outside,
        "contact": outside & (away <= _BAND * height),
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
    x, y = np.meshgrid(np.linspace(0.0, width - 1, width), np.linspace(0.0, height - 1, height))
    places = np.stack([x.ravel(), y.ravel()], 1).astype(np.float64)
    unit = apply(from_pixels(height, width, aspect), places)
    back = np.nan_to_num(apply(np.asarray(np.linalg.inv(transform), np.float64), unit), nan=1e3)
    pixels = apply(to_pixels(height, width, aspect), back)
    inside = (pixels > -0.5) & (pixels < [width - 0.5, height - 0.5])
    return np.asarray(inside.all(1).reshape(height, width))


def render_ours(engine: Engine, scene: Scene, settings: Settings, scratch: Path) -> Frames:
    """The scene as it is delivered, in one window, at the engine's size."""
    count = len(scene.clip.frames)
    request = EngineRequest(
        condition=scene.condition,
        settings=resolve(settings, engine.facts).for_engine(),
        frames=count,
        size=scene.clip.size,
        guided=scene.backdrop.value is not None,
        scratch=scratch,
    )
    conditioning = ShotConditioning(scene, settings, despills=engine.facts.despills)[:]
    painted = engine.open(request).paint(conditioning, Window(0, count, 0), None, Watch())
    if painted.shown is not None:  # it lies in the moved picture already
        return over_background(scene, [np.asarray(one) for one in painted.pictures])
    shadow, made = scene.shadow.value, []
    for index, (picture, facts) in enumerate(zip(painted.pictures, conditioning, strict=True)):
        if isinstance(shadow, PulledShadow):
            picture = shadow.trusted(picture, facts.place, index)
        made.append(finish_small(picture, facts, settings))
    return over_background(scene, made)


def measure_true_shot(shot: TrueShot, methods: dict[str, Frames]) -> list[Figures]:
    """A row for each method: PSNR (dB) and SSIM in every region, by names such as ``borders_db``; ``left`` is the
    share of a composite's painted-in actor that is still to be seen.
    """
    backdrop, rows = shot.plain.backdrop.value, []
    looks = [] if backdrop is None else looks_of(backdrop, len(shot.clip.rgb), shot.scene.clip.size)
    condition = np.round(shot.plain.condition * 255).astype(np.uint8)
    for method, frames in methods.items():
        values: dict[str, float | None] = {}
        for region, where in shot.regions.items():
            values[f"{region}_db"] = _figure(psnr(frames, shot.clip.rgb, where))
            values[f"{region}_ssim"] = _figure(ssim(frames, shot.clip.rgb, where))
        values["left"] = None
        if shot.painted is not None and looks:
            left = left_standing(frames, shot.scene.clip.matte, condition, shot.painted, looks)
            values["left"] = _figure(left)
        rows.append(Figures(shot.name, method, values))
    return rows


def true_methods(shot: TrueShot, ours: Frames, settings: Settings) -> dict[str, Frames]:
    """Every method's finished frames."""
    alone = backdrop_alone(shot.plain, settings)
    return {
        "ours": ours,
        "still paste": still_paste(shot.scene),
        "tracked card": tracked_card(shot.scene),
        "backdrop alone": alone,
        "backdrop and shadow": alone if shot.scene is shot.plain else backdrop_alone(shot.scene, settings),
    }


def backdrop_frames(shot: TrueShot, settings: Settings) -> Frames:
    """The moved condition alone, with the shadow that was pulled: what an engine has to be better than."""
    return backdrop_alone(shot.scene, settings)


def true_block(shot: TrueShot, methods: dict[str, Frames]) -> Block:
    """The shot's part of the sheet; the truth stands where a plate would."""
    condition = np.round(shot.scene.condition * 255).astype(np.uint8)
    return Block(
        f"{shot.name}   {shot.digest}", {"condition": condition[None], "truth": shot.clip.rgb, **methods}
    )


def _figure(value: float) -> float | None:
    return None if np.isnan(value) else value

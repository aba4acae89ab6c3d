"""The one pass over a shot's footage: every frame is read, judged, made small, and tracked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import count

import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop
from ..camera.fields import Fields
from ..camera.motion import Motion
from ..camera.placement import Placement
from ..camera.timing import Timing, read_timing
from ..camera.track import CameraTrack, Tracker, still_track
from ..comp.match import Match
from ..contract.errors import ModelError
from ..engines.protocol import Watch
from ..footage import judge_mattes
from ..seeing.readers import Readers
from ..shadow.interaction import Interaction
from ..shadow.pull import Refusal
from ..shadow.pulled import PulledShadow
from .bars import warn_of_bars
from .beyond import wider
from .camera import Solving, asks_larger, choose_camera
from .clip import Clip, empty_clip
from .cut_off import cut_off
from .decision import Decision
from .features import ShotFeatures
from .feet import warn_of_sliding
from .interaction import choose_interaction
from .matte_check import LONGEST, check_matte
from .matte_compare import compare_matte, ends_beside, holes_beside, lacks_beside, of_late_edges, words_of
from .matte_damage import Damage
from .matte_edges import late_by_edges
from .matte_mend import Mend, choose_mend, mend_clip
from .matte_seen import Seen
from .overlap import read_ahead
from .place import Place, see_place
from .placement_told import unused_without_backdrop
from .plate_regions import PlateRegions
from .preflight import Inputs
from .proxies import read_front, read_proxies, resize, warn_of_front, warn_of_hard_edge
from .rim import warn_of_rim
from .shadow import PULL_WIDTH, Shadow, ShadowDecision, asks_pull, choose_shadow, given_clean
from .shadow_on_place import shadow_off_sky, shadow_off_walls, shadow_on_place
from .slit_close import Closing, choose_closing
from .water import move_water

Picture = NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """What is known of a shot once it was read, and what was decided of it.

    ``clip`` is at the engine's size. ``condition`` (hc, wc, 3) float32 display, without who else was in it; ``place``
    says who that was and how it was filled, ``original`` is the condition as it was given (both None in a scene that
    was set up otherwise). ``camera`` is the mode that is used, ``placement`` how the condition is laid into the frame.
    ``backdrop`` is None where the engine infers the camera from the actor by itself. ``shadow`` is how the actor's
    shadow falls on the backdrop, None where none is laid, and ``pulled`` it as it is in the plate, whatever the place
    takes of it; ``beside`` tells the frames beside the rendered ones with which it was pulled from others (empty:
    none). ``match`` is how the layer is graded to the plate, ``shutter`` for which share of a frame's time the shutter
    is open that blurs the place, None where nothing is blurred, ``mend`` how the artist's matte is mended; the clip's
    is mended already. ``slits`` is how slits in the actor are closed, ``cut`` what cuts them off above the feet (empty:
    nothing does), ``interaction`` what of splash, spray and dust goes over the layer, ``water`` what of it moves by
    itself (empty: nothing). ``front`` (T, h, w) is 255 on what stands in front of them, None where nothing does.
    ``timing`` is what the plate does in time, None in a scene that was set up otherwise. ``footage`` is what was to be
    said of the files. ``look`` takes the watches of the two and gives the scene with the ``mend`` and the ``slits``
    that are yet to be looked for, where they only warn.
    """

    clip: Clip
    condition: Picture
    camera: Decision[str]
    backdrop: Decision[Backdrop | None]
    shadow: Decision[Shadow]
    footage: tuple[str, ...] = ()
    place: Place | None = None
    original: Picture | None = None
    placement: Decision[Placement] = field(default_factory=lambda: Decision(Placement()))
    match: Decision[Match | None] = field(default_factory=lambda: Decision(None))
    shutter: Decision[float | None] = field(default_factory=lambda: Decision(None))
    mend: Decision[Mend | None] = field(default_factory=lambda: Decision(None))
    front: NDArray[np.uint8] | None = None
    slits: Decision[Closing | None] = field(default_factory=lambda: Decision(None))
    cut: str = ""
    interaction: Decision[Interaction | None] = field(default_factory=lambda: Decision(None))
    water: str = ""
    look: Callable[[Watch, Watch], tuple[Decision[Mend | None], Decision[Closing | None]]] | None = None
    pulled: Shadow = None
    beside: str = ""
    timing: Timing | None = None

    def forget(self) -> None:
        """Let go of the memory that looking at frames took."""
        self.clip.forget()
        for shadow in (self.shadow.value, self.pulled):
            if isinstance(shadow, PulledShadow):
                shadow.forget()
        if self.interaction.value is not None:
            self.interaction.value.forget()

    @property
    def warnings(self) -> list[str]:
        """All that the artist is told, from the files to the backdrop."""
        decisions = (
            self.mend,
            self.slits,
            self.camera,
            self.shadow,
            self.interaction,
            self.backdrop,
            self.placement,
            self.match,
            self.shutter,
        )
        return [*self.footage, *(warning for one in decisions for warning in one.warnings)]


def read_scene(
    inputs: Inputs,
    watch: Watch,
    readers: Readers | None = None,
    filling: Watch | None = None,
    pulling: Watch | None = None,
    solving: Solving | None = None,
    looking: Watch | None = None,
    looks_later: bool = False,
) -> Scene:
    """Read every frame once and decide, by ``readers`` or else the networks that are here.

    ``filling`` watches the condition being filled and ``looking`` the network that looks at the matte, in hundredths,
    ``pulling`` the shadow and then the interaction, in frames; ``solving`` says how a camera is solved. No frame waits
    for what only warns of the matte: with ``looks_later`` that is put off until the scene's ``look`` is called. Raises
    ``FootageError`` naming the first bad frame, ``Cancelled``.
    """
    readers = readers or Readers(inputs.networks)
    settings = inputs.job.settings
    asks = asks_pull(settings) or settings.interaction or settings.close_slits or asks_larger(inputs)
    beyond = partial(wider, inputs)
    with ShotFeatures(_larger(inputs), beyond) if asks else nullcontext() as features:
        return _read_scene(
            inputs,
            watch,
            readers,
            filling or Watch(),
            pulling or Watch(),
            solving or Solving(),
            looking or Watch(),
            features,
            looks_later,
        )


def _read_scene(
    inputs: Inputs,
    watch: Watch,
    readers: Readers,
    filling: Watch,
    pulling: Watch,
    solving: Solving,
    looking: Watch,
    features: ShotFeatures | None,
    looks_later: bool,
) -> Scene:
    """As ``read_scene``; ``features`` has room for the shot at the width at which shadows are pulled."""
    regions, fields = PlateRegions(readers.regions_of, len(inputs.frames)), Fields()
    clip, track = _read(inputs, watch, regions, features, fields)
    # Small: 64 pixels still show the smallest actor.
    small = (resize(clip.matte[index] / np.float32(255), 64, 64) for index in clip.indices())
    footage = (*inputs.warnings, *judge_mattes(inputs.matte.path, inputs.frames, small, inputs.matte.levels))
    timing = read_timing(clip.rgb, clip.indices()) if features is None else features.timing
    settings, first = inputs.job.settings, inputs.frames.first
    seen = clip if features is None else features.clip
    footage += (
        *fields.warnings(first),
        *timing.warnings(first),
        *(warn_of_bars(seen) if inputs.plate.info.covered == inputs.plate.info.data_window else ()),
        *warn_of_hard_edge(inputs),
        *warn_of_rim(inputs),
    )
    mend = Decision[Mend | None](None)
    if settings.mend_matte or not looks_later:
        mend = _mend(inputs, clip, features, readers, watch, looking)
    if mend.value is not None and _asks_track(inputs):
        track = _tracked_again(inputs, regions, mend.value, watch)
    if _asks_track(inputs):
        track = track.holding(timing.same)
    regions.carry(track, clip.aspect)
    camera, motion = choose_camera(inputs, track, clip, features, solving)
    front = read_front(inputs, seen, watch)
    footage += () if front is None else warn_of_front(inputs, front)
    width = inputs.plate.info.width
    slits = Decision[Closing | None](None)
    if settings.close_slits or not looks_later:
        slits = choose_closing(settings.close_slits, seen, track, front, width, watch.check)

    def look(looking: Watch, searching: Watch) -> tuple[Decision[Mend | None], Decision[Closing | None]]:
        mended, closed, checks = mend, slits, count(1)
        if not settings.mend_matte:
            mended = _mend(inputs, clip, features, readers, watch, looking)
        looking.step(100)

        def step() -> None:
            searching.step(next(checks))
            searching.check()

        if not settings.close_slits:
            closed = choose_closing(False, seen, track, front, width, step)
            seen.forget()
        return mended, closed

    led = camera.value != "subject" or not inputs.engine.facts.infers_camera
    place, pulled, shadow, interaction = _placed(
        inputs, clip, features, track, camera.value, motion, led, readers, regions, filling, pulling
    )
    asked = settings.camera if inputs.track is None else "tracked"
    slides = warn_of_sliding(
        seen, place.backdrop, shadow.value, (asked, camera.value), inputs.plate.info.height, watch.check
    )
    camera = replace(camera, warnings=(*camera.warnings, *slides))
    unmoved = () if led else unused_without_backdrop(inputs.job.settings)
    place, water, still = move_water(inputs, place, readers, shadow.refused is Refusal.MOVES)
    backdrop = Decision(place.backdrop, place.fitted, (*place.warnings, *unmoved, *still))
    scene = Scene(
        clip,
        place.condition,
        camera,
        backdrop,
        shadow,
        footage,
        place,
        inputs.condition.pixels,
        place.placement,
        mend=mend,
        look=look if looks_later else None,
        front=front if seen is clip else read_front(inputs, clip, watch),
        slits=slits,
        cut=cut_off(clip, regions),
        interaction=interaction,
        water=water,
        pulled=pulled,
        beside=shadow.beside,
        timing=timing,
    )
    scene.forget()
    return scene


def _placed(
    inputs: Inputs,
    clip: Clip,
    features: ShotFeatures | None,
    track: CameraTrack,
    camera: str,
    motion: Motion,
    led: bool,
    readers: Readers,
    regions: PlateRegions,
    filling: Watch,
    pulling: Watch,
) -> tuple[Place, Shadow, ShadowDecision, Decision[Interaction | None]]:
    """The place, the actor's shadow in the plate, and what they leave on the place and over it.

    ``led`` by a camera, or by the actor alone.
    """
    settings, flat = inputs.job.settings, track if camera in ("3d", "ground") else motion.flat()
    clean = given_clean(inputs.clean, features.clip if features else None, inputs.plate.info.space)
    with ThreadPoolExecutor(1, "place") as beside:
        seeing = beside.submit(see_place, inputs, clip, motion if led else None, readers, regions, filling)
        pulls = asks_pull(settings)
        shadow = choose_shadow(
            settings, clip, features if pulls else None, flat, camera, led, pulling, clean, regions
        )
        pulled = pulls * len(clip.frames)
        interaction = choose_interaction(
            features if settings.interaction else None,
            flat,
            shadow.value,
            replace(pulling, step=lambda done: pulling.step(pulled + done)),
            clean,
        )
        place = seeing.result()
    shape, pulled_shadow = place.condition.shape[1] / place.condition.shape[0], shadow.value
    shadow = shadow_on_place(
        settings, shadow, place.standpoint, place.placement.value, shape, inputs.view.aspect
    )
    if place.standpoint is not None and place.backdrop is not None:
        shadow = shadow_off_sky(shadow, place.standpoint.sky, place.backdrop, clip.frames)
        shadow = shadow_off_walls(shadow, place.backdrop, clip.frames)
    return place, pulled_shadow, shadow, interaction


def _read(
    inputs: Inputs, watch: Watch, regions: PlateRegions, features: ShotFeatures | None, fields: Fields
) -> tuple[Clip, CameraTrack]:
    """The clip at the engine's size, and the camera; the clip of ``features`` is filled besides.

    ``regions`` and ``fields`` see every frame. The camera is the artist's, the plate's where asked for, else none.
    """
    tracker = Tracker(inputs.aspect) if _asks_track(inputs) else None
    height, width = inputs.size
    clip = empty_clip(inputs.frames, height, width, inputs.aspect)
    clips = (clip,) if features is None else (clip, features.clip)
    pulls = (asks_pull(inputs.job.settings) or inputs.job.settings.interaction) and inputs.clean is None
    read = partial(read_proxies, inputs.plate, inputs.matte, inputs.job.settings, fields=fields)
    for (frame, (proxy, matte)), *_ in zip(
        read_ahead(list(inputs.frames), read), *(kept.indices() for kept in clips), strict=True
    ):
        index = frame - inputs.frames.first
        for kept in clips:
            kept.rgb[index] = np.round(resize(proxy, *kept.size) * 255)
            kept.matte[index] = np.round(resize(matte, *kept.size) * 255)
        if features is not None and pulls:
            features.begin(index)
        regions.see(index, proxy)
        if tracker is not None:
            tracker.add(proxy, matte, regions.standing_still(index))
        watch.step(index + 1)
        watch.check()
    if inputs.track is not None:
        return clip, inputs.track.camera
    return clip, still_track(len(clip.frames)) if tracker is None else tracker.solve()


def _asks_track(inputs: Inputs) -> bool:
    return inputs.job.settings.camera in ("auto", "3d", "plate", "ground") and inputs.track is None


def _larger(inputs: Inputs) -> Clip:
    width = min(PULL_WIDTH, inputs.plate.info.width)
    return empty_clip(inputs.frames, max(1, round(width / inputs.aspect)), width, inputs.aspect)


def _mend(
    inputs: Inputs,
    clip: Clip,
    features: ShotFeatures | None,
    readers: Readers,
    watch: Watch,
    looking: Watch,
) -> Decision[Mend | None]:
    """What the matte lacks, mended in the ``clip`` and that of ``features`` too where that was asked for."""
    settings, first, frames = inputs.job.settings, inputs.frames.first, len(inputs.frames)

    def picture(index: int) -> Picture:
        return read_proxies(inputs.plate, inputs.matte, settings, first + index)[0]

    seen: Seen | None = None
    said: tuple[str, ...] = ()
    try:
        seen = compare_matte(clip, picture, readers, looking)
    except ModelError as error:  # it would only have warned: no reason to lose a layer
        said = (f"The matte is not compared with what a network sees: {error.message} {error.remedy}",)
    # Of a matte that comes late, or is turned, all is told by that.
    misplaced = seen is not None and bool(seen.late or seen.turned)
    late, clearer = (0, 1.0) if misplaced else late_by_edges(clip, watch.check)
    said += (of_late_edges(inputs, late, clearer),) if late else ()
    damage = Damage() if misplaced or late else check_matte(clip, watch.check)
    lacks = () if late else lacks_beside(seen, damage)
    damage = ends_beside(damage, lacks)
    if not settings.mend_matte:
        damage = holes_beside(damage, lacks)
    mend = choose_mend(
        settings.mend_matte, damage, first, frames, picture, watch.check, lacks, readers.mask_of
    )
    if mend.value is not None:
        mend_clip(mend.value, clip)
        if features is not None:
            mend_clip(mend.value, features.clip)
            features.forget()
    if seen is None:
        return Decision(mend.value, mend.reason, (*mend.warnings, *said))
    warnings = words_of(inputs, seen, () if settings.mend_matte else lacks)
    compared = f"{seen.source} saw {len(seen.asked)} of its frames, overlap {seen.agrees:.2f} in the median"
    reason = f"{mend.reason}; {compared}" if settings.mend_matte else compared
    return Decision(mend.value, reason, (*mend.warnings, *warnings, *said))


def _tracked_again(inputs: Inputs, regions: PlateRegions, mend: Mend, watch: Watch) -> CameraTrack:
    """The plate's camera beside the mended matte."""
    tracker, first = Tracker(inputs.aspect), inputs.frames.first
    read = lru_cache(LONGEST + 4)(
        lambda index: read_proxies(inputs.plate, inputs.matte, inputs.job.settings, first + index)
    )
    for index in range(len(inputs.frames)):
        tracker.add(read(index)[0], mend.mended(index, lambda k: read(k)[1]), regions.standing_still(index))
        watch.check()
    return tracker.solve()

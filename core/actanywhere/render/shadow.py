"""The decision about the actor's shadow: pulled from the plate, given by the artist, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ..camera.alignment import Box
from ..camera.track import CameraTrack
from ..contract.errors import FootageError, OutputError
from ..contract.settings import Settings
from ..engines.protocol import Watch
from ..footage import Plate, compact, is_scene_linear, layer_to_display, linearise, to_display
from ..seeing.plain_sky import plain_sky
from ..seeing.protocol import Picture
from ..shadow.cast import CastShadow
from ..shadow.clean_plate import CleanFrame
from ..shadow.pull import Pull, Refusal, pull_shadow, stays
from ..shadow.pulled import PulledShadow
from ..shadow.shot_frames import linear
from .bars import bars_of
from .clip import Clip
from .cut_off import cut_off
from .decision import Decision
from .features import ShotFeatures, Wider
from .plate_regions import PlateRegions

#: Width at which a shadow is pulled: a wider plate is made smaller.
PULL_WIDTH = 640

_ALONE = 8
"""Frames at least that are worth a render by themselves, where only they show the ground."""
_IN_PART, _LONG = (Refusal.SLIPS, Refusal.DEPTHS), 32
"""Why a shot of so many frames shows none, of which a part may."""
_BRIEF = (Refusal.SHORT, Refusal.HIDDEN, Refusal.UNSTEADY, Refusal.PIECES)
"""Why frames show none that more of them may show."""
_STAYS = "the actor hardly moves on, so the ground under them is not seen lit"
#: Frames after which those that were looked at leave the memory.
LOOKED_AT = 128
_ALWAYS, _KNOWN = 99, 0.99
"""How many frames saw what a clean plate of the artist shows, and its alpha from which on it shows it."""

Shadow = CastShadow | PulledShadow | None
Clean = Callable[[int, Box], CleanFrame]


@dataclass(frozen=True)
class ShadowDecision(Decision[Shadow]):
    """The shadow that is laid; ``refused``: why none could be pulled; ``beside``: what tells the frames with which it
    was pulled from others, where some are beside the rendered ones.
    """

    refused: Refusal | None = None
    beside: str = ""


@dataclass(frozen=True)
class _Found:
    """What was pulled of the frames: ``told``: in words, who else tells of it; ``beside`` as in the decision."""

    pull: Pull
    told: str = ""
    beside: str = ""


def asks_pull(settings: Settings) -> bool:
    """Whether the shadow is to be pulled, for which the plate is kept larger."""
    return settings.shadow in ("auto", "pulled") and settings.shadow_strength > 0


def choose_shadow(
    settings: Settings,
    clip: Clip,
    larger: ShotFeatures | None,
    track: CameraTrack,
    camera: str,
    led: bool,
    watch: Watch,
    clean: Clean | None = None,
    regions: PlateRegions | None = None,
) -> ShadowDecision:
    """The shadow that is laid on the layer. ``larger`` is the shot at the width at which a shadow is pulled.

    ``clean`` is the artist's clean plate, where there is one. ``led``: the place is moved by us, and not painted by an
    engine that infers the camera. ``regions``: of the plate, where those are known.
    """
    if settings.shadow == "none" or (settings.shadow != "given" and settings.shadow_strength == 0):
        return _unused(settings, ShadowDecision(None, "none was asked for"))
    if larger is not None:
        sure = camera in ("3d", "plate", "ground", "tracked") and track.trackable
        found = _found(larger, track, sure, watch, clean, regions)
        return _standing(settings, clip, regions, _pulled(settings, larger.clip, found, regions))
    if not led:
        reason = "It is left out: this model paints the place itself where it infers the camera."
        return ShadowDecision(None, "the network's own alone", (f"The shadow '{settings.shadow}': {reason}",))
    given = CastShadow(
        settings.shadow_side, settings.shadow_away, settings.shadow_density, settings.shadow_softness
    )
    return _standing(settings, clip, regions, _unused(settings, ShadowDecision(given, f"as given: {given}")))


def _standing(
    settings: Settings, clip: Clip, regions: PlateRegions | None, decision: ShadowDecision
) -> ShadowDecision:
    """The shadow, but none of an actor who is cut off above the feet: what is pulled at a matte's end are their legs.

    One that was pulled in full view of a frame that cuts them is the plate's own, and stays.
    """
    cut = "" if decision.value is None else cut_off(clip, regions)
    if not cut or (cut == "the frame" and isinstance(decision.value, PulledShadow)):
        return decision
    reason = f"the actor is cut off above the feet by {cut}, and stands nowhere"
    left = (f"The shadow is not laid as given: {reason}.",) if settings.shadow == "given" else ()
    return ShadowDecision(None, f"none: {reason}", (*decision.warnings, *left))


def _pulled(
    settings: Settings, proxies: Clip, looked: _Found, regions: PlateRegions | None
) -> ShadowDecision:
    """The decision that follows from what was ``looked`` for in the ``proxies``."""
    found = looked.pull

    def named(indices: Sequence[int]) -> str:
        return compact([proxies.frames.first + index for index in indices])

    if found.shadow is None:
        asked = settings.shadow == "pulled"
        warnings = ("The shadow cannot be pulled. Give one (--shadow given).",) if asked else ()
        many = len(found.clear) >= _ALONE
        alone = f"; rendered by themselves, frames {named(found.clear)} may show it" if many else ""
        if not alone and found.refused in _IN_PART and len(proxies.frames) >= _LONG:
            alone = "; a part of the range, rendered by itself, may show it"
        helps = f"; {_STAYS}: {_helps(found)}" if found.stays else ""
        return ShadowDecision(None, f"{found.reason}{looked.told}{alone}{helps}", warnings, found.refused)
    shadow = PulledShadow(
        found.shadow.planes, settings.shadow_strength, settings.shadow_blur, settings.shadow_tint
    )
    source = f"; on ground and walls alone, by {regions.source}" if regions and regions.source else ""
    carried = (
        f"; carried from the nearest frame that shows it into {named(found.carried)}" if found.carried else ""
    )
    missing = f"Part of the pulled shadow may be missing: {_STAYS}, and {_helps(found)}."
    out = (
        f"The shadow goes out in frames {named(found.bare)}, between others. A clean plate (--clean-plate) may show "
        "it there."
    )
    warnings = (*((missing,) if found.stays else ()), *((out,) if found.bare else ()))
    return ShadowDecision(
        shadow, f"{found.reason}{looked.told}{carried}{source}", warnings, beside=looked.beside
    )


def _found(
    features: ShotFeatures,
    track: CameraTrack,
    sure: bool,
    watch: Watch,
    clean: Clean | None,
    regions: PlateRegions | None,
) -> _Found:
    """What is pulled of the frames, by those beside them where they alone cannot."""
    proxies, beyond = features.clip, features.beyond
    shot, lies = features.shot(track, sure), shaded(proxies, regions)
    reached, unread = 0, ""

    def step(done: int) -> None:
        nonlocal reached
        if done % LOOKED_AT == 0:
            proxies.forget()
        reached = max(reached, done)  # who looks again does not go back
        watch.step(reached)
        watch.check()

    if clean is not None or beyond is None:
        return _Found(pull_shadow(shot, step, clean, lies))

    def with_beside(needs: int | None) -> _Found | None:
        nonlocal unread
        try:
            with beyond(proxies, needs, step) as wider:
                if wider is None:
                    return None
                pull, frames = _of_wider(wider, len(shot), lies, step), wider.features.clip.frames
        except (FootageError, OutputError) as error:  # what was not asked for is no reason to fail
            unread = f"; frames beside them, which may tell of it, cannot be read: {error}"
            return None
        if pull.shadow is None:
            return _Found(pull, f"; nor do frames {frames} together tell of it")
        step(len(shot))
        return _Found(pull, f"; frames {frames} tell of it", f"{frames} {wider.digest}")

    hardly, needs = stays(shot)
    wide = with_beside(needs) if hardly else None
    if wide is not None and wide.pull.shadow is not None:
        return wide
    alone = _Found(pull_shadow(shot, step, lies=lies))
    if not hardly and alone.pull.refused in _BRIEF:
        wide = with_beside(None)
    if wide is None:
        return replace(alone, told=unread)
    if wide.pull.shadow is not None:
        return wide
    if alone.pull.shadow is not None:
        return alone
    return replace(wide, pull=replace(alone.pull, needs=wide.pull.needs))


def _of_wider(
    wider: Wider, count: int, lies: Callable[[int], Picture | None], step: Callable[[int], None]
) -> Pull:
    """What a shot with frames beside it gives of the ``count`` frames that are rendered; ``lies`` is of these alone."""
    clip, before = wider.features.clip, wider.before
    plain = shaded(clip)

    def own(index: int) -> bool:
        return 0 <= index - before < count

    def told(index: int) -> Picture | None:
        return lies(index - before) if own(index) else plain(index)

    def done(index: int) -> None:
        if index % LOOKED_AT == 0:
            clip.forget()
        step(count // 3 + max(0, min(count, index - before)) // 3)

    asked = range(before, before + count)
    found = pull_shadow(wider.features.shot(wider.track, asked=asked), done, lies=told)
    if found.shadow is None:
        return found
    planes = found.shadow.planes[before : before + count]
    carried, bare = (tuple(one - before for one in all_ if own(one)) for all_ in (found.carried, found.bare))
    return replace(
        found,
        shadow=replace(found.shadow, planes=planes) if planes.any() else None,
        carried=carried,
        bare=bare,
    )


def _helps(found: Pull) -> str:
    """What shows the ground under an actor who hardly moves on."""
    pace = "" if found.needs is None else f" (at this pace some {found.needs} frames)"
    return f"a longer range of plate and matte{pace} or a clean plate (--clean-plate) may show it"


def shaded(proxies: Clip, regions: PlateRegions | None = None) -> Callable[[int], Picture | None]:
    """Where (h, w), any size, a frame shows what a shadow may lie on: by its ``regions``, or all but a blue sky.

    The plate's black bars are no part of it.
    """
    bars = bars_of(proxies)
    inside = None if bars is None else 1 - bars.cover(proxies.size).astype(np.float32)

    def ground(index: int) -> Picture | None:
        known = None if regions is None else regions.shaded(index)
        if known is not None:
            return known
        rgb, matte = (plane[index] / np.float32(255) for plane in (proxies.rgb, proxies.matte))
        sky = plain_sky(rgb, matte)
        return None if sky is None else 1 - sky

    def at(index: int) -> Picture | None:
        known = ground(index)
        if known is None or inside is None:
            return inside if known is None else known
        return np.asarray(inside * cv2.resize(known, inside.shape[::-1]), np.float32)

    return at


def given_clean(clean: Plate | None, proxies: Clip | None, space: str) -> Clean | None:
    """The artist's clean plate, frame by frame, at the width at which a shadow is pulled; its alpha is 0 in holes.

    None where there is none, or nothing is pulled.

    ``space`` is the plate's: a scene-linear one of a display plate (as ``cleanplate`` writes it) is that plate's curve
    undone, and goes through no view.
    """
    if clean is None or proxies is None:
        return None
    own = clean.info.space
    undone = is_scene_linear(own) and not is_scene_linear(space)

    def frame(index: int, part: Box) -> CleanFrame:
        left, top, right, bottom = part
        height, width = proxies.size
        number = proxies.frames.first + index
        pixels, alpha = clean.read(number).pixels, clean.read_alpha(number)
        small = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.float32)
        seen = np.full(small.shape[:2], _ALWAYS, np.int32)
        if alpha is not None and alpha.any():  # 0 everywhere says nothing
            known = (alpha > _KNOWN).astype(np.float32)
            seen[cv2.resize(known, (width, height), interpolation=cv2.INTER_AREA) < _KNOWN] = 0
        shown = layer_to_display(linearise(small, own, space), space) if undone else to_display(small, own)
        codes = np.round(shown * 255).astype(np.uint8)
        codes[seen == 0] = proxies.rgb[index][seen == 0]  # so that no edge of a hole is taken for texture
        light = linear(codes[top:bottom, left:right])
        return CleanFrame(light, seen[top:bottom, left:right], np.zeros(light.shape[:2], np.float32))

    return frame


def _unused(settings: Settings, decision: ShadowDecision) -> ShadowDecision:
    """The decision, with a word about settings of a pulled shadow that have no effect on another."""
    of_pulled = {
        "--shadow-strength": settings.shadow_strength not in (0, 1),
        "--shadow-blur": settings.shadow_blur != 0,
        "--shadow-tint": settings.shadow_tint != 0,
    }
    names = [name for name, given in of_pulled.items() if given]
    if not names:
        return decision
    warning = f"{', '.join(names)}: without effect, the shadow is not pulled (--shadow {settings.shadow})."
    return ShadowDecision(decision.value, decision.reason, (*decision.warnings, warning))

"""The condition prepared for a shot: other people taken out, the hole filled, the borders outpainted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop, View, choose_anchor
from ..camera.composite import CompositeMatch, find_composite
from ..camera.cover import path_of
from ..camera.motion import Motion
from ..camera.placement import Placement, around, read_place
from ..camera.space import SpaceTrack
from ..contract.shot import Condition
from ..engines.protocol import Watch
from ..footage import compact, read_condition
from ..seeing.other_actor import OtherActor, find_other_actor, hole_of
from ..seeing.outpaint import Extended, extended_by_artist, is_place_of, outpaint
from ..seeing.protocol import RegionMap, Subject, Subjects
from ..seeing.readers import Readers
from ..seeing.shift_map import ShiftMap
from .clip import Clip
from .decision import Decision
from .placement import choose_placement, cover_in_space
from .placement_told import (
    filled_behind,
    hangs_in_sky,
    hardly_shown,
    made_up,
    much_enlarged,
    runs_out,
    stretched_below,
)
from .plate_regions import PlateRegions
from .preflight import Inputs
from .roll import warn_of_roll
from .stand import stand
from .standpoint import Standpoint, read_standpoint
from .tint import unlike_in_colour
from .widening import held_by, widen_placed

Picture = NDArray[np.float32]

BY_ARTIST = "you"
_COMPOSITE_FRAMES = 64
_WHOLE = 0.999
"""Share of the frame that a picture covers which covers all of it."""
_KNOWN, _OFF = 0.01, 0.04
"""A hole's share of a pixel that is known all the same, and the median difference (display 0..1) that no painting over
makes."""


@dataclass(frozen=True)
class Place:
    """What is moved by the camera, and how it came to be.

    ``condition`` (hc, wc, 3) display, without who else was in it, and ``other`` says who that was; ``backdrop`` moves
    it, None where no camera leads. ``picture`` is the place as far as the shot looks, where that is more than the
    condition, and ``filled_by`` what made it; ``fitted`` says at which frame the condition fits, and ``placement`` how
    it is laid into that; ``standpoint`` is what is known of where the actor stands.
    """

    condition: Picture
    backdrop: Backdrop | None
    other: OtherActor
    picture: Extended | None = None
    filled_by: str = ""
    fitted: str = ""
    warnings: list[str] = field(default_factory=list)
    placement: Decision[Placement] = field(default_factory=lambda: Decision(Placement()))
    standpoint: Standpoint | None = None


@dataclass(frozen=True)
class _Laid:
    """The ``backdrop``, at which frame it ``fits``, in words, and how the condition is laid into that."""

    backdrop: Backdrop
    fits: str
    placement: Decision[Placement]
    standpoint: Standpoint


@dataclass(frozen=True)
class _Seen:
    """Who else is in the condition, the place in the clip of a frame whose actor it shows, and its kind in words."""

    other: OtherActor
    index: int | None
    kind: str
    warnings: list[str]
    regions: RegionMap | None = None


def look_ahead(inputs: Inputs, readers: Readers) -> None:
    """Ask the network who stands out of the condition, where ``see_place`` will: it finds the cached answer then."""
    condition, hint = inputs.condition.pixels, inputs.hint
    if inputs.others is None:
        readers.by_subjects(lambda subjects: None if subjects is None else subjects.find(condition, hint))


def see_place(
    inputs: Inputs, clip: Clip, track: Motion | None, readers: Readers, plate: PlateRegions, watch: Watch
) -> Place:
    """The condition moved by the track, fitted to the anchor frame, without who else was in it.

    Without a ``track`` no backdrop is made. ``plate`` is what the plate shows. ``watch`` hears of a hundred parts of
    the filling. Raises ``Cancelled``.
    """
    watch.step(0)
    seen = _look(inputs, clip, readers)
    watch.check()
    condition, hole = inputs.condition.pixels, _hole(inputs, seen.other)
    if inputs.job.shot.condition.extended:
        own, told = _by_artist(inputs, hole)
        mine, notes = _own_part(own, condition), [*seen.warnings, *readers.warnings, *told]
        if track is None:
            return Place(mine, None, seen.other, own, BY_ARTIST, seen.kind, notes)
        # The place of an earlier take lies as it did there.
        laid = _lay(inputs, clip, track, seen, condition, hole, plate, readers)
        if not is_place_of(own, condition, laid.backdrop):
            laid = _lay(inputs, clip, track, seen, mine, None, plate, readers, elsewhere=True)
        moved, lies = laid.backdrop.track, laid.placement.value
        backdrop = Backdrop(mine, moved, clip.aspect, view=inputs.view, placement=lies).within(
            own.surroundings
        )
        notes += _out_of_reach(backdrop, clip)
        return Place(
            mine, backdrop, seen.other, own, BY_ARTIST, laid.fits, notes, laid.placement, laid.standpoint
        )
    if track is None:
        filled = readers.fill.behind(condition, hole)
        return Place(filled, None, seen.other, None, "", seen.kind, [*seen.warnings, *readers.warnings])
    laid = _lay(inputs, clip, track, seen, condition, hole, plate, readers)
    backdrop, place = laid.backdrop, None
    if not inputs.engine.facts.invents:
        place = outpaint(condition, hole, backdrop, readers.fill, seen.other.stays, _hundredths(watch))
    if place is None:
        condition = readers.fill.behind(condition, hole)
    else:
        backdrop = backdrop.within(place.surroundings)
        condition = _own_part(place, condition)
    warnings = [*seen.warnings, *readers.warnings, *_out_of_reach(backdrop, clip)]
    filled_by = readers.fill.name if place else ""
    if place is not None:
        path = path_of(backdrop.track, clip.aspect, inputs.view)
        shape = condition.shape[1] / condition.shape[0]
        network = filled_by != ShiftMap.name
        view = (path, laid.placement.value, shape, inputs.view.aspect)
        told = [*made_up(*view, network), *runs_out(*view, clip.frames, network)]
        # What a network fills is no stretched picture, and all that is beyond may be told already.
        warnings += told or ([] if network else stretched_below(*view, clip.frames))
        if not network:
            theirs = hole_of(seen.other, inputs.condition.pixels)
            warnings += filled_behind(*view, theirs, clip.matte)
    return Place(
        condition,
        backdrop,
        seen.other,
        place,
        filled_by,
        laid.fits,
        warnings,
        laid.placement,
        laid.standpoint,
    )


def _hundredths(watch: Watch) -> Callable[[float], None]:
    def step(share: float) -> None:
        watch.step(round(100 * share))
        watch.check()

    return step


def _look(inputs: Inputs, clip: Clip, readers: Readers) -> _Seen:
    """Who else is in the condition: given, pointed at, or found."""
    condition, asked = inputs.condition.pixels, inputs.job.shot.condition
    given, hint = inputs.others, inputs.hint
    match = _match(inputs, clip, known=given is not None or hint is not None)
    copy = None
    if match is not None:
        copy = Subject(match.subject, match.score, "its likeness to the plate's own actor")
    settled = given is not None or hint is not None
    regions = readers.regions_of(condition)

    def find(subjects: Subjects | None) -> OtherActor:
        return find_other_actor(
            condition,
            asked.kind,
            given=given,
            hint=hint,
            copy=copy,
            subjects=subjects,
            pointed=readers.pointed,
            regions=None if settled else regions,
            failed=readers.failed,
        )

    other = find(None) if given is not None else readers.by_subjects(find)
    if match is None:
        return _Seen(other, None, kind_of(asked.kind, other, settled), other.warnings, regions)
    index = match.index * _stride(clip)
    frame = clip.frames.first + index
    notes = f"The actor of frame {frame} is painted into the condition picture; they are not used twice."
    kind = f"composite, the actor of frame {frame} is in it"
    return _Seen(other, index, kind, [notes, *other.warnings], regions)


def kind_of(asked: str, other: OtherActor, settled: bool) -> str:
    """What kind of picture the condition is, and whence that is known.

    ``asked``: auto, background or composite; ``settled``: an artist showed who the ``other`` is.
    """
    if settled:
        return "composite, as you showed it"
    if asked != "auto":
        return f"{asked}, as asked for"
    if other.mask is not None:
        return "composite, somebody was found in it"
    asks = bool(other.warnings)
    return f"background, {'though somebody may be' if asks else 'nobody was found'} in it"


def _lay(
    inputs: Inputs,
    clip: Clip,
    track: Motion,
    seen: _Seen,
    condition: Picture,
    hole: Picture | None,
    plate: PlateRegions,
    readers: Readers,
    elsewhere: bool = False,
) -> _Laid:
    """The condition laid into the anchor frame, and moved by the track from there on.

    ``elsewhere``: an artist has extended it, and it need not be moved to cover the frames.
    """
    settings, view, size = inputs.job.settings, inputs.view, (condition.shape[0], condition.shape[1])
    asked = read_place(settings.place, settings.fit, size, view.aspect)
    anchor = seen.index
    if settings.anchor is not None:
        anchor = settings.anchor - clip.frames.first
    # What is inside of bars or a rim is laid, unless the picture lies as it was said or painted.
    box = inputs.condition.inner if asked is None and seen.index is None else None
    left, top, wide, high = box or (0, 0, size[1], size[0])

    def whole(laid: Placement) -> Placement:
        return laid if box is None else around(laid, box, size, view.aspect)

    if anchor is None:
        first = asked or whole(Placement(settings.fit))
        present = np.array([bool((clip.matte[index] > 127).any()) for index in clip.indices()])
        anchor = choose_anchor(track, clip.aspect, size[1] / size[0], view, first, present)
    moved = track.relative_to(anchor)
    standpoint = read_standpoint(
        clip,
        moved.flat(),
        anchor,
        view,
        condition,
        hole,
        seen.regions,
        plate,
        readers,
        settings.horizon,
        seen.other,
    )
    painted = None if seen.index is None else clip.frames.first + seen.index
    laid = standpoint if box is None else standpoint.inside(box, size)
    # In a camera in 3-D the horizons lie on each other anyway.
    found = None if isinstance(moved, SpaceTrack) else laid
    rows = inputs.plate.info.display_window.height
    # Beyond it another paints, or has painted; or the frame was finished around an actor who may be the plate's.
    said = inputs.job.shot.condition
    free = not (elsewhere or inputs.engine.facts.invents)
    flat = free and found is not None and said.kind != "composite"
    path = path_of(moved, clip.aspect, view) if flat else None
    placement = choose_placement(settings, painted, (high, wide), view.aspect, found, path, rows, whole)
    hangs: tuple[str, ...] = ()
    if found is not None and painted is None and not (asked is not None and asked.moved):
        hangs = hangs_in_sky(found, placement.value, wide / high, view.aspect, whole)
    centred = asked is None and painted is None and settings.fit == "fill" and settings.anchor is None
    if free and found is None and centred:

        def standing(one: Placement) -> SpaceTrack:
            track = stand(inputs, moved, size, whole(one), False, standpoint)[0]
            assert isinstance(track, SpaceTrack)
            return track

        placement = cover_in_space(standing, settings.fit, (high, wide), view, laid.ground, rows)
    if box is not None:
        reasons = ["by what is inside of its bars or rim", *([placement.reason] if placement.reason else [])]
        placement = replace(placement, value=whole(placement.value), reason="; ".join(reasons))
    moved, stands, doubts = stand(inputs, moved, size, placement.value, painted is not None, standpoint)
    # What was placed beside the frame is meant so.
    fills = asked is None or asked.shown(size[1] / size[0], view.aspect)[1] > _WHOLE
    fits_whole = settings.fit == "fill" and settings.anchor is None and box is None
    # What a network goes on with is no copy of what is there.
    if settings.widen and free and fills and fits_whole and readers.fill.name == ShiftMap.name:
        borders, theirs = path_of(moved, clip.aspect, view, borders=True), None if painted is None else hole
        held = held_by(placement.value, moved, standpoint, size[1] / size[0], view, theirs)
        placement = widen_placed(placement, borders, size, view.aspect, held)
    unknown = hole if hole is not None and bool((hole > 0).any()) else None
    backdrop = Backdrop(condition, moved, clip.aspect, None, unknown, view, placement.value)
    strip = () if asked is not None and asked.moved else hardly_shown(backdrop, (left, top, wide, high))
    soft = much_enlarged(placement.value, size, view.aspect, rows)
    tint, roll = unlike_in_colour(clip, condition), warn_of_roll(clip, anchor, condition, hole)
    warnings = (*placement.warnings, *doubts, *strip, *soft, *tint, *roll, *hangs)
    fits = f"{seen.kind}; it fits at frame {clip.frames.first + anchor}{stands}"
    return _Laid(backdrop, fits, Decision(placement.value, placement.reason, warnings), standpoint)


def _hole(inputs: Inputs, other: OtherActor) -> Picture:
    """Where (hc, wc) nothing of the condition is shown: who goes, and what is transparent."""
    hole = hole_of(other, inputs.condition.pixels)
    own = inputs.condition.hole
    return hole if own is None else np.asarray(np.maximum(hole, own), np.float32)


def _by_artist(inputs: Inputs, hole: Picture) -> tuple[Extended, list[str]]:
    """The place as the artist painted it, and what is to be said of that."""
    asked = inputs.job.shot.condition
    # What was said of an EXR's colours says nothing of the PNG that was painted from it.
    alike = Path(asked.extended).suffix.lower() == Path(asked.path).suffix.lower()
    colour = asked.colour if alike else "auto"
    picture, condition = read_condition(Condition(asked.extended, colour=colour)), inputs.condition.pixels
    own, told = extended_by_artist(picture.pixels, condition, hole, asked.extended), picture.warnings
    known = hole < _KNOWN
    off = np.abs(_own_part(own, condition) - condition)[known] if known.any() else np.zeros(1)
    if np.median(off) > _OFF:
        told.append(
            f"{asked.extended}: where it shows the condition picture, it differs from that by {np.median(off):.0%} of "
            "white, in most of it: it is graded, read in another colour space, or another picture. It is taken as it "
            "is. If that is not meant, save it as NAME_place.png is: display colours, sRGB."
        )
    return own, told


def _own_part(place: Extended, condition: Picture) -> Picture:
    """The condition's own part of the place, where that has its scale; else the condition."""
    rows, columns = condition.shape[:2]
    left, top = place.corner
    if place.scale != (1.0, 1.0):
        return condition
    return np.ascontiguousarray(place.picture[top : top + rows, left : left + columns])


def _out_of_reach(backdrop: Backdrop, clip: Clip) -> list[str]:
    lost = backdrop.out_of_reach()
    if not lost:
        return []
    frames = compact([clip.frames.first + index for index in lost])
    return [
        f"The camera looks farther beyond the picture in frames {frames} than it can be extended: its edge is "
        "repeated there. Give a wider picture, another --anchor, or --camera still."
    ]


def _match(inputs: Inputs, clip: Clip, known: bool) -> CompositeMatch | None:
    """The plate frame whose actor is painted into the condition, where that is to be found out."""
    if inputs.job.shot.condition.kind == "background" or (known and inputs.job.settings.anchor is not None):
        return None
    return find_composite(inputs.condition.pixels, _proxies(clip, inputs.view), inputs.view.aspect)


def _stride(clip: Clip) -> int:
    return -(-len(clip.frames) // _COMPOSITE_FRAMES)


def _proxies(clip: Clip, view: View) -> list[tuple[Picture, Picture]]:
    """The view of at most ``_COMPOSITE_FRAMES`` frames of the clip, evenly spread."""
    return [
        (
            view.cropped(clip.rgb[i], clip.aspect) / np.float32(255),
            view.cropped(clip.matte[i], clip.aspect) / np.float32(255),
        )
        for i in range(0, len(clip.frames), _stride(clip))
    ]

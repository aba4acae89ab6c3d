"""Who is removed from the condition picture: by the artist's hints, the plate's own actor, or networks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from .protocol import Hint, Picture, RegionMap, Subject, Subjects, stacked
from .subject_shadow import subject_shadow

MEND = "actanywhere models pull vision"
_FAILED = "the one that is here failed, for the reason that is told beside this"
_POINT = (
    "A box (--condition-box), strokes (--condition-scribble) or a matte (--condition-matte) say who is meant."
)

_SURE = 0.25
"""Score from which a network is taken to see somebody."""
_SURE_ALONE = 0.45
"""The same where it has to tell by itself whether there is somebody at all."""
_SURE_ACROSS = 0.8
"""The same for it to ask of what goes from border to border, which is the place else: a rider close by."""
_LARGE, _SURE_LARGE = 0.25, 0.6
"""The same of what takes more than this share of the picture: a house has edges that are straight in part."""
_NEAR = 0.25
"""Who it is not sure of goes with somebody no farther away than this share of that one's size: their balloon."""
_HELD = 0.25
"""A thing up to this share of somebody's size may be held by them, or be a piece of them."""
_COVERED = 0.7
"""Share of the plate actor's likeness that a network has to see, for its outline to be taken instead."""
_LIMB = 0.06
"""Up to this share of itself, what the likeness has and the network leaves out is a limb, and no part of the place."""
_SAME = 0.3
"""Share of either that has to overlap for two masks to be of the same."""
_ALIVE = 0.35
"""Share of somebody that has to be person, animal or vehicle, where the regions are known."""
_PROMINENT, _BESIDE_LARGEST = 0.008, 0.25
"""Share of the picture, and of the largest instance, from which an instance is no passer-by of the place."""
_RIM = 0.012
"""Rim added to a hole, as a share of the picture's longer side: an edge is mixed into the picture."""
_CROWD = 3
"""From so many on, whoever is left in a gap between them is one of them whom the network missed."""
_UNSURE = 0.12
"""Probability from which a pixel beside somebody goes with them."""


@dataclass(frozen=True)
class OtherActor:
    """Who goes: ``mask`` (h, w) and ``shadow`` (h, w), or None; ``stays``: prominent things that stay.

    ``summary`` is the line for log, result and sheet; ``warnings`` what an artist has to look at.
    """

    summary: str
    mask: Picture | None = None
    shadow: Picture | None = None
    stays: Picture | None = None
    warnings: list[str] = field(default_factory=list)
    found: list[Subject] = field(default_factory=list)


def find_other_actor(
    picture: Picture,
    kind: str,
    *,
    given: Picture | None = None,
    hint: Hint | None = None,
    copy: Subject | None = None,
    subjects: Subjects | None = None,
    pointed: Subjects | None = None,
    regions: RegionMap | None = None,
    failed: Collection[str] = (),
) -> OtherActor:
    """Who else is in ``picture`` (h, w, 3), a condition of ``kind`` (auto, background, composite).

    ``given`` (h, w) is the artist's matte of them, ``hint`` what the artist points at, ``copy`` the plate's own actor
    where a frame's copy was found. ``subjects`` and ``regions`` are networks' answers where those are here; ``pointed``
    reads a hint without one. Networks that ``failed``, by their roles, are here and need no command that gets them.
    """
    if given is not None:
        return _gone(picture, [Subject(given, 1.0, "your matte")], [], regions)
    if hint:
        return _by_hint(picture, hint, subjects, pointed, regions, failed)
    seen = subjects.find(picture) if subjects is not None else []
    actors, things = _actors_and_things(seen, regions)
    if kind == "background":
        return _in_a_background(actors, things)
    if copy is not None:
        same = [one for one in seen if _overlap(one.mask, copy.mask) >= _SAME]
        left_out = 1 - _share_of(copy.mask, stacked([one.mask for one in same])) if same else 1.0
        own = same if _LIMB < left_out < 1 - _COVERED else [copy, *same]
        also = [one for one in actors if kind == "composite" and all(one is not other for other in same)]
        gone = _gone(picture, [*own, *also], [one for one in things if one not in own], regions)
        return gone if subjects is not None else _guessed(gone, failed)
    if actors and kind == "auto" and regions is None:
        place = [one for one in actors if _is_place(one)]
        others = [one for one in actors if all(one is not other for other in place)]
        if not others and all(_spans(one.mask) and one.score < _SURE_ACROSS for one in place):
            return _place_alone(place, [*things, *place])
        sure = any(one.score >= _SURE_ALONE for one in others)
        if not sure:
            return _asked(actors, things)
        return _unsure_of(_taken(_gone(picture, others, [*things, *place], regions)), things)
    if actors:
        gone = _gone(picture, actors, things, regions)
        return gone if regions is not None else _unsure_of(gone, things)
    return _nobody(kind, things, subjects, regions, failed)


def hole_of(other: OtherActor, picture: Picture) -> Picture:
    """Where (h, w) of the ``picture`` nothing of it is shown: who goes, grown where it is unsure, and their shadow."""
    if other.mask is None:
        return np.zeros(picture.shape[:2], np.float32)
    rim = max(2, round(_RIM * max(picture.shape[:2])))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    parts = [(other.mask > _UNSURE).astype(np.float32)]
    if other.shadow is not None:
        parts.append((other.shadow > 0.3).astype(np.float32))
    hole = cv2.dilate(stacked(parts), disc)
    if cv2.connectedComponents((other.mask > 0.5).astype(np.uint8))[0] > _CROWD:
        hole = cv2.morphologyEx(hole, cv2.MORPH_CLOSE, disc)
    # Whom the lower border cuts off goes down to it: no scrap of a shoe stays between the two.
    below = cv2.copyMakeBorder(hole, 0, rim, 0, 0, cv2.BORDER_CONSTANT, value=1)
    closed = cv2.morphologyEx(below, cv2.MORPH_CLOSE, disc)[:-rim]
    hole[-2 * rim :] = np.maximum(hole[-2 * rim :], closed[-2 * rim :])
    return np.asarray(hole, np.float32)


def _gone(
    picture: Picture, actors: list[Subject], things: list[Subject], regions: RegionMap | None
) -> OtherActor:
    """These go, and their shadow."""
    mask = stacked([one.mask for one in actors])
    shadow = subject_shadow(picture, mask, None if regions is None else regions.of("ground"))
    sources = " and ".join(dict.fromkeys(one.source for one in actors))
    sure = max(one.score for one in actors)
    summary = f"found by {sources}" if sources != "your matte" else "as your matte says"
    summary += f" (sure {sure:.2f})" if sources != "your matte" else ""
    summary += f", {100 * float((mask > 0.5).mean()):.1f} % of the picture"
    made_out = "what was made out of their shadow goes too"
    summary += f"; {made_out if (shadow > 0.5).any() else 'no shadow of theirs was made out'}"
    if things:
        summary += f"; a prominent thing ({_places(things)}) stays"
    stays = stacked([one.mask for one in things]) if things else None
    return OtherActor(summary, mask, shadow, stays, [], actors)


def _by_hint(
    picture: Picture,
    hint: Hint,
    subjects: Subjects | None,
    pointed: Subjects | None,
    regions: RegionMap | None,
    failed: Collection[str],
) -> OtherActor:
    meant = subjects.find(picture, hint) if subjects is not None else []
    if not meant and pointed is not None:
        meant = pointed.find(picture, hint)
    if not meant:
        return OtherActor(
            "nobody was found where you pointed",
            warnings=[
                f"Nobody was found in the condition picture where you pointed; all of it stays. {_POINT}"
            ],
        )
    mask = stacked([one.mask for one in meant])
    if hint.goes is not None:
        mask = np.maximum(mask, hint.goes)
    if hint.stays is not None:
        mask = mask * (1 - hint.stays)
    source = f"{meant[0].source}, where you pointed"
    gone = _gone(picture, [Subject(np.asarray(mask, np.float32), meant[0].score, source)], [], regions)
    return gone if subjects is not None else _guessed(gone, failed)


def _actors_and_things(seen: list[Subject], regions: RegionMap | None) -> tuple[list[Subject], list[Subject]]:
    """The actors, also whom the regions show besides, and what else is prominent, among what a network saw."""
    if regions is None:
        sure = [one for one in seen if one.kind != "thing" and one.score >= _SURE]
    else:
        alive = regions.of("person", "animal", "vehicle")
        sure = [one for one in seen if _share_of(one.mask, alive) >= _ALIVE]
        sure += _instances(regions, sure)
    others = [one for one in seen if all(one is not other for other in sure)]
    along = [one for one in others if any(_goes_along(one, other) for other in sure)]
    left = [one for one in others if all(one is not other for other in along)]
    return [*sure, *along], left


def _goes_along(one: Subject, other: Subject) -> bool:
    """Whether somebody takes this along: they touch, and it is smaller, a thing much smaller, than they are."""
    share = float(one.mask.sum()) / max(1e-6, float(other.mask.sum()))
    return share < (_HELD if one.kind == "thing" else 1.0) and _touch(one.mask, other.mask)


def _instances(regions: RegionMap, sure: list[Subject]) -> list[Subject]:
    """Instances that the subject network left out: prominent ones, and those that touch whom it found."""
    sizes = [float((one.mask > 0.5).mean()) for one in regions.instances]
    largest = max([*sizes, *(float((one.mask > 0.5).mean()) for one in sure)], default=0.0)
    found = []
    for one, size in zip(regions.instances, sizes, strict=True):
        known = any(_share_of(one.mask, other.mask) > 0.7 for other in sure)
        prominent = size >= _PROMINENT and size >= _BESIDE_LARGEST * largest and not sure
        carried = any(_touch(one.mask, other.mask) for other in sure)
        if not known and (prominent or carried):
            found.append(one)
    return found


def _in_a_background(actors: list[Subject], things: list[Subject]) -> OtherActor:
    if not actors:
        return OtherActor("none: the picture is said to be a background")
    return OtherActor(
        f"left where they are, since the picture is said to be a background: {_places(actors)}",
        stays=stacked([one.mask for one in [*actors, *things]]),
        warnings=[
            f"Somebody stands in the condition picture, which is said to be a background: {_places(actors)}, found by "
            f"{actors[0].source}. Set --condition-kind to composite to take them out."
        ],
    )


def _taken(gone: OtherActor) -> OtherActor:
    """The same where nobody said that somebody is there, and the network tells no kinds: how to keep them."""
    warning = (
        f"Who is taken out of the condition picture ({_places(gone.found)}) was found by {gone.found[0].source}, which "
        "does not tell an actor from a prominent thing. --condition-kind background keeps them, --condition-kind "
        "composite says that it is right."
    )
    return replace(gone, warnings=[*gone.warnings, warning])


def _unsure_of(gone: OtherActor, left: list[Subject]) -> OtherActor:
    """The same; what is ``left`` that may well be somebody too, as large as those who go, is told."""
    least = max(_PROMINENT, _BESIDE_LARGEST * max(_size(one) for one in gone.found))
    doubtful = [one for one in left if one.kind != "thing" and _size(one) >= least]
    if not doubtful:
        return gone
    boxes = "; ".join(filter(None, map(_box, [*gone.found, *doubtful])))
    warning = (
        f"Somebody or something stays in the condition picture beside who is taken out ({_places(doubtful)}): "
        f"{doubtful[0].source} is not sure of it. Boxes around all (--condition-box, separated by semicolons: {boxes}) "
        "take it out too."
    )
    return replace(gone, warnings=[*gone.warnings, warning])


def _asked(actors: list[Subject], things: list[Subject]) -> OtherActor:
    """Nobody is surely seen, and nothing tells an actor from a prominent thing: the artist is asked."""
    seen = stacked([one.mask for one in actors])
    small = float((seen > 0.5).mean()) < _PROMINENT
    return OtherActor(
        f"perhaps, and left: {_places(actors)}",
        stays=stacked([one.mask for one in [*actors, *things]]),
        warnings=[]
        if small
        else [
            f"Somebody or something prominent is in the condition picture ({_places(actors)}, found by "
            f"{actors[0].source}, which does not tell an actor from a thing), and stays there. --condition-kind "
            "composite takes it out, --condition-kind background says that it belongs to the place."
        ],
    )


def _place_alone(place: list[Subject], things: list[Subject]) -> OtherActor:
    """Nothing is seen but what the picture shows from border to border: a row of houses, a skyline."""
    return OtherActor(
        f"none: what {place[0].source} sees goes from border to border and is taken for the place "
        f"({_places(place)}); --condition-kind composite takes it out",
        stays=stacked([one.mask for one in things]),
    )


def _nobody(
    kind: str,
    things: list[Subject],
    subjects: Subjects | None,
    regions: RegionMap | None,
    failed: Collection[str],
) -> OtherActor:
    stays = stacked([one.mask for one in things]) if things else None
    if kind == "auto":
        mend = _mend(failed, "subjects", "regions")
        blind = (
            f"; without a network ({mend}) only the plate's actor, as these frames show them, is looked for, or whom "
            "--condition-box shows"
        )
        left = f"; a prominent thing ({_places(things)}) stays" if things else ""
        return OtherActor(
            f"none was found{blind if subjects is None and regions is None else left}", stays=stays
        )
    reader = subjects.name if subjects is not None else None
    seen = f" {reader} saw only a thing ({_places(things)})." if things else ""
    looked = (
        f"neither the plate's actor nor anybody else ({reader}) was"
        if reader
        else "the plate's actor was not"
    )
    lacking = [name for name, one in (("subjects", subjects), ("regions", regions)) if one is None]
    sure = f" Networks see more: {_mend(failed, *lacking)}." if lacking else ""
    return OtherActor(
        "none was found in a composite: whoever is in it stays",
        stays=stays,
        warnings=[
            f"The condition is said to be a composite, but {looked} found in it: whoever is in the picture stays "
            f"there.{seen} {_POINT}{sure}"
        ],
    )


def _mend(failed: Collection[str], *lacking: str) -> str:
    """What would make a guess sure: the command that gets networks, unless those of the ``lacking`` roles are here."""
    return _FAILED if all(role in failed for role in lacking) else MEND


def _guessed(gone: OtherActor, failed: Collection[str]) -> OtherActor:
    """The same, said to be a guess."""
    warning = f"The second actor's outline is a guess by colour; a network makes it sure: {_mend(failed, 'subjects')}."
    return replace(gone, summary=f"{gone.summary}; a guess", warnings=[*gone.warnings, warning])


def _places(found: list[Subject]) -> str:
    """Where they are, as boxes that can be given back: x,y,w,h."""
    boxes = [box for one in found[:3] if (box := _box(one))]
    share = 100 * float((stacked([one.mask for one in found]) > 0.5).mean())
    return f"{share:.1f} % of it at {' and '.join(boxes)}"


def _box(one: Subject) -> str:
    """The box around somebody, x,y,w,h; empty where nothing of them is sure."""
    rows, columns = np.flatnonzero((one.mask > 0.5).any(1)), np.flatnonzero((one.mask > 0.5).any(0))
    return f"{columns[0]},{rows[0]},{np.ptp(columns) + 1},{np.ptp(rows) + 1}" if len(rows) else ""


def _size(one: Subject) -> float:
    """The share of the picture that somebody takes."""
    return float((one.mask > 0.5).mean())


def _is_place(one: Subject) -> bool:
    """Whether somebody is rather what the picture is of: a row of houses from border to border, or a house."""
    return _spans(one.mask) or (_size(one) > _LARGE and one.score < _SURE_LARGE)


def _spans(mask: Picture) -> bool:
    """Whether it goes from the picture's left border to its right one."""
    solid, edge = mask > 0.5, max(1, mask.shape[1] // 100)
    return bool(solid[:, :edge].any() and solid[:, -edge:].any())


def _share_of(mask: Picture, within: Picture) -> float:
    return float((mask * within).sum() / max(1e-6, float(mask.sum())))


def _overlap(one: Picture, other: Picture) -> float:
    return max(_share_of(one, other), _share_of(other, one))


def _touch(one: Picture, other: Picture) -> bool:
    """Whether one lies beside the other, within a share of the other's size."""
    body = (other > 0.5).astype(np.uint8)
    reach = 2 * max(2, round(_NEAR * float(np.sqrt(body.sum())))) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return bool((np.asarray(cv2.dilate(body, disc)) * (one > 0.5)).any())

"""Splash, spray and dust as a compositor pulls them: what lies over the clean plate beside the actor, and is brighter.

The plate is A c + (1 - A) B: of the clean plate B shows as much as what lies over it lets through. The colour c is one
for the shot. Beside the actor and farther away the same is looked for: where the plate does it by itself (waves,
leaves), nothing is pulled.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.alignment import Box
from ..footage import forget, processors, spilled
from .brighter import BESIDE, LOW, REACH, RIM, SURE, Look, look_beside
from .clean_plate import CleanFrame, clean_frame
from .outlined import outlined
from .shot_frames import Codes, Flags, Plane, ShotFrames, linear
from .steady import Feet, away_from, feet_of, moved
from .surface import Surface

_LOOKED_AT, _AT_ONCE = 64, 4
_MIDDLE = (0.2, 0.5)
"""Ranks of the samples that are the clean plate: spray brightens a place, a shadow darkens it, each for a while."""
_JOINS, _ON_WATER = 0.15, 0.7
"""How near to the actor it has to begin, in heights of theirs, and where boards and wakes are between."""
_TOP = 0.9
"""Rank of the strongest differences, which show the colour."""
_FEWEST = 200
_OFF, _OFF_LEAST = 0.5, 0.02
"""How far, against its strength and in light, a difference may point away from the colour."""
_AS_BRIGHT = 0.1
"""How much it counts, against light, that it is as bright everywhere: less so in its own shade."""
_BLUEST = 3.0
"""How much more blue than red it may be: what is bluer is the sky, mirrored in water."""
_SMALLEST = 3e-3
"""Area of the smallest part, in squares of the actor's height."""
_NEIGHBOURS, _LASTING = 2, 0.3
"""Frames before and after that have to show something there too, and how much of them."""
_SAME = 0.4
"""Share of what is beside the actor that may be found away from them."""
_FAR = 1.5
"""Heights of the actor from which on the plate is what it is by itself."""
_FRAMES, _MOST, _OF_ALL, _SHOWN = 3, 12, 1 / 3, 0.01
"""Frames that have to show it (a share of all, at least and at most so many), and over how much, in squares of the
actor's height."""
_STAYS = 0.6
"""Share of the frames, from the first that shows it to the last, that have to show it."""
_COVERED = 0.3
_EDGE = 0.06
"""The matte above which a pixel may be the actor's."""
_UNKNOWN = 255
_BY_ITSELF = (
    "the plate does the same away from the actor ({:.1%} of it, beside them {:.1%}): it moves by itself, as water and "
    "leaves do, or its camera is not followed"
)
_BY_SURFACE = "; the water moves by itself: what it shows along each row is taken for the place without it"
_MIRRORED = "what is bright beside the actor is much bluer than spray: the sky, mirrored in the water"
_LAID = 13
"""Of 255: what hides less is not seen."""


@dataclass(frozen=True)
class Interaction:
    """``alpha`` (T, h, w) 8-bit is how much of the place it hides.

    ``whole`` (T, h, w) 8-bit is the same before it fades out, by which its colour is found; ``clean`` (T, h, w, 3) is
    the clean plate, in 8-bit display.
    """

    alpha: Codes
    whole: Codes
    clean: Codes

    def layer(self, index: int, light: Plane, matte: Plane, to_light: Callable[[Plane], Plane]) -> Plane:
        """(H, W, 4) premultiplied light over the place in a frame; over the clean plate it is the plate.

        ``light`` (H, W, 3) is the plate's own, scene-linear; ``matte`` (H, W) is 1 on the actor, behind whom it goes
        on; ``to_light`` makes light of display values 0..1.
        """
        (height, width), (h, w) = matte.shape, self.alpha.shape[1:]
        if not self.alpha[index].any():
            return np.zeros((height, width, 4), np.float32)
        small, edge = (cv2.resize(one, (w, h), interpolation=cv2.INTER_AREA) for one in (light, matte))
        alpha, whole = (one[index].astype(np.float32) / 255 for one in (self.alpha, self.whole))
        under = to_light(self.clean[index].astype(np.float32) / 255)
        there = (alpha > 0) & (whole > 0) & ~_with_edge(edge > _EDGE)
        known = there.astype(np.float32)[..., None]
        own = np.maximum(small - (1 - whole[..., None]) * under, 0) / np.maximum(whole, 1 / 255)[..., None]
        # Where the actor hides it, its colour is that beside them.
        weight = np.dstack([own * alpha[..., None], alpha]) * known
        beside = cv2.GaussianBlur(weight, (0, 0), RIM * h)
        colour = np.where(there[..., None], own, beside[..., :3] / np.maximum(beside[..., 3:], 1e-4))
        flat = cv2.resize(np.dstack([colour, small, known]).astype(np.float32), (width, height))
        share = np.clip(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)[..., None]
        fine = (light - flat[..., 3:6]) * share * flat[..., 6:]
        return np.concatenate([np.maximum(flat[..., :3] + fine, 0) * share, share], -1).astype(np.float32)

    def forget(self) -> None:
        """Let go of the memory that looking at frames took."""
        forget(self.alpha, self.whole, self.clean)


@dataclass(frozen=True)
class PulledInteraction:
    """``found`` is None where there is none; ``reason`` says in words what was found, or why not. ``shown`` are the
    frames (from 0) that show it, ``gone`` those between them that do not.
    """

    found: Interaction | None
    reason: str
    shown: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()


@dataclass
class _Beside:
    """Of each row, over all frames: how much joins the actor and where it could, and the same away from them."""

    near: NDArray[np.float64]
    far: NDArray[np.float64]

    def shares(self) -> tuple[float, float]:
        """How much of the place it hides near the actor, and away from them, in the rows where it is near them."""
        rows = (self.near[0] > 0) & (self.far[1] > 0)
        found = self.near[0, rows]
        if not found.sum():
            return 0, 0
        near, far = (side[0, rows] / side[1, rows] for side in (self.near, self.far))
        return float(np.average(near, weights=found)), float(np.average(far, weights=found))


def pull_interaction(
    shot: ShotFrames,
    shaded: Callable[[int], Flags | None] = lambda index: None,
    step: Callable[[int], None] = lambda done: None,
    given: Callable[[int, Box], CleanFrame] | None = None,
) -> PulledInteraction:
    """What of splash, spray and dust goes with the actor of ``shot``; ``step`` hears how many frames are done.

    ``shaded`` (h, w) is true where a frame lies in the actor's shadow, if that is known: it is no sample of the clean
    plate. ``given`` is the artist's clean plate; left out, one is made of the shot's other frames, and where nothing is
    found so on water, of the water's own look.
    """
    feet = {
        index: stands
        for index in range(len(shot))
        if index not in shot.apart and (stands := _stands(shot.actor(index))) is not None
    }
    if not feet:
        return PulledInteraction(None, "nobody is seen in the plate")

    def hidden(index: int) -> Flags:
        shade = shaded(index)
        return shot.actor(index) if shade is None else np.asarray(shot.actor(index) | shade)

    other_frames = replace(shot, actor=hidden, ranks=_MIDDLE)

    def stacked(index: int, part: Box) -> CleanFrame:
        return clean_frame(other_frames, index, part)

    # A given clean plate is read from files, one frame after the other.
    pulled = _pulled(shot, feet, given or stacked, 1 if given else min(_AT_ONCE, processors()), step)
    # No shadow lies on water.
    if given or pulled.found is not None or shaded(next(iter(feet))) is not None:
        return pulled
    surface = Surface(shot, feet)
    if not surface.moves(stacked):
        return pulled
    own = _pulled(shot, feet, surface.clean, 1, lambda done: step(len(shot)), _ON_WATER)
    if own.found is not None:
        return replace(own, reason=f"{own.reason}{_BY_SURFACE}")
    return own if own.reason == _MIRRORED else pulled


def _pulled(
    shot: ShotFrames,
    feet: dict[int, Feet],
    clean: Callable[[int, Box], CleanFrame],
    at_once: int,
    step: Callable[[int], None],
    begins: float = _JOINS,
) -> PulledInteraction:
    """What is found against a ``clean`` plate, ``at_once`` so many frames; it ``begins`` so near to the actor."""
    count, (height, width) = len(shot), shot.size
    plates, over = spilled((count, height, width, 3)), spilled((count, height, width))
    covered: list[float] = []
    strong: list[NDArray[np.float32]] = []

    def look(index: int) -> Look:
        return look_beside(shot, index, clean(index, (0, 0, width, height)), feet[index])

    with ThreadPoolExecutor(at_once) as pool:
        for index, seen in zip(feet, pool.map(look, feet), strict=True):
            plates[index] = _codes(seen.clean)
            over[index] = np.where(seen.free, np.round(seen.over * 254), _UNKNOWN)
            near = seen.away < REACH * feet[index].tall
            covered.append(float((near & seen.free).sum() / max(1, (near & (seen.away > BESIDE)).sum())))
            shows = _largest(_joined(seen.over, seen.away, feet[index], begins) > SURE)
            strong.append(np.hstack([linear(shot.rgb[index])[shows], seen.clean[shows]]))
            step(index + 1)
            if index % _LOOKED_AT == 0:
                forget(shot.rgb, plates, over)
    if np.mean(covered) < _COVERED:
        return PulledInteraction(None, "no frame shows what is behind it, without the actor")
    colour = _colour(np.concatenate(strong))
    if colour is not None and colour[2] > _BLUEST * colour[0]:
        return PulledInteraction(None, _MIRRORED)
    beside = _Beside(np.zeros((2, height)), np.zeros((2, height)))
    alpha, whole = spilled((count, height, width)), spilled((count, height, width))
    if colour is not None:
        _hide(shot, feet, colour, plates, over, alpha, whole, beside, begins)
    kept = spilled((count, height, width))
    shown = []
    for index, stands in feet.items():
        lasting = _lasting(alpha, feet, index)
        if np.count_nonzero(lasting > _LAID) > _SHOWN * stands.tall**2:
            shown.append(index)
            kept[index] = np.round(_behind(lasting, shot.actor(index)))
        if index % _LOOKED_AT == 0:
            forget(alpha, kept)
    fewest = int(np.clip(np.ceil(_OF_ALL * len(feet)), _FRAMES, _MOST))
    if len(shown) < fewest:
        return PulledInteraction(None, f"none that stays for {fewest} frames is seen beside the actor")
    span = [index for index in feet if shown[0] <= index <= shown[-1]]
    if len(shown) < _STAYS * len(span):
        return PulledInteraction(None, f"what is seen comes and goes (in {len(shown)} of {len(span)} frames)")
    own, alone = beside.shares()
    if alone > _SAME * own:
        return PulledInteraction(None, _BY_ITSELF.format(alone, own))
    most = float(np.median([np.quantile(kept[index][kept[index] > _LAID], 0.9) for index in shown])) / 255
    reason = (
        f"pulled from the plate in {len(shown)} of {len(feet)} frames: it hides up to {most:.0%} of the place"
    )
    gone = tuple(index for index in span if index not in shown)
    return PulledInteraction(Interaction(kept, whole, plates), reason, tuple(shown), gone)


def _stands(actor: Flags) -> Feet | None:
    """Where they stand, as tall as they are wide where they are wider (a car, a horse)."""
    feet = feet_of(actor)
    if feet is None:
        return None
    columns = np.flatnonzero(actor.any(0))
    return replace(feet, tall=max(feet.tall, float(columns[-1] - columns[0] + 1)))


def _largest(found: Flags) -> Flags:
    """The largest connected part; all that is false where there is none."""
    number, parts, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8), connectivity=8)
    if number == 1:
        return found
    return np.asarray(parts == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA]))


def _colour(strong: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """(3,) the light of what lies over the place, of the plate's and the clean plate's (N, 6) where that is sure."""
    if len(strong) < _FEWEST:
        return None
    apart = np.linalg.norm(strong[:, :3] - strong[:, 3:], axis=1)
    return np.asarray(np.median(strong[apart >= np.quantile(apart, _TOP), :3], axis=0), np.float32)


def _hide(
    shot: ShotFrames,
    feet: dict[int, Feet],
    colour: NDArray[np.float32],
    plates: Codes,
    over: Codes,
    alpha: Codes,
    whole: Codes,
    beside: _Beside,
    begins: float,
) -> None:
    """Fill ``alpha`` and ``whole`` (T, h, w) with what joins the actor, and add up what is found ``beside`` them."""
    with ThreadPoolExecutor(min(_AT_ONCE, processors())) as pool:
        found = pool.map(lambda index: _alpha(shot, index, colour, plates[index], over[index]), feet)
        for (index, stands), (share, sure) in zip(feet.items(), found, strict=True):
            away, hides = away_from(shot.actor(index)), share * sure
            free = over[index] != _UNKNOWN
            joined = _joined(hides, away, stands, begins)
            plate, clean = linear(shot.rgb[index]), linear(plates[index])
            scale = shot.size[0] / 360
            joined = outlined(joined, _LAID / 255, plate, clean, free, stands.tall, scale)
            for side, hidden, there in (
                (beside.near, joined, free & (away < REACH * stands.tall)),
                (beside.far, hides, free & (away > _FAR * stands.tall)),
            ):
                side += [(hidden * there).sum(1), there.sum(1)]
            alpha[index], whole[index] = np.round(joined * 255), np.round(share * 255)
            if index % _LOOKED_AT == 0:
                forget(shot.rgb, plates, over, alpha, whole)


def _alpha(
    shot: ShotFrames, index: int, colour: NDArray[np.float32], clean: Codes, over: Codes
) -> tuple[Plane, Plane]:
    """(h, w) how much of the place a frame hides, if it is that ``colour``, and (h, w) how sure it is that it does."""
    scale, plate, under = shot.size[0] / 360, linear(shot.rgb[index]), linear(clean)
    # The plate is (A + g) c + (1 - A) B, with a small g: it may be brighter in the sun, darker in its own shade.
    to, apart = colour - under, plate - under
    tt, tc, cc = (to * to).sum(-1), to @ colour, float(colour @ colour) + _AS_BRIGHT
    at, ac = (apart * to).sum(-1), apart @ colour
    scaled = np.maximum(tt * cc - tc * tc, 1e-4)
    share, gain = (at * cc - ac * tc) / scaled, (ac * tt - at * tc) / scaled
    off = np.linalg.norm(apart - share[..., None] * to - gain[..., None] * colour, axis=-1)
    like = (share > 0) & (off < _OFF * share * np.linalg.norm(to, axis=-1) + _OFF_LEAST)
    sure = np.where((over != _UNKNOWN) & like, over.astype(np.float32) / 254, 0)
    soft = np.clip(cv2.GaussianBlur(sure, (0, 0), 0.8 * scale), 0, 1)
    return np.asarray(np.clip(share, 0, 1), np.float32), np.asarray(soft, np.float32)


def _joined(hides: Plane, away: Plane, feet: Feet, begins: float) -> Plane:
    """The parts of what hides the place that begin beside the actor's lower half, fading out away from them."""
    gap = 2 * max(1, round(_JOINS * feet.tall / 6)) + 1
    solid = cv2.morphologyEx(
        (hides > _LAID / 255).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((gap, gap), np.uint8)
    )
    number, parts = cv2.connectedComponents(solid, connectivity=8)
    low = np.arange(len(hides))[:, None] > feet.y - LOW * feet.tall
    near = np.bincount(parts[(away < begins * feet.tall) & low], minlength=number) > 0
    large = np.bincount(parts.ravel(), minlength=number) > _SMALLEST * feet.tall**2
    kept = near & large
    kept[0] = False
    fades = np.clip((REACH * feet.tall - away) / (REACH * feet.tall / 2), 0, 1)
    return np.asarray(np.where(kept[parts], hides, 0) * fades, np.float32)


def _lasting(alpha: Codes, feet: dict[int, Feet], index: int) -> Plane:
    """(h, w) 0..255 what hides the place in a frame and, seen from the actor, thereabouts in a frame beside it too."""
    around = max(1.0, _JOINS * feet[index].tall / 2)
    wide = 2 * round(2 * around) + 1
    most = np.zeros(alpha.shape[1:], np.float32)
    for other in range(index - _NEIGHBOURS, index + _NEIGHBOURS + 1):
        if other != index and other in feet:
            grown = cv2.dilate(alpha[other], np.ones((wide, wide), np.uint8)).astype(np.float32)
            soft = cv2.GaussianBlur(grown, (0, 0), around)
            there = moved(np.dstack([soft, np.full_like(soft, 255)]), feet[other], feet[index])
            # What it does not show may last there.
            most = np.maximum(most, there[..., 0] + 255 - there[..., 1])
    own = alpha[index].astype(np.float32)
    return np.asarray(np.minimum(own, most / _LASTING), np.float32)


def _behind(alpha: Plane, actor: Flags) -> Plane:
    """The same going on behind the ``actor``'s edge, so that no rim of the new place shows between."""
    hidden = _with_edge(actor)
    known = (~hidden).astype(np.float32)
    reach = max(3.0, 0.012 * len(actor))
    weight = cv2.GaussianBlur(known, (0, 0), reach)
    inner = cv2.GaussianBlur(alpha * known, (0, 0), reach) / np.maximum(weight, 1e-3)
    return np.asarray(np.where(hidden, inner * np.clip(4 * weight, 0, 1), alpha), np.float32)


def _with_edge(actor: Flags) -> Flags:
    """(h, w) true on the actor and where their edge may still show."""
    rim = 2 * max(2, round(BESIDE * len(actor) / 360)) + 1
    return np.asarray(cv2.dilate(actor.astype(np.uint8), np.ones((rim, rim), np.uint8)) > 0)


def _codes(light: Plane) -> Codes:
    """Light as 8-bit sRGB codes."""
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(np.clip(shown, 0, 1) * 255), np.uint8)

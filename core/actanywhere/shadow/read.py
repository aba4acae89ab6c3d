"""Reads how the actor's shadow falls, from the plate or from a frame and its empty ground.

Two things tell it. What gets *darker* where they come by: pairs of frames are brought over one another by the plate's
camera, so that the ground is the same and only what they do to it differs. And the shadow's own *edges* on the
ground. Of all the ways that a shadow may fall, the one that explains most of both is taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..camera.fit import Matrix, apply
from .cast import CastShadow, without_shadow
from .cues import Cue, darker_cue, edges_cue, ground_cue, view

Frames = NDArray[np.uint8]
Plane = NDArray[np.float32]

_COARSE, _FINE = 48, 96
"""Heights at which all ways are tried, and the best one is bettered."""
_FRAMES = 8
_NEIGHBOURS = 3
"""Each of these frames is compared with so many before and after it."""
_SHARED = 0.5
"""Share of a frame that another has to show as well, where the camera leaves the ground behind."""
_EDGES, _DARKER = 1.0, 0.5
_SURE = 0.02
"""Share of what can be seen that a shadow has to explain: less is also explained by chance."""
_ALIKE = 0.1
"""Smallest ratio of the densities that what gets darker and the edges tell by themselves: edges that do not move with
the actor are the ground's own."""
_SURE_OF_GROUND = 0.15
_SURE_OF_PAINTED = 0.005
"""The same of a shadow that is not searched for, but known to fall so if there is one."""
_FAINTEST = 0.1
_DEEPEST = 1.9
"""Largest logarithm of the light that a shadow leaves."""
_LONGER = 0.05
"""What a shadow has to explain more for each height of the actor that it is longer."""
_SHALLOW, _BLURRED = 1.5, 0.6
"""How much deeper (as a logarithm) and sharper a shadow is than it reads in a plate: its picture is small there, the
ground beside it a little dark too, and what is not known to a pixel is best explained softly."""
_ANGLES = (3, 9, 17, 28, 45, 65, 90, 115, 135, 152, 163, 171, 177)
"""Directions that are tried, degrees from the right, up and down: on a ground seen flatly most shadows lie flat."""
_LENGTHS = (0.3, 0.6, 1.0, 1.7, 2.8)
_LONGER_OR_SHORTER = (0.5, 0.7, 1.0, 1.4)
_SOFT = (0.01, 0.025, 0.05)
_STEPS = (0.25, 0.12, 0.06)


@dataclass(frozen=True)
class Reading:
    """``shadow`` is None where none can be made out; ``reason`` says so in words."""

    shadow: CastShadow | None
    reason: str


def read_shadow(rgb: Frames, matte: Frames, transforms: NDArray[np.float64], aspect: float) -> Reading:
    """The shadow in a plate: ``rgb`` (T, H, W, 3) display and ``matte`` (T, H, W), both 0..255.

    ``transforms`` (T, 3, 3) are the plate's camera in unit coordinates, the same reference for all.
    """
    count = len(rgb)
    chosen = sorted({round(t) for t in np.linspace(0, count - 1, min(count, _FRAMES))})
    compared = _compared(chosen, transforms, aspect)

    def cues(height: int) -> tuple[Cue | None, Cue | None]:
        frames = sorted({*chosen, *itertools.chain.from_iterable(compared)})
        views = {t: view(rgb[t], np.asarray(matte[t]), height) for t in frames}
        return edges_cue([views[t] for t in chosen]), darker_cue(views, compared, transforms, aspect)

    (coarse_edges, coarse_darker), (edges, darker) = cues(_COARSE), cues(_FINE)
    if coarse_edges is None or edges is None:
        return Reading(None, "nobody is seen to stand in the plate")
    if coarse_darker is None or darker is None:
        return Reading(None, "there are no two frames that show the actor by the same ground")
    coarse = _search(_Judge([(_EDGES, coarse_edges), (_DARKER, coarse_darker)]))
    best = _better(_Judge([(_EDGES, edges), (_DARKER, darker)]), coarse.shadow)
    low, high = sorted(_Judge([(1.0, cue)])(best.shadow).shadow.density for cue in (edges, darker))
    if low < _ALIKE * high or best.score < _SURE or best.shadow.density < _FAINTEST:
        return Reading(None, "none that moves with the actor is seen in the plate")
    shadow = replace(
        best.shadow, density=_deeper(best.shadow.density), softness=_BLURRED * best.shadow.softness
    )
    return Reading(shadow, f"read in the plate: {shadow}")


def _compared(chosen: list[int], transforms: NDArray[np.float64], aspect: float) -> list[tuple[int, int]]:
    """Pairs of frames to compare: neighbours of those chosen, and for one that shows other ground than they all do, as
    when the camera follows the actor, the farthest that still shows the same.
    """
    pairs = []
    for place, first in enumerate(chosen):
        others = [t for i, t in enumerate(chosen) if 0 < abs(i - place) <= _NEIGHBOURS]
        pairs += [(first, other) for other in others]

        def shared(other: int, first: int = first) -> bool:
            return _share(transforms[other] @ np.linalg.inv(transforms[first]), aspect) >= _SHARED

        if not any(map(shared, others)):
            for way in (range(first + 1, len(transforms)), range(first - 1, -1, -1)):
                *_, farthest = None, *itertools.takewhile(shared, way)
                if farthest is not None:
                    pairs += [(first, farthest), (farthest, first)]
    return pairs


def _share(move: Matrix, aspect: float) -> float:
    """How much of a frame another shows as well; ``move`` (3, 3) maps the one to the other, unit coordinates."""
    half = np.array([aspect / 2, 0.5])
    x, y = np.meshgrid(np.linspace(-half[0], half[0], 9), np.linspace(-half[1], half[1], 9))
    places = apply(move, np.stack([x.ravel(), y.ravel()], 1))
    return float((np.abs(np.nan_to_num(places, nan=np.inf)) <= half + 1e-9).all(1).mean())


def lift_shadow(shadow: CastShadow, matte: Plane, picture: Plane) -> Plane:
    """``picture`` (H, W, 3), display 0..1, without such a ``shadow`` of the actor of ``matte`` (H, W) painted into it.

    It is lifted as far as the picture itself shows it there: the picture may stand in another light than the plate.
    """
    rgb, actor = (np.round(plane * 255).astype(np.uint8) for plane in (picture, matte))
    cue = edges_cue([view(rgb, actor, _FINE)])
    if cue is None:
        return picture
    shown = _Judge([(1.0, cue)])(shadow)
    density = min(_deeper(shown.shadow.density), shadow.density)
    if shown.score < _SURE_OF_PAINTED or density < _FAINTEST:
        return picture
    return without_shadow(replace(shadow, density=density), matte, picture)


def shadow_on_ground(rgb: Frames, ground: Frames, matte: Plane) -> CastShadow | None:
    """The shadow in frames ``rgb`` (T, H, W, 3) whose empty ``ground`` is known; ``matte`` (T, H, W) 0..1."""
    frames = []
    for frame, empty, actor in zip(rgb, ground, matte, strict=True):
        codes = np.round(actor * 255).astype(np.uint8)
        frames.append((view(frame, codes, _FINE), view(empty, np.zeros_like(codes), _FINE)))
    cue = ground_cue(frames)
    if cue is None:
        return None
    judge = _Judge([(1.0, cue)])
    best = _better(judge, _search(judge).shadow)
    return best.shadow if best.score > _SURE_OF_GROUND and best.shadow.density > _FAINTEST else None


def _deeper(density: float) -> float:
    return float(1 - np.exp(-min(-_SHALLOW * np.log(1 - density), _DEEPEST)))


class _Tried(NamedTuple):
    score: float
    shadow: CastShadow


@dataclass(frozen=True)
class _Judge:
    """What several cues say of a shadow, each with its share."""

    cues: Sequence[tuple[float, Cue]]

    def __call__(self, shadow: CastShadow) -> _Tried:
        """The share of what the cues see that this shadow explains at its best density; of two alike, the shorter."""
        agrees = power = 0.0
        for share, cue in self.cues:
            agree, much = cue(shadow)
            agrees, power = agrees + share * agree, power + share * much
        if power < 1e-9 or agrees <= 0:
            return _Tried(0.0, replace(shadow, density=0.0))
        depth = min(agrees / power, _DEEPEST)
        longer = 1 + _LONGER * float(np.hypot(shadow.side, shadow.away))
        score = depth * (2 * agrees - depth * power) / longer
        return _Tried(score, replace(shadow, density=float(1 - np.exp(-depth))))


def _search(judge: Callable[[CastShadow], _Tried]) -> _Tried:
    angles = np.deg2rad([sign * angle for angle in _ANGLES for sign in (1, -1)])
    ways = [(length * np.cos(angle), length * np.sin(angle)) for length in _LENGTHS for angle in angles]
    tried = (judge(CastShadow(float(side), float(away), 0.0, _SOFT[1])) for side, away in ways)
    return max(tried, key=lambda one: one.score)


def _better(judge: Callable[[CastShadow], _Tried], start: CastShadow) -> _Tried:
    """The best one near ``start``: first of another length, then of another direction too."""
    nearby = [
        replace(start, side=start.side * length, away=start.away * length, softness=soft)
        for length, soft in itertools.product(_LONGER_OR_SHORTER, _SOFT)
    ]
    best = max(map(judge, nearby), key=lambda one: one.score)
    for step in _STEPS:
        middle = best.shadow
        for side, away, soft in itertools.product((-step, 0, step), (-step / 2, 0, step / 2), _SOFT):
            tried = replace(middle, side=middle.side + side, away=middle.away + away, softness=soft)
            best = max(best, judge(tried), key=lambda one: one.score)
    return best

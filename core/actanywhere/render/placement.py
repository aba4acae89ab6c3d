"""The decision about framing the condition: as the artist says, as a composite was, or on the actor's feet and around
the camera's move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop, View
from ..camera.cover import Path, cover, path_of
from ..camera.footing import (
    BELOW,
    FARTHEST,
    ROWS,
    SIDEWAYS,
    WORSE,
    Footing,
    Judged,
    find_footing,
    in_picture,
    judge,
    keeps,
    lowered,
    share_at,
    upper_row,
)
from ..camera.placement import Placement, read_place
from ..camera.space import SpaceTrack
from ..contract.settings import Settings
from ..contract.shot import FrameRange
from ..footage import compact
from .decision import Decision
from .standpoint import Standpoint, share_in_sky

_STRIP = 0.5
"""Share of the picture that has to be seen in the shot for nothing to be said."""
_SOFT = 4.0
"""How many times a picture may be enlarged for nothing to be said."""
_MADE_UP = 0.05
"""Share of what the camera sees that may lie beyond a picture that does not fill the frame, for nothing to be said."""
_PAST = 0.4
"""Share of a frame that lies beyond the picture, from which on a seam of its mirror comes to the frame's middle."""
_SAYS = "--place x,y,scale says it otherwise"
_AGREE, _STANDS = 0.08, 0.6
_DOUBTED = 0.75
"""Share of the picture's height above which feet are told, where nothing tells its ground."""
_LOWEST = 0.88
"""Share of the picture's height below which it is taken for ground, in a camera in 3-D, and for a proposal."""
_ROWS = 100
_BY_COLOUR = (0.15, 0.2)
"""Frame heights by which a picture is moved at most, where only the colours under somebody's feet tell its ground."""
_OUT_OF_SKY = 0.45
"""Frame heights by which it is moved up where they would hang in its sky above its known ground, and the share of the
frame that this then goes on into: an extension of ground shows less than somebody in the air does."""


def choose_placement(
    settings: Settings,
    painted: int | None,
    size: tuple[int, int],
    frame: float,
    seen: Standpoint | None,
    path: Path | None = None,
    rows: int = 0,
) -> Decision[Placement]:
    """Where the picture lies. ``painted``: the frame whose own actor is in the picture, as a host counts it.

    ``size`` is the picture's height and width, ``frame`` the frame's width over height; ``seen`` tells where the actor
    stands, and ``path`` where the camera looks, None where what lies beyond the picture is no matter. The plate has so
    many ``rows``.
    """
    given = read_place(settings.place, settings.fit, size, frame)
    if given is not None:
        return Decision(given, "as you set it" if given.moved else "as asked for")
    centred = Placement(settings.fit)
    if painted is not None:
        return Decision(centred, f"the actor of frame {painted} was painted into it there")
    if seen is None:
        return Decision(centred)
    footing = Footing(
        seen.feet,
        seen.ground,
        None if seen.plate is None else (seen.plate.high - 0.5, seen.plate.low - 0.5),
        None if seen.picture is None else (seen.picture.high, seen.picture.low),
        FARTHEST if seen.ground is None or seen.regions is not None else _BY_COLOUR,
    )
    picture = size[1] / size[0]
    before, best = find_footing(footing, settings.fit, picture, frame)
    if not best.placement.moved and share_in_sky(seen, before.placement, picture, frame, BELOW):
        best = find_footing(_far(footing), settings.fit, picture, frame)[1]
    if best.placement.moved:
        bare = 1 - best.placement.shown(picture, frame)[1]
        told = (_made_up_below(bare),) if bare > footing.bare else ()
        return Decision(best.placement, f"{_gained(before, best, seen)}; {_SAYS}", told)
    left = _left(before, seen)
    # At an anchor that is given, the picture is to fit as it is.
    if path is None or settings.fit != "fill" or settings.anchor is not None:
        return left
    return _around(path, footing, left, seen, size, frame, rows)


def _around(
    path: Path,
    footing: Footing,
    left: Decision[Placement],
    seen: Standpoint,
    size: tuple[int, int],
    frame: float,
    rows: int,
) -> Decision[Placement]:
    """The picture as it is ``left``, or enlarged and slid around the camera's ``path``, its feet where they were.

    Where nothing tells its ground, they come nearer to its lower part.
    """
    picture, centred = size[1] / size[0], left.value
    before = judge(footing, centred, picture, frame)
    unknown = len(seen.feet) > 0 and before.feet is None and before.apart is None and not seen.flies
    laid = lowered(footing, centred, picture, frame) if unknown else centred
    before = judge(footing, laid, picture, frame)

    def suits(placement: Placement) -> bool:
        soft = placement.scale > 1 and _times(placement, size, frame, rows) >= _SOFT
        return not soft and keeps(footing, before, placement, picture, frame)

    found = cover(lambda scale: path, laid, picture, frame, suits)
    reasons = []
    if found != laid:
        was, now = (float(path.beyond(one, picture, frame).mean()) for one in (laid, found))
        reasons.append(_covered(found, was, now))
    at = [upper_row(seen.feet, one, picture, frame) for one in (centred, found)]
    if laid != centred:
        reasons.append(
            f"moved, since nothing tells its ground, and most of the actor's feet lie {at[1]:.0%} of its height down "
            f"so instead of {at[0]:.0%}; {_SAYS}"
        )
    unsure = unknown and not share_in_sky(seen, found, picture, frame)
    doubts = left.warnings + (_doubtful(at[1], _proposal(seen, found, picture, frame)) if unsure else ())
    return Decision(found, "; ".join(reasons), doubts) if reasons else replace(left, warnings=doubts)


def _made_up_below(bare: float) -> str:
    return (
        "The actor's feet would be in the sky of the condition picture, or too near to it: it is moved, and "
        f"{bare:.0%} of the frame is made up below it. A picture that shows more ground needs less; {_SAYS}."
    )


def _doubtful(row: float, such: str) -> tuple[str, ...]:
    """A warning where nothing tells the picture's ground, and the feet stand so high that it may not have begun."""
    if row >= _DOUBTED:
        return ()
    return (
        "Nothing tells where the ground of the condition picture begins, and in a quarter of the shot the actor's feet "
        f"lie no farther down than {row:.0%} of its height: look whether they stand there. --place x,y,scale lays it "
        f"otherwise{such}; a network reads the ground: actanywhere models pull vision.",
    )


def hangs_in_sky(seen: Standpoint, placement: Placement, picture: float, frame: float) -> tuple[str, ...]:
    """A warning where the feet are over the sky of the condition, and no network tells its ground."""
    told = seen.regions is not None and seen.ground is not None
    over = 0.0 if told else share_in_sky(seen, placement, picture, frame)
    if not over:
        return ()
    return (
        f"The actor's feet are over the sky of the condition picture ({over:.0%} of them): they hang in the air. Lay "
        f"the picture otherwise (--place){_proposal(seen, placement, picture, frame)}, or give one with ground at "
        "their feet.",
    )


def _proposal(seen: Standpoint, laid: Placement, picture: float, frame: float) -> str:
    """The least move that stands the actor on the picture's lowest rows, which may be ground, where there is one."""
    ground = np.repeat(np.float32(np.arange(_ROWS)[:, None] >= _LOWEST * _ROWS), _ROWS, 1)
    if seen.sky is not None:
        ground *= cv2.resize(seen.sky, ground.shape, interpolation=cv2.INTER_AREA) < 0.5
    best = find_footing(_far(Footing(seen.feet, ground)), laid.fit, picture, frame)[1].placement
    return f", such as --place {best} onto its lowest rows" if best.moved else ""


def _far(footing: Footing) -> Footing:
    return replace(footing, reach=(0.0, _OUT_OF_SKY), bare=_OUT_OF_SKY)


def cover_in_space(
    standing: Callable[[Placement], SpaceTrack],
    fit: str,
    size: tuple[int, int],
    view: View,
    ground: NDArray[np.float32] | None,
    rows: int,
) -> Decision[Placement]:
    """Where the picture of ``size`` (height, width) lies that stands in a camera in 3-D as ``standing`` says.

    It is enlarged about its horizon, and slid to the side: the ground moves as it did, and feet do not slide on it.
    They stand on ``ground`` as often as before; where that is not known, on rows little higher than some did, or on the
    lowest. The plate has so many ``rows``.
    """
    picture, centred = size[1] / size[0], Placement(fit)

    @cache
    def track(scale: float) -> SpaceTrack:
        return standing(replace(centred, scale=scale))

    @cache
    def path(scale: float) -> Path:
        return path_of(track(scale), track(scale).aspect, view)

    def feet(placement: Placement) -> NDArray[np.float64]:
        return (track(placement.scale).stands - [view.x, view.y]) / view.height

    def keeps_feet(placement: Placement) -> bool:
        if not len(feet(centred)):
            return True
        if ground is not None:
            was, now = (
                share_at(ground, feet(one), one, picture, view.aspect).mean() for one in (centred, placement)
            )
            return bool(now >= was - WORSE)
        was, now = (in_picture(feet(one), one, picture, view.aspect)[1].min() for one in (centred, placement))
        return abs(placement.x) <= SIDEWAYS and bool(now >= min(was - ROWS, _LOWEST))

    def suits(placement: Placement) -> bool:
        soft = placement.scale > 1 and _times(placement, size, view.aspect, rows) >= _SOFT
        return not soft and keeps_feet(placement)

    covering = cover(path, centred, picture, view.aspect, suits, level=True)
    if not covering.moved:
        return Decision(centred)
    was, now = (
        float(path(one.scale).beyond(one, picture, view.aspect).mean()) for one in (centred, covering)
    )
    return Decision(covering, _covered(covering, was, now))


def _covered(covering: Placement, was: float, now: float) -> str:
    """What was done to the picture, and why: the shares of what the camera sees that lie beyond it."""
    done = [f"{covering.scale:.3g} times as large"] if covering.scale != 1 else []
    done += ["moved"] if (covering.x, covering.y) != (0, 0) else []
    less = f"{now:.0%} of what the camera sees lies beyond it instead of {was:.0%}"
    return f"{' and '.join(done)}, so that {less}; {_SAYS}"


def _gained(before: Judged, best: Judged, seen: Standpoint) -> str:
    """Why the picture is moved."""
    reason = []
    if before.feet is not None and best.feet is not None and best.feet > before.feet + 0.05:
        reason.append(
            f"the actor's feet stand on its {seen.surface} in {best.feet:.0%} instead of {before.feet:.0%} (known by "
            f"{seen.told_by or 'its horizon'})"
        )
    if before.apart is not None and best.apart is not None and best.apart < before.apart - 0.01:
        reason.append(
            f"its horizon comes nearer to the plate's ({before.apart:.0%} of the frame's height apart, now "
            f"{best.apart:.0%}; the plate's {seen.plate}; the picture's {seen.picture})"
        )
    return "moved, since " + " and ".join(reason)


def _left(centred: Judged, seen: Standpoint) -> Decision[Placement]:
    """The picture stays centred: since all is well, since nothing is known for sure, or since no move mends it."""
    if centred.feet is not None and centred.feet < _STANDS:
        warning = (
            f"The actor's feet do not stand on {seen.surface} of the condition picture "
            f"({1 - centred.feet:.0%} of them), and moving it a little does not mend that. {_SAYS}."
        )
        reason = (
            f"since no small move brings the actor onto its ground, known by {seen.told_by or 'its horizon'}"
        )
        return Decision(centred.placement, reason, (warning,) if seen.regions is not None else ())
    if centred.apart is not None and centred.apart > _AGREE:
        reason = f"its horizon lies {centred.apart:.0%} of the frame's height from the plate's: no small move helps"
        return Decision(centred.placement, reason)
    if centred.apart is not None or seen.ground is not None:
        return Decision(centred.placement, "since it suits the plate as it is")
    if not len(seen.feet):
        return Decision(
            centred.placement, f"since the actor's feet are not seen, and no horizon tells; {_SAYS}"
        )
    lacks = [name for name, found in (("plate", seen.plate), ("picture", seen.picture)) if found is None]
    reason = " and ".join(f"the {name}'s horizon" for name in lacks)
    says = f"--horizon ROW tells it, {_SAYS}" if lacks == ["picture"] else _SAYS
    return Decision(centred.placement, f"since {reason} cannot be told for sure; {says}")


def much_enlarged(placement: Placement, picture: tuple[int, int], frame: float, rows: int) -> tuple[str, ...]:
    """A warning where a ``picture`` (height, width) is soft in a ``frame`` (width over height) of so many ``rows``."""
    times = _times(placement, picture, frame, rows)
    if times < _SOFT:
        return ()
    return (
        f"The condition picture ({picture[1]}x{picture[0]}) is enlarged {times:.1f} times for this plate, and the "
        "layer is as soft as that. Give a larger one.",
    )


def _times(placement: Placement, picture: tuple[int, int], frame: float, rows: int) -> float:
    """How many times a picture is enlarged in a frame of so many rows."""
    return rows * placement.sides(picture[1] / picture[0], frame)[1] / picture[0]


def hardly_shown(backdrop: Backdrop, picture: tuple[int, int, int, int]) -> tuple[str, ...]:
    """A warning where the shot shows little of the ``picture``, by the frames of its ``backdrop``.

    It has a left and upper border, a width and a height in the condition's pixels, of which bars may be no part.
    """
    left, top, columns, rows = picture
    seen = np.zeros((32, 32), np.bool_)
    height, width = 64, max(1, round(64 * backdrop.aspect))
    y, x = np.mgrid[:height, :width].reshape(2, -1)
    pixels = np.stack([x, y], 1).astype(np.float64)
    for index in range(len(backdrop.track)):
        looks = backdrop.looks(index, pixels, height, width) + 0.5 - [left, top]
        cells = np.floor(looks / [columns, rows] * 32)
        cells = cells[((cells >= 0) & (cells < 32)).all(1)].astype(int)
        seen[cells[:, 1], cells[:, 0]] = True
    share = float(seen.mean())
    if share >= _STRIP:
        return ()
    return (
        f"The shot shows only {share:.0%} of the condition picture ({columns}x{rows}). --fit fit shows all of it, and "
        f"goes on from it; {_SAYS}.",
    )


def made_up(path: Path, placement: Placement, picture: float, frame: float, network: bool) -> tuple[str, ...]:
    """A warning where much is made up, since ``placement`` does not fill the frame.

    ``path`` tells where it looks; ``picture`` and ``frame`` are widths over heights. A ``network`` fills, or none.
    """
    share = float(path.beyond(placement, picture, frame).mean())
    small = placement.fit == "fill"
    if share < _MADE_UP or (small and placement.scale >= 1):
        return ()
    fills = "" if network else ", or get a network that fills (actanywhere models pull vision)"
    how, less = "a scale below 1", "A scale of 1"
    if not small:
        how, less = f"--fit {placement.fit}", "--fit fill"
    return (
        f"{share:.0%} of what the camera sees lies beyond the condition picture ({how}), and is made up. {less} leaves "
        f"less; or give a picture that shows more of the place{fills}.",
    )


def runs_out(
    path: Path, placement: Placement, picture: float, frame: float, frames: FrameRange, network: bool
) -> tuple[str, ...]:
    """A warning of the ``frames`` that show the picture hardly any more, since the camera has gone past its borders.

    As ``made_up``, which says it where the picture is laid small.
    """
    shares = path.beyond(placement, picture, frame)
    every = np.interp(np.linspace(0, 1, len(frames)), np.linspace(0, 1, len(shares)), shares)
    past = np.flatnonzero(every >= _PAST)
    if not len(past) or made_up(path, placement, picture, frame, network):
        return ()
    where = compact([frames.first + int(index) for index in past])
    fills = "" if network else ", get a network that fills (actanywhere models pull vision)"
    return (
        f"In frames {where} up to {every.max():.0%} of what the camera sees lies beyond the condition picture, and is "
        f"the picture mirrored and repeated. Give a wider picture{fills}, or paint on the place (--extended).",
    )


def unused_without_backdrop(settings: Settings) -> tuple[str, ...]:
    """What has no effect where no picture is moved."""
    warnings: tuple[str, ...] = ()
    if settings.fit != "fill" or settings.place.strip().lower() not in ("", "auto"):
        reason = "this model moves no picture where it infers the camera"
        warnings += (f"The placement of the condition (--fit, --place) has no effect: {reason}.",)
    if settings.shading not in (None, 1):
        warnings += (
            f"The shading {settings.shading:g} is over blurred colours: this model moves no picture where it infers "
            "the camera. With 1 the place is as it was painted.",
        )
    return warnings

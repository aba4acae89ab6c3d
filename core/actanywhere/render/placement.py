"""The decision about framing the condition: as the artist says, as a composite was, or on the actor's feet and around
the camera's move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import View
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
from .decision import Decision
from .placement_told import (
    LOWEST,
    SAYS,
    SOFT,
    doubtful,
    far,
    ground_told,
    made_up_below,
    proposal,
    times,
)
from .standpoint import Standpoint, share_in_sky

_AGREE, _STANDS = 0.08, 0.6
_BY_COLOUR = (0.15, 0.2)
"""Frame heights by which a picture is moved at most, where only the colours under somebody's feet tell its ground."""


def choose_placement(
    settings: Settings,
    painted: int | None,
    size: tuple[int, int],
    frame: float,
    seen: Standpoint | None,
    path: Path | None = None,
    rows: int = 0,
    whole: Callable[[Placement], Placement] = lambda laid: laid,
) -> Decision[Placement]:
    """Where the picture lies. ``painted``: the frame whose own actor is in the picture, as a host counts it.

    ``size`` is the picture's height and width, ``frame`` the frame's width over height; ``seen`` tells where the actor
    stands, and ``path`` where the camera looks, None where what lies beyond the picture is no matter. The plate has so
    many ``rows``. Of a picture in bars all this is meant of what is inside; ``whole`` gives how an artist would lay it.
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
        stood=seen.stood,
    )
    picture = size[1] / size[0]
    before, best = find_footing(footing, settings.fit, picture, frame)
    if not best.placement.moved and share_in_sky(seen, before.placement, picture, frame, BELOW):
        best = find_footing(far(footing), settings.fit, picture, frame)[1]
    if best.placement.moved:
        bare = 1 - best.placement.shown(picture, frame)[1]
        told = (made_up_below(bare),) if bare > footing.bare else ()
        return Decision(best.placement, f"{_gained(before, best, seen)}; {SAYS}", told)
    left = _left(before, seen)
    # At an anchor that is given, the picture is to fit as it is.
    if path is None or settings.fit != "fill" or settings.anchor is not None:
        return left
    return _around(path, footing, left, seen, size, frame, rows, whole)


def _around(
    path: Path,
    footing: Footing,
    left: Decision[Placement],
    seen: Standpoint,
    size: tuple[int, int],
    frame: float,
    rows: int,
    whole: Callable[[Placement], Placement],
) -> Decision[Placement]:
    """The picture as it is ``left``, or enlarged and slid around the camera's ``path``, its feet where they were.

    Where nothing tells its ground, they come nearer to its lower part.
    """
    picture, centred = size[1] / size[0], left.value
    before = judge(footing, centred, picture, frame)
    if seen.stood is not None and seen.regions is None and before.feet is not None and before.feet < _STANDS:
        # Colours alone are no ground; the feet of the other still tell.
        footing = replace(footing, ground=None)
        before = judge(footing, centred, picture, frame)
    unknown = len(seen.feet) > 0 and before.feet is None and before.apart is None and not seen.flies
    laid = lowered(footing, centred, picture, frame) if unknown else centred
    before = judge(footing, laid, picture, frame)

    def suits(placement: Placement) -> bool:
        soft = placement.scale > 1 and times(placement, size, frame, rows) >= SOFT
        return not soft and keeps(footing, before, placement, picture, frame)

    found = cover(lambda scale: path, laid, picture, frame, suits)
    reasons = []
    if found != laid:
        was, now = (float(path.beyond(one, picture, frame).mean()) for one in (laid, found))
        reasons.append(_covered(found, was, now))
    at = [upper_row(seen.feet, one, picture, frame) for one in (centred, found)]
    if laid != centred:
        reasons.append(
            f"moved, since {ground_told(seen.stood)}, and most of the actor's feet lie {at[1]:.0%} of its height down "
            f"so instead of {at[0]:.0%}; {SAYS}"
        )
    unsure = unknown and not share_in_sky(seen, found, picture, frame)
    doubts = left.warnings
    if unsure:
        doubts += doubtful(at[1], seen.stood, proposal(seen, found, picture, frame, whole))
    return Decision(found, "; ".join(reasons), doubts) if reasons else replace(left, warnings=doubts)


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
        return abs(placement.x) <= SIDEWAYS and bool(now >= min(was - ROWS, LOWEST))

    def suits(placement: Placement) -> bool:
        soft = placement.scale > 1 and times(placement, size, view.aspect, rows) >= SOFT
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
    return f"{' and '.join(done)}, so that {less}; {SAYS}"


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
            f"({1 - centred.feet:.0%} of them), and moving it a little does not mend that. {SAYS}."
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
            centred.placement, f"since the actor's feet are not seen, and no horizon tells; {SAYS}"
        )
    lacks = [name for name, found in (("plate", seen.plate), ("picture", seen.picture)) if found is None]
    reason = " and ".join(f"the {name}'s horizon" for name in lacks)
    says = f"--horizon ROW tells it, {SAYS}" if lacks == ["picture"] else SAYS
    return Decision(centred.placement, f"since {reason} cannot be told for sure; {says}")

"""The decision to widen the condition to where the camera looks, around what has to stay where it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import View
from ..camera.cover import WIDEST, Path, widen
from ..camera.footing import WORSE, in_picture, share_at
from ..camera.motion import Motion
from ..camera.placement import Placement
from ..camera.space import SpaceTrack
from .decision import Decision
from .placement_told import much_widened, widened_to
from .standpoint import Standpoint

_FINISHED = 1.5
"""How many times as wide as it was a picture that was finished for a frame may become at its border."""

_MOST = 0.9
"""The share of the feet below which it is widened."""


@dataclass(frozen=True)
class Held:
    """What of a picture stays where it is.

    What lies between its ``rows`` (shares of its height), as far as that is in the picture, and its ``ground`` (h, w),
    where that is known, under ``feet`` (n, 2 or more; unit coordinates of the view). ``theirs`` (h, w): the place of
    the plate's own actor, around whom it was finished; it is widened less then.
    """

    rows: tuple[float, float] | None = None
    feet: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    ground: NDArray[np.float32] | None = None
    theirs: NDArray[np.float32] | None = None


def held_by(
    laid: Placement,
    track: Motion,
    seen: Standpoint,
    picture: float,
    view: View,
    theirs: NDArray[np.float32] | None = None,
) -> Held:
    """What holds a ``picture`` (width over height) that is so ``laid``: its horizon, and in 3-D down to the end of its
    ground, and where the actor stands.
    """
    if not isinstance(track, SpaceTrack):
        rows = None if seen.picture is None else (seen.picture.high, seen.picture.low)
        return Held(rows, seen.feet, seen.ground, theirs)
    height = laid.sides(picture, view.aspect)[1]
    horizon, foot = (0.5 + ((row - view.y) / view.height - laid.y) / height for row in track.upright)
    feet = (track.stands - [view.x, view.y]) / view.height
    return Held((horizon, foot), feet, seen.ground, theirs)


def widen_placed(
    placement: Decision[Placement], borders: Path, size: tuple[int, int], frame: float, held: Held
) -> Decision[Placement]:
    """The same, widened to where the frames' ``borders`` look; ``size`` is the picture's height and width.

    Feet stay on its ground: where they would not, it is widened below them alone.
    """
    laid, picture = placement.value, size[1] / size[0]
    left, right, top, bottom, most = 1.0, 1.0, 1.0, 1.0, WIDEST
    if held.theirs is not None and (held.theirs > 0.5).any():
        rows, columns = (np.flatnonzero((held.theirs > 0.5).any(axis)) for axis in (1, 0))
        left, right = columns[0] / size[1], 1 - columns[-1] / size[1]
        top, bottom, most = rows[0] / size[0], 1 - rows[-1] / size[0], _FINISHED
    if held.rows is not None:
        upper, lower = held.rows
        top = min(top, upper) if upper > 0 else top
        bottom = min(bottom, 1 - lower) if lower < 1 else bottom

    def widened(bottom: float) -> Placement:
        room = float(left), float(right), float(top), float(bottom)
        return widen(laid, borders, picture, frame, room, most)

    found = widened(bottom)
    if not _keeps_feet(held, laid, found, picture, frame):
        down = in_picture(held.feet, laid, picture, frame)[1]
        found = widened(min(bottom, 1 - float(np.quantile(np.clip(down, 0, 1), _MOST))))
    if found == laid:
        return placement
    reason = "; ".join([*([placement.reason] if placement.reason else []), f"its {widened_to(found)}"])
    return Decision(found, reason, placement.warnings + much_widened(found))


def _keeps_feet(held: Held, laid: Placement, found: Placement, picture: float, frame: float) -> bool:
    """Whether who stands on the ground of a picture so ``laid`` still does where it is widened as ``found``."""
    if held.ground is None or not len(held.feet):
        return True
    was, now = (share_at(held.ground, held.feet, one, picture, frame) for one in (laid, found))
    return bool(now.mean() >= was.mean() - WORSE)

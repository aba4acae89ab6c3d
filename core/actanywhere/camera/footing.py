"""The least move of the condition picture that puts the actor on its ground, with its horizon at the plate's."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .placement import Placement

Rows = tuple[float, float]

FARTHEST = (0.3, 0.2)
"""How far a picture is moved beyond what of it lies outside the frame, in frame heights: to the side, and down."""
_STEPS = (0.05, 0.025)
_SCALES = (1.0, 1.1, 1.25)
_FEET, _HORIZON, _BARE, _MOVE = 1.0, 2.5, 1.2, 0.15
"""What it costs: feet that stand on none of the ground, a frame height between the horizons, a frame not covered by the
picture, a frame height of moving."""
_FARTHEST = 0.35
_GAIN = 0.15
_BEYOND = 0.9
"""How surely the ground goes on as it is at the picture's lower border."""
BAREST = 0.2
"""Share of the frame that a picture which is moved need not cover."""
BELOW = 0.25
"""How far below the horizon feet have to be, in heights of who stands there: a camera is no lower, and nearer to the
horizon they would be a giant in the distance."""
_STANDS = 0.8
"""Share of the feet that has to stand for a placement to be worth it."""

WORSE = 0.02
ROWS, SIDEWAYS = 0.06, 0.15
"""Where no ground or horizon is known: the share of the picture's height by which feet may stand higher or lower in it,
and the frame heights by which it may be slid to the side."""
LOWER, _WORTH = 0.8, 0.04
"""Share of a picture's height from which on pictures of places mostly show ground, where nothing tells it; and by how
many frame heights a picture is slid for that at least."""


@dataclass(frozen=True)
class Footing:
    """What is known: ``feet`` (n, 3), their places and how tall who stands there is, in unit coordinates of the frame.

    ``ground`` (h, w) 0..1 is how surely each part of the picture is such as they stand on in the plate, None where that
    is not known; and the horizon lies between two rows, of the ``plate`` (unit coordinates) and of the ``picture``
    (shares of its height). The picture is moved by no more than ``reach`` (to the side and down), in frame heights,
    beyond what of it lies outside the frame, and leaves no more than ``bare`` of the frame uncovered.

    ``stood`` is the share of its height at which who is taken out of it stands: where nothing tells the ground itself,
    it is there and below.
    """

    feet: NDArray[np.float64]
    ground: NDArray[np.float32] | None = None
    plate: Rows | None = None
    picture: Rows | None = None
    reach: tuple[float, float] = FARTHEST
    bare: float = BAREST
    stood: float | None = None

    @property
    def lower(self) -> float:
        """Share of the picture's height from which on it mostly shows ground, where nothing tells that itself."""
        return LOWER if self.stood is None else self.stood


@dataclass(frozen=True)
class Judged:
    """A placement; the share of the ``feet`` that stand there, and how far the horizons lie ``apart`` in frame heights,
    each None where it is not known.
    """

    placement: Placement
    feet: float | None
    apart: float | None
    cost: float = 0.0


def find_footing(known: Footing, fit: str, picture: float, frame: float) -> tuple[Judged, Judged]:
    """The picture centred, and where it stands best; the same where nothing is gained.

    ``picture`` and ``frame`` are their widths over heights.
    """
    centred = judge(known, Placement(fit), picture, frame)
    best = centred
    width, height = Placement(fit).sides(picture, frame)
    for scale in _SCALES:
        for x in _steps((width - frame) / 2, known.reach[0], _STEPS[0]):
            for y in _steps((height - 1) / 2, known.reach[1], _STEPS[1]):
                placement = Placement(fit, x, y, scale)
                found = judge(known, placement, picture, frame)
                bare = 1 - placement.shown(picture, frame)[1]
                if found.cost < best.cost and bare <= known.bare:
                    best = found
    stands = best.feet is None or best.feet >= _STANDS
    if not stands or best.cost > centred.cost - _GAIN:
        return centred, centred
    return centred, best


def _steps(outside: float, reach: float, step: float) -> list[float]:
    """The moves to try along one side, to and fro; ``outside`` is how much of the picture each border cuts off."""
    count = int((max(0.0, outside) + reach) / step + 1e-6)
    return [round(step * number, 3) for number in range(-count, count + 1)]


def keeps(known: Footing, before: Judged, placement: Placement, picture: float, frame: float) -> bool:
    """Whether the actor stands in a picture so laid as well as ``before``.

    Where nothing tells the ground or the horizon, they stand about where in the picture they did, above its lower part
    no higher.
    """
    found = judge(known, placement, picture, frame)
    if before.feet is not None and found.feet is not None and found.feet < before.feet - WORSE:
        return False
    if before.apart is not None and found.apart is not None and found.apart > max(before.apart, WORSE):
        return False
    if before.apart is not None or (before.feet is not None and known.ground is not None):
        return True
    at = known.feet if len(known.feet) else np.zeros((1, 3))
    was, now = (in_picture(at, one, picture, frame)[1] for one in (before.placement, placement))
    slid, row = abs(placement.x - before.placement.x), float(np.quantile(was, 0.25))
    high = len(known.feet) > 0 and row < known.lower
    rises, sinks = (WORSE, max(ROWS, known.lower - row)) if high else (ROWS, ROWS)
    return slid <= SIDEWAYS and bool((now - was).min() >= -rises and (now - was).max() <= sinks)


def lowered(known: Footing, laid: Placement, picture: float, frame: float) -> Placement:
    """``laid`` slid up until most feet stand in the picture's lower part, while the frame stays covered.

    A little only, where nobody who is taken out stands there.
    """
    row, height = upper_row(known.feet, laid, picture, frame), laid.sides(picture, frame)[1]
    most = (height - 1) / 2 if known.stood is not None else min((height - 1) / 2, FARTHEST[1])
    up = float(np.floor(100 * min(most, (known.lower - row) * height)) / 100)
    return replace(laid, y=laid.y - up) if up >= _WORTH else laid


def upper_row(feet: NDArray[np.float64], laid: Placement, picture: float, frame: float) -> float:
    """Above which a quarter of the feet (n, 3) stand in the picture, as a share of its height; 1 where none are."""
    return float(np.quantile(in_picture(feet, laid, picture, frame)[1], 0.25)) if len(feet) else 1.0


def share_at(
    share: NDArray[np.float32], feet: NDArray[np.float64], placement: Placement, picture: float, frame: float
) -> NDArray[np.float64]:
    """(n,) what a map (h, w) of the picture holds under the ``feet`` (n, 3) in a frame that it is laid into."""
    across, down = in_picture(feet, placement, picture, frame)
    rows, columns = share.shape
    row = np.clip(np.floor(down * rows), 0, rows - 1).astype(int)
    column = np.clip(np.floor(across * columns), 0, columns - 1).astype(int)
    inside = (down >= 0) & (down < 1) & (across >= 0) & (across < 1)
    return np.asarray(share[row, column] * np.where(inside, 1.0, _BEYOND), np.float64)


def in_picture(
    feet: NDArray[np.float64], placement: Placement, picture: float, frame: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the feet are in the picture, as shares of its width and height."""
    width, height = placement.sides(picture, frame)
    across = (feet[:, 0] - placement.x) / width
    wider, down = placement.wider, 0.5 + (feet[:, 1] - placement.y) / height
    return wider.across(0.5 + (-across if placement.mirrored else across)), wider.down(down)


def judge(known: Footing, placement: Placement, picture: float, frame: float) -> Judged:
    """How the actor stands in a picture so laid; ``picture`` and ``frame`` are their widths over heights."""
    feet, apart = _standing(known, placement, picture, frame), None
    if known.plate is not None and known.picture is not None:
        height = placement.sides(picture, frame)[1]
        high, low = (placement.y + (row - 0.5) * height for row in known.picture)
        apart = max(0.0, high - known.plate[1], known.plate[0] - low)
    bare = 1 - placement.shown(picture, frame)[1]
    moved = abs(placement.x) + abs(placement.y) + 2 * np.log2(placement.scale)
    cost = _BARE * bare + _MOVE * moved
    cost += 0 if feet is None else _FEET * (1 - feet)
    cost += 0 if apart is None else _HORIZON * min(apart, _FARTHEST)
    return Judged(placement, feet, apart, float(cost))


def _standing(known: Footing, placement: Placement, picture: float, frame: float) -> float | None:
    """The share of the feet that stand; the horizon alone tells as well where they cannot."""
    if not len(known.feet):
        return None
    below = np.ones(len(known.feet))
    if known.picture is not None:
        height, down = (
            placement.sides(picture, frame)[1],
            in_picture(known.feet, placement, picture, frame)[1],
        )
        horizon = (known.picture[0] + known.picture[1]) / 2
        below = (down - horizon > BELOW * known.feet[:, 2] / height).astype(np.float64)
    if known.ground is None:
        return None if known.picture is None else float(below.mean())
    return float((share_at(known.ground, known.feet, placement, picture, frame) * below).mean())

"""The condition picture enlarged and slid as little as keeps the camera's move inside of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .backdrop import View
from .motion import Motion
from .placement import Placement
from .widened import Sides, wider

FARTHEST = (0.3, 0.2)
"""Frame heights by which a picture is slid at most, beyond what of it lies outside the frame: to the side, and down."""
_SCALES = (1.0, 1.04, 1.08, 1.12, 1.16, 1.2, 1.25)
_STEP = 0.02
_GRID, _FRAMES = 17, 121
_LARGER, _SLID = 0.12, 0.05
"""What must be seen less beyond the borders, as a share of all that the shot shows: for twice the size, and for sliding
by a frame height."""
_GAIN, _LEFT, _LEFT_LEVEL = 0.012, 0.6, 0.7
"""By how much less, at least, and the most that may be left of it, for the picture to be touched at all; where its
horizon holds it, a strip may stay open that no slide reaches.
"""

WIDEST = 2.0
"""How many times as wide as it was a picture may become at its border. Beyond that the place goes on otherwise."""
_AHEAD, _SLIVER = 100.0, 0.004
"""Frame heights within which a place lies ahead of the camera; share of a picture's width beyond it that is nothing."""


@dataclass(frozen=True)
class Path:
    """``places`` (frames, n, 2) where all over each frame the camera looks, in unit coordinates of the view."""

    places: NDArray[np.float64]

    def beyond(self, placement: Placement, picture: float, frame: float) -> NDArray[np.float64]:
        """(frames,) the share of each frame that lies beyond the borders of a picture so laid.

        ``picture`` and ``frame`` are their widths over heights.
        """
        half = np.array(placement.sides(picture, frame)) / 2 + 1e-6
        one = placement.wider
        beside = (one.right - one.left) * (-1 if placement.mirrored else 1)
        away = np.abs(self.places - [placement.x, placement.y] - half * [beside, one.bottom - one.top])
        half = half * [1 + one.left + one.right, 1 + one.top + one.bottom]
        return np.asarray(1 - (away <= half).all(2).mean(1), np.float64)


def path_of(track: Motion, aspect: float, view: View, borders: bool = False) -> Path:
    """Where the frames of a shot look, all over each, or to their ``borders``; ``aspect`` is the plate raster's."""
    frames = np.unique(np.linspace(0, len(track) - 1, min(len(track), _FRAMES)).round().astype(int))
    cells = np.linspace(-0.5, 0.5, _GRID) if borders else (np.arange(_GRID) + 0.5) / _GRID - 0.5
    x, y = (part.ravel() for part in np.meshgrid(cells * aspect, cells))
    seen = []
    for index in frames:
        across, down, ahead = track.look(int(index), x, y)
        places = (np.stack([across, down], 1) - [view.x, view.y]) / view.height
        seen.append(np.where(ahead[:, None], places, 10 * _AHEAD))
    return Path(np.stack(seen))


def cover(
    path: Callable[[float], Path],
    laid: Placement,
    picture: float,
    frame: float,
    suits: Callable[[Placement], bool],
    level: bool = False,
) -> Placement:
    """The placement that ``suits`` and shows the most of the picture for the least change; ``laid`` where none gains.

    ``path`` tells where the frames look, for each scale. ``level``: the picture is slid to the side alone, as its
    horizon holds it. ``picture`` and ``frame`` are their widths over heights.
    """
    before = float(path(laid.scale).beyond(laid, picture, frame).mean())
    if before < _GAIN:
        return laid
    most = _LEFT_LEVEL if level else _LEFT
    found = sorted(_priced(path, laid, picture, frame, level), key=lambda one: one[0])
    for price, beyond, placement in found:
        if price > before - _GAIN:
            break
        if beyond <= most * before and suits(placement):
            return placement
    return laid


def widen(
    laid: Placement,
    borders: Path,
    picture: float,
    frame: float,
    room: Sides = (1.0, 1.0, 1.0, 1.0),
    times: float = WIDEST,
) -> Placement:
    """``laid`` and widened as far as the frames' ``borders`` look beyond it, within reason.

    For ``room`` and ``times`` see ``wider``; ``picture`` and ``frame`` are their widths over heights.
    """
    places = borders.places[(np.abs(borders.places) < _AHEAD).all(2)]
    if not len(places):
        return laid
    shares = (places - [laid.x, laid.y]) / laid.sides(picture, frame) * [-1 if laid.mirrored else 1, 1]
    beyond = np.concatenate([-shares.min(0), shares.max(0)]) - 0.5
    left, top, right, bottom = (float(share) for share in np.where(beyond > _SLIVER, beyond, 0.0))
    return replace(laid, wider=wider((left, right, top, bottom), room, times))


def _priced(
    path: Callable[[float], Path], laid: Placement, picture: float, frame: float, level: bool
) -> Iterator[tuple[float, float, Placement]]:
    """What each placement within the bounds costs, what is seen beyond it, and itself."""
    wide, high = Placement(laid.fit).sides(picture, frame)
    across, down = (
        _steps(at, (side - own) / 2, farthest)
        for at, side, own, farthest in ((laid.x, wide, frame, FARTHEST[0]), (laid.y, high, 1.0, FARTHEST[1]))
    )
    if level:
        down = np.array([laid.y])
    for scale in sorted({*_SCALES, laid.scale}):
        if scale < laid.scale:
            continue
        places = path(scale).places.reshape(-1, 2)
        width, height = scale * wide / 2 + 1e-6, scale * high / 2 + 1e-6
        beside = (np.abs(places[:, :1] - across) <= width).astype(np.float32)
        upright = (np.abs(places[:, 1:] - down) <= height).astype(np.float32)
        beyond = 1 - beside.T @ upright / len(places)
        grown = _LARGER * float(np.log2(scale / laid.scale))
        for (i, j), share in np.ndenumerate(beyond):
            placement = replace(laid, x=float(across[i]), y=float(down[j]), scale=scale)
            slid = _SLID * (abs(placement.x - laid.x) + abs(placement.y - laid.y))
            yield float(share) + grown + slid, float(share), placement


def _steps(at: float, outside: float, farthest: float) -> NDArray[np.float64]:
    """Where the middle of the picture may lie along one side: ``at`` and in steps from there."""
    most = max(0.0, outside) + farthest
    low, high = int((most + at) / _STEP + 1e-6), int((most - at) / _STEP + 1e-6)
    return np.round(at + _STEP * np.arange(-low, high + 1), 4)

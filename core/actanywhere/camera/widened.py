"""A picture widened towards its borders, the more the nearer to them, so that it reaches as far as a camera looks.

What a wide lens does to the sides of a frame, and a matte painter to a plate that is too narrow: lines go on, level
ones stay level, and nothing stands twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_BAND, _BANDS = 0.6, 0.5
"""The share of its width that is widened, on one side alone, and on each of both."""
_ABOVE = 0.3
"""The share of its height that is: its horizon is not to move. Nor is the ground, which goes on below as it is."""
_LEAST = 0.05
"""The share without which nothing is."""


@dataclass(frozen=True)
class Wider:
    """By how much it reaches farther beyond its borders, in widths and heights of itself.

    ``bands``: the shares at the left, right and upper border over which it is widened.
    """

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bands: tuple[float, float, float] = (_BAND, _BAND, _ABOVE)

    def __bool__(self) -> bool:
        return any((self.left, self.right, self.top))

    @property
    def stretch(self) -> float:
        """How many times as wide as it was the picture is at the border where that is most."""
        sides = zip((self.left, self.right, self.top), self.bands, strict=True)
        return max(1 + 2 * more / band for more, band in sides)

    def across(self, share: Any) -> Any:
        """What is shown at a ``share`` of the picture's own width (any shape), also a share; so ``down`` its height.

        Below 0 and above 1 is beyond its borders: nothing is stretched there.
        """
        return _narrowed(_narrowed(share, self.right, self.bands[1], 1), self.left, self.bands[0], -1)

    def down(self, share: Any) -> Any:
        """See ``across``."""
        return _narrowed(share, self.top, self.bands[2], -1)


AS_IT_WAS = Wider()
Room = tuple[float, float, float]
"""Shares of a picture at its left, right and upper border in which nothing has to stay where it is."""


def wider(left: float, right: float, top: float, room: Room, times: float) -> Wider:
    """As much as is asked for, in widths and heights of the picture, and has ``room``, to ``times`` as wide at most."""
    beside = _BANDS if left and right else _BAND
    bands, sides = [], []
    for asked, free, most in zip((left, right, top), room, (beside, beside, _ABOVE), strict=True):
        bands.append(max(_LEAST, min(most, free)))
        sides.append(min(asked, (times - 1) / 2 * bands[-1]) if free > _LEAST else 0.0)
    if not any(sides):
        return AS_IT_WAS
    return Wider(sides[0], sides[1], sides[2], (bands[0], bands[1], bands[2]))


def _narrowed(share: Any, more: float, band: float, sign: int) -> Any:
    """``share`` where one border is moved by ``more``: that at 1, or at 0 where the ``sign`` is -1."""
    if not more:
        return share
    start, bend = 1 - band if sign > 0 else band, 2 * more / band**2
    into = np.maximum(sign * (share - start), 0)
    inner = (np.sqrt(1 + 2 * bend * np.minimum(into, band + more)) - 1) / bend
    return np.where(into > 0, start + sign * (inner + np.maximum(into - band - more, 0)), share)

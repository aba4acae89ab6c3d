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
_ABOVE, _BELOW = 0.3, 0.35
"""The share of its height that is, above and below: its horizon is not to move."""
_LEAST = 0.05
"""The share without which nothing is."""


@dataclass(frozen=True)
class Wider:
    """By how much it reaches farther beyond its borders, in widths and heights of itself.

    ``bands``: the shares at the left, right, upper and lower border over which it is widened.
    """

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    bands: tuple[float, float, float, float] = (_BAND, _BAND, _ABOVE, _BELOW)

    def __bool__(self) -> bool:
        return any((self.left, self.right, self.top, self.bottom))

    @property
    def stretch(self) -> float:
        """How many times as wide, or high, as it was the picture is at the border where that is most."""
        sides = zip((self.left, self.right, self.top, self.bottom), self.bands, strict=True)
        return max(1 + 2 * more / band for more, band in sides)

    def across(self, share: Any) -> Any:
        """What is shown at a ``share`` of the picture's own width (any shape), also a share; so ``down`` its height.

        Below 0 and above 1 is beyond its borders: nothing is stretched there.
        """
        return _narrowed(_narrowed(share, self.right, self.bands[1], 1), self.left, self.bands[0], -1)

    def down(self, share: Any) -> Any:
        """See ``across``."""
        return _narrowed(_narrowed(share, self.bottom, self.bands[3], 1), self.top, self.bands[2], -1)


AS_IT_WAS = Wider()
Sides = tuple[float, float, float, float]
"""At the left, right, upper and lower border, as shares of the picture."""


def wider(asked: Sides, room: Sides, times: float) -> Wider:
    """As much as is ``asked`` for, to ``times`` as wide at most, where nothing has to stay: over ``room``."""
    beside = _BANDS if asked[0] and asked[1] else _BAND
    bands: list[float] = []
    sides: list[float] = []
    for more, free, most in zip(asked, room, (beside, beside, _ABOVE, _BELOW), strict=True):
        bands.append(max(_LEAST, min(most, free)))
        sides.append(min(more, (times - 1) / 2 * bands[-1]) if free > _LEAST else 0.0)
    if not any(sides):
        return AS_IT_WAS
    left, right, top, bottom = sides
    return Wider(left, right, top, bottom, (bands[0], bands[1], bands[2], bands[3]))


def _narrowed(share: Any, more: float, band: float, sign: int) -> Any:
    """``share`` where one border is moved by ``more``: that at 1, or at 0 where the ``sign`` is -1."""
    if not more:
        return share
    start, bend = 1 - band if sign > 0 else band, 2 * more / band**2
    into = np.maximum(sign * (share - start), 0)
    inner = (np.sqrt(1 + 2 * bend * np.minimum(into, band + more)) - 1) / bend
    return np.where(into > 0, start + sign * (inner + np.maximum(into - band - more, 0)), share)

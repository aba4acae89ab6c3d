"""A picture whose sides are widened, the more the nearer to the border, so that it reaches as far as a camera looks.

What a wide lens does to the sides of a frame, and a matte painter to a plate that is too narrow: lines go on, level
ones stay level, and nothing stands twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Sides = tuple[float, float]
"""By how much the left and the right side are widened, in widths of the picture."""

MOST = 0.3
"""What a side is widened by at most: 2 times at its border. Beyond that the place goes on otherwise."""
_BAND, _BANDS = 0.6, 0.5
"""The share of the width that is widened, on one side alone, and on each of both."""


def stretch(wider: Sides) -> float:
    """How many times as wide as it was the picture is at that border where it is widened the most."""
    return 1 + 2 * max(wider) / _band(wider)


def narrowed(share: Any, wider: Sides) -> Any:
    """What of a picture is shown at a ``share`` of its width (any shape), where it is ``wider``: also a share.

    Below 0 and above 1 is beyond its borders: there nothing is stretched.
    """
    band = _band(wider)
    for more, sign, start in ((wider[0], -1.0, band), (wider[1], 1.0, 1 - band)):
        if more:
            into, bend = np.maximum(sign * (share - start), 0), 2 * more / band**2
            inner = (np.sqrt(1 + 2 * bend * np.minimum(into, band + more)) - 1) / bend
            inner += np.maximum(into - band - more, 0)
            share = np.where(into > 0, start + sign * inner, share)
    return share


def _band(wider: Sides) -> float:
    return _BANDS if all(wider) else _BAND

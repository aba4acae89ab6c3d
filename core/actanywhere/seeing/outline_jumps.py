"""What is doubtful in a matte: a part of the actor that comes or goes at once, or is half there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .follow_still import bring
from .protocol import Picture

JUMPS = 0.05
"""Share of the actor from which a part that comes or goes is told; true mattes stay below 0.03, but for smoke."""
_BELIEVED = 0.5
HALF = 0.1
"""Share of the actor from which what is half there is told; masks that are right by eye stay below 0.07."""
_WIDE = 0.006
"""Half the width, as a share of the longer side, from which what is soft is no edge."""


def come_and_gone(before: Picture, mask: Picture, now: Picture, other: Picture) -> tuple[float, float]:
    """The largest part of ``other``, the mask of the picture ``now``, that the ``mask`` of the one ``before`` lacks,
    and the largest that it has more, as shares of the actor; where the flow is not believed, both may be right.
    """
    area = max(1, int((mask > 0.5).sum()), int((other > 0.5).sum()))
    return _lacks(before, mask, now, other) / area, _lacks(now, other, before, mask) / area


def half_there(mask: Picture) -> float:
    """How much of a ``mask`` (h, w) is neither there nor gone, beside its soft edge; as a share of the actor."""
    soft: NDArray[np.uint8] = ((mask > 0.1) & (mask < 0.9)).astype(np.uint8)
    side = 2 * max(2, round(_WIDE * max(mask.shape))) + 1
    wide = cv2.morphologyEx(soft, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    return int(wide.sum()) / max(1, int((mask > 0.5).sum()))


def _lacks(before: Picture, mask: Picture, now: Picture, other: Picture) -> int:
    """Pixels of the largest part of ``other`` that is not in ``mask``, brought to it."""
    brought, believed = bring(before, mask, now)
    lacks: NDArray[np.uint8] = ((other > 0.5) & (brought < 0.5) & (believed > _BELIEVED)).astype(np.uint8)
    reach = np.ones((3, 3), np.uint8) if min(mask.shape) < 400 else np.ones((5, 5), np.uint8)
    _, _, facts, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(lacks, cv2.MORPH_OPEN, reach))
    return int(facts[1:, cv2.CC_STAT_AREA].max(initial=0))

"""An engine's picture merged over the moved condition, which stays as it is wherever nothing was painted."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .enlarged import Enlarged
from .over import in_three

Picture = NDArray[np.float32]


class Merge:
    """A frame (H, W, 3) at plate size, made a few rows at a time.

    ``painted`` (h, w, 3) display and ``shown`` (h, w), 0..1, are the engine's, at its size. Where nothing shows and the
    moved condition has the place, the frame is that condition to the bit.
    """

    def __init__(self, painted: Picture, shown: Picture, height: int, width: int) -> None:
        self._painted = Enlarged(painted, height, width, cv2.INTER_LANCZOS4)
        self._shown = Enlarged(shown, height, width, cv2.INTER_LINEAR)

    def rows(self, part: slice, place: Picture, seen: Picture) -> Picture:
        """The rows (n, W, 3) of a ``part`` (start and stop), where ``place`` (n, W, 3) is the moved condition and
        ``seen`` (n, W) where it has the place.
        """
        over = np.maximum(np.clip(self._shown.rows(part), 0, 1), 1 - seen)
        # Interpolation leaves a trace where there is nothing.
        over[over < 1 / 512] = 0
        if not over.any():
            return place
        large = self._painted.rows(part)
        np.clip(large, 0, 1, out=large)
        share = in_three(over)
        large -= place
        large *= share
        large += place
        np.copyto(large, place, where=share <= 0)
        return large

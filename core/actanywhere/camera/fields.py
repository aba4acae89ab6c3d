"""Whether a plate's frames are woven of two fields: video that is interlaced, or film in 3:2 pulldown.

As ffmpeg's ``idet`` does, the rows of one field of a frame are held against the frame before. Woven, they come just
after that frame's other field, and the frame's other rows long after it; what is fine or still weighs the same. Where
all moves too far for that, rows are less like their neighbours than like those beyond, as not even grain is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..contract.numbering import compact

Rows = NDArray[np.uint8]
"""(H, n) grey codes of a few columns of a frame, each row of the plate's own."""

COLUMNS = 96
_MOVES, _LEAST_MOVES = 10, 0.002
"""Codes by which a pixel changes that moves, and the share of them below which a frame tells nothing."""
_WOVEN = 0.35
"""How much more, as a logarithm, one field's rows differ than the other's; whole frames stay below 0.15."""
_COMBED = 1.2
"""How much more rows differ from their neighbours than from those beyond; whole frames stay below 0.7, pure grain
is 1."""
_FEWEST = 3
_ALL, _PULLDOWN = 0.75, 0.4
"""Shares of the frames that tell: from which on all are woven, and from which on three in five are."""
_DEINTERLACE = "Give it deinterlaced (ffmpeg -vf bwdif)"


class Fields:
    """Hears the ``rows`` of frame after frame, and tells whether they are woven."""

    def __init__(self) -> None:
        self._last: NDArray[np.int16] | None = None
        self._told: list[float] = []
        self._combed: list[bool] = []

    def add(self, rows: Rows) -> None:
        """The next frame."""
        now, last = rows.astype(np.int16), self._last
        self._last = now
        apart, combed = (0.0, 0.0) if last is None or last.shape != now.shape else _read(last, now)
        self._told.append(apart)
        self._combed.append(combed > _COMBED)

    def woven(self) -> list[int]:
        """Frames, from 0, whose fields are of two times, or come after one whose are."""
        told = np.array(self._told)
        later = np.sign(told[np.abs(told) > _WOVEN].sum())
        found = np.flatnonzero((later * told > _WOVEN) | self._combed).tolist()
        return found if len(found) >= max(_FEWEST, _PULLDOWN * np.count_nonzero(told)) else []

    def warnings(self, first: int) -> list[str]:
        """What to do with such a plate, whose first frame is ``first``."""
        found = self.woven()
        if not found:
            return []
        frames = compact([first + index for index in found])
        comb = "at the edges of what moves every other row is of another time, which no camera or matte can follow"
        if len(found) >= _ALL * np.count_nonzero(self._told):
            return [
                f"plate: it is interlaced (frames {frames}): {comb}. {_DEINTERLACE}, and the matte with it."
            ]
        return [
            f"plate: it looks like film in 3:2 pulldown (frames {frames}): {comb}. Take the pulldown out (ffmpeg -vf "
            "fieldmatch,decimate), which gives 24 whole frames a second, and the matte with it."
        ]


def _read(last: NDArray[np.int16], now: NDArray[np.int16]) -> tuple[float, float]:
    """How much more the even rows of the frame before differ from their neighbours now than the odd ones, as a
    logarithm, and how much more rows of this one differ from their neighbours than from those beyond; 0 where hardly
    anything moves.
    """
    changed = np.abs(now - last) > _MOVES
    moves = changed[1:-3] | changed[2:-2] | changed[3:-1]
    if moves.size == 0 or moves.mean() < _LEAST_MOVES:
        return 0.0, 0.0
    beside, beyond = now[1:-3] + now[3:-1], now[:-4] + now[4:]
    differ = np.abs(beside - 2 * last[2:-2]) * moves
    even, odd = (float(differ[start::2].sum()) + 1 for start in (0, 1))
    combed = [float((np.abs(rows - 2 * now[2:-2]) * moves).sum()) + 1 for rows in (beside, beyond)]
    return float(np.log(even / odd)), combed[0] / combed[1]

"""How the place moves through a shot: one protocol for a flat track and for a 3-D camera."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .fit import Points
from .track import CameraTrack

_ROUNDS = 3


class Motion(Protocol):
    """Where in the reference frame's view every frame of a shot looks. Positions are unit coordinates."""

    def __len__(self) -> int:
        """How many frames."""
        ...

    def look(self, index: int, x: Points, y: Points) -> tuple[Points, Points, NDArray[np.bool_]]:
        """Where in the reference view the points ``x``, ``y`` (any shapes that go together) of frame ``index`` look.

        The third says where that lies ahead of the reference; elsewhere the places mean nothing.
        """
        ...

    def relative_to(self, index: int) -> Motion:
        """The same motion with frame ``index`` as the reference."""
        ...

    def flat(self) -> CameraTrack:
        """The motion as homographies, for what needs them: of a camera in space, its turns and zoom."""
        ...


def shown_again(
    motion: Motion, index: int, other: int, x: Points, y: Points, step: float
) -> tuple[Points, Points]:
    """From each point of frame ``other`` to where frame ``index`` shows the same, by Newton's method; ``step`` is a
    pixel. Where the two do not show the same, it is as elsewhere.
    """
    aim_x, aim_y, known = motion.look(other, x, y)
    at_x, at_y = x, y
    with np.errstate(all="ignore"):
        for _ in range(_ROUNDS):
            here_x, here_y, ahead = motion.look(index, at_x, at_y)
            right_x, right_y, _ = motion.look(index, at_x + step, at_y)
            below_x, below_y, _ = motion.look(index, at_x, at_y + step)
            known = known & ahead
            a, b = (right_x - here_x) / step, (below_x - here_x) / step
            c, d = (right_y - here_y) / step, (below_y - here_y) / step
            off_x, off_y = aim_x - here_x, aim_y - here_y
            inverse = 1 / (a * d - b * c)
            at_x, at_y = at_x + (d * off_x - b * off_y) * inverse, at_y + (a * off_y - c * off_x) * inverse
        known = known & (np.hypot(at_x - x, at_y - y) < 1)
    if not known.any():
        return np.zeros_like(x), np.zeros_like(y)
    return tuple(np.where(known, way, np.median(way[known])) for way in (at_x - x, at_y - y))  # type: ignore[return-value]

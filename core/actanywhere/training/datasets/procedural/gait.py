"""Walk cycles: feet that stand still while they carry, and knees by inverse kinematics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .brush import Point


@dataclass(frozen=True)
class Gait:
    """A cycle: ``stride`` metres a cycle, the share of it that a foot stands, how high it swings."""

    stride: float
    stance: float
    lift: float

    def foot(self, phase: float) -> Point:
        """The foot relative to the body (forwards, up) at ``phase`` cycles.

        While it stands it moves back exactly as fast as the body moves on, so it is locked to the ground.
        """
        phase %= 1.0
        reach = self.stride * self.stance
        if phase < self.stance:
            return reach * (0.5 - phase / self.stance), 0.0
        swing = (phase - self.stance) / (1 - self.stance)
        ease = swing * swing * (3 - 2 * swing)
        return reach * (ease - 0.5), self.lift * float(np.sin(np.pi * swing))


def bend(top: Point, end: Point, upper: float, lower: float, forward: float) -> tuple[Point, Point]:
    """The joint between ``top`` and ``end`` and the end pulled into reach; ``forward`` is +1 or -1."""
    dx, dy = end[0] - top[0], end[1] - top[1]
    far = max(float(np.hypot(dx, dy)), 1e-6)
    reach = min(far, (upper + lower) * 0.999)
    if reach < far:
        end = (top[0] + dx * reach / far, top[1] + dy * reach / far)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    side = float(np.sqrt(max(upper**2 - along**2, 0.0))) * forward
    ux, uy = dx / far, dy / far
    return (top[0] + ux * along - uy * side, top[1] + uy * along + ux * side), end

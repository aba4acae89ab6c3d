"""What stands upright in the plate, from where a 3-D solve saw points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .camera_files import Cameras
from .fit import Points

_FLIP = np.array([1.0, -1.0, -1.0])
_STANDS = 0.2
"""Heights of the camera above the ground from which on a point is of something upright: slopes and kerbs lie lower."""
_NEAREST = 0.02
_REACH = 0.06
"""Frame heights as far as which a point tells what is about it."""
_FEWEST = 1e-3
"""Points, by their weight, that it takes."""
_SURE = 0.5
"""How much more of the points stand, of all, where it is sure."""


def upright(cameras: Cameras, index: int, at: Points) -> NDArray[np.float64]:
    """How surely, 0..1, frame ``index`` shows at places ``at`` (N, 2), in unit coordinates, what stands on the ground.

    By the points nearby; what stands behind the ground there says nothing. 0 where no points are known.
    """
    none = np.zeros(len(at))
    if cameras.points is None or cameras.ground is None or not len(at):
        return none
    matrix, ground, focal = cameras.matrices[index], float(cameras.ground[index]), float(cameras.focal[index])
    above = float(matrix[1, 3]) - ground
    seen = (cameras.points - matrix[:3, 3]) @ matrix[:3, :3] * _FLIP
    ahead = seen[:, 2] > _NEAREST * abs(above)
    seen, heights = seen[ahead], cameras.points[ahead, 1] - ground
    if not len(seen):
        return none
    rays = np.column_stack([at / focal, np.ones(len(at))])
    down = -(rays * _FLIP) @ matrix[1, :3]
    far = np.where(down > 0, above / np.where(down > 0, down, 1.0), np.inf)
    away = ((at[:, None] - focal * (seen[:, :2] / seen[:, 2:])[None]) ** 2).sum(2)
    weights = np.exp(-0.5 * away / _REACH**2)
    stands = (heights > _STANDS * above)[None] & (seen[None, :, 2] < far[:, None])
    lies = (heights <= _STANDS * above)[None]
    standing, lying = (weights * stands).sum(1), (weights * lies).sum(1)
    both = standing + lying
    lead = np.where(both > _FEWEST, (standing - lying) / np.maximum(both, _FEWEST), -1.0)
    return np.asarray(np.clip(lead / _SURE, 0, 1), np.float64)

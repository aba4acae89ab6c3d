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
_TELLS, _AT_ONCE = 4, 256
"""In these, how far away one is left out; and places that are asked about at once."""
_FEWEST = 1e-3
"""Points, by their weight, that it takes."""
_SURE = 0.5
"""How much more of the points stand, of all, where it is sure."""


def upright(cameras: Cameras, index: int, at: Points) -> NDArray[np.float64]:
    """How surely, 0..1, frame ``index`` shows at places ``at`` (N, 2), in unit coordinates, what stands on the ground.

    By the points nearby; what stands behind the ground there says nothing. 0 where no points are known.
    """
    found = np.zeros(len(at))
    if cameras.points is None or cameras.ground is None or not len(at):
        return found
    matrix, ground, focal = cameras.matrices[index], float(cameras.ground[index]), float(cameras.focal[index])
    above = float(matrix[1, 3]) - ground
    seen = (cameras.points - matrix[:3, 3]) @ matrix[:3, :3] * _FLIP
    ahead = seen[:, 2] > _NEAREST * abs(above)
    seen, heights = seen[ahead], cameras.points[ahead, 1] - ground
    if not len(seen):
        return found
    places = focal * seen[:, :2] / seen[:, 2:]
    near = (np.abs(places - (at.min(0) + at.max(0)) / 2) <= np.ptp(at, axis=0) / 2 + _TELLS * _REACH).all(1)
    places, depths, stands = places[near], seen[near, 2], heights[near] > _STANDS * above
    rays = np.column_stack([at / focal, np.ones(len(at))])
    down = -(rays * _FLIP) @ matrix[1, :3]
    far = np.where(down > 0, above / np.where(down > 0, down, 1.0), np.inf)
    for part in (slice(start, start + _AT_ONCE) for start in range(0, len(at), _AT_ONCE)):
        away = ((at[part, None] - places[None]) ** 2).sum(2)
        weights = np.exp(-0.5 * away / _REACH**2)
        standing = (weights * (stands & (depths < far[part, None]))).sum(1)
        lying = weights[:, ~stands].sum(1)
        both = standing + lying
        lead = np.where(both > _FEWEST, (standing - lying) / np.maximum(both, _FEWEST), -1.0)
        found[part] = np.clip(lead / _SURE, 0, 1)
    return found

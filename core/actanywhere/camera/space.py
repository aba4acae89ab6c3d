"""A 3-D camera, and the place projected onto level ground and an upright wall where the ground ends.

The picture of the place was taken, so to speak, where the reference frame's camera stands, by a level camera with the
same lens that is shifted until its horizon lies on the picture's. So uprights of the picture stand upright in every
frame, its horizon is the plate's, and its ground passes under the actor as the plate's does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import JobError
from .camera_files import Cameras, turned
from .fit import Points
from .track import CameraTrack

_FLIP = np.array([1.0, -1.0, -1.0])
"""From x right, y down, z forward to x right, y up, z backward."""
_LEAST_WALL, _BEHIND_FEET, _BEYOND_TRAVEL = 1.5, 1.2, 1.5
"""Where the wall stands if nobody says: no nearer than so many heights of the camera, and farther than the actor and
the camera go by these factors. As near as that, little of what is upright in the picture is laid on the ground."""
_ASIDE = 2.0
"""How far beside the reference camera the wall runs, in its distances ahead."""
_NEARLY = 85
"""Percent: the few feet that seem farther off are in the air."""
_LEVEL = 1e-9
_NEAREST = 0.02
"""Distance ahead, in heights of the camera, below which nothing of the ground is looked up."""


@dataclass(frozen=True)
class SpaceTrack:
    """``cameras`` of every frame, whose ground is known (an actor may jump down, so it has a height in each); the
    picture stands at ``reference``.

    ``horizon`` and ``foot`` are rows of the picture, as it is laid into the reference frame, in unit coordinates, on
    which its horizon and the foot of its wall lie; left out, the plate's own horizon, and a wall behind what the actor
    walks on, whose ``feet`` (N, 2) are places on the ground (x and z). ``aspect`` is the plate raster's.
    """

    cameras: Cameras
    aspect: float
    reason: str
    quality: NDArray[np.float64]
    feet: NDArray[np.float64]
    doubts: tuple[str, ...] = ()
    reference: int = 0
    horizon: float | None = None
    foot: float | None = None

    def __len__(self) -> int:
        return len(self.cameras.frames)

    def relative_to(self, index: int) -> SpaceTrack:
        """The same camera with the picture standing at frame ``index``."""
        return replace(self, reference=index)

    def standing(self, horizon: float | None, foot: float | None) -> SpaceTrack:
        """The same camera with the picture's horizon and the foot of its wall on those rows."""
        return replace(self, horizon=horizon, foot=foot)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be said of where the wall stands."""
        if self.foot is None:
            return ()
        wall, height = self.wall, self.height
        found = []
        if self.farthest_travel > 0.9 * wall:
            found.append(
                f"The foot of the wall is {wall / height:.1f} heights of the camera away, and the camera goes "
                f"{self.farthest_travel / height:.1f} from there: it comes too near."
            )
        elif self.reach > wall:
            found.append(
                f"The actor walks {self.reach / height:.1f} heights of the camera away, beyond the foot of the wall "
                f"({wall / height:.1f}): their feet slide there."
            )
        return tuple(f"{one} Give a higher row after the comma of --horizon, or none." for one in found)

    def flat(self) -> CameraTrack:
        """Its turns and zoom alone."""
        track = CameraTrack(
            turned(self.cameras, self.aspect),
            True,
            self.reason,
            self.quality,
            self.doubts,
            self.cameras.horizons,
        )
        return track.relative_to(self.reference)

    @property
    def ground(self) -> NDArray[np.float64]:
        """(T,) the height of the ground."""
        known = self.cameras.ground
        return np.zeros(len(self)) if known is None else known

    @property
    def height(self) -> float:
        """Of the reference camera over the ground."""
        return float(self.cameras.matrices[self.reference, 1, 3] - self.ground[self.reference])

    @property
    def focal(self) -> float:
        """Of the reference camera, in frame heights."""
        return float(self.cameras.focal[self.reference])

    @property
    def plate_horizon(self) -> float:
        """The row of the reference frame, in unit coordinates, on which its horizon crosses the middle column."""
        up = self.cameras.matrices[self.reference, 1, :3] * _FLIP
        return float(-self.focal * up[2] / up[1])

    @property
    def wall(self) -> float:
        """How far from the reference camera the wall stands, in the cameras' units."""
        if self.foot is not None:
            return self.focal * self.height / max(self.foot - self._horizon, 1e-3)
        return max(
            _LEAST_WALL * self.height, _BEHIND_FEET * self.reach, _BEYOND_TRAVEL * self.farthest_travel
        )

    @property
    def upright(self) -> tuple[float, float]:
        """The rows of the reference view, in unit coordinates, of its horizon and of the foot of its wall."""
        return self._horizon, self._horizon + self.focal * self.height / self.wall

    @property
    def reach(self) -> float:
        """The least distance of a wall that has nearly all before it that the actor walks on."""
        return self._before(self.feet - self._place[[0, 2]], _NEARLY)

    @property
    def farthest_travel(self) -> float:
        """The least distance of a wall that has all cameras before it."""
        return self._before(self.cameras.matrices[:, [0, 2], 3] - self._place[[0, 2]], 100)

    @property
    def stands(self) -> NDArray[np.float64]:
        """(N, 2) where in the reference view, in unit coordinates, the actor's feet stand on the ground."""
        right, _, ahead = (axis[[0, 2]] for axis in self._axes)
        away = self.feet - self._place[[0, 2]]
        far = away @ ahead
        before = far > _NEAREST * self.height
        along, below = (away @ right)[before] / far[before], self.height / far[before]
        return self.focal * np.stack([along, below], 1) + [0.0, self._horizon]

    def _before(self, places: NDArray[np.float64], percent: float) -> float:
        right, _, ahead = (axis[[0, 2]] for axis in self._axes)
        if not len(places):
            return 0.0
        needed = np.maximum(places @ ahead, np.abs(places @ right) / _ASIDE)
        return max(0.0, float(np.percentile(needed, percent)))

    @property
    def _horizon(self) -> float:
        return self.plate_horizon if self.horizon is None else self.horizon

    @property
    def _place(self) -> NDArray[np.float64]:
        return np.asarray(self.cameras.matrices[self.reference, :3, 3], np.float64)

    @property
    def _axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Right, up and ahead (3,) of the level camera that took the picture."""
        up = np.array([0.0, 1.0, 0.0])
        ahead = -self.cameras.matrices[self.reference, :3, 2] * [1, 0, 1]
        ahead = ahead / np.linalg.norm(ahead)
        return np.cross(ahead, up), up, ahead

    def look(self, index: int, x: Points, y: Points) -> tuple[Points, Points, NDArray[np.bool_]]:
        """As ``Motion`` has it: through the frame onto ground or wall, and from there into the reference view."""
        axes = np.stack(self._axes)
        matrix, focal = self.cameras.matrices[index], self.cameras.focal[index]
        turn = (axes @ matrix[:3, :3]) * _FLIP
        right, up, far = (line[0] / focal * x + line[1] / focal * y + line[2] for line in turn)
        start = axes @ (matrix[:3, 3] - self._place)
        height, wall = self.height, self.wall
        above = matrix[1, 3] - self.ground[index]
        with np.errstate(divide="ignore", invalid="ignore"):
            onto_ground = np.where(up < -_LEVEL, above / -up, np.inf)
        onto_wall = _onto_wall((start[0] / wall, start[2] / wall), right / wall, far / wall)
        reached = np.minimum(np.where(onto_ground > 0, onto_ground, np.inf), onto_wall)
        found = np.isfinite(reached)
        reached = np.where(found, reached, 0.0)
        below = height - (above + reached * up)
        along, share = _along_wall((start[0] + reached * right) / wall, (start[2] + reached * far) / wall)
        ahead = found & (share * wall > _NEAREST * abs(height))
        scale = self.focal / np.where(ahead, share * wall, 1.0)
        return self.focal * along, self._horizon + scale * below, ahead


def _onto_wall(start: tuple[float, float], right: Points, far: Points) -> Points:
    """How far along each ray from ``start`` (right, ahead) the wall is; infinite where it is not met.

    In units of the wall's distance: it is flat and straight ahead for one unit to each side, bends back on a quarter
    circle of radius one, and goes straight back beside the camera.
    """
    x, z = start
    best = np.full(np.broadcast_shapes(right.shape, far.shape), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        flat = (1.0 - z) / far
        best = np.where((far > _LEVEL) & (np.abs(x + flat * right) <= 1) & (flat > 0), flat, best)
        square = right**2 + far**2
        for side in (-1.0, 1.0):
            half = ((x - side) * right + z * far) / square
            bend = np.sqrt(half**2 - ((x - side) ** 2 + z**2 - 1) / square) - half
            there = ((x + bend * right) * side >= 1) & (z + bend * far >= 0) & (bend > 0)
            best = np.where(there, np.minimum(best, bend), best)
            beside = (side * _ASIDE - x) / right
            there = (right * side > _LEVEL) & (z + beside * far < 0) & (beside > 0)
            best = np.where(there, np.minimum(best, beside), best)
    return np.asarray(best, np.float64)


def _along_wall(right: Points, far: Points) -> tuple[Points, Points]:
    """Where along the wall the way from the reference camera over places (right, ahead) ends, and the share of the way
    at which they lie; in units of the wall's distance.
    """
    away = np.maximum(np.hypot(right, far), _LEVEL)
    sine, cosine = np.abs(right) / away, far / away
    flat = cosine >= sine
    back = cosine < 0
    bend = sine + np.sqrt(np.maximum(1 - cosine**2, 0))
    reached = np.where(
        flat, 1 / np.where(flat, cosine, 1.0), np.where(back, _ASIDE / np.where(back, sine, 1.0), bend)
    )
    x, z = reached * sine, reached * cosine
    along = np.where(flat, x, np.where(back, 1 + np.pi / 2 - z, 1 + np.arctan2(x - 1, z)))
    return np.sign(right) * along, away / reached


def read_horizon(text: str, rows: int) -> tuple[float | None, float | None]:
    """The rows of a condition picture of so many ``rows`` on which its horizon and the foot of its wall lie.

    None where an artist's setting leaves them out. Raises ``JobError``.
    """
    if not text.strip():
        return None, None
    try:
        numbers = [float(word) for word in re.split(r"[,;\s]+", text.strip())]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not np.isfinite(numbers).all():
        raise JobError(f"horizon is '{text}'; it must be ROW or ROW,FOOT.", "Such as 240 or 240,310.")
    if not -4 * rows <= numbers[0] <= 5 * rows:
        raise JobError(
            f"horizon is '{text}', and the condition picture has {rows} rows.",
            "Give the row in its pixels, counted from the top.",
        )
    if len(numbers) == 2 and numbers[1] < numbers[0] + 0.005 * rows:
        raise JobError(
            f"horizon is '{text}': the ground ends at or above the horizon, where it would be endlessly far away.",
            "Give the row on which the ground ends below the horizon's row, or leave it out.",
        )
    return numbers[0], numbers[1] if len(numbers) == 2 else None

"""The clip's track for the engine: the background's motion, one homography a frame.

A solved camera gives the homography that carries its reconstructed points (which lie on the background) from the
reference frame to each other frame; a 2-D stabilisation gives the move of its tracks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import JobError
from ..contract.track import track_text

__all__ = ["read_track"]

Matrix = NDArray[np.float64]


def read_track(clip: Any, source: str, first: int, last: int, shift: int, size: tuple[int, int]) -> str:
    """The track file of scene frames ``first`` to ``last``, by job frame; see ``contract.track``.

    Each transform maps the reference frame's pixels (origin top left, y down) to that frame's. ``source`` is
    ``SOLVE``, ``STABILISE`` or ``AUTO`` (the solve if there is one). Raises ``JobError``.
    """
    solved = any(item.reconstruction.is_valid for item in clip.tracking.objects if item.is_camera)
    if source == "SOLVE" and not solved:
        raise JobError(f"The clip '{clip.name}' has no solved camera.", "Solve it, or use its 2-D tracks.")
    frames = range(first, last + 1)
    reader = _solved if source == "SOLVE" or (source == "AUTO" and solved) else _stabilised
    numbers = {frame: frame - clip.frame_start + 1 for frame in frames}
    matrices = reader(clip, numbers, size)
    return track_text(*size, {frame + shift: list(matrices[frame].ravel()) for frame in frames})


def _solved(clip: Any, numbers: dict[int, int], size: tuple[int, int]) -> dict[int, Matrix]:
    camera = next(item for item in clip.tracking.objects if item.is_camera)
    points = np.array([tuple(track.bundle) for track in camera.tracks if track.has_bundle], np.float64)
    views: dict[int, Matrix] = {}
    for frame, number in numbers.items():
        found = [view for view in camera.reconstruction.cameras if view.frame == number]
        if not found:
            raise JobError(
                f"The camera of '{clip.name}' is not solved at frame {frame}.",
                "Track and solve the whole range, or choose frames that are solved.",
            )
        views[frame] = np.linalg.inv(np.array(found[0].matrix, np.float64))
    lens = _lens(clip, size)
    reference = views[sorted(views)[len(views) // 2]]
    return {frame: _between(reference, view, lens, points) for frame, view in views.items()}


def _lens(clip: Any, size: tuple[int, int]) -> Matrix:
    """Camera space (x right, y up, looking along -z) to pixels."""
    camera, (width, height) = clip.tracking.camera, size
    scale = width / clip.size[0]
    focal = camera.focal_length_pixels * scale
    point = getattr(camera, "principal_point_pixels", None) or camera.principal
    x, y = point[0] * scale, height - point[1] * scale
    return np.array([[focal, 0, -x], [0, -focal, -y], [0, 0, -1]], np.float64)


def _between(reference: Matrix, view: Matrix, lens: Matrix, points: Matrix) -> Matrix:
    """From the reference view's pixels to this view's: through the points, or by the turn alone if they are few."""
    turn = lens @ view[:3, :3] @ reference[:3, :3].T @ np.linalg.inv(lens)
    ahead = _ahead(reference, points) & _ahead(view, points) if len(points) else np.zeros(0, bool)
    if ahead.sum() < 4:
        return turn / turn[2, 2]
    old, new = _seen(reference, lens, points[ahead]), _seen(view, lens, points[ahead])
    found = _homography(old, new)
    return turn / turn[2, 2] if found is None else found


def _ahead(view: Matrix, points: Matrix) -> NDArray[np.bool_]:
    depths: NDArray[np.float64] = points @ view[2, :3] + view[2, 3]
    return depths < -1e-6


def _seen(view: Matrix, lens: Matrix, points: Matrix) -> Matrix:
    seen = (points @ view[:3, :3].T + view[:3, 3]) @ lens.T
    return seen[:, :2] / seen[:, 2:]


def _homography(old: Matrix, new: Matrix) -> Matrix | None:
    """The least-squares homography between points; None where they do not fix one."""
    to_old, to_new = _normaliser(old), _normaliser(new)
    a, b = _apply(to_old, old), _apply(to_new, new)
    rows = []
    for (x, y), (u, v) in zip(a, b, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, -u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, -v])
    _, values, vectors = np.linalg.svd(np.array(rows), full_matrices=True)
    if values[7] < 1e-7 * values[0]:
        return None
    found = np.linalg.inv(to_new) @ vectors[-1].reshape(3, 3) @ to_old
    return found / found[2, 2]


def _normaliser(points: Matrix) -> Matrix:
    centre = points.mean(axis=0)
    scale = 1.0 / max(float(np.abs(points - centre).mean()), 1e-9)
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1]])


def _apply(matrix: Matrix, points: Matrix) -> Matrix:
    full = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return full[:, :2] / full[:, 2:]


def _stabilised(clip: Any, numbers: dict[int, int], size: tuple[int, int]) -> dict[int, Matrix]:
    stabilisation = clip.tracking.stabilization
    tracks = {track.name: track for track in [*stabilisation.tracks, *stabilisation.rotation_tracks]}
    if not tracks:
        raise JobError(
            f"The clip '{clip.name}' has neither a solved camera nor tracks for 2-D stabilisation.",
            "Solve it, or add tracks of the background under Stabilization > 2D Stabilization.",
        )
    seen = {frame: _markers(tracks, number, size) for frame, number in numbers.items()}
    for frame, found in seen.items():
        if len(found) < len(tracks):
            lost = sorted(set(tracks) - set(found))
            raise JobError(
                f"Track '{lost[0]}' of '{clip.name}' has no marker at frame {frame}.",
                "Track it through the whole range, or choose frames that it covers.",
            )
    names = sorted(tracks)
    middle = sorted(numbers)[len(numbers) // 2]
    reference = np.array([seen[middle][name] for name in names])
    return {
        frame: _similarity(reference, np.array([found[name] for name in names]))
        for frame, found in seen.items()
    }


def _markers(tracks: dict[str, Any], number: int, size: tuple[int, int]) -> dict[str, tuple[float, float]]:
    """Where each track is at a frame of the clip, in pixels, y down."""
    found = {}
    for name, track in tracks.items():
        marker = track.markers.find_frame(number)
        if marker is not None and not marker.mute:
            found[name] = (marker.co[0] * size[0], (1.0 - marker.co[1]) * size[1])
    return found


def _similarity(old: Matrix, new: Matrix) -> Matrix:
    """Shift, and with two or more points also turn and scale, by least squares."""
    (x, y), (u, v) = old.mean(axis=0), new.mean(axis=0)
    a, b = old - (x, y), new - (u, v)
    spread = float((a * a).sum())
    cos, sin = 1.0, 0.0
    if spread > 1e-9:
        cos = float((a * b).sum()) / spread
        sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    return np.array([[cos, -sin, u - cos * x + sin * y], [sin, cos, v - sin * x - cos * y], [0, 0, 1]])

"""The plate's camera is solved in three dimensions where it shows parallax, and refused where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.camera.camera_files import cameras_of
from actanywhere.camera.solve import solve_camera
from tests.camera.set3d import EYE, FOCAL, frames, look

pytest.importorskip("pycolmap", reason="pycolmap (the extra 'solve') is not installed")


def test_a_move_around_the_actor_is_solved_with_its_lens_horizon_and_ground() -> None:
    count = 12
    turns = np.stack([look(9, -1.7 * k, 0.2 * np.sin(k)) for k in range(count)])
    places = np.array([[0.16 * k, 0.0, 0.02 * k] for k in range(count)])
    found = solve_camera(frames(turns, places))
    assert found.doubt == "", found.doubt
    roll, pitch = found.attitude.T
    assert np.abs(roll - 0.2 * np.sin(np.arange(count))).max() < 0.3
    assert pitch == pytest.approx(np.full(count, 9.0), abs=0.7)
    assert found.focal == pytest.approx(FOCAL, rel=0.03)
    assert found.horizons == pytest.approx(np.full(count, -FOCAL * np.tan(np.radians(9))), abs=0.02)
    cameras = cameras_of(found, 1)
    assert found.ground.height is not None, found.ground.reason
    metres = EYE / found.ground.height
    moved = (cameras.matrices[-1, :3, 3] - cameras.matrices[0, :3, 3]) * metres
    assert moved == pytest.approx([1.76, 0.0, -0.22], abs=0.08)


def test_a_pan_has_no_parallax_and_is_refused_with_the_reason() -> None:
    turns = np.stack([look(9, 2.0 * k) for k in range(8)])
    found = solve_camera(frames(turns, np.zeros((8, 3)), seed=5))
    assert "parallax" in found.doubt or "frames hold together" in found.doubt or "rays meet" in found.doubt

"""The plate's camera is solved in three dimensions where it shows parallax, and refused where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.camera import mapping, solve
from actanywhere.camera.camera_files import cameras_of
from actanywhere.camera.ground import find_ground
from actanywhere.camera.solve import solve_camera, torn
from actanywhere.camera.upright import upright
from tests.camera.set3d import EYE, FOCAL, HEIGHT, WIDTH, codes, frames, look

pytest.importorskip("pycolmap", reason="pycolmap (the extra 'solve') is not installed")


def test_a_move_around_the_actor_is_solved_with_its_lens_horizon_and_ground() -> None:
    count = 12
    turns = np.stack([look(9, -1.7 * k, 0.2 * np.sin(k)) for k in range(count)])
    places = np.array([[0.16 * k, 0.0, 0.02 * k] for k in range(count)])
    shot, done = codes(frames(turns, places)), list[float]()
    found = solve_camera(shot.__getitem__, count, step=done.append)
    assert found.doubt == "", found.doubt
    assert done == sorted(done) and done[0] > 0 and done[-1] > 0.9
    cameras = cameras_of(found, 1)
    roll, pitch = cameras.attitude.T
    assert np.abs(roll - 0.2 * np.sin(np.arange(count))).max() < 0.3
    assert pitch == pytest.approx(np.full(count, 9.0), abs=0.7)
    assert found.facts.focal == pytest.approx(FOCAL, rel=0.03)
    assert cameras.horizons == pytest.approx(np.full(count, -FOCAL * np.tan(np.radians(9))), abs=0.02)
    levels = find_ground(cameras, shot.__getitem__, WIDTH / HEIGHT).levels
    assert levels is not None
    metres = EYE / -levels[0]
    moved = (cameras.matrices[-1, :3, 3] - cameras.matrices[0, :3, 3]) * metres
    assert moved == pytest.approx([1.76, 0.0, -0.22], abs=0.08)
    # The middle of a card and the wall over the actor's head; ground before them, a kerb's height above it too.
    places = np.array([[1.8, EYE - 0.6, 3.6], [-1.0, -1.0, 8.0], [0.2, EYE, 3.0], [0.2, EYE - 0.1, 3.0]])
    seen = places @ look(9, 0).T
    assert upright(cameras.over(levels), 0, FOCAL * seen[:, :2] / seen[:, 2:]) == pytest.approx([1, 1, 0, 0])


def test_a_pan_has_no_parallax_and_is_refused_with_the_reason_before_a_model_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(mapping.Mapping, "map")
    turns = np.stack([look(9, 2.0 * k) for k in range(8)])
    shot = codes(frames(turns, np.zeros((8, 3)), seed=5))
    found = solve_camera(shot.__getitem__, 8)
    assert found.doubt.startswith("0% of the image pairs show parallax") and "0 of 8" in str(found.facts)


def test_a_lens_that_is_held_while_the_model_grows_is_freed_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "_ATTEMPTS", ((4.0, 0.8),))
    turns = np.stack([look(9, -1.7 * k, 0.2 * np.sin(k)) for k in range(8)])
    shot = codes(frames(turns, np.array([[0.24 * k, 0.0, 0.03 * k] for k in range(8)])))
    found = solve_camera(shot.__getitem__, 8)
    assert found.doubt == "", found.doubt
    assert found.facts.focal == pytest.approx(FOCAL, rel=0.05)


def test_a_solve_that_is_stopped_ends_at_once_with_what_stopped_it() -> None:
    def stop(share: float) -> None:
        raise KeyboardInterrupt

    shot = codes(frames(np.stack([look(9, 0.0)] * 7), np.zeros((7, 3))))
    with pytest.raises(KeyboardInterrupt):
        solve_camera(shot.__getitem__, 7, step=stop)


def test_two_solves_of_one_shot_are_equal_to_the_last_bit() -> None:
    turns = np.stack([look(9, -1.7 * k) for k in range(5)])
    shot = codes(frames(turns, np.array([[0.16 * k, 0.0, 0.0] for k in range(5)])))
    first, second = (solve_camera(shot.__getitem__, 5) for _ in range(2))
    assert first.facts == second.facts and first.facts.posed == 5
    assert np.array_equal(first.centres, second.centres)
    assert np.array_equal(first.rotations, second.rotations)


def test_a_path_that_stays_on_one_place_and_leaps_is_no_cameras() -> None:
    dolly = np.zeros((40, 3))
    dolly[:, 2] = 0.1 * np.arange(40) + 0.01 * np.sin(np.arange(40))
    assert torn(dolly) == ""
    fallen = dolly.copy()
    fallen[:12] = dolly[8] + 1e-6 * np.arange(12)[:, None]  # 0.4 from there to the next
    assert torn(fallen).startswith("12 frames fall onto one place")
    # Half of the shot at a tenth of the other half's scale: 0.81 between steps of 0.01 and 0.1.
    scaled = np.zeros((40, 3))
    scaled[:20, 2], scaled[20:, 2] = 0.01 * np.arange(20), 1 + 0.1 * np.arange(20)
    assert torn(scaled).startswith("the camera would leap after frame 20 ")
    # A camera that stands and starts to walk: its solve trembles by a hundredth of a step, and nothing leaps.
    starts = dolly.copy()
    starts[:12] = dolly[12] - [0, 0, 0.1] + 1e-3 * np.sin(np.arange(36).reshape(12, 3))
    assert torn(starts) == ""

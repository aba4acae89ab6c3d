"""The engine's picture laid over the place: nothing of the place changes where nothing shows."""

from __future__ import annotations

import numpy as np

from actanywhere.comp.merge import Merge


def merge_over(painted: np.ndarray, shown: np.ndarray, place: np.ndarray, seen: np.ndarray) -> np.ndarray:
    return Merge(painted, shown, *seen.shape).rows(slice(0, len(seen)), place, seen)


def test_the_place_stays_to_the_bit_where_nothing_shows() -> None:
    random = np.random.default_rng(0)
    place = random.random((270, 480, 3)).astype(np.float32)
    painted = random.random((68, 120, 3)).astype(np.float32)
    shown = np.zeros((68, 120), np.float32)
    shown[:, 90:] = 1
    frame = merge_over(painted, shown, place, np.ones((270, 480), np.float32))
    assert (frame[:, :350] == place[:, :350]).all()
    assert not (frame[:, 365:] == place[:, 365:]).any()


def test_where_the_place_is_not_there_the_picture_shows() -> None:
    place, painted = np.zeros((64, 64, 3), np.float32), np.full((32, 32, 3), 0.6, np.float32)
    seen = np.ones((64, 64), np.float32)
    seen[:, :20] = 0
    frame = merge_over(painted, np.zeros((32, 32), np.float32), place, seen)
    np.testing.assert_allclose(frame[:, :20], 0.6, atol=1e-5)
    assert (frame[:, 20:] == 0).all()


def test_halfway_is_the_mean_of_both() -> None:
    place, painted = np.full((16, 16, 3), 0.2, np.float32), np.full((16, 16, 3), 0.6, np.float32)
    frame = merge_over(painted, np.full((16, 16), 0.5, np.float32), place, np.ones((16, 16), np.float32))
    np.testing.assert_allclose(frame, 0.4, atol=1e-6)

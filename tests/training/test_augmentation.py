"""Damaged mattes: each kind does what its name says, and no more."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.training.augmentation import KINDS, augment_matte

Mattes = NDArray[np.float32]
_FRAMES, _SIDE = 6, 96


@pytest.fixture
def matte() -> Mattes:
    """A disc that wanders to the right."""
    made = np.zeros((_FRAMES, _SIDE, _SIDE), np.float32)
    for t in range(_FRAMES):
        cv2.circle(made[t], (36 + 4 * t, 48), 22, 1.0, -1)
    return made


def _many(kind: str, matte: Mattes, count: int = 20) -> list[Mattes]:
    made = [KINDS[kind](matte, np.random.default_rng(seed)) for seed in range(count)]
    for one in made:
        assert one.shape == matte.shape and one.dtype == np.float32
        assert set(np.unique(one)) <= {0.0, 1.0}
    assert any((one != matte).any() for one in made)
    return made


def test_holes_and_occluders_only_ever_remove(matte: Mattes) -> None:
    for kind in ("holes", "occluder"):
        assert all((one <= matte).all() for one in _many(kind, matte))


def test_an_occluder_always_covers_a_piece_of_the_actor_and_often_moves(matte: Mattes) -> None:
    moved = 0
    for one in _many("occluder", matte):
        bitten = matte - one
        assert bitten.any()
        middles = [np.argwhere(frame)[:, ::-1].mean(0) for frame in bitten if frame.any()]
        moved += len(middles) > 1 and float(np.ptp(middles, axis=0).max()) > 2
    assert moved >= 5


def test_leaks_only_ever_add_and_hang_on_the_actor(matte: Mattes) -> None:
    for one in _many("leaks", matte):
        assert (one >= matte).all()
        for frame, true in zip(one, matte, strict=True):
            if (frame > true).any():
                _, labels = cv2.connectedComponents(
                    cv2.dilate(frame, np.ones((5, 5), np.uint8)).astype(np.uint8)
                )
                hanging = np.isin(labels, np.unique(labels[true > 0.5]))
                assert hanging[frame > 0.5].mean() > 0.5


def test_leaks_find_a_place_even_when_the_actor_is_out_of_the_picture(matte: Mattes) -> None:
    assert any(one.any() for one in _many("leaks", np.zeros_like(matte)))


def test_specks_are_small_on_both_sides_and_elsewhere_in_every_frame(matte: Mattes) -> None:
    for one in _many("specks", matte):
        changed = one != matte
        assert 0 < changed.mean() < 0.05
        assert not np.array_equal(changed[0], changed[1])
    signs = {float(value) for one in _many("specks", matte) for value in np.unique(one - matte)}
    assert signs == {-1.0, 0.0, 1.0}


def test_late_frames_are_neighbouring_frames(matte: Mattes) -> None:
    for one in _many("late", matte):
        for t in range(_FRAMES):
            around = [matte[min(max(t + d, 0), _FRAMES - 1)] for d in (-1, 0, 1)]
            assert any(np.array_equal(one[t], other) for other in around)


def test_smeared_and_boiling_edges_stay_near_the_true_edge(matte: Mattes) -> None:
    reach = np.ones((11, 11), np.uint8)
    for kind in ("smear", "boil"):
        signs = set[float]()
        for one in _many(kind, matte):
            for frame, true in zip(one, matte, strict=True):
                assert (frame <= cv2.dilate(true, reach)).all() and (frame >= cv2.erode(true, reach)).all()
            signs |= {float(value) for value in np.unique(one - matte)}
        assert signs == {-1.0, 0.0, 1.0}, kind


def test_boiling_edges_differ_from_frame_to_frame(matte: Mattes) -> None:
    still = np.repeat(matte[:1], _FRAMES, axis=0)
    sizes = [frame.sum() for frame in _many("boil", still)[0]]
    assert len(set(sizes)) > 1


def test_augmentation_is_drawn_by_the_generator_alone_and_leaves_the_matte_as_it_was(matte: Mattes) -> None:
    kept = matte.copy()
    one, again, other = (augment_matte(matte, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(matte, kept)


def test_soft_mattes_come_out_hard(matte: Mattes) -> None:
    soft = np.stack([cv2.GaussianBlur(frame, (0, 0), 3) for frame in matte])
    for seed in range(10):
        assert set(np.unique(augment_matte(soft, np.random.default_rng(seed)))) <= {0.0, 1.0}

"""What is expected where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.inpaint.fill import pull_push, smooth_prefill

_SIZES = [(64, 96), (160, 384), (8, 8), (7, 5), (16, 200), (96, 33)]


def _known(height: int, width: int, seed: int) -> np.ndarray:
    """A rectangle, as hard as the backdrop's."""
    rng = np.random.default_rng(seed)
    known = np.zeros((height, width), np.float32)
    y, x = int(rng.integers(height // 2 + 1)), int(rng.integers(width // 2 + 1))
    known[y : y + max(1, height // 2), x : x + max(1, width // 3)] = 1
    return known


def _picture(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), np.float32) * 0.5 + 0.25


@pytest.mark.parametrize(("height", "width"), _SIZES)
def test_a_single_colour_goes_on_as_itself_whatever_lies_beyond_what_is_known(
    height: int, width: int
) -> None:
    colour = np.float32([0.2, 0.5, 0.9])
    for seed in range(4):
        known = _known(height, width, seed)
        picture = np.where(known[..., None] > 0, colour, np.float32(0))
        np.testing.assert_allclose(
            pull_push(picture, known), np.broadcast_to(colour, picture.shape), atol=1e-4
        )
    empty = np.zeros((height, width), np.float32)
    condition = np.broadcast_to(colour, (40, 70, 3)).copy()
    made = smooth_prefill(np.zeros((height, width, 3), np.float32), empty, condition)
    np.testing.assert_allclose(made, np.broadcast_to(colour, made.shape), atol=1e-4)


@pytest.mark.parametrize(("height", "width"), _SIZES)
def test_what_is_known_stays_and_what_is_not_lies_within_its_range(height: int, width: int) -> None:
    for seed in range(4):
        known, picture = _known(height, width, seed), _picture(height, width, seed)
        made = pull_push(picture, known)
        inside = known == 1
        np.testing.assert_allclose(made[inside], picture[inside], atol=1e-6)
        assert np.isfinite(made).all()
        assert (made >= picture[inside].min(0) - 1e-3).all() and (made <= picture[inside].max(0) + 1e-3).all()


def test_nothing_that_lies_under_the_unknown_is_seen() -> None:
    known, picture = _known(64, 96, 0), _picture(64, 96, 0)
    other = np.where(known[..., None] == 1, picture, np.float32(0.77))
    np.testing.assert_allclose(pull_push(other, known), pull_push(picture, known), atol=1e-6)


def test_a_single_known_pixel_is_enough() -> None:
    known = np.zeros((64, 96), np.float32)
    known[40, 3] = 1
    picture = _picture(64, 96, 0)
    made = pull_push(picture, known)
    assert np.isfinite(made).all() and made.min() >= 0 and made.max() <= 1
    np.testing.assert_allclose(smooth_prefill(picture, known, picture), made)


def test_sky_goes_on_as_sky_and_ground_as_ground() -> None:
    picture = np.zeros((96, 160, 3), np.float32)
    picture[:48], picture[48:] = (0.3, 0.5, 0.9), (0.4, 0.3, 0.1)
    known = np.zeros((96, 160), np.float32)
    known[:, :60] = 1
    made = pull_push(picture, known)
    np.testing.assert_allclose(made[8:24, 120:], picture[8:24, 120:], atol=0.15)
    np.testing.assert_allclose(made[72:88, 120:], picture[72:88, 120:], atol=0.15)


def test_a_condition_without_a_camera_is_expected_without_its_detail() -> None:
    condition = _picture(256, 384, 1)
    condition[:128] *= 0.3
    made = smooth_prefill(np.zeros((64, 96, 3), np.float32), np.zeros((64, 96), np.float32), condition)
    assert made.shape == (64, 96, 3) and made.min() >= 0 and made.max() <= 1
    assert made[:20].mean() < 0.5 * made[44:].mean()
    assert np.abs(np.diff(made, axis=1)).max() < 0.02

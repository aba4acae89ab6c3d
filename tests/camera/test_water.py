"""Water of a picture moves by itself: within its mask alone, without a jump, and in the picture's own plane."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop, Surroundings
from actanywhere.camera.pyramid import Pyramid
from actanywhere.camera.track import CameraTrack, still_track
from actanywhere.camera.water import Water
from tests.camera.staged import similarity

HEIGHT, WIDTH, SHORE = 144, 192, 60
FPS = 24


def _lake() -> np.ndarray:
    """A red bank over water that has no red, with wavelets at several sizes."""
    rng = np.random.default_rng(3)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    picture[:SHORE] = (1, 0.5, 0.5)
    ripples = sum(
        cv2.resize(rng.standard_normal((HEIGHT // cell, WIDTH // (2 * cell)), np.float32), (WIDTH, HEIGHT))
        for cell in (2, 4, 8)
    )
    picture[SHORE:, :, 1] = np.clip(0.4 + 0.08 * np.asarray(ripples), 0, 1)[SHORE:]
    picture[SHORE:, :, 2] = picture[SHORE:, :, 1] * 0.8 + 0.1
    return picture


LAKE = _lake()
MASK = np.zeros((HEIGHT, WIDTH), np.float32)
MASK[SHORE:] = 1


def _water(first: int = 0, mask: np.ndarray = MASK, **ways: float) -> Water:
    return Water(LAKE, mask, np.eye(3), SHORE - 8, first, 1 / FPS, **ways)


def _frames(count: int, water: Water | None = None) -> np.ndarray:
    backdrop = Backdrop(LAKE, still_track(count), WIDTH / HEIGHT).flowing(water or _water())
    return np.stack([backdrop.frame(index, HEIGHT, WIDTH)[0] for index in range(count)])


def test_what_is_not_water_is_as_it_was_and_none_of_it_enters_the_water() -> None:
    still = Backdrop(LAKE, still_track(1), WIDTH / HEIGHT).frame(0, HEIGHT, WIDTH)[0]
    frames = _frames(2 * FPS)
    assert all(np.array_equal(frame[:SHORE], still[:SHORE]) for frame in frames)
    assert not np.array_equal(frames[0][SHORE:], still[SHORE:])
    assert frames[:, SHORE:, :, 0].max() == still[SHORE:, :, 0].max() < 1e-6
    assert np.array_equal(frames[5][SHORE : SHORE + 5], still[SHORE : SHORE + 5])  # the shore itself stands


def test_it_moves_visibly_and_stays_as_clear() -> None:
    frames = _frames(2 * FPS)[:, SHORE + 20 :, :, 1]
    contrast = LAKE[SHORE + 20 :, :, 1].std()
    steps = np.abs(np.diff(frames, axis=0)).mean((1, 2)) / contrast
    assert 0.10 < np.median(steps) < 0.5
    assert abs(frames.std((1, 2)) / contrast - 1).max() < 0.1
    sharp = [np.abs(cv2.Laplacian(one, -1)).mean() for one in (*frames, LAKE[SHORE + 20 :, :, 1])]
    assert min(sharp[:-1]) > 0.8 * sharp[-1]


def test_where_a_copy_is_relieved_nothing_jumps() -> None:
    steps = np.abs(np.diff(_frames(4 * FPS)[:, SHORE:], axis=0)).mean((1, 2, 3))
    assert steps.max() < 1.5 * np.median(steps) and steps.min() > 0.6 * np.median(steps)


def test_a_frame_is_the_same_alone_in_a_range_and_in_parts() -> None:
    whole = _frames(12)
    backdrop = Backdrop(LAKE, still_track(12), WIDTH / HEIGHT).flowing(_water())
    assert np.array_equal(backdrop.frame(9, HEIGHT, WIDTH)[0], whole[9])
    parts = [backdrop.frame(9, HEIGHT, WIDTH, slice(top, top + 48))[0] for top in (0, 48, 96)]
    assert np.array_equal(np.concatenate(parts), whole[9])
    assert np.array_equal(_frames(1, _water(first=9))[0], whole[9])  # another job, that begins there


def test_it_shrinks_towards_the_horizon() -> None:
    water = _water()
    shift = np.stack([water.at(index).first for index in range(FPS)])
    rows = np.linalg.norm(shift, axis=3).mean((0, 2))
    scale = len(rows) / HEIGHT
    far, near = (rows[round(row * scale)] for row in (SHORE + 16, HEIGHT - 10))
    assert 0 < far < 0.75 * near


def test_the_camera_moves_the_water_with_the_picture() -> None:
    path = np.stack([np.eye(3)] * 3 + [similarity(1, 0, -24 / HEIGHT, 0)])
    panned = Backdrop(LAKE, CameraTrack(path, True, "staged", np.ones(4)), WIDTH / HEIGHT).flowing(_water())
    rgb, valid = panned.frame(3, HEIGHT, WIDTH)
    np.testing.assert_allclose(rgb[:, :-40], _frames(4)[3][:, 24:-16], atol=1e-4)
    assert valid[:, -20:].max() == 0


def test_it_goes_on_over_the_border_into_what_was_added() -> None:
    wide = cv2.copyMakeBorder(LAKE, 0, 0, 32, 32, cv2.BORDER_REFLECT_101)
    onto = np.array([[1.0, 0, 32], [0, 1, 0], [0, 0, 1]])
    mask = cv2.copyMakeBorder(MASK, 0, 0, 32, 32, cv2.BORDER_REPLICATE)
    water = Water(wide, mask, onto, SHORE - 8, 0, 1 / FPS)
    path = np.stack([np.eye(3), similarity(1, 0, -24 / HEIGHT, 0)])
    backdrop = Backdrop(LAKE, CameraTrack(path, True, "staged", np.ones(2)), WIDTH / HEIGHT)
    backdrop = backdrop.within(Surroundings(Pyramid(wide, 2), onto))
    still, moved = (one.frame(1, HEIGHT, WIDTH)[0] for one in (backdrop, backdrop.flowing(water)))
    changed = np.abs(moved - still)[SHORE + 20 :].mean((0, 2))
    assert changed[-15:].min() > 0.2 * changed[:100].mean()  # beyond the picture's own border
    assert np.array_equal(moved[:SHORE], still[:SHORE])
    seam = WIDTH - 24
    across = np.abs(np.diff(moved[SHORE + 20 :], axis=1)).mean((0, 2))
    assert across[seam - 3 : seam + 3].max() < 2 * np.median(across)


def test_twice_the_speed_is_there_in_half_the_time() -> None:
    slow, fast = _water(), _water(speed=2.0)
    calm = slow._turns < 1.3 / 2  # those below what a frame can show
    assert calm.any()
    np.testing.assert_allclose(fast._turns[calm], 2 * slow._turns[calm])


@pytest.mark.parametrize("rows", [0, 8])
def test_no_water_and_a_rill_do_not_move(rows: int) -> None:
    mask = np.zeros_like(MASK)
    mask[SHORE : SHORE + rows] = 1
    assert not _water(mask=mask).moves

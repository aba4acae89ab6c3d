"""The condition picture moves with the plate's camera."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop, Surroundings, choose_anchor, known_region
from actanywhere.camera.pyramid import Pyramid
from actanywhere.camera.track import CameraTrack, still_track
from tests.camera.staged import similarity, turning, wall

WIDE = wall(np.random.default_rng(1), 240, 480)


def moves(*transforms: np.ndarray) -> CameraTrack:
    path = np.stack([np.eye(3), *transforms])
    return CameraTrack(path, True, "staged", np.ones(len(path)))


def test_at_the_anchor_the_frame_shows_the_centre_of_the_condition() -> None:
    rgb, valid = Backdrop(WIDE, still_track(1), 1.0).frame(0, 240, 240)
    np.testing.assert_allclose(rgb, WIDE[:, 120:360], atol=1e-6)
    assert valid.min() == 1

    rgb, valid = Backdrop(WIDE, still_track(1), 4.0).frame(0, 120, 480)
    np.testing.assert_allclose(rgb, WIDE[60:180], atol=1e-6)
    assert valid.min() == 1


def test_the_picture_beyond_the_frames_sides_comes_into_view_when_the_camera_pans() -> None:
    backdrop = Backdrop(WIDE, moves(similarity(1, 0, 0.25, 0)), 1.0)
    rgb, valid = backdrop.frame(1, 240, 240)
    np.testing.assert_allclose(rgb, WIDE[:, 60:300], atol=1e-6)
    assert valid.min() == 1


def test_beyond_the_pictures_own_border_nothing_is_known() -> None:
    rgb, valid = Backdrop(WIDE, moves(similarity(1, 0, -0.75, 0)), 1.0).frame(1, 240, 240)
    assert valid[:, :178].min() == 1
    assert valid[:, 182:].max() == 0
    np.testing.assert_allclose(rgb[:, :178], WIDE[:, 300:478], atol=1e-6)


@pytest.mark.parametrize("share", [2, 4, 8])
def test_a_small_raster_is_an_average_of_the_full_size_picture(share: int) -> None:
    size = (480 // share, 240 // share)
    rgb, valid = Backdrop(WIDE, still_track(1), 2.0).frame(0, size[1], size[0])
    np.testing.assert_allclose(rgb, cv2.resize(WIDE, size, interpolation=cv2.INTER_AREA), atol=1e-5)
    assert valid.min() > 0.999


def test_a_squeezed_raster_shows_the_same_frame() -> None:
    backdrop = Backdrop(WIDE, moves(similarity(0.9, 0.05, 0.1, 0.02)), 2.0)
    whole, squeezed = backdrop.frame(1, 240, 480)[0], backdrop.frame(1, 240, 240)[0]
    expected = cv2.resize(whole, (240, 240), interpolation=cv2.INTER_AREA)
    assert np.abs(squeezed - expected).mean() < 0.01


def test_fine_stripes_seen_from_afar_turn_grey_without_moire() -> None:
    stripes = np.zeros((512, 512, 3), np.float32)
    stripes[:, ::2] = 1
    far = Backdrop(stripes, moves(similarity(0.37, 0.1, 0, 0)), 1.0)
    rgb, valid = far.frame(1, 512, 512)
    inside = cv2.erode((valid > 0.99).astype(np.uint8), np.ones((25, 25))) > 0
    assert inside.any()
    assert np.abs(rgb[inside] - 0.5).max() < 0.2
    assert rgb[inside].std() < 0.06


def test_sharpness_does_not_pop_during_a_slow_zoom() -> None:
    zooms = [similarity(1 / z, 0, 0, 0) for z in np.linspace(1.9, 2.1, 9)]
    backdrop = Backdrop(wall(np.random.default_rng(2), 480, 480), moves(*zooms), 1.0)
    contrast = [backdrop.frame(k, 240, 240)[0][80:160, 80:160] for k in range(1, 10)]
    fine = np.array([np.std(p - cv2.GaussianBlur(p, (0, 0), 1)) for p in contrast])
    assert np.abs(np.diff(fine) / fine[1:]).max() < 0.08


def test_a_steady_slow_pan_moves_evenly() -> None:
    pans = [similarity(1, 0, 0.1 * k / 240, 0) for k in range(1, 11)]
    backdrop = Backdrop(WIDE, moves(*pans), 2.0)
    shown = [backdrop.frame(k, 240, 480)[0][60:180, 60:420, 1] for k in range(11)]
    slope = np.gradient(shown[0], axis=1)
    steps = [float(np.sum(slope * (a - b)) / np.sum(slope**2)) for a, b in pairwise(shown)]
    np.testing.assert_allclose(steps, 0.1, atol=0.04)


def test_behind_the_painted_subject_the_place_is_unknown() -> None:
    subject = np.zeros((240, 480), np.float32)
    subject[80:160, 200:260] = 1
    backdrop = Backdrop(WIDE, moves(similarity(1, 0, 0.1, 0)), 2.0, subject)
    _, valid = backdrop.frame(1, 240, 480)
    assert valid[80:160, 224:284].max() == 0
    assert valid[40:70, 30:].min() == 1


def test_a_picture_that_left_the_view_sideways_never_returns_mirrored() -> None:
    path = turning(40, angle=3.0)
    seen = [
        Backdrop(WIDE, CameraTrack(path, True, "", np.ones(40)), 1.5).frame(k, 48, 72)[1].mean()
        for k in range(40)
    ]
    assert seen[0] == 1
    gone = int(np.argmax(np.array(seen) == 0))
    assert gone > 0
    assert max(seen[gone:]) == 0


def test_every_value_is_a_number_in_range_whatever_the_camera_does() -> None:
    wild = moves(similarity(1e-3, 2, 5, 5), similarity(50, 1, -3, 2), *turning(5, angle=1.5))
    backdrop = Backdrop(WIDE, wild, 1.78)
    for k in range(len(wild)):
        rgb, valid = backdrop.frame(k, 36, 64)
        assert np.isfinite(rgb).all() and rgb.min() >= 0 and rgb.max() <= 1
        assert np.isfinite(valid).all() and valid.min() >= 0 and valid.max() <= 1


def test_a_band_around_the_actor_is_not_known() -> None:
    matte = np.zeros((100, 100), np.float32)
    matte[40:60, 40:60] = 1
    known = known_region(np.ones((100, 100), np.float32), matte, 10)
    assert known[50, 40:60].max() == 0
    assert known[50, 30:40].max() <= 0.5 and known[50, 28] == 1
    assert known_region(np.ones((100, 100), np.float32), matte, 0)[50, 38] == 1
    assert known_region(np.zeros((100, 100), np.float32), matte, 10).max() == 0


def test_without_an_actor_all_that_is_valid_is_known() -> None:
    valid = np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)
    assert np.array_equal(known_region(valid, np.zeros((10, 10), np.float32), 3), valid)


def test_the_anchor_is_where_the_shot_shows_least_beyond_the_picture() -> None:
    pan = CameraTrack(np.stack([similarity(1, 0, 0.1 * k, 0) for k in range(11)]), True, "", np.ones(11))
    assert choose_anchor(pan, 1.78, 1.78) == 5
    # The actor comes in frame 7: the middle of seven frames that count 0.3 and four that count 1.
    assert choose_anchor(pan, 1.78, 1.78, present=np.arange(11) >= 7) == 7
    closing_in = CameraTrack(
        np.stack([similarity(1 + 0.1 * k, 0, 0, 0) for k in range(9)]), True, "", np.ones(9)
    )
    assert choose_anchor(closing_in, 1.78, 1.78) == 0


def test_rows_of_a_moved_picture_are_the_rows_of_the_whole() -> None:
    condition = np.random.default_rng(3).random((90, 150, 3), np.float32)
    tilted = np.eye(3)[None].repeat(2, 0)
    tilted[1] = [[1.1, 0.05, 0.3], [-0.04, 1.05, 0.2], [0.1, 0.2, 1]]
    behind = np.zeros((90, 150), np.float32)
    behind[30:60, 40:80] = 1
    around = Surroundings(
        Pyramid(np.random.default_rng(4).random((180, 300, 3), np.float32)),
        np.array([[1, 0, 75.0], [0, 1, 45], [0, 0, 1]]),
    )
    for hidden in (None, behind):
        backdrop = Backdrop(condition, CameraTrack(tilted, True, "", np.ones(2)), 150 / 90, hidden)
        for one in (backdrop, backdrop.within(around)):
            for index in range(2):
                rgb, seen = one.frame(index, 120, 200)
                assert np.array_equal(one.seen(index, 120, 200), seen)
                for rows in (slice(0, 32), slice(32, 50), slice(50, 120)):
                    part, there = one.frame(index, 120, 200, rows)
                    np.testing.assert_allclose(part, rgb[rows], atol=2e-6)
                    assert np.array_equal(there, seen[rows])

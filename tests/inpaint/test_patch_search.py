"""A picture goes on beyond its borders, made of its own patches."""

from __future__ import annotations

import cv2
import numpy as np

from actanywhere.camera.guide import Guide
from actanywhere.camera.track import CameraTrack
from actanywhere.inpaint.outpaint import extended, outpaint
from actanywhere.inpaint.patch_search import Margins, continue_picture
from tests.camera.staged import similarity, wall

SIZE = 160


def landscape() -> np.ndarray:
    """Blue sky over green ground, each with a texture of its own."""
    rng = np.random.default_rng(0)
    picture = np.zeros((SIZE, SIZE, 3), np.float32)
    picture[: SIZE // 2] = 0.4, 0.6, 0.9
    picture[SIZE // 2 :] = 0.2, 0.5, 0.1
    grain = cv2.GaussianBlur(rng.standard_normal(picture.shape).astype(np.float32), (0, 0), 1.5)
    return np.clip(picture + 0.25 * grain, 0, 1).astype(np.float32)


def whole() -> np.ndarray:
    return np.ones((SIZE, SIZE), np.float32)


def test_the_picture_itself_stays_as_it_is() -> None:
    made = continue_picture(landscape(), whole(), Margins(40, 20, 60, 10), np.random.default_rng(1))
    assert made.shape == (SIZE + 30, SIZE + 100, 3)
    np.testing.assert_allclose(made[21 : SIZE + 19, 41 : SIZE + 39], landscape()[1:-1, 1:-1], atol=1e-6)


def test_sky_goes_on_as_sky_and_ground_as_ground() -> None:
    made = continue_picture(landscape(), whole(), Margins(120, 0, 120, 0), np.random.default_rng(1))
    for columns in (slice(0, 115), slice(SIZE + 125, None)):
        sky, ground = made[: SIZE // 2 - 12, columns], made[SIZE // 2 + 12 :, columns]
        assert (sky[..., 2] > sky[..., 1]).mean() > 0.98
        assert (ground[..., 1] > ground[..., 2]).mean() > 0.98


def test_what_is_added_is_as_sharp_as_the_picture_neither_smeared_nor_mirrored() -> None:
    picture = landscape()
    made = continue_picture(picture, whole(), Margins(0, 0, 120, 0), np.random.default_rng(1))
    added, energy = made[:, SIZE + 6 :], lambda p: float(np.abs(np.diff(p, axis=1)).mean())
    assert 0.7 < energy(added) / energy(picture) < 1.3
    mirrored = picture[:, ::-1][:, 6:120]
    apart = np.abs(added[:, : mirrored.shape[1]] - mirrored).mean()
    unlike = np.abs(np.roll(picture, 37, 1) - picture).mean()
    assert apart > 0.5 * unlike


def test_little_pieces_do_not_repeat_as_a_comb() -> None:
    picture = landscape()
    made = continue_picture(picture, whole(), Margins(0, 0, 160, 100), np.random.default_rng(1))
    for added in (made[:SIZE, SIZE + 4 :], made[SIZE + 4 :]):
        for lag in range(4, 24):
            apart = [float(np.abs(p[:, lag:] - p[:, :-lag]).mean()) for p in (added, picture)]
            assert apart[0] > 0.7 * apart[1], lag


def test_the_place_goes_over_into_what_is_added_without_a_seam() -> None:
    picture = landscape()
    for seed in range(3):
        made = continue_picture(picture, whole(), Margins(0, 0, 60, 0), np.random.default_rng(seed))
        steps = np.abs(np.diff(made, axis=1)).mean((0, 2))
        assert steps[SIZE - 4 : SIZE + 4].max() < 2.3 * steps[: SIZE - 8].mean()


def test_a_hole_is_closed_with_what_lies_beside_it() -> None:
    picture, known = landscape(), whole()
    known[40:120, 60:100] = 0
    painted = picture.copy()
    painted[known == 0] = (1.0, 0.0, 0.0)
    made = continue_picture(painted, known, Margins(), np.random.default_rng(2))
    hole = made[44:116, 64:96]
    assert not ((hole[..., 0] > 0.7) & (hole[..., 1] < 0.3)).any()
    assert (hole[:30, :, 2] > hole[:30, :, 1]).mean() > 0.95
    assert (hole[-30:, :, 1] > hole[-30:, :, 2]).mean() > 0.95


def test_the_same_generator_gives_the_same_picture_and_another_another() -> None:
    picture = wall(np.random.default_rng(3), SIZE, SIZE)
    margins = Margins(0, 0, 100, 0)
    one, two, three = (
        continue_picture(picture, whole(), margins, np.random.default_rng(s)) for s in (5, 5, 6)
    )
    assert np.array_equal(one, two)
    assert np.abs(one - three)[:, SIZE + 10 :].mean() > 0.01


def test_an_extended_guide_knows_the_place_beyond_the_borders_and_moves_with_the_camera() -> None:
    picture = wall(np.random.default_rng(4), 240, 240)
    path = np.stack([np.eye(3), similarity(1, 0, -0.5, 0), similarity(1, 0, -0.6, 0)])
    track = CameraTrack(path, True, "staged", np.ones(3))
    bare = Guide(picture, track, 1.0)
    wide = extended(bare, picture, 0)
    assert bare.frame(1, 240, 240)[1].mean() < 0.52
    (first, known), (second, _) = wide.frame(1, 240, 240), wide.frame(2, 240, 240)
    assert known.min() == 1
    # 0.1 frame heights are 24 pixels: what lies beyond the border moves as the picture does.
    np.testing.assert_allclose(second[:, 130:210], first[:, 154:234], atol=0.02)


def test_far_beyond_the_borders_the_place_is_as_sharp_as_the_picture() -> None:
    picture = wall(np.random.default_rng(4), 120, 120)
    path = np.stack([np.eye(3), similarity(1, 0, 3.2, 0)])
    guide = extended(Guide(picture, CameraTrack(path, True, "staged", np.ones(2)), 1.0), picture, 0)
    (here, _), (far, known) = guide.frame(0, 120, 120), guide.frame(1, 120, 120)
    assert known.min() == 1
    assert np.abs(np.diff(far, axis=1)).mean() > 0.6 * np.abs(np.diff(here, axis=1)).mean()


def test_a_frame_out_of_reach_is_named_and_still_of_the_place_alone() -> None:
    picture = wall(np.random.default_rng(4), 60, 60)
    path = np.stack([similarity(1, 0, sides, 0) for sides in (0.0, 3.0, 7.0)])
    guide = extended(Guide(picture, CameraTrack(path, True, "staged", np.ones(3)), 1.0), picture, 0)
    assert guide.out_of_reach() == [2]
    assert guide.frame(2, 60, 60)[1].min() == 1


def test_a_long_pan_of_a_large_picture_stays_within_its_memory() -> None:
    picture = wall(np.random.default_rng(5), 900, 900)
    views = [similarity(1, 0, 900.0 * sides, 0) for sides in (0, 2, 4)]
    wider = outpaint(picture, None, views, (90, 90), 0)
    assert wider is not None
    height, width = wider.picture.size
    assert 1e6 < height * width < 9e6


def test_an_extended_guide_shows_the_place_behind_a_painted_actor() -> None:
    picture = wall(np.random.default_rng(4), 240, 240)
    subject = np.zeros((240, 240), np.float32)
    subject[80:160, 100:140] = 1
    picture[subject > 0] = (1, 0, 1)
    track = CameraTrack(np.eye(3)[None], True, "staged", np.ones(1))
    rgb, known = extended(Guide(picture, track, 1.0, subject), picture, 0).frame(0, 240, 240)
    assert known.min() == 1
    magenta = (rgb[..., 0] > 0.9) & (rgb[..., 1] < 0.1) & (rgb[..., 2] > 0.9)
    assert not magenta.any()

"""The condition is laid into the frame as the artist says."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop, choose_anchor
from actanywhere.camera.fit import apply
from actanywhere.camera.placement import Placement, around, condition_to_unit, read_place
from actanywhere.camera.track import CameraTrack, still_track
from actanywhere.contract.errors import JobError
from tests.camera.staged import similarity, wall

WIDE = wall(np.random.default_rng(1), 240, 480)
TALL = wall(np.random.default_rng(2), 480, 240)


@pytest.mark.parametrize(
    ("picture", "frame", "fit", "sides"),
    [
        (2.0, 1.0, "fill", (2.0, 1.0)),
        (2.0, 1.0, "fit", (1.0, 0.5)),
        (2.0, 1.0, "width", (1.0, 0.5)),
        (2.0, 1.0, "height", (2.0, 1.0)),
        (0.5, 2.0, "fill", (2.0, 4.0)),
        (0.5, 2.0, "fit", (0.5, 1.0)),
        (0.5, 2.0, "width", (2.0, 4.0)),
        (0.5, 2.0, "height", (0.5, 1.0)),
    ],
)
def test_each_fit_fills_the_sides_that_it_names(
    picture: float, frame: float, fit: str, sides: tuple[float, float]
) -> None:
    assert Placement(fit).sides(picture, frame) == pytest.approx(sides)


def test_moving_and_scaling_put_the_pictures_corners_where_the_artist_said() -> None:
    corners = np.array([[-0.5, -0.5], [479.5, 239.5]])
    laid = apply(condition_to_unit(240, 480, 1.0, Placement("fill", 0.25, -0.125, 1.5)), corners)
    np.testing.assert_allclose(laid, [[0.25 - 1.5, -0.125 - 0.75], [0.25 + 1.5, -0.125 + 0.75]])
    laid = apply(condition_to_unit(240, 480, 1.0, Placement("fill", 0.25, -0.125, 1.5, True)), corners)
    np.testing.assert_allclose(laid, [[0.25 + 1.5, -0.125 - 0.75], [0.25 - 1.5, -0.125 + 0.75]])


def test_a_portrait_picture_that_is_to_fit_is_seen_whole_with_nothing_known_beside_it() -> None:
    rgb, valid = Backdrop(TALL, still_track(1), 2.0, placement=Placement("fit")).frame(0, 480, 960)
    np.testing.assert_allclose(rgb[:, 360:600], TALL, atol=1e-6)
    assert valid[:, 362:598].min() == 1
    assert valid[:, :358].max() == valid[:, 602:].max() == 0


def test_a_mirrored_picture_is_turned_left_to_right_and_moves_with_the_camera_as_any_other() -> None:
    pan = CameraTrack(np.stack([np.eye(3), similarity(1, 0, 0.25, 0)]), True, "staged", np.ones(2))
    plain = Backdrop(WIDE[:, ::-1].copy(), pan, 1.0)
    mirrored = Backdrop(WIDE, pan, 1.0, placement=Placement(mirrored=True))
    for frame in (0, 1):
        np.testing.assert_allclose(
            mirrored.frame(frame, 240, 240)[0], plain.frame(frame, 240, 240)[0], atol=1e-6
        )


def test_the_camera_moves_the_placed_picture() -> None:
    pan = CameraTrack(np.stack([np.eye(3), similarity(1, 0, -0.25, 0)]), True, "staged", np.ones(2))
    placed = Backdrop(WIDE, pan, 1.0, placement=Placement(x=-0.25))
    np.testing.assert_allclose(placed.frame(0, 240, 240)[0], WIDE[:, 180:420], atol=1e-6)
    np.testing.assert_allclose(placed.frame(1, 240, 240)[0], WIDE[:, 240:480], atol=1e-6)


def test_the_anchor_is_the_frame_where_the_placed_picture_serves_the_shot_best() -> None:
    path = np.stack([similarity(1, 0, 0.1 * k, 0) for k in range(11)])
    pan = CameraTrack(path, True, "staged", np.ones(11))
    assert choose_anchor(pan, 1.0, 2.0) == 5
    # Half a frame farther to the left, the wide picture serves a camera that goes on to the left from the first frame.
    assert choose_anchor(pan, 1.0, 2.0, None, Placement(x=-0.5)) < 2


@pytest.mark.parametrize("text", ["0.1,-0.05,1.2", " 0.1 -0.05 1.2 ", "0.1; -0.05; 1.2"])
def test_a_place_is_read_as_an_artist_writes_it(text: str) -> None:
    assert read_place(text, "fit", (240, 480), 1.0) == Placement("fit", 0.1, -0.05, 1.2)


def test_a_place_is_written_as_it_is_read() -> None:
    placement = Placement("width", 0.1, -0.05, 1.2, True)
    assert str(placement) == "0.1,-0.05,1.2,mirror"
    assert read_place(str(placement), "width", (240, 480), 1.0) == placement
    assert read_place("centred", "fill", (240, 480), 1.0) == Placement()
    assert read_place("auto", "fill", (240, 480), 1.0) is None
    assert read_place("", "fill", (240, 480), 1.0) is None


@pytest.mark.parametrize(
    "text",
    ["0.1,0.2", "left", "0,0,nan", "0,0,0", "0,0,-1", "9,0,1", "0,0,1,up", "0,0,9,0", "0,0,1,1", "mirror"],
)
def test_a_place_that_cannot_be_is_refused_with_its_form(text: str) -> None:
    with pytest.raises(JobError) as refused:
        read_place(text, "fill", (240, 480), 1.0)
    assert text in refused.value.message
    assert "x,y,scale" in refused.value.remedy


@pytest.mark.parametrize("fit", ["fill", "fit", "width", "height"])
@pytest.mark.parametrize("mirror", ["", ",mirror"])
def test_a_box_of_the_picture_is_what_the_frame_shows_whatever_the_fit(fit: str, mirror: str) -> None:
    place = read_place(f"60,40,160,80{mirror}", fit, (240, 480), 2.0)
    assert place is not None
    rgb, valid = Backdrop(WIDE, still_track(1), 2.0, placement=place).frame(0, 80, 160)
    shown = WIDE[40:120, 60:220]
    np.testing.assert_allclose(rgb, shown[:, ::-1] if mirror else shown, atol=1e-5)
    assert valid.min() == 1


def test_a_box_of_another_shape_is_seen_whole_in_the_middle_and_may_reach_beyond_the_picture() -> None:
    place = read_place("-80,0,80,80", "fill", (240, 480), 2.0)
    assert place is not None
    rgb, valid = Backdrop(WIDE, still_track(1), 2.0, placement=place).frame(0, 80, 160)
    np.testing.assert_allclose(rgb[:, 120:], WIDE[:80, :40], atol=1e-5)
    assert valid[:, :118].max() == 0


def test_how_much_of_the_picture_and_of_the_frame_is_shown() -> None:
    assert Placement().shown(0.5, 2.0) == pytest.approx((0.25, 1))
    assert Placement("fit").shown(0.5, 2.0) == pytest.approx((1, 0.25))
    assert Placement("fit", x=1.0).shown(0.5, 2.0) == pytest.approx((0.5, 0.125))


@pytest.mark.parametrize("fit", ["fill", "fit", "width", "height"])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_part_of_a_picture_lies_as_it_would_by_itself(fit: str, mirrored: bool) -> None:
    left, top, wide, high = 20, 50, 400, 120
    inner = Placement(fit, 0.1, -0.05, 1.2, mirrored)
    corners = np.array([[-0.5, -0.5], [wide - 0.5, high - 0.5]])
    alone = apply(condition_to_unit(high, wide, 1.5, inner), corners)
    laid = condition_to_unit(240, 480, 1.5, around(inner, (left, top, wide, high), (240, 480), 1.5))
    np.testing.assert_allclose(apply(laid, corners + [left, top]), alone, atol=1e-9)

"""The given matte against the plate's own motion: an actor of texture who walks over a place that stands still."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.contract.shot import FrameRange, ImageSequence, Matte
from actanywhere.footage import open_matte, open_plate
from actanywhere.render.clip import Clip
from actanywhere.render.matte_check import check_matte
from actanywhere.render.matte_damage import Damage, Hole
from tests.render.stage import texture

FRAMES, STEP, SIDE = 10, 3, 160


@pytest.fixture(scope="module")
def walk() -> Clip:
    """A box of 40 x 80 pixels that moves by 3 pixels a frame, and its true matte."""
    rng = np.random.default_rng(4)
    place, actor = texture(rng, SIDE, SIDE), texture(rng, 80, 40)
    rgb, mattes = [], []
    for index in range(FRAMES):
        x = 40 + STEP * index
        picture, matte = place.copy(), np.zeros((SIDE, SIDE), np.float32)
        picture[50:130, x : x + 40] = actor
        matte[50:130, x : x + 40] = 1
        rgb.append(np.round(picture * 255).astype(np.uint8))
        mattes.append(np.round(cv2.GaussianBlur(matte, (0, 0), 0.8) * 255).astype(np.uint8))
    return Clip(FrameRange(1001, 1000 + FRAMES), np.stack(rgb), np.stack(mattes), 1.0)


def _with(walk: Clip, mattes: np.ndarray) -> Clip:
    return Clip(walk.frames, walk.rgb, mattes, 1.0)


def test_a_matte_that_is_right_is_left_alone(walk: Clip) -> None:
    assert check_matte(walk) == Damage()


def test_a_hole_of_three_frames_is_told_with_its_frames_and_size(walk: Clip) -> None:
    mattes = walk.matte.copy()
    for index in (4, 5, 6):
        x = 40 + STEP * index
        mattes[index, 70:86, x + 12 : x + 28] = 0
    (warning,) = check_matte(_with(walk, mattes)).warnings(1001)
    assert "frames 1005-1007 (" in warning
    share = float(warning.split("(")[1].split(" %")[0])
    assert share == pytest.approx(100 * 16 * 16 / (40 * 80), abs=2.5)


def test_parts_that_are_missing_are_told_together_in_the_order_of_their_frames() -> None:
    holes = (Hole(6, 6, (), (), 0.071), Hole(1, 3, (), (), 0.04))
    assert Damage(holes).warnings(1001) == [
        "matte: a part of the actor is missing at frames 1002-1004 (4.0 % of them), frame 1007 (7.1 % of them), which "
        "the plate shows. The new place shows through there; mend the roto, or give --mend-matte."
    ]


@pytest.mark.parametrize("had", [range(4, 6), range(FRAMES)])
def test_a_part_that_comes_and_goes_is_told(walk: Clip, had: range) -> None:
    """A bag at their side, which a roto holds in two frames alone, or in all."""
    rgb, mattes = walk.rgb.copy(), walk.matte.copy()
    bag = np.round(texture(np.random.default_rng(6), 24, 20) * 200).astype(np.uint8)
    for index in range(FRAMES):
        x = 80 + STEP * index
        rgb[index, 90:114, x : x + 20] = bag
        mattes[index, 90:114, x : x + 20] = 255 * (index in had)
    damage = check_matte(Clip(walk.frames, rgb, mattes, 1.0))
    assert damage == Damage(more=() if len(had) == FRAMES else tuple(had))
    assert all("at 1005-1006 it holds a part" in one for one in damage.warnings(1001))


@pytest.mark.parametrize("gone", [(5,), (5, 6), ()])
def test_a_thin_part_that_is_missing_in_one_frame_is_told(walk: Clip, gone: tuple[int, ...]) -> None:
    """A rod of 2 pixels that slowly goes on above the actor; missing in two frames, it is not surely there."""
    rgb, mattes = walk.rgb.copy(), walk.matte.copy()
    for index in range(FRAMES):
        x = 60 + index
        rgb[index, 10:50, x : x + 2] = (200, 30, 30)
        mattes[index, 10:46, x : x + 2] = 0 if index in gone else 255
    told = check_matte(Clip(walk.frames, rgb, mattes, 1.0))
    assert told.thin == (gone if len(gone) == 1 else ()) and not told.holes
    if told.thin:
        assert told.warnings(1001)[0].startswith(
            "matte: a thin part of the actor (a cord, a club) is missing at 1006"
        )


@pytest.mark.parametrize(("gone", "told"), [(range(3), "1001-1003"), (range(8, FRAMES), "1009-1010")])
def test_a_part_that_the_first_or_the_last_mattes_lack_is_told(walk: Clip, gone: range, told: str) -> None:
    mattes = walk.matte.copy()
    for index in gone:
        mattes[index, :80] = 0
    (warning,) = check_matte(_with(walk, mattes)).warnings(1001)
    assert f"at frames {told} (" in warning and "up to the end of the range" in warning


@pytest.mark.parametrize(("fade", "told"), [((0.7, 0.3, 0, 0), (7, 9)), ((0.7, 0.4, 0, 0.4, 0.7), (4, 6))])
def test_legs_that_fade_before_they_are_gone_are_told(
    walk: Clip, fade: tuple[float, ...], told: tuple[int, int]
) -> None:
    mattes = walk.matte.copy()
    for index, share in enumerate(fade, 6 if fade[-1] == 0 else 3):
        mattes[index, 100:] = mattes[index, 100:] * share
    damage = check_matte(_with(walk, mattes))
    (hole,) = damage.holes + damage.ends
    assert (hole.begin, hole.end) == told


def test_what_they_pick_up_or_come_out_from_behind_is_no_part_that_was_missing(walk: Clip) -> None:
    rgb, mattes = walk.rgb.copy(), walk.matte.copy()
    for index in range(FRAMES):
        rgb[index, :, :60] = (90, 140, 60)  # a wall that they come out from behind
        mattes[index, :, :60] = 0
        # A bag of 4 % of them that stands there until they take it.
        x = 110 if index < 4 else 70 + STEP * index
        rgb[index, 110:122, x : x + 10], mattes[index, 110:122, x : x + 10] = (
            (30, 60, 200),
            255 * (index >= 4),
        )
    assert check_matte(Clip(walk.frames, rgb, mattes, 1.0)).ends == ()


def test_a_part_that_is_half_there_is_told_but_no_soft_edge(walk: Clip) -> None:
    mattes = np.stack([cv2.GaussianBlur(one, (0, 0), 1.2) for one in walk.matte])
    assert check_matte(_with(walk, mattes)).half == ()
    for index in (4, 5):
        mattes[index, 110:] //= 2
    found = check_matte(_with(walk, mattes))
    assert found.half == (4, 5) and found.most == pytest.approx(20 / 60, abs=0.05)
    assert any("half there" in one and "at 1005-1006" in one for one in found.warnings(1001))


def test_what_is_left_out_all_through_is_the_artists_choice(walk: Clip) -> None:
    mattes = walk.matte.copy()
    mattes[:, 112:] = 0
    assert check_matte(_with(walk, mattes)) == Damage()


def test_a_matte_that_comes_twice_while_the_actor_walks_is_told(walk: Clip) -> None:
    mattes = walk.matte.copy()
    mattes[5] = mattes[4]
    (warning,) = check_matte(_with(walk, mattes)).warnings(1001)
    assert "stands still at 1006 while" in warning


def test_an_actor_who_stands_still_may_have_a_matte_that_does(walk: Clip) -> None:
    still = Clip(walk.frames, np.stack([walk.rgb[0]] * FRAMES), np.stack([walk.matte[0]] * FRAMES), 1.0)
    assert check_matte(still) == Damage()


def test_what_passes_behind_trees_is_not_missing() -> None:
    """A rider's shoulder goes behind one tree in frame 1016, and comes from behind another in 1023."""
    shot = Path(__file__).resolve().parents[3] / "shared/shots/bmx_trees"
    if not shot.is_dir():
        pytest.skip("../shared/shots is not here")
    frames = FrameRange(1014, 1025)
    alpha = Matte(str(shot / "matte/bmx_trees_matte.####.png"))
    plate = open_plate(ImageSequence(str(shot / "plate/bmx_trees.####.jpg")), frames)
    with plate, open_matte(alpha, plate) as mattes:
        each = [(plate.read(frame).pixels, mattes.read(frame)) for frame in frames]
    small = [[cv2.resize(one, (320, 192), interpolation=cv2.INTER_AREA) for one in pair] for pair in each]
    rgb, alphas = (np.round(255 * np.stack(one)).astype(np.uint8) for one in zip(*small, strict=True))
    assert check_matte(Clip(frames, rgb, alphas, 432 / 240)) == Damage()

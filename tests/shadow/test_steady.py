"""A pulled shadow over time, and dark that is no shadow: by hand."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from actanywhere.shadow.displaced import without_displaced
from actanywhere.shadow.shot_frames import ShotFrames
from actanywhere.shadow.steady import Steady, alike_over_time, carry, feet_of, pops, steadiness
from actanywhere.shadow.unseen import fill_unseen

FRAMES, HEIGHT, WIDTH = 9, 60, 120
NONE = np.zeros((0, 2), np.float32)


def _walk(down: int = 0) -> tuple[NDArray[np.uint8], list[NDArray[np.bool_]]]:
    """Shadows of 10 x 6 pixels, half of the light, right of somebody 20 tall who goes 5 pixels a frame."""
    planes = np.zeros((FRAMES, HEIGHT, WIDTH), np.uint8)
    actors = np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    for time in range(FRAMES):
        left = 20 + 5 * time
        actors[time, 20 + down : 40 + down, left : left + 6] = True
        planes[time, 36 + down : 42 + down, left + 6 : left + 16] = 128
    return planes, list(actors)


def _carried(planes: NDArray[np.uint8], actors: list[NDArray[np.bool_]], cut: int = 99) -> Steady:
    """What is steady of a shot that is cut before a frame, and carried where it is."""
    feet = [feet_of(actor) for actor in actors]

    def together(one: int, other: int) -> bool:
        return not min(one, other) < cut <= max(one, other)

    steady = steadiness(planes, feet, actors.__getitem__, together)
    if steady.enough:
        carry(planes, feet, steady, together)
    return steady


def test_a_frame_that_lacks_the_shadow_has_the_nearest_ones_at_its_own_feet() -> None:
    planes, actors = _walk()
    whole = planes.copy()
    planes[3] = 0
    planes[8, 38:] = 0  # a third of it is left
    steady = _carried(planes, actors)
    assert steady.enough and steady.lack == [3, 8]
    assert (planes == whole).all()


def test_an_actor_cut_off_at_a_side_keeps_the_shadow_that_frames_before_and_after_show() -> None:
    planes, actors = _walk()
    whole = planes.copy()
    for time in (3, 4, 5, 8):
        actors[time][20:30, : 20 + 5 * time] = True  # long, and out of the frame at the left
        planes[time] = 0
    steady = _carried(planes, actors)
    assert steady.lack == [3, 4, 5] and not planes[8].any(), "none shows it after the last"
    assert all((planes[time] == whole[time]).all() for time in (3, 4, 5))


def test_frames_that_have_it_alone_or_lack_it_between_others_are_told() -> None:
    planes, actors = _walk()
    feet = [feet_of(actor) for actor in actors]
    planes[[1, 4, 5, 6, 7]] = 0
    assert pops(planes, feet, actors.__getitem__) == ([8], [1])
    assert pops(planes, feet, actors.__getitem__, lambda one, other: (one > 1) == (other > 1)) == ([8], [])
    planes[:8] = 0
    assert pops(planes, feet, actors.__getitem__) == ([], []), "all that there is stays"


def test_one_that_comes_and_goes_is_not_laid() -> None:
    planes, actors = _walk()
    planes[[1, 3, 5, 7]] = 0
    steady = _carried(planes, actors)
    assert not steady.enough and steady.lack == [1, 3, 5, 7]
    assert not planes[3].any()


def test_pieces_of_a_shadow_that_change_from_its_rear_to_its_front_are_not_alike() -> None:
    planes, actors = _walk()
    feet = [feet_of(actor) for actor in actors]
    assert alike_over_time(planes, feet) > 0.9
    for time, plane in enumerate(planes):
        middle = 31 + 5 * time
        plane[:, middle:] *= time > FRAMES / 2
        plane[:, :middle] *= time <= FRAMES / 2
    assert alike_over_time(planes, feet) < 0.1


def test_none_is_carried_over_a_cut() -> None:
    planes, actors = _walk()
    planes[8:] = 0  # the frames before the cut tell nothing of those after it
    steady = _carried(planes, actors, cut=8)
    assert steady.enough and steady.lack == [] and not planes[8:].any()


def test_none_is_carried_to_feet_that_the_frame_cuts_off() -> None:
    planes, actors = _walk()
    actors[7:] = _walk(down=20)[1][7:]
    planes[7:] = 0
    steady = _carried(planes, actors)
    assert steady.enough and steady.lack == [] and not planes[7:].any()


def test_an_edge_that_lies_aside_is_no_shadow_and_shade_is() -> None:
    clean = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    clean[:, 30:33] = 0.1
    plate = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    plate[:, 32:35] = 0.1  # the same post, two pixels aside
    plate[20:40, 70:100] *= 0.5
    dark = np.clip(1 - plate[..., 0] / clean[..., 0], 0, 1)
    kept = without_displaced(dark, plate, clean, np.ones((HEIGHT, WIDTH), bool), 1)
    assert dark[10, 33] > 0.7 and not kept[:, :60].any()
    assert np.allclose(kept[20:40, 70:100], 0.5)
    assert cv2.countNonZero(kept) == 20 * 30


def _each(work: Callable[[int], None], *, also: object = ()) -> None:
    for index in range(FRAMES):
        work(index)


def test_what_no_frame_shows_lit_is_taken_from_frames_that_know_it_if_the_plate_is_as_dark_there() -> None:
    planes, actors = np.zeros((FRAMES, HEIGHT, WIDTH), np.uint8), np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    rgb = np.full((FRAMES, HEIGHT, WIDTH, 3), 188, np.uint8)  # half of the light
    for time in range(FRAMES):
        left = 20 + time
        actors[time, 20:40, left : left + 6] = True
        planes[time, 36:42, left + 6 : left + 36] = 128
        rgb[time, 36:42, left + 6 : left + 36] = 137  # a quarter of it
    whole = planes.copy()
    planes[2, :, 28:50] = 0  # in shadow in nearly all frames
    shot = ShotFrames(
        rgb, list(actors).__getitem__, np.repeat(np.eye(3)[None], FRAMES, 0), lambda one, other: (NONE, NONE)
    )
    feet = [feet_of(actor) for actor in actors]

    doubted = np.zeros_like(planes)
    filled = fill_unseen(shot, planes, doubted, feet, _each)
    assert np.abs(filled[2, 37:41, 30:48].astype(int) - whole[2, 37:41, 30:48]).max() <= 2
    assert (filled >= planes).all() and not filled[:, :30].any()
    rgb[2, 36:42, 28:50] = 188  # the plate shows it lit
    lit = fill_unseen(shot, planes, doubted, feet, _each)
    assert not lit[2, 37:41, 32:46].any()


def test_what_a_frame_is_unsure_of_is_taken_from_the_frames_beside_it() -> None:
    wide, planes = 10 * FRAMES + 60, np.zeros((FRAMES, HEIGHT, 10 * FRAMES + 60), np.uint8)
    actors = np.zeros(planes.shape, bool)
    rgb = np.full((FRAMES, HEIGHT, wide, 3), 188, np.uint8)
    for time in range(FRAMES):
        left = 10 + 10 * time  # so fast that all ground is seen lit
        actors[time, 20:40, left : left + 6] = True
        planes[time, 36:42, left + 6 : left + 26] = 128
        rgb[time, 36:42, left + 6 : left + 26] = 137
    unsure = np.s_[4, 36:42, 62:72]
    planes[unsure], doubted = 0, np.zeros_like(planes)
    shot = ShotFrames(
        rgb, list(actors).__getitem__, np.repeat(np.eye(3)[None], FRAMES, 0), lambda one, other: (NONE, NONE)
    )
    feet = [feet_of(actor) for actor in actors]

    assert not fill_unseen(shot, planes, doubted, feet, _each)[4, 37:41, 63:71].any()
    doubted[unsure] = 1
    filled = fill_unseen(shot, planes, doubted, feet, _each)
    assert np.abs(filled[4, 37:41, 63:71].astype(int) - 128).max() <= 4

"""What of a plate's dark is the actor's, by hand: they go 8 pixels a frame before a camera that stands still."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from actanywhere.shadow.reach import lasting, reach_on, reached, without
from actanywhere.shadow.shot_frames import ShotFrames
from actanywhere.shadow.steady import Feet, feet_of

FRAMES, HEIGHT, WIDTH = 12, 80, 160
RAIL = np.abs(np.arange(HEIGHT)[:, None] - 42 - np.arange(WIDTH) // 4) < 2
"""It goes down by 2 rows a frame of theirs: along their way nothing would tell it from what goes on with them."""


def _shot() -> tuple[ShotFrames, NDArray[np.uint8], list[Feet | None]]:
    """Somebody 24 tall whose shadow, half of the light, crosses a rail that the clean plate has lost."""
    actors = np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    dark = np.zeros((FRAMES, HEIGHT, WIDTH), np.uint8)
    dark[:, RAIL] = 120
    for time in range(FRAMES):
        left = 20 + 8 * time
        actors[time, 20:44, left : left + 8] = True
        dark[time, 44:70, left : left + 8] = 128
    return _filmed(actors, dark), dark, [feet_of(actor) for actor in actors]


def _filmed(actors: NDArray[np.bool_], dark: NDArray[np.uint8]) -> ShotFrames:
    """A grey ground, 200 of 255, that lacks the light that is ``dark``, of 255, in display codes."""
    codes = np.round(200 * (1 - dark / 255) ** (1 / 2.4)).astype(np.uint8)
    codes[actors] = 90
    rgb, track = np.repeat(codes[..., None], 3, -1), np.repeat(np.eye(3)[None], len(dark), 0)
    return ShotFrames(rgb, actors.__getitem__, track, lambda one, other: (np.zeros((0, 2), np.float32),) * 2)


def test_what_stays_when_they_have_gone_on_is_the_place_and_what_goes_on_is_theirs() -> None:
    shot, dark, feet = _shot()
    lasts, stays = lasting(shot, dark, feet, 5)
    left = 20 + 8 * 5
    beside = np.zeros_like(RAIL)
    beside[:, left - 25 : left - 5] = beside[:, left + 13 : left + 30] = True
    assert stays[RAIL & beside].mean() > 0.9
    assert not stays[62:70, left : left + 8].any()
    kept = without(reached(shot.actor(5), lasts, feet[5] or Feet(0, 0, 1, 1)), stays)
    assert (kept[62:69, left + 1 : left + 7] > 0.4).all()
    assert not kept[:, : left - 6].any() and not kept[:, left + 14 : left + 30].any()


def test_the_shadow_of_one_who_jumps_goes_along_the_ground_and_not_up_with_their_feet() -> None:
    _, dark, _ = _shot()
    dark[:] = 0
    actors = np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    for time in range(FRAMES):
        left, lift = 20 + 8 * time, 0 if time < 5 else 4 * (time - 4)
        actors[time, 30 - lift : 54 - lift, left : left + 8] = True
        dark[time, 60:64, left - 4 : left + 12] = (
            128  # thin: seen from the feet it is elsewhere in each frame
        )
    feet = [feet_of(actor) for actor in actors]
    for index in (4, 7):
        lasts, stays = lasting(_filmed(actors, dark), dark, feet, index)
        left = 20 + 8 * index
        assert (lasts[60:64, left - 4 : left + 12] > 0.4).all()
        assert not stays[60:64, left - 4 : left + 12].any()
    nobody = dark.copy()
    nobody[:, 60:64] = 0
    nobody[7, 60:64, 72:88] = 128  # in one frame alone: no shadow of theirs
    assert not lasting(_filmed(actors, nobody), nobody, feet, 7)[0].any()


def test_of_one_who_comes_nearer_nothing_goes_along_the_ground_beside_them() -> None:
    _, dark, _ = _shot()
    dark[:] = 0
    actors = np.zeros((FRAMES, HEIGHT, WIDTH), bool)
    for time in range(FRAMES):
        left, tall = 20 + 8 * time, 24 + 4 * time  # their feet go down by as much as they grow
        actors[time, 6 : 6 + tall, left : left + 8] = True
        dark[time, 74:76, left - 4 : left + 12] = 128  # a skid mark, seen to go along with them
    feet = [feet_of(actor) for actor in actors]
    lasts, _ = lasting(_filmed(actors, dark), dark, feet, 5)
    assert not lasts[74:76].any()


def test_a_faint_speck_beside_the_shadow_is_none_of_it() -> None:
    actor = np.zeros((HEIGHT, WIDTH), bool)
    actor[10:40, 60:70] = True
    dark = np.zeros((HEIGHT, WIDTH), np.float32)
    dark[40:44, 60:100] = 0.5
    speck, part = dark.copy(), dark.copy()
    speck[45:47, 80:83] = 0.1
    part[45:47, 80:83] = 0.4  # as deep as the rest
    feet = Feet(65, 39, 30, 10)
    assert np.array_equal(reached(actor, speck, feet), dark)
    assert np.array_equal(reached(actor, part, feet), part)


def test_a_faint_patch_or_a_line_apart_from_them_is_no_shadow() -> None:
    actor = np.zeros((HEIGHT, WIDTH), bool)
    actor[10:40, 60:70] = True
    feet = Feet(65, 39, 30, 10)
    dark = np.zeros((HEIGHT, WIDTH), np.float32)
    dark[50:58, 60:80] = 0.5
    alone = reached(actor, dark, feet)
    assert np.allclose(alone[51:57, 61:79], 0.5)
    faint, line = dark.copy(), dark.copy()
    faint[62:70, 52:62] = 0.2  # half as large, but not as deep
    line[50:76, 54:56] = 0.5  # deep, but two pixels wide
    deep = np.where(faint == np.float32(0.2), np.float32(0.45), faint)
    assert np.array_equal(reached(actor, faint, feet), alone)
    assert np.array_equal(reached(actor, line, feet), alone)
    assert reached(actor, deep, feet)[66, 56] > 0.4


def test_the_lines_of_a_kite_make_nobody_taller_or_wider() -> None:
    actor = np.zeros((HEIGHT * 2, WIDTH), bool)
    actor[60:100, 70:90] = True
    whole = feet_of(actor)
    for step in range(60):
        actor[60 - step, 69 - step] = True
    assert feet_of(actor) == whole == Feet(79, 99, 40, 20)


def test_a_part_that_is_reached_in_one_frame_is_the_shadow_in_those_about_it() -> None:
    parts = np.zeros((4, 60, 120), np.uint8)
    for time, left in enumerate((20, 25, 30, 35)):
        parts[time, 40:46, left : left + 10] = parts[time, 40:46, left + 20 : left + 30] = 128
    parts[0, 10:16, 90:100] = 128  # where none of them has it
    found = parts.copy()
    found[[0, 1, 3], :, :] = 0
    for time, left in ((0, 20), (1, 25), (3, 35)):
        found[time, 40:46, left : left + 10] = 128
    feet = [Feet(left, 45.0, 20.0, 6.0) for left in (20.0, 25.0, 30.0, 35.0)]
    whole = parts.copy()
    whole[0, 10:16] = whole[3, :, 50:] = 0  # the plate is cut before the last frame
    reach_on(found, parts, feet, lambda one, other: max(one, other) < 3)
    assert (found == whole).all()

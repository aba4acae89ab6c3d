"""Lines that flash up beside a shadow, by hand: a post that joins it in one frame of nine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from actanywhere.shadow.passing import leave_out_passing
from actanywhere.shadow.shot_frames import ShotFrames
from actanywhere.shadow.steady import feet_of

FRAMES, HEIGHT, WIDTH, STEP = 9, 180, 320, 6
TAKEN = 128


def _left(draw: dict[int, tuple[slice, slice]], shown: Sequence[int] = range(FRAMES)) -> NDArray[np.uint8]:
    """The planes of somebody who walks by, with what was drawn besides in some frames, after the lines are taken out.

    Their shadow lies at their feet, 50 pixels long and 10 wide, in the frames ``shown``.
    """
    actors, planes = np.zeros((2, FRAMES, HEIGHT, WIDTH), np.uint8)
    for time in range(FRAMES):
        left = 40 + STEP * time
        actors[time, 40:100, left : left + 16] = 1
        planes[time, 96:106, left + 8 : left + 58] = TAKEN * (time in shown)
        if time in draw:
            planes[time][draw[time]] = TAKEN
    rgb, track = np.zeros((FRAMES, HEIGHT, WIDTH, 3), np.uint8), np.repeat(np.eye(3)[None], FRAMES, 0)
    none = (np.zeros((0, 2), np.float32),) * 2
    shot = ShotFrames(rgb, lambda index: actors[index] > 0, track, lambda one, other: none)
    feet = [feet_of(shot.actor(index)) for index in range(FRAMES)]

    def each(work: Callable[[int], None], *, also: object = ()) -> None:
        for index in range(FRAMES):
            work(index)

    leave_out_passing(shot, planes, feet, each)
    return planes


def _post(time: int) -> tuple[slice, slice]:
    """A post of 2 pixels below the middle of the shadow of that frame, 30 pixels long: half of the actor's height."""
    middle = 40 + STEP * time + 33
    return np.s_[106:136, middle : middle + 2]


def test_a_line_that_one_frame_alone_has_is_none_of_the_shadow() -> None:
    plain, left = _left({}), _left({4: _post(4)})
    assert not left[4][_post(4)][6:].any(), "but for what lies as near as a leg swings"
    np.testing.assert_array_equal(left[4, :104], plain[4, :104])
    np.testing.assert_array_equal(np.delete(left, 4, 0), np.delete(plain, 4, 0))


def test_a_line_that_goes_on_with_them_is_the_shadow_of_what_they_carry() -> None:
    sticks = {time: _post(time) for time in range(FRAMES)}
    left = _left(sticks)
    assert all((left[time][where] == TAKEN).all() for time, where in sticks.items())


def test_what_is_no_line_stays_and_so_does_a_border() -> None:
    board, border = np.s_[106:128, 84:94], np.s_[106:110, 72:122]
    assert (_left({4: board})[4][board] == TAKEN).all()
    assert (_left({4: border})[4][border] == TAKEN).all()


def test_frames_that_show_no_shadow_do_not_tell() -> None:
    """Nobody's shadow is seen for two frames of three: those beside are too few to say that a stick is none."""
    sticks = {time: _post(time) for time in (0, 3, 6)}
    left = _left(sticks, shown=(0, 3, 6))
    assert all((left[time][where] == TAKEN).all() for time, where in sticks.items())


def test_a_frame_in_which_much_is_otherwise_is_left_as_it_is() -> None:
    """As of who jumps, whose shadow leaves them."""
    rails = np.s_[106:136, 70:120:4]
    assert (_left({4: rails})[4][rails] == TAKEN).all()

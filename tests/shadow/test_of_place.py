"""What of a plate's dark is the place's own, by hand: a post that stands nearer than the ground, beside a shadow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from actanywhere.shadow.of_place import of_place
from actanywhere.shadow.shot_frames import ShotFrames
from actanywhere.shadow.steady import feet_of

FRAMES, HEIGHT, WIDTH = 24, 180, 320


def _shot(step: int, rise: int = 0) -> tuple[ShotFrames, NDArray[np.bool_], NDArray[np.bool_]]:
    """Somebody who goes on by so many pixels a frame, and rises by others; their shadow on the ground; and a post that
    the plane of the ground leaves behind by one pixel a frame, as what is near. Both take half of the light.
    """
    gravel = np.random.default_rng(1).integers(190, 210, (HEIGHT, WIDTH)).astype(np.uint8)
    codes = np.repeat(gravel[None], FRAMES, 0)
    actors, posts, shade = np.zeros((3, FRAMES, HEIGHT, WIDTH), bool)
    for time in range(FRAMES):
        left, post = 40 + step * time, 230 - time
        top = 60 - rise * time
        actors[time, top : top + 40, left : left + 16] = True
        shade[time, 104:120, left : left + 40] = True
        posts[time, 70:160, post : post + 12] = True
    taken = posts | shade
    codes[taken] = np.round(codes[taken] * 0.5 ** (1 / 2.4)).astype(np.uint8)
    codes[actors] = 40
    rgb, track = np.repeat(codes[..., None], 3, -1), np.repeat(np.eye(3)[None], FRAMES, 0)
    shot = ShotFrames(rgb, actors.__getitem__, track, lambda one, other: (np.zeros((0, 2), np.float32),) * 2)
    return shot, posts, shade


def _own(step: int, index: int, rise: int = 0) -> tuple[float, float]:
    """The shares of the post and of the shadow that are told to be the place's own."""
    shot, posts, shade = _shot(step, rise)
    dark = np.where(posts[index] | shade[index], 128, 0).astype(np.uint8)
    own = of_place(shot, dark, [feet_of(shot.actor(frame)) for frame in range(FRAMES)], index)
    return float(own[posts[index]].mean()), float(own[shade[index]].mean())


def test_what_the_frames_show_too_from_which_they_have_gone_on_is_the_places_own() -> None:
    # 40 tall, and 6 pixels a frame: they have gone on after 7 frames, and the post is 7 to 11 pixels aside by then.
    post, shadow = _own(6, 10)
    assert post > 0.8 and shadow < 0.05


def test_where_they_do_not_go_on_nothing_is_told() -> None:
    assert _own(1, 10) == (0, 0)


def test_who_rises_into_the_air_has_not_gone_on() -> None:
    assert _own(0, 2, rise=2) == (0, 0)  # by 44 pixels, and they are 40 tall

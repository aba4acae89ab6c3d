"""The shutter that a plate's background shows: frames averaged over a known share of a move."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.camera.seen_shutter import FastFrame, Steps, fast_frames, seen_shutter

HEIGHT, WIDTH = 270, 480
SPEEDS = ((14, 2), (16, 0), (30, -4))
"""Pixels a frame, right and down."""


def _wall(uprights: bool = False) -> np.ndarray:
    """Detail of all sizes, linear; or of uprights, three times as high as wide."""
    rng = np.random.default_rng(3)
    wall = np.zeros((HEIGHT + 80, WIDTH + 80), np.float32)
    for size in (1.2, 2.5, 5, 10):
        high = 3 * size if uprights else size
        blot = cv2.GaussianBlur(rng.standard_normal(wall.shape).astype(np.float32), (0, 0), size, sigmaY=high)
        wall += blot / blot.std()
    return np.clip(0.4 + 0.1 * wall, 0, 1)


def _frames(opened: float, soft: float = 0.0, walks: bool = False, uprights: bool = False) -> list[FastFrame]:
    wall, rng = _wall(uprights), np.random.default_rng(5)
    taken = []
    for right, down in SPEEDS:
        light = np.zeros((HEIGHT, WIDTH))
        for time in opened * (np.arange(41) / 40 - 0.5):
            way = np.array([[1, 0, -40 - time * right], [0, 1, -40 - time * down]])
            light += cv2.warpAffine(wall, way, (WIDTH, HEIGHT)) / 41
        if soft:
            light = cv2.GaussianBlur(light, (0, 0), soft)
        shown = np.sqrt(light) + rng.normal(0, 0.005, light.shape)
        moves = np.broadcast_to(np.array([right, down], np.float32), (3, 4, 2)).copy()
        taken.append(FastFrame(shown.astype(np.float32), np.full(shown.shape, not walks), moves))
    return taken


@pytest.mark.parametrize("opened", [0.25, 0.5, 0.75, 1.0])
def test_a_shutter_is_seen_in_what_it_blurs(opened: float) -> None:
    found = seen_shutter(_frames(opened))
    assert found.opened == pytest.approx(opened, abs=0.06) and found.reason == "seen in 3 fast frames"


@pytest.mark.parametrize(("soft", "uprights"), [(0.0, False), (1.5, False), (0.0, True)])
def test_a_sharp_plate_a_soft_one_and_one_of_uprights_show_no_shutter(soft: float, uprights: bool) -> None:
    assert seen_shutter(_frames(0.0, soft, uprights=uprights)).opened == 0


def test_an_actor_before_all_of_it_leaves_nothing_to_see() -> None:
    found = seen_shutter(_frames(0.5, walks=True))
    assert found.opened is None and found.reason == "no fast frame's background has detail enough"


def test_frames_that_do_not_agree_tell_nothing() -> None:
    found = seen_shutter([*_frames(0.0)[:2], *_frames(0.5)[:2]])
    assert found.opened is None and found.reason == "seen in 4 fast frames, which do not agree"


def test_the_frames_that_are_looked_at_are_fast_and_move_on_as_they_came() -> None:
    def steps(*each: float) -> list[Steps]:
        return [Steps(np.array([one, 0]), np.array([one, 0])) for one in each]

    assert fast_frames(steps(0, 7, 8, 30), 960) == [2, 3]  # 8 pixels of 960
    assert fast_frames(steps(0, 3, 4, 6), 240) == [3]  # 5 at least
    assert fast_frames([Steps(np.array([0, 0]), np.array([20, 0]))], 960) == []
    # Of many, some from all over the faster half.
    found = fast_frames(steps(*[10.0] * 20, *[30.0] * 20), 960)
    assert len(found) == 8 and found[0] == 20 and found[-1] == 39

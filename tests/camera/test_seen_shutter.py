"""The shutter that a plate's background shows: frames averaged over a known share of a move."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.camera.seen_shutter import Steps, pairs_of, seen_shutter

HEIGHT, WIDTH, SPEED = 240, 420, 16
PLACES = (0, 0, 16, 32, 48)
"""Of the frames; the middle two move on as they came."""


def _frames(opened: float, soft: float = 0.0) -> list[np.ndarray]:
    """Grainy frames (h, w), linear; those that move are ``soft`` besides."""
    rng = np.random.default_rng(3)
    wall = cv2.GaussianBlur(rng.random((HEIGHT, WIDTH + 100)).astype(np.float32), (0, 0), 1.5)
    wall = np.clip(0.5 + 5 * (wall - 0.5), 0, 1)
    taken = []
    for index, place in enumerate(PLACES):
        moves = index > 1
        ways = np.linspace(-0.5, 0.5, 33) * (opened * SPEED if moves else 0)
        parts = [
            cv2.warpAffine(wall, np.array([[1, 0, -20 - place - way], [0, 1, 0]]), (WIDTH, HEIGHT))
            for way in ways
        ]
        frame = np.mean(parts, axis=0)
        if soft and moves:
            frame = cv2.GaussianBlur(frame, (0, 0), soft)
        taken.append((frame + rng.normal(0, 0.01, frame.shape)).clip(0, 1).astype(np.float32))
    return taken


def _seen(opened: float, soft: float = 0.0, walks: bool = False) -> tuple[float | None, str]:
    frames = _frames(opened, soft)

    def light(fast: int, slower: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        way = np.array([[1, 0, -float(PLACES[fast])], [0, 1, 0]])
        laid = cv2.warpAffine(frames[slower], way, (WIDTH, HEIGHT))
        free = np.broadcast_to(np.arange(WIDTH) < WIDTH - PLACES[fast], laid.shape)
        return frames[fast], laid, free & (not walks)

    found = seen_shutter(
        [(2, 1), (3, 1)], light, lambda index: np.full((2, 2, 2), (-SPEED * (index > 1), 0), np.float32)
    )
    return found.opened, found.reason


@pytest.mark.parametrize("opened", [0.25, 0.5, 1.0])
def test_a_shutter_is_seen_in_what_it_blurs(opened: float) -> None:
    assert _seen(opened)[0] == pytest.approx(opened, abs=0.06)


def test_a_sharp_plate_and_a_soft_one_show_no_shutter() -> None:
    assert _seen(0.0)[0] == 0
    assert not _seen(0.0, soft=1.5)[0]


def test_an_actor_before_all_of_it_leaves_nothing_to_see() -> None:
    opened, reason = _seen(0.5, walks=True)
    assert opened is None and reason.startswith("no fast frame's background")


def test_a_fast_frame_goes_with_a_slower_one_that_shows_the_same() -> None:
    def steps(*each: float) -> list[Steps]:
        places = np.cumsum([0.0, *each])
        return [
            Steps(np.array([before, 0]), np.array([after, 0]), np.array([place, 0]))
            for place, before, after in zip(places, (each[0], *each), (*each, each[-1]), strict=True)
        ]

    assert pairs_of(steps(0, 0, 16, 16), 400) == [(3, 0), (4, 0)]
    assert pairs_of(steps(16, 16, 16), 400) == []  # no slower frame
    assert pairs_of(steps(0, 0, 7, 7), 400) == []  # too slow
    # the frames after these show something else
    assert pairs_of(steps(0, 0, *[16] * 20), 100) == [(3, 0), (4, 0), (5, 0)]
    assert pairs_of(steps(0, 0, 60, 60), 400) == []  # so fast that it is seldom laid right

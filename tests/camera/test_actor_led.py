"""The camera as the actor tells it."""

from __future__ import annotations

import cv2
import numpy as np

from actanywhere.camera.actor_led import actor_led_track

HEIGHT, WIDTH = 192, 256


def walker(frames: int, ground: float, floor: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """A figure whose standing foot moves by ``ground`` pixels a frame; the feet take turns every six frames.

    The background is noise that changes every frame: whoever looked at it would be misled.
    """
    rng = np.random.default_rng(0)
    skin = cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 1.5)
    skin = cv2.normalize(skin, None, 0, 255, cv2.NORM_MINMAX)
    rgb = rng.integers(0, 256, (frames, HEIGHT, WIDTH, 3), dtype=np.uint8)
    matte = np.zeros((frames, HEIGHT, WIDTH), np.uint8)
    for t in range(frames):
        # Each foot stands for six frames, then swings forward while the other stands, three pixels higher.
        phase = t % 6
        stand = round(128 + ground * (phase - 3))
        swing = round(128 - ground * (phase - 3))
        parts = [
            ((110, 60), (146, 130)),
            ((stand - 9, 130), (stand + 9, floor)),
            ((swing - 7, 125), (swing + 7, floor - 14)),
        ]
        for number, ((x0, y0), (x1, y1)) in enumerate(parts):
            matte[t, y0:y1, x0:x1] = 255
            piece = skin[40 * number : 40 * number + y1 - y0, : x1 - x0]
            rgb[t, y0:y1, x0:x1] = piece[: y1 - y0].astype(np.uint8) if len(piece) == y1 - y0 else 90
    return rgb, matte


def steps(track: np.ndarray) -> np.ndarray:
    return np.diff(track[:, :2, 2], axis=0)


def test_the_place_moves_with_the_foot_that_stands_on_it() -> None:
    for ground in (-4.0, 4.0):
        track = actor_led_track(*walker(18, ground), WIDTH / HEIGHT, seed=1)
        mean = steps(track.transforms)[:, 0].mean() * HEIGHT
        assert np.sign(mean) == np.sign(ground) and 0.6 < mean / ground < 1.4, (mean, ground)
        assert "stands on" in track.reason


def test_an_actor_who_stands_still_keeps_the_camera_nearly_still() -> None:
    track = actor_led_track(*walker(12, 0.0), WIDTH / HEIGHT, seed=1)
    assert np.abs(steps(track.transforms)).max() < 0.01


def test_feet_outside_of_the_frame_say_nothing_and_the_seed_gives_a_slow_drift() -> None:
    rgb, matte = walker(18, -4.0, floor=HEIGHT)
    first, again, other = (actor_led_track(rgb, matte, WIDTH / HEIGHT, seed) for seed in (1, 1, 2))
    assert "not seen" in first.reason
    assert np.array_equal(first.transforms, again.transforms)
    assert not np.allclose(first.transforms, other.transforms, atol=1e-3)
    assert 0 < np.abs(steps(first.transforms)).max() < 0.03


def test_a_frame_that_is_held_holds_the_place_too() -> None:
    rgb, matte = (np.repeat(part, 2, axis=0) for part in walker(12, -4.0))
    rgb[matte == 0] = 128
    track = actor_led_track(rgb, matte, WIDTH / HEIGHT, seed=1)
    moved = np.abs(steps(track.transforms)[:, 0])
    assert moved[::2].mean() < 0.25 * moved[1::2].mean()

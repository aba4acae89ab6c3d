"""An actor who is already painted into the condition is found there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.camera.composite import find_composite
from tests.camera.shots import load
from tests.camera.staged import StagedPlate, handheld, wall

PLATE = StagedPlate(handheld(10), 180, 320)
FRAMES = PLATE.frames()


def painted(index: int, warp: np.ndarray | None = None, light: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """A new place with the actor of one frame in it, and where he is."""
    rgb, matte = FRAMES[index]
    if warp is not None:
        rgb, matte = (cv2.warpAffine(p, warp, (320, 180)) for p in (rgb, matte))
    place = wall(np.random.default_rng(99), 180, 320)
    return (place * (1 - matte[..., None]) + light * rgb * matte[..., None]).astype(np.float32), matte


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.minimum(a, b).sum() / np.maximum(a, b).sum())


def test_the_frame_and_the_place_of_a_painted_actor_are_found() -> None:
    picture, where = painted(6)
    match = find_composite(picture, FRAMES, PLATE.aspect)
    assert match is not None
    assert match.index == 6
    assert overlap(match.subject, where) > 0.93


def test_he_is_found_when_moved_scaled_and_lit_anew() -> None:
    picture, where = painted(3, np.array([[1.08, 0, -20.0], [0, 1.08, -4.0]]), light=0.7)
    match = find_composite(picture, FRAMES, PLATE.aspect)
    assert match is not None
    assert match.index == 3
    assert overlap(match.subject, where) > 0.85


def test_he_is_found_in_a_wider_and_larger_picture() -> None:
    picture, where = painted(4)
    wide = wall(np.random.default_rng(5), 360, 1000)
    wide[:, 180:820] = cv2.resize(picture, (640, 360), interpolation=cv2.INTER_CUBIC)
    match = find_composite(wide, FRAMES, PLATE.aspect)
    assert match is not None
    assert match.subject.shape == (360, 1000)
    assert overlap(match.subject[:, 180:820], cv2.resize(where, (640, 360))) > 0.9


def test_a_place_without_him_is_no_composite() -> None:
    assert find_composite(wall(np.random.default_rng(99), 180, 320), FRAMES, PLATE.aspect) is None


def test_a_plate_whose_matte_is_empty_matches_nothing() -> None:
    frames = [(rgb, 0 * matte) for rgb, matte in FRAMES[:2]]
    assert find_composite(painted(0)[0], frames, PLATE.aspect) is None


COMPOSITES = ("woman_run_water", "mallard_firepit", "man_dog", "man_run_lake", "boy_bucket", "man_city")


@pytest.mark.parametrize("name", COMPOSITES)
def test_real_composites_are_recognised(name: str) -> None:
    frames, condition = load(name)
    assert condition is not None
    match = find_composite(condition, frames, 1.0)
    assert match is not None
    assert overlap(match.subject, frames[match.index][1]) > 0.8


@pytest.mark.parametrize("name", ["woman_run_beach", "mallard_swimming_pool", "car_drift"])
def test_real_places_are_not_taken_for_composites(name: str) -> None:
    frames, condition = load(name, every=3)
    assert condition is not None
    assert find_composite(condition, frames, 1.0) is None

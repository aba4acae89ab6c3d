"""An actor who is already painted into the condition is found there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.camera.backdrop import Backdrop
from actanywhere.camera.composite import find_composite
from actanywhere.camera.outline import whole_subject
from actanywhere.camera.track import still_track
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
    assert overlap(match.matte, where) > 0.93


def test_he_is_found_when_moved_scaled_and_lit_anew() -> None:
    picture, where = painted(3, np.array([[1.08, 0, -20.0], [0, 1.08, -4.0]]), light=0.7)
    match = find_composite(picture, FRAMES, PLATE.aspect)
    assert match is not None
    assert match.index == 3
    assert overlap(match.matte, where) > 0.85


def test_he_is_found_in_a_wider_and_larger_picture() -> None:
    picture, where = painted(4)
    wide = wall(np.random.default_rng(5), 360, 1000)
    wide[:, 180:820] = cv2.resize(picture, (640, 360), interpolation=cv2.INTER_CUBIC)
    match = find_composite(wide, FRAMES, PLATE.aspect)
    assert match is not None
    assert match.matte.shape == match.subject.shape == (360, 1000)
    assert overlap(match.matte[:, 180:820], cv2.resize(where, (640, 360))) > 0.9


def test_a_place_without_him_is_no_composite() -> None:
    assert find_composite(wall(np.random.default_rng(99), 180, 320), FRAMES, PLATE.aspect) is None


def test_a_plate_whose_matte_is_empty_matches_nothing() -> None:
    frames = [(rgb, 0 * matte) for rgb, matte in FRAMES[:2]]
    assert find_composite(painted(0)[0], frames, PLATE.aspect) is None


def stride(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The actor of frame 3 painted a quarter of the frame's height to the right, in another stride: with a leg set
    forward that he has in no frame of the plate. Gives the picture and where he is.
    """
    shift = np.array([[1, 0, 0.2 * 180], [0, 1, 0]])
    rgb, matte = (cv2.warpAffine(p, shift, (320, 180)) for p in FRAMES[3])
    leg = np.zeros_like(matte)
    columns, rows = np.flatnonzero((matte > 0.5).any(0)), np.flatnonzero((matte > 0.5).any(1))
    hip = (int(columns.mean()), int(0.7 * rows[-1] + 0.3 * rows[0]))
    foot = (int(columns[-1] + 14), int(rows[-1] - 4))
    cv2.line(leg, hip, foot, 1.0, 9, cv2.LINE_AA)
    cloth = np.float32([0.75, 0.1, 0.12])
    rgb = 0.35 * rgb + 0.65 * cloth  # he wears one cloth, so that his leg is told to be his
    leg = leg[..., None]
    actor = rgb * (1 - leg) + leg * 0.9 * cloth
    where = np.maximum(matte, leg[..., 0])
    painted = picture * (1 - where[..., None]) + actor * where[..., None]
    return painted.astype(np.float32), where


def in_cloth() -> list[tuple[np.ndarray, np.ndarray]]:
    """The plate's frames, the actor in one cloth."""
    cloth = np.float32([0.75, 0.1, 0.12])
    return [
        (rgb + m[..., None] * 0.65 * (cloth - rgb), m)
        for rgb, m in ((r, m.astype(np.float32)) for r, m in FRAMES)
    ]


def test_no_remnant_of_a_painted_actor_stays_though_he_stands_elsewhere_in_another_stride() -> None:
    place = np.float32([0.25, 0.5, 0.55]) + 0.25 * (wall(np.random.default_rng(99), 180, 320) - 0.5)
    picture, where = stride(place)
    match = find_composite(picture, in_cloth(), PLATE.aspect)
    assert match is not None
    beside = (where > 0.5) & (match.matte < 0.5)
    assert beside.sum() > 60  # the leg is in no matte of the plate
    valid = Backdrop(picture, still_track(1), PLATE.aspect, match.subject).frame(0, 180, 320)[1]
    assert valid[where > 0.5].max() == 0
    assert (valid == 0).sum() < 3 * (where > 0.5).sum()  # and the place is not thrown away with him


def test_a_place_of_the_actors_own_colours_is_not_taken_for_him() -> None:
    grey = np.full((120, 160, 3), 0.5, np.float32)
    matte = np.zeros((120, 160), np.float32)
    matte[40:80, 70:90] = 1
    assert whole_subject(grey, matte)[:, :50].max() == 0 and whole_subject(grey, matte)[matte > 0].min() == 1
    assert np.array_equal(whole_subject(grey, 0 * matte), 0 * matte)


COMPOSITES = ("woman_run_water", "mallard_firepit", "man_dog", "man_run_lake", "boy_bucket", "man_city")


@pytest.mark.parametrize("name", COMPOSITES)
def test_real_composites_are_recognised(name: str) -> None:
    frames, condition = load(name)
    assert condition is not None
    match = find_composite(condition, frames, 1.0)
    assert match is not None
    assert overlap(match.matte, frames[match.index][1]) > 0.8


@pytest.mark.parametrize("name", ["woman_run_beach", "mallard_swimming_pool", "car_drift"])
def test_real_places_are_not_taken_for_composites(name: str) -> None:
    frames, condition = load(name, every=3)
    assert condition is not None
    assert find_composite(condition, frames, 1.0) is None


def test_no_foot_of_the_runner_who_was_painted_at_the_lake_stays() -> None:
    frames, condition = load("man_run_lake")
    assert condition is not None
    match = find_composite(condition, frames, 1.0)
    assert match is not None
    valid = Backdrop(condition, still_track(1), 1.0, match.subject).frame(0, 256, 256)[1]
    shoe = np.s_[234:252, 138:150]  # of the front foot, which is in no matte of the plate
    assert match.matte[shoe].max() < 0.5 and condition[shoe].min() < 0.15
    dark = condition.max(axis=2) < 0.2
    assert (dark[shoe] & (valid[shoe] > 0)).sum() == 0

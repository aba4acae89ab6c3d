"""The example shot that ships with the software is complete, usable and credited."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "core" / "actanywhere" / "example"
FRAMES = range(1001, 1021)


def plate(frame: int) -> np.ndarray:
    picture = cv2.imread(str(EXAMPLE / "plate" / f"tos_bridge.{frame}.jpg"))
    assert picture is not None, frame
    return picture


def matte(frame: int) -> np.ndarray:
    picture = cv2.imread(str(EXAMPLE / "matte" / f"tos_bridge_matte.{frame}.png"), cv2.IMREAD_UNCHANGED)
    assert picture is not None, frame
    return picture


@pytest.fixture(scope="module")
def mattes() -> np.ndarray:
    return np.stack([matte(frame) for frame in FRAMES])


def test_plate_and_matte_have_the_same_frames_and_no_others() -> None:
    plates = sorted(path.name for path in (EXAMPLE / "plate").iterdir())
    assert plates == [f"tos_bridge.{frame}.jpg" for frame in FRAMES]
    matte_names = sorted(path.name for path in (EXAMPLE / "matte").iterdir())
    assert matte_names == [f"tos_bridge_matte.{frame}.png" for frame in FRAMES]


def test_every_plate_frame_has_the_size_of_its_matte(mattes: np.ndarray) -> None:
    assert {plate(frame).shape for frame in FRAMES} == {(530, 1280, 3)}
    assert mattes.shape[1:] == (530, 1280)
    assert mattes.dtype == np.uint8


def test_no_plate_frame_repeats_the_one_before_it() -> None:
    thumbnails = [cv2.resize(plate(frame), (320, 132), interpolation=cv2.INTER_AREA) for frame in FRAMES]
    changes = [cv2.absdiff(a, b).mean() for a, b in pairwise(thumbnails)]
    assert min(changes) > 0.3


def test_the_plate_has_no_letterbox_bars() -> None:
    for frame in (1001, 1020):
        rows = plate(frame).mean(axis=(1, 2))
        assert rows[0] > 60 and rows[-1] > 30


def test_the_matte_is_one_on_the_actors_and_zero_on_the_background(mattes: np.ndarray) -> None:
    covered = (mattes > 127).mean(axis=(1, 2))
    assert covered.min() > 0.12 and covered.max() < 0.30
    assert (mattes[:, :30] == 0).all(), "the sky above their heads"
    assert (mattes[:, 150:250, 1000:1200] == 0).all(), "the houses at the right"
    assert (mattes[:, 200:270, 340:380] == 255).all(), "his jacket"
    assert (mattes[:, 240:280, 715:760] == 255).all(), "her jacket"


def test_the_actors_reach_the_lower_edge_of_the_frame(mattes: np.ndarray) -> None:
    assert (mattes[:, -1, 345:520].max(axis=1) == 255).all(), "his legs"
    assert (mattes[:, -1, 700:880].max(axis=1) == 255).all(), "her legs"


def test_the_matte_has_soft_edges_and_no_holes(mattes: np.ndarray) -> None:
    for picture in mattes:
        soft = ((picture > 10) & (picture < 245)).mean()
        assert 0.002 < soft < 0.05
        bodies = picture[60:300, 280:840]
        _, _, stats, _ = cv2.connectedComponentsWithStats((bodies < 128).astype(np.uint8), connectivity=4)
        assert (stats[1:, cv2.CC_STAT_AREA] >= 12).all(), "pinholes in an actor"


def test_the_matte_does_not_jump_from_frame_to_frame(mattes: np.ndarray) -> None:
    areas = mattes.astype(np.float64).mean(axis=(1, 2)) / 255
    assert np.abs(np.diff(areas)).max() < 0.01


def test_the_condition_picture_has_the_plates_aspect_and_is_larger() -> None:
    condition = cv2.imread(str(EXAMPLE / "condition.jpg"))
    assert condition is not None
    height, width = condition.shape[:2]
    assert width >= 1280 and height >= 530
    assert width / height == pytest.approx(1280 / 530, abs=0.01)
    assert condition.std() > 25


def test_the_example_is_small_enough_to_ship() -> None:
    size = sum(path.stat().st_size for path in EXAMPLE.rglob("*") if path.is_file())
    assert size < 6_000_000


def test_the_credits_name_the_film_its_makers_and_the_licence() -> None:
    credits = (EXAMPLE / "CREDITS.md").read_text()
    for words in ("Tears of Steel", "(CC) Blender Foundation", "mango.blender.org", "CC-BY 3.0"):
        assert words in credits


def test_the_drawn_keys_cover_the_whole_example() -> None:
    keys = json.loads((REPOSITORY / "examples" / "roto_keys.json").read_text())
    assert {int(frame) for frame in keys["pan"]} >= set(FRAMES)
    for name in ("man", "woman", "woman_arm"):
        drawn = sorted(int(frame) for frame in keys["actors"][name])
        assert drawn[0] == FRAMES[0] and drawn[-1] >= FRAMES[-1]
    assert keys["railing"]

"""The horizon of a picture is found where something tells it for sure, and is not guessed else."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.seeing.horizon import find_horizon
from actanywhere.seeing.protocol import DepthMap
from tests.seeing.staged import SIZE, city, horizon_row, marked


@pytest.mark.parametrize(
    ("pitch", "focal", "yaw"), [(0.0, 1.2, 0.1), (0.12, 1.2, -0.2), (-0.1, 0.9, 0.25), (0.16, 1.3, 0.15)]
)
def test_a_streets_lines_tell_its_horizon(pitch: float, focal: float, yaw: float) -> None:
    row = horizon_row(pitch, focal)
    found = find_horizon(city(pitch, focal, yaw, 3))
    assert found is not None
    assert found.high < row < found.low
    assert str(found).endswith("by its lines")


def test_noise_leaves_and_a_sheet_of_waves_tell_none() -> None:
    random = np.random.default_rng(4)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]] / 20.0
    waves = 0.5 + 0.2 * np.sin(rows * 3 + np.sin(columns * 2)) + 0.1 * np.sin(columns * 1.3 + rows)
    for picture in (random.random((*SIZE, 3)), np.dstack([waves] * 3)):
        assert find_horizon(np.float32(picture)) is None


def test_lines_of_who_is_hidden_tell_nothing() -> None:
    picture = city(0.0, 1.2, 0.1, 3)
    assert find_horizon(picture, np.ones(SIZE, np.float32)) is None


FLAT = np.full((*SIZE, 3), 0.5, np.float32)


def test_between_all_sky_and_all_ground_lies_the_horizon() -> None:
    sea = marked(SIZE, "sky", ("water", [(0, 0.4), (1, 0.4), (1, 1), (0, 1)]))
    found = find_horizon(FLAT, regions=sea)
    assert found is not None and found.high == pytest.approx(0.4, abs=0.02) == found.low
    hills = marked(
        SIZE,
        "sky",
        ("foliage", [(0, 0.3), (1, 0.3), (1, 0.38), (0, 0.38)]),
        ("ground", [(0, 0.38), (1, 0.38), (1, 1), (0, 1)]),
    )
    found = find_horizon(FLAT, regions=hills)
    assert found is not None
    # Ground may rise over the horizon by a tenth, where it is a hill.
    assert (found.high, found.low) == (pytest.approx(0.3, abs=0.02), pytest.approx(0.48, abs=0.02))
    assert found.source == "hand"


def test_a_wall_between_sky_and_ground_that_is_too_high_leaves_it_unknown() -> None:
    wall = marked(
        SIZE,
        "sky",
        ("upright", [(0, 0.2), (1, 0.2), (1, 0.8), (0, 0.8)]),
        ("ground", [(0, 0.8), (1, 0.8), (1, 1), (0, 1)]),
    )
    assert find_horizon(FLAT, regions=wall) is None
    assert find_horizon(FLAT, regions=marked(SIZE, "ground")) is None
    assert find_horizon(FLAT, regions=marked(SIZE, "upright")) is None


@pytest.mark.parametrize("row", [0.2, 0.45, -0.1])
def test_inverse_depth_over_level_ground_points_to_the_horizon(row: float) -> None:
    wall = marked(SIZE, "upright", ("ground", [(0, 0.6), (1, 0.6), (1, 1), (0, 1)]))
    down = np.repeat((np.arange(SIZE[0])[:, None] / SIZE[0] - row), SIZE[1], 1)
    noise = np.random.default_rng(5).normal(0, 0.01, SIZE)
    inverse = np.where(wall.of("ground") > 0, down, 0.3) / down.max() + noise
    found = find_horizon(FLAT, regions=wall, depth=DepthMap(np.float32(inverse), "depth-anything"))
    assert found is not None
    assert found.high < row < found.low
    assert found.source == "depth-anything"


def test_two_answers_that_contradict_each_other_are_none() -> None:
    upside = marked(SIZE, "sky", ("ground", [(0, 0.9), (1, 0.9), (1, 1), (0, 1)]))
    assert find_horizon(city(0.0, 1.2, 0.1, 3), regions=upside) is None

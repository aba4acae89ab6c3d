"""Holes larger than a network's square: laid out small, then with the picture's own detail, and without a seam."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.onnx_runner import open_network
from actanywhere.seeing.fill_networks import NetworkFill
from tests.seeing.networks import lama_like, row_mean_fill

HOLE = np.zeros((200, 240), np.float32)
HOLE[40:160, 70:170] = 1
INSIDE = np.s_[44:156, 74:166]


def stripes() -> np.ndarray:
    """Level stripes of 6 pixels: at the size of the first pass two in one pixel."""
    row = np.where(np.arange(200) // 6 % 2, np.float32(0.35), np.float32(0.65))
    return np.repeat(np.repeat(row[:, None, None], 240, 1), 3, 2)


def filled(path: Path, picture: np.ndarray, hole: np.ndarray = HOLE) -> np.ndarray:
    return NetworkFill(open_network(path), "by hand").behind(picture, hole)


def test_detail_that_the_first_pass_cannot_hold_goes_on_through_the_hole(tmp_path: Path) -> None:
    picture = stripes()
    made = filled(row_mean_fill(tmp_path / "fill.onnx"), picture)
    inside = made[INSIDE]
    assert np.abs(inside - picture[INSIDE]).mean() < 0.03, "0.15 where the stripes are lost"
    steps = np.sort(np.abs(np.diff(inside[..., 0], axis=0)).max(1))
    assert steps[-15:].min() > 0.12, "0.3 in the picture, on 18 edges"
    assert np.abs(np.diff(inside, axis=1)).max() < 0.04, "no seam between crops"
    np.testing.assert_array_equal(made[HOLE == 0], picture[HOLE == 0])


@pytest.mark.parametrize("side", [(64, 64), (48, 64)])
def test_a_network_with_a_cast_leaves_no_patch_of_another_colour(
    tmp_path: Path, side: tuple[int, int]
) -> None:
    picture = np.full((200, 240, 3), 0.5, np.float32)
    made = filled(row_mean_fill(tmp_path / "fill.onnx", side, cast=0.06), picture)
    assert np.abs(made - 0.5).max() < 0.03, "half of the cast, at most"
    assert np.abs(np.diff(made, axis=1)).max() < 0.01 and np.abs(np.diff(made, axis=0)).max() < 0.01


def test_crops_that_disagree_with_the_first_pass_change_nothing(tmp_path: Path) -> None:
    picture = np.full((200, 240, 3), 0.3, np.float32)
    made = filled(row_mean_fill(tmp_path / "fill.onnx", by_size=1.0), picture)
    # A quarter of all is open at first, and about a third of a crop: 0.1 and more lighter.
    assert np.ptp(made[60:140, 90:150]) < 0.03


def test_a_hole_that_the_network_takes_at_once_is_painted_at_once(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).random((64, 64, 3), np.float32)
    hole = np.zeros((64, 64), np.float32)
    hole[20:40, 20:40] = 1
    made = filled(lama_like(tmp_path / "fill.onnx", (51, 102, 153)), picture, hole)
    colour = np.broadcast_to(np.float32([0.2, 0.4, 0.6]), (18, 18, 3))
    np.testing.assert_allclose(made[21:39, 21:39], colour, atol=1e-6)
    np.testing.assert_array_equal(made[hole == 0], picture[hole == 0])

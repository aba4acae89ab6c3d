"""Bars and paper around a picture: pictures framed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.shot import Condition
from actanywhere.footage import read_condition
from actanywhere.footage.rim import Rim, find_rim
from tests.footage.pictures import write_still


def _picture() -> np.ndarray:
    """(120, 200, 3) codes, none near black or white."""
    return np.random.default_rng(1).integers(60, 180, (120, 200, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("code", "rim"),
    [
        (0, Rim(12, 12, 0, 0, True)),
        (16, Rim(0, 0, 25, 25, True)),
        (236, Rim(4, 6, 5, 7, False)),
    ],
)
def test_bars_and_paper_are_found_to_the_pixel_under_the_noise_of_a_codec(code: int, rim: Rim) -> None:
    picture = _picture()
    noise = np.random.default_rng(2).integers(0, 4, picture.shape)
    covered = np.ones(picture.shape[:2], bool)
    covered[rim.top : 120 - rim.bottom, rim.left : 200 - rim.right] = False
    picture[covered] = (code + noise)[covered]
    assert find_rim(picture) == rim


def test_bars_are_found_to_the_pixel_where_a_codec_rings_in_them_beside_the_picture() -> None:
    picture = _picture()
    picture[:20], picture[-24:] = 2, 2
    picture[96:101, ::3] = 14
    picture[14:18, ::4] = 24
    assert find_rim(picture) == Rim(20, 24, 0, 0, True)


def test_a_picture_a_night_sky_a_wall_at_one_side_and_a_gradient_have_none() -> None:
    picture = _picture()
    night, wall, studio, vignette = (picture.copy() for _ in range(4))
    for column in range(200):  # a skyline is not straight
        night[: 40 + column % 30, column] = 8
        night[110 - column % 30 :, column] = 8
    wall[:20] = 240
    studio[:] = np.linspace(255, 150, 120)[:, None, None]
    vignette[:] = np.clip(2 * np.minimum(np.arange(120), np.arange(120)[::-1]), 0, 180)[:, None, None]
    for one in (picture, night, wall, studio, vignette, np.zeros_like(picture), np.full_like(picture, 255)):
        assert find_rim(one) is None


def test_a_condition_is_unknown_under_its_rim_and_says_so(tmp_path: Path) -> None:
    picture = np.full((120, 200, 3), 0.92, np.float32)
    picture[10:110, 12:188] = _picture()[10:110, 12:188] / np.float32(255)
    path = tmp_path / "print.png"
    write_still(path, picture, "uint8")
    found = read_condition(Condition(str(path)))
    assert found.hole is not None and found.hole[:12].all() and found.hole[:, 186:].all()
    assert not found.hole[12:108, 14:186].any()
    assert found.inner == (14, 12, 172, 96)  # left, top, width, height, off the smeared border
    assert found.pixels[0, 0].max() < 0.75  # the nearest colours of the picture, not the paper's
    assert any("a white rim (10 top, 10 bottom, 12 left, 12 right pixels)" in one for one in found.warnings)

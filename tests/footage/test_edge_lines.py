"""Dark or light outermost pixels of a picture of the place: drawn by hand into pictures without any."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from actanywhere.contract.shot import Condition
from actanywhere.footage import read_condition
from actanywhere.footage.edge_lines import EdgeLines, find_edge_lines
from tests.footage.pictures import write_still


def _picture() -> np.ndarray:
    """(160, 240, 3) codes of soft clouds, 60 to 200."""
    noise = np.random.default_rng(3).normal(size=(160, 240, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.asarray(np.clip(130 + soft / soft.std() * 25, 60, 200), np.uint8)


def test_a_dark_row_and_a_feathered_light_side_are_found_to_the_pixel() -> None:
    picture = _picture()
    picture[-1] = picture[-2] * 0.7
    for column, light in enumerate((60, 40, 20)):
        picture[:, column] = np.clip(picture[:, 3].astype(int) + light, 0, 255)
    assert find_edge_lines(picture) == EdgeLines(0, 1, 3, 0, darker=True, lighter=True)


def test_a_gradient_a_horizon_a_dark_corner_and_a_broad_band_have_none() -> None:
    picture = _picture()
    gradient, horizon, corner, band = (picture.copy() for _ in range(4))
    gradient[:] = np.clip(np.linspace(20, 250, 160)[:, None, None] + picture * 0.05, 0, 255)
    horizon[150:] = 40
    corner[:2, :150] = 20
    band[:6] = 30
    for one in (picture, gradient, horizon, corner, band, np.full_like(picture, 128)):
        assert find_edge_lines(one) is None


def test_a_condition_is_read_without_them_and_says_so(tmp_path: Path) -> None:
    clean = _picture()
    lined = clean.copy()
    lined[-2:] = lined[-2:] * 0.5
    path = tmp_path / "frame.png"
    write_still(path, lined.astype(np.float32) / np.float32(255), "uint8")
    found = read_condition(Condition(str(path)))
    assert found.hole is None and found.inner is None
    assert np.abs(found.pixels[:158] * 255 - clean[:158]).max() < 0.6
    assert np.array_equal(found.pixels[158:], found.pixels[156:158][::-1])
    assert any("(2 bottom) are darker" in note for note in found.warnings)

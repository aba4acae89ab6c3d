"""Black bars of a plate: a wall that pans between bars drawn by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from actanywhere.contract.shot import FrameRange
from actanywhere.engines.protocol import Watch
from actanywhere.render.bars import warn_of_bars
from actanywhere.render.clip import Clip
from actanywhere.render.preflight import open_inputs
from actanywhere.render.scene import read_scene
from actanywhere.render.shadow import shaded
from tests.render.stage import HEIGHT, WIDTH, stage_shot


def _clip(dark: int, frames: int = 5) -> Clip:
    """Bars of 12 of 100 rows; the picture's upper half is as dark as they are up to frame ``dark``."""
    rng = np.random.default_rng(1)
    rgb = rng.integers(50, 200, (frames, 100, 160, 3)).astype(np.uint8)
    rgb[:dark, :50] = 4
    rgb[:, :12] = rgb[:, 88:] = rng.integers(0, 4, (frames, 12, 160, 3)).astype(np.uint8)
    return Clip(FrameRange(1, frames), rgb, np.zeros(rgb.shape[:3], np.uint8), 1.6)


def test_bars_are_told_by_their_shares_also_where_some_frames_are_dark_beside_them() -> None:
    for dark in (0, 3):
        (warning,) = warn_of_bars(_clip(dark))
        assert warning.startswith("plate: it has black bars (12% at the top, 12% at the bottom).")


def test_a_plate_whose_picture_is_dark_above_and_one_without_bars_say_nothing() -> None:
    clip = _clip(0)
    clip.rgb[:, 60:] = 120
    assert warn_of_bars(clip) == ()
    clip.rgb[:] = 0
    assert warn_of_bars(clip) == ()


def test_no_shadow_lies_on_bars() -> None:
    clip = _clip(0)
    allowed = shaded(clip)(0)
    assert allowed is not None and not allowed[:12].any() and not allowed[88:].any() and allowed[16:84].all()
    clip.rgb[:, 60:] = 120
    assert shaded(clip)(0) is None


def test_what_a_cropped_plate_has_no_pixels_for_is_told_once(tmp_path: Path) -> None:
    shot = stage_shot(tmp_path, origin=(8, 8), display=(0, 0, WIDTH + 16, HEIGHT + 16))
    with open_inputs(shot.job("starter", camera="still", shadow="none")) as inputs:
        warnings = "\n".join(read_scene(inputs, Watch()).warnings)
    assert "do not cover the frame" in warnings and "black bars" not in warnings

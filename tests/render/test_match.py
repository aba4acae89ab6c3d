"""A layer that is brought to the plate's look, beside the one that is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.render.stage import Staged, read_layer, render


def _channels(shot: Staged, output: str, frame: int) -> dict[str, np.ndarray]:
    return read_layer(shot.folder / output / f"shot_generated_bg.{frame}.exr")[1]


def _rgb(channels: dict[str, np.ndarray], layer: str = "") -> np.ndarray:
    return np.dstack([channels[layer + one] for one in "RGB"]).astype(np.float32)


@pytest.mark.parametrize("how", ["grade", "all"])
def test_the_comp_has_the_matched_layer_and_the_unmatched_one_lies_beside(
    shot: Staged, model: Path, how: str
) -> None:
    result = render(shot.job(model, match=how))
    render(shot.job(model, "plain"))
    frame = 1003
    matched, plain = _channels(shot, "out", frame), _channels(shot, "plain", frame)
    np.testing.assert_array_equal(_rgb(matched, "unmatched."), _rgb(plain, "generated_bg."))
    assert "unmatched.R" not in plain
    assert np.abs(_rgb(matched, "generated_bg.") - _rgb(plain, "generated_bg.")).mean() > 0.01
    matte = shot.mattes[frame]
    free, solid = matte == 0, matte == 1
    np.testing.assert_array_equal(_rgb(matched)[free], _rgb(matched, "generated_bg.")[free])
    np.testing.assert_array_equal(_rgb(matched)[solid], shot.plates[frame][solid])
    told = result.decided("match")
    assert told.value == how and told.reason.startswith("to the plate: gain ")
    header = read_layer(shot.folder / "out" / f"shot_generated_bg.{frame}.exr")[0]
    assert header.get_string_attribute("actanywhere:match") in told.reason


def test_a_matched_layers_black_and_white_are_the_plates(shot: Staged, model: Path) -> None:
    """The plate is twice as bright as a display shows: so the grade has to lift the place's white."""
    render(shot.job(model, match="grade"))
    channels = _channels(shot, "out", 1003)
    before, after = _rgb(channels, "unmatched."), _rgb(channels, "generated_bg.")
    plate = shot.plates[1003]
    off = [np.abs(np.percentile(one, 99) - np.percentile(plate, 99)) for one in (before, after)]
    assert off[1] < off[0]

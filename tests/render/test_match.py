"""A layer that is brought to the plate's look, beside the one that is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.comp.match import Match
from actanywhere.contract.shot import FrameRange
from actanywhere.footage import from_display, to_display
from actanywhere.render.match import _in_the_scene
from tests.footage.pictures import write_still
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
    """As a display shows them: the plate is twice as bright as one shows."""
    render(shot.job(model, match="grade"))
    channels = _channels(shot, "out", 1003)
    before, after = _rgb(channels, "unmatched."), _rgb(channels, "generated_bg.")
    plate = shot.plates[1003]
    ends = [
        np.percentile(to_display(one, "acescg").reshape(-1, 3), (0.1, 99), axis=0)
        for one in (before, after, plate)
    ]
    off = np.abs(np.array(ends[:2]) - ends[2]).mean(-1)
    assert (off[1] < 0.8 * off[0]).all()


def test_a_scene_linear_plate_is_matched_as_the_same_plate_in_display_codes() -> None:
    """Under the view's inverse a display's white is 128: compared there, a brighter sky would double all the place."""
    low, high, black = np.float32(0.02), np.float32(0.8), np.float32(0.01)
    match = Match(np.full(3, high), np.full(3, low))
    made = _in_the_scene(match, np.full(3, black), "acescg")
    grey = np.array([0.1, 0.3, 0.6, 0.7], np.float32)
    shown = np.broadcast_to(grey[None, :, None], (1, 4, 3))
    wanted = from_display(shown, "srgb") * high + low
    found = from_display(to_display(made.apply(from_display(shown, "acescg"), 1), "acescg"), "srgb")
    np.testing.assert_allclose(found, wanted, rtol=0.12)
    np.testing.assert_allclose(found[0, 2], wanted[0, 2], rtol=0.02)


def test_a_part_of_the_plate_that_is_matched_by_itself_is_told(shot: Staged, model: Path) -> None:
    """The plate grows lighter: each half by itself comes out with another grade than the whole."""
    for index, (frame, light) in enumerate(shot.plates.items()):
        write_still(shot.folder / f"plate.{frame}.exr", light * (1 + 0.3 * index), "half")
    first = min(shot.plates)
    graded = {}
    for name, frames in (("whole", FrameRange(first, first + 5)), ("part", FrameRange(first, first + 2))):
        job = shot.job(model, name, match="grade")
        result = render(replace(job, shot=replace(job.shot, frames=frames)))
        graded[name] = result.decided("match").reason
        told = [one for one in result.warnings if "--match grade is measured in the frames" in one]
        assert len(told) == (name == "part")
    assert graded["whole"] != graded["part"]

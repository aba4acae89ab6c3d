"""The bundled starter on the bundled shot: what a new user sees first."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.cli.demo import demo_job
from actanywhere.contract.job import Result
from actanywhere.contract.shot import FrameRange, ImageSequence
from actanywhere.engines.find import Engines
from actanywhere.footage import open_plate
from actanywhere.render.render import render


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, list[np.ndarray]]:
    """Twenty frames (two windows) with the starter, and their comps as a display sees them, 320 wide."""
    job = demo_job(str(tmp_path_factory.mktemp("starter") / "out"), {"frames": "1001-1020"})
    result = render(job, lambda _: None, lambda: False, Engines())
    with open_plate(ImageSequence(result.layer, colour="linear-rec709"), FrameRange(1001, 1020)) as frames:
        comps = [frames.read(f).pixels for f in frames.frames]
    shown = [np.clip(comp, 0, 1) ** (1 / 2.2) for comp in comps]  # the plate's own display curve, near enough
    return result, [cv2.resize(comp, (320, 132), interpolation=cv2.INTER_AREA) for comp in shown]


def test_the_camera_is_the_plates_and_the_reason_is_given(layer: tuple[Result, list[np.ndarray]]) -> None:
    assert layer[0].camera == "plate" and "features on the background" in layer[0].decided("camera").reason


def test_one_window_goes_over_into_the_next_without_a_step(layer: tuple[Result, list[np.ndarray]]) -> None:
    steps = [float(np.abs(b - a).mean()) for a, b in zip(layer[1], layer[1][1:], strict=False)]
    seam = steps.pop(15)  # 1016 to 1017: sixteen frames a window
    assert seam < 1.2 * max(steps[12:18])


def test_the_place_is_recognisably_the_conditions(layer: tuple[Result, list[np.ndarray]]) -> None:
    folder = Path(demo_job("x", {}).shot.condition.path)
    condition = cv2.cvtColor(cv2.imread(str(folder)), cv2.COLOR_BGR2RGB).astype(np.float32) / 255
    sky, ground = condition[:100].mean((0, 1)), condition[-150:].mean((0, 1))
    # Away from the actors: the sky at the upper right, the canyon at the far right.
    assert np.abs(layer[1][8][4:20, 260:].mean((0, 1)) - sky).max() < 0.15
    assert np.abs(layer[1][8][60:75, 285:].mean((0, 1)) - ground).max() < 0.2

"""A picture of the place that was not held level: a street of houses that is turned by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.contract.shot import FrameRange
from actanywhere.render.clip import Clip
from actanywhere.render.roll import lean, warn_of_roll

Picture = NDArray[np.float32]

HEIGHT, WIDTH = 360, 640


def _street(left: float = 0.05, right: float = 0.95) -> Picture:
    """Houses with windows, between two shares of the width, over a pavement with slanting kerbs."""
    rng = np.random.default_rng(2)
    picture = np.full((HEIGHT, WIDTH, 3), 0.6, np.float32)
    for x in np.arange(left * WIDTH, right * WIDTH, 46).astype(int).tolist():
        cv2.rectangle(picture, (x, 40), (x + 30, 300), rng.uniform(0.2, 0.5, 3).tolist(), -1)
        for y in range(60, 260, 60):
            cv2.rectangle(picture, (x + 8, y), (x + 20, y + 34), rng.uniform(0.7, 0.95, 3).tolist(), -1)
    cv2.line(picture, (0, 300), (640, 340), (0.2, 0.2, 0.2), 3, cv2.LINE_AA)
    return np.asarray(np.clip(picture + rng.normal(0, 0.01, picture.shape), 0, 1), np.float32)


def _turned(picture: Picture, degrees: float) -> Picture:
    """Counter-clockwise, and enlarged so that no corner is empty."""
    move = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1.3)
    return np.asarray(np.clip(cv2.warpAffine(picture, move, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC), 0, 1))


def _clip(picture: Picture) -> Clip:
    rgb = np.round(picture[None] * 255).astype(np.uint8)
    return Clip(FrameRange(1001, 1001), rgb, np.zeros(rgb.shape[:3], np.uint8), WIDTH / HEIGHT)


@pytest.mark.parametrize("degrees", [-7.0, -3.0, 3.0, 7.0])
def test_a_picture_that_is_turned_is_told_with_its_degrees_and_the_way_back(degrees: float) -> None:
    picture = _turned(_street(), degrees)
    assert lean(picture) == pytest.approx(degrees, abs=0.5)
    (warning,) = warn_of_roll(_clip(np.zeros_like(picture)), 0, picture, None)
    assert "the plate is taken to be level" in warning
    assert float(warning.split("Turn the picture by ")[1].split("°")[0]) == pytest.approx(
        abs(degrees), abs=0.5
    )
    assert (" clockwise" in warning) == (degrees > 0)
    straightened = _turned(picture, -degrees)
    assert warn_of_roll(_clip(np.zeros_like(picture)), 0, straightened, None) == ()


def test_a_plate_that_is_turned_as_the_picture_is_and_a_level_picture_say_nothing() -> None:
    picture = _turned(_street(), 5)
    assert warn_of_roll(_clip(picture), 0, picture, None) == ()
    assert warn_of_roll(_clip(picture), 0, _turned(_street(), 4), None) == ()
    (warning,) = warn_of_roll(_clip(picture), 0, _street(), None)
    assert "Turn the picture by 5.0° counter-clockwise" in warning or "4.9°" in warning


def test_houses_at_one_side_alone_and_what_is_taken_out_tell_nothing() -> None:
    aside = _turned(_street(0.6, 1.0), 5)
    assert lean(aside) is None
    assert lean(_turned(_street(), 5), np.ones((HEIGHT, WIDTH), np.float32)) is None

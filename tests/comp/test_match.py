"""The layer matched to the plate: each number that is measured is one that the test knows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.comp.match import Look, Match, match_looks, measure_look

_RNG = np.random.default_rng(3)


def _place(height: int = 180, width: int = 320) -> np.ndarray:
    """Crisp boxes of many greys and colours, black to white, on the display."""
    picture = np.full((height, width, 3), 0.4, np.float32)
    for _ in range(60):
        x, y = _RNG.integers(0, width - 30), _RNG.integers(0, height - 30)
        picture[y : y + _RNG.integers(8, 40), x : x + _RNG.integers(8, 60)] = _RNG.uniform(0, 1, 3)
    picture[:30, :80], picture[-30:, -80:] = 0.0, 1.0
    return picture


def _light(display: np.ndarray) -> np.ndarray:
    return np.asarray(display**2.2, np.float32)


def _look(light: np.ndarray, display: np.ndarray | None = None) -> Look:
    shown = np.clip(light, 0, 1) ** (1 / 2.2) if display is None else display
    return measure_look([light], [np.asarray(shown, np.float32)], [np.ones(light.shape[:2], bool)])


def test_a_lifted_black_and_a_dimmer_warmer_white_are_found_and_laid_on() -> None:
    place = _light(_place())
    gain, lift = np.array([0.70, 0.62, 0.55], np.float32), np.array([0.02, 0.02, 0.03], np.float32)
    plate = _look(place * gain + lift)
    match = match_looks(plate, _look(place), [_place()], texture=False)
    np.testing.assert_allclose(match.gain, gain, atol=0.02)
    np.testing.assert_allclose(match.lift, lift, atol=0.005)
    np.testing.assert_allclose(match.apply(place, 7), place * gain + lift, atol=0.03)
    assert match.blur == 0 and match.grain is None


def test_what_looks_as_the_plate_already_stays_as_it_is() -> None:
    place = _place()
    match = match_looks(_look(_light(place)), _look(_light(place)), [place], texture=True)
    np.testing.assert_allclose(match.apply(_light(place), 3), _light(place), atol=1e-4)


def test_another_place_is_no_reason_for_another_colour() -> None:
    """A green wood has no red in its white: that is what it shows, not how it is lit."""
    none, one, wood = np.zeros(3, np.float32), np.ones(3, np.float32), np.array([0.1, 0.9, 0.1], np.float32)
    flat, green = Look(none, one, one, 0.0, none), Look(none, wood, wood, 0.0, none)
    gain = match_looks(green, flat, [_place()], texture=False).gain
    assert gain.max() / gain.min() < 1.6 and gain.min() >= 0.35


def test_a_blue_sky_is_no_white_that_the_layer_s_blue_is_taken_out_for() -> None:
    plate = np.asarray(_light(_place()) * 0.8, np.float32)
    place = plate.copy()
    place[30:100] = [0.2, 0.45, 1.0]
    gain = match_looks(_look(plate), _look(place), [_place()], texture=False).gain
    assert gain.max() / gain.min() < 1.05 and gain.max() < 1.02


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_the_plates_defocus_is_found_in_pixels(sigma: float) -> None:
    place = _place(270, 480)
    soft = np.asarray(cv2.GaussianBlur(place, (0, 0), sigma), np.float32)
    match = match_looks(_look(_light(soft), soft), _look(_light(place), place), [place], texture=True)
    assert match.blur * 480 == pytest.approx(sigma, rel=0.35)


def test_a_sharp_plate_does_not_blur_a_soft_layer_further() -> None:
    place = _place()
    soft = np.asarray(cv2.GaussianBlur(place, (0, 0), 3), np.float32)
    assert match_looks(_look(_light(place), place), _look(_light(soft), soft), [soft], texture=True).blur == 0


@pytest.mark.parametrize("deviation", [2.0, 5.0])
def test_the_plates_grain_is_measured_and_laid_on(deviation: float) -> None:
    place = np.asarray(cv2.GaussianBlur(_place(), (0, 0), 4), np.float32) * 0.6 + 0.2
    noisy = np.asarray(place + _RNG.normal(0, deviation / 255, place.shape), np.float32)
    match = match_looks(_look(_light(noisy), noisy), _look(_light(place), place), [place], texture=True)
    assert match.grain is not None
    np.testing.assert_allclose(match.grain * 255, deviation, rtol=0.2)
    grade_alone = Match(match.gain, match.lift, match.blur)
    light = np.full((120, 160, 3), 0.2, np.float32)
    grained, plain = match.apply(light, 9), grade_alone.apply(light, 9)
    shown = (grained ** (1 / 2.2) - plain ** (1 / 2.2)).std() * 255
    assert shown == pytest.approx(deviation, rel=0.25)


def test_a_frames_grain_is_its_own_and_always_the_same() -> None:
    match = Match(np.ones(3, np.float32), np.zeros(3, np.float32), 0.0, np.full(3, 0.01, np.float32))
    light = np.full((40, 60, 3), 0.2, np.float32)
    np.testing.assert_array_equal(match.apply(light, 1001), match.apply(light, 1001))
    assert np.abs(match.apply(light, 1001) - match.apply(light, 1002)).mean() > 1e-3


def test_what_was_done_is_told_in_figures() -> None:
    match = Match(np.array([0.8, 0.85, 0.9], np.float32), np.full(3, 0.004, np.float32), 0.0012)
    assert str(match) == "gain 0.80 0.85 0.90, lift 0.004 0.004 0.004, defocus 0.12% of the width"


def test_before_a_screen_the_actors_black_is_matched_and_the_screens_green_and_softness_are_not() -> None:
    """A dark suit on green light that falls off to the sides: lift 0.02 is all that is known of the plate."""
    rng = np.random.default_rng(5)
    fall = np.linspace(0.7, 1, 320, dtype=np.float32)[None, :, None]
    shown = np.broadcast_to(fall * np.array([0.1, 0.7, 0.15], np.float32), (180, 320, 3)).copy()
    actor = np.zeros((180, 320), bool)
    actor[40:, 120:200] = True
    shown[actor] = rng.uniform(0, 0.3, (int(actor.sum()), 3))
    light = np.asarray(_light(shown) + 0.02, np.float32)
    shown = np.asarray(light ** (1 / 2.2) + rng.normal(0, 3 / 255, shown.shape), np.float32)
    plate = measure_look([light], [shown], [~actor], [actor])
    assert plate.flat
    place = _place()
    match = match_looks(plate, _look(_light(place)), [place], texture=True)
    np.testing.assert_allclose(match.lift, 0.02, atol=0.003)
    np.testing.assert_allclose(match.gain, 0.98, atol=0.005)  # white stays: (1 - 0.02) / 1
    assert match.blur == 0 and match.grain is not None
    np.testing.assert_allclose(match.grain * 255, 3, rtol=0.2)


def test_a_place_is_no_screen_and_a_cut_out_is_one() -> None:
    place, actor = _place(), np.zeros((180, 320), bool)
    actor[60:120, 120:200] = True
    assert not measure_look([_light(place)], [place], [~actor], [actor]).flat
    alone = np.where(actor[..., None], place, 0)
    assert measure_look([_light(alone)], [alone], [~actor], [actor]).flat

"""The network's colours fitted on what it was told, by numbers that are known."""

from __future__ import annotations

import numpy as np

from actanywhere.engines.vace.compose import ColourMatch, fill_core
from actanywhere.engines.vace.control import ControlFrame


def shot(seed: int, unknown: slice) -> ControlFrame:
    picture = np.random.default_rng(seed).uniform(0.1, 0.8, (64, 64, 3)).astype(np.float32)
    hole = np.zeros((64, 64), bool)
    hole[:, unknown] = True
    return ControlFrame(picture, hole, hole.astype(np.float32), np.zeros((64, 64), bool))


def linear(display: np.ndarray) -> np.ndarray:
    return np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)


def display(light: np.ndarray) -> np.ndarray:
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def test_a_shift_of_light_is_taken_back_where_nothing_was_known() -> None:
    control, match = shot(0, slice(40, 64)), ColourMatch(1)
    gain, offset = np.array([0.9, 1.1, 1.0]), np.array([0.01, 0.0, 0.02])
    painted = display(linear(control.picture) * gain + offset).astype(np.float32)
    match.add(0, painted, control)
    back = match.apply(0, painted)
    np.testing.assert_allclose(back[:, 40:], control.picture[:, 40:], atol=0.004)


def test_a_frame_of_which_nothing_is_known_takes_its_neighbours_colours() -> None:
    control, match = shot(0, slice(40, 64)), ColourMatch(3)
    painted = display(linear(control.picture) * 0.8).astype(np.float32)
    match.add(0, painted, control)
    match.add(2, painted, control)
    match.add(1, painted, shot(1, slice(0, 64)))
    gain, offset = match.fit(1)
    np.testing.assert_allclose(gain, 1 / 0.8, atol=0.01)
    np.testing.assert_allclose(offset, 0, atol=0.005)


def test_a_shot_of_which_nothing_is_known_stays_as_painted() -> None:
    match = ColourMatch(2)
    painted = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    match.add(0, painted, shot(0, slice(0, 64)))
    np.testing.assert_allclose(match.apply(0, painted), painted, atol=1e-5)


def test_a_flat_known_part_shifts_and_does_not_scale() -> None:
    control, match = shot(0, slice(40, 64)), ColourMatch(1)
    flat = np.full_like(control.picture, 0.5)
    match.add(0, np.full_like(flat, 0.45), ControlFrame(flat, control.unknown, control.shown, control.actor))
    gain, offset = match.fit(0)
    np.testing.assert_allclose(gain, 1, atol=1e-3)
    np.testing.assert_allclose(offset, linear(np.array(0.5)) - linear(np.array(0.45)), atol=1e-4)


def test_the_actors_place_is_filled_from_around_them() -> None:
    picture = np.zeros((40, 60, 3), np.float32)
    picture[:] = (0.2, 0.4, 0.6)
    core = np.zeros((40, 60), bool)
    core[10:35, 20:33] = True
    picture[core] = (1, 0, 0)
    np.testing.assert_allclose(
        fill_core(picture, core), np.broadcast_to((0.2, 0.4, 0.6), picture.shape), atol=1e-4
    )


def test_behind_an_actor_who_fills_half_of_a_wide_frame_it_does_not_get_dark() -> None:
    picture = np.full((40, 80, 3), (0.2, 0.4, 0.6), np.float32)
    core = np.zeros((40, 80), bool)
    core[:, :40] = True
    np.testing.assert_allclose(fill_core(picture * ~core[..., None], core), picture, atol=1e-4)

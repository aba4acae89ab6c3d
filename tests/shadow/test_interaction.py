"""Splash, spray and dust pulled from plates in which they are known: their colour, what they hide, and where not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.camera.alignment import Pair, find_features, match
from actanywhere.shadow.interaction import Interaction, pull_interaction
from actanywhere.shadow.shot_frames import ShotFrames, linear
from tests.shadow.plates import Plane, codes, speckled

HEIGHT, WIDTH, FRAMES, PAN = 144, 256, 14, 2
FEET, TALL = 104, 50
DUST = np.array([0.85, 0.78, 0.66], np.float32)


def _ground(rng: np.random.Generator, width: int) -> Plane:
    return speckled(rng, (HEIGHT, width), 0.2, 0.04)


def _puff(x: float, top: float) -> Plane:
    """(HEIGHT, WIDTH) a cloud behind their heels, as dense as ``top`` within 8 pixels and nothing from 20 on."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    return np.asarray(
        top * np.clip((20 - np.hypot(columns - x + 22, rows - FEET + 8)) / 12, 0, 1), np.float32
    )


def _shot(top: float = 0.9, waves: bool = False) -> tuple[ShotFrames, Plane, Plane]:
    """Somebody who crosses a ground; the cloud behind them (T, HEIGHT, WIDTH) and the ground (T, HEIGHT, WIDTH, 3)."""
    rng = np.random.default_rng(5)
    ground = _ground(rng, WIDTH + PAN * FRAMES)
    rgb, actors, puffs, grounds = [], [], [], []
    for time in range(FRAMES):
        x = 50 + 7 * time
        light = ground[:, PAN * time : PAN * time + WIDTH].copy()
        grounds.append(light.copy())
        if waves:  # each frame's own, everywhere
            foam = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 4) * 14
            light += np.clip(foam - 1, 0, 0.8)[..., None] * (DUST - light)
        actor = np.zeros((HEIGHT, WIDTH), bool)
        actor[FEET - TALL : FEET + 1, x - 8 : x + 9] = True
        puff = _puff(x, top)
        light += puff[..., None] * (DUST - light)
        light[actor] = 0.05
        rgb.append(codes(light + 0.003 * rng.standard_normal(light.shape).astype(np.float32)))
        actors.append(actor)
        puffs.append(puff)
    track = np.stack([np.array([[1, 0, -PAN * t / HEIGHT], [0, 1, 0], [0, 0, 1]]) for t in range(FRAMES)])
    features = [find_features(picture, actor) for picture, actor in zip(rgb, actors, strict=True)]

    def shared(source: int, target: int) -> Pair:
        return match(features[source], features[target])

    shot = ShotFrames(np.stack(rgb), actors.__getitem__, track, shared, sure=True)
    return shot, np.stack(puffs), np.stack(grounds)


def _layer(shot: ShotFrames, found: Interaction, index: int) -> Plane:
    matte = shot.actor(index).astype(np.float32)
    return found.layer(index, linear(shot.rgb[index]), matte, lambda shown: linear(_whole(shown)))


def _whole(shown: Plane) -> NDArray[np.uint8]:
    return np.round(shown * 255).astype(np.uint8)


def test_a_cloud_beside_the_actor_is_pulled_with_its_colour_and_what_it_hides() -> None:
    shot, puffs, grounds = _shot()
    pulled = pull_interaction(shot)
    assert pulled.found is not None and pulled.reason.startswith("pulled from the plate in 14 of 14 frames")
    for index in (0, 6, 13):
        layer, puff = _layer(shot, pulled.found, index), puffs[index]
        off = cv2.dilate(shot.actor(index).astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
        inside, thick = off & (puff > 0.2), off & (puff > 0.5)
        # The colour that is found is that of the densest part, 0.9 of the cloud's own and 0.1 of the ground's.
        assert np.abs(layer[..., 3] - puff)[inside].mean() < 0.1
        assert np.abs(layer[..., :3] - puff[..., None] * DUST)[inside].mean() < 0.07
        assert np.abs(layer[..., :3] / np.maximum(layer[..., 3:], 1e-3) - DUST)[thick].max(-1).mean() < 0.12
        over = layer[..., :3] + (1 - layer[..., 3:]) * grounds[index]
        assert (
            np.abs(over - linear(shot.rgb[index]))[thick].mean() < 0.02
        )  # over the clean plate it is the plate
        nowhere = off & (cv2.dilate(puff, np.ones((9, 9), np.uint8)) == 0)
        assert layer[nowhere].max() < 0.05


def test_it_goes_on_behind_the_actor_so_that_no_rim_shows() -> None:
    shot, puffs, _ = _shot()
    found = pull_interaction(shot).found
    assert found is not None
    actor, puff = shot.actor(6), puffs[6]
    rim = actor & (cv2.erode(actor.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0) & (puff > 0.4)
    assert rim.any() and _layer(shot, found, 6)[rim, 3].min() > 0.15


@pytest.mark.parametrize("top", [0.9, 0.0])
def test_where_the_plate_does_the_same_by_itself_none_is_pulled(top: float) -> None:
    pulled = pull_interaction(_shot(top, waves=True)[0])
    assert pulled.found is None and "it moves by itself, as water and leaves do" in pulled.reason


def test_where_nothing_is_there_or_nothing_is_seen_free_it_is_said() -> None:
    shot, _, _ = _shot(0.0)
    assert pull_interaction(shot).reason == "none that stays for 5 frames is seen beside the actor"
    nobody = ShotFrames(shot.rgb, lambda index: np.zeros(shot.size, bool), shot.track, shot.shared)
    assert pull_interaction(nobody).reason == "nobody is seen in the plate"
    first = shot.rgb[:2]
    few = ShotFrames(first, shot.actor, shot.track[:2], shot.shared)
    assert pull_interaction(few).reason == "no frame shows what is behind it, without the actor"


def _sea(blue: float = 1.0) -> tuple[ShotFrames, Plane]:
    """A board on waves that move by themselves, its spray always at the same place of the frame; the spray."""
    rng = np.random.default_rng(8)
    rows = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    water = np.array([0.05, 0.25, 0.3], np.float32) * (0.8 + 0.4 * rows)
    white = np.array([0.8 / blue, 0.8 / blue, 0.8], np.float32)
    spray, x = np.zeros((HEIGHT, WIDTH), np.float32), 130
    cv2.ellipse(spray, (x + 34, FEET - 4), (26, 9), 0, 0, 360, 0.9, -1)
    spray = np.asarray(cv2.GaussianBlur(spray, (0, 0), 2), np.float32)
    rgb, actors = [], []
    for _ in range(FRAMES):
        waves = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2, sigmaY=1)
        light = np.clip(water * (1 + 0.6 * waves[..., None]), 0, 1)
        foam = np.clip(0.8 + 0.2 * rng.standard_normal((HEIGHT, WIDTH, 1)), 0.5, 1).astype(np.float32)
        light += spray[..., None] * (white * foam - light)
        actor = np.zeros((HEIGHT, WIDTH), bool)
        actor[FEET - TALL : FEET + 1, x - 8 : x + 9] = True
        light[actor] = 0.05
        rgb.append(codes(light))
        actors.append(actor)
    track = np.tile(np.eye(3), (FRAMES, 1, 1))
    corner = np.stack(np.meshgrid([4.0, WIDTH - 4], [4.0, HEIGHT - 4]), -1).reshape(-1, 2)
    grid = np.concatenate([corner + [dx, dy] for dx in range(-3, 4) for dy in range(-3, 4)])
    shot = ShotFrames(np.stack(rgb), actors.__getitem__, track, lambda *_: (grid, grid), sure=True)
    return shot, spray


def test_spray_that_the_camera_follows_on_water_is_told_by_what_the_water_shows_along_its_rows() -> None:
    shot, spray = _sea()
    pulled = pull_interaction(shot)
    assert pulled.found is not None and "the water moves by itself" in pulled.reason, pulled.reason
    layer, off = _layer(shot, pulled.found, 6), ~shot.actor(6)
    assert np.abs(layer[..., 3] - spray)[off & (spray > 0.3)].mean() < 0.15
    assert layer[..., 3][off & (cv2.dilate(spray, np.ones((9, 9), np.uint8)) == 0)].max() < 0.05  # no wave


def test_the_sky_mirrored_in_water_is_no_spray() -> None:
    pulled = pull_interaction(_sea(blue=5)[0])
    assert pulled.found is None and pulled.reason.endswith("the sky, mirrored in the water")

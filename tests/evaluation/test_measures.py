"""Every measure moves the right way when a clip is damaged in the way that it is about."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from actanywhere.evaluation.measures import Measures, measure
from actanywhere.evaluation.motion import background_motion, camera_agreement, warp_error
from actanywhere.evaluation.palette import palette_agreement, sharpness
from actanywhere.evaluation.structure import structure_agreement
from actanywhere.evaluation.subject import halo, subject_kept
from tests.evaluation import world


@pytest.fixture(scope="module")
def good() -> Measures:
    return measure(world.GOOD, world.ground())


def test_the_result_wished_for_has_the_figures_wished_for(good: Measures) -> None:
    assert good.palette > 0.9
    assert good.structure > 0.95
    assert good.camera > 0.98
    assert good.warp_error < 3
    assert good.sharpness == pytest.approx(1, abs=0.1)
    assert good.subject_db == 60
    assert good.halo < 30
    assert np.isnan(good.duplicate)


def test_other_colours_cost_palette_and_nothing_else(good: Measures) -> None:
    tint = np.clip(world.GOOD * np.float32([1.0, 0.75, 0.4]), 0, 255)
    toned = measure(world.background_only(tint), world.ground())
    assert toned.palette < good.palette - 0.3
    assert toned.camera == pytest.approx(good.camera, abs=0.02)
    assert toned.structure == pytest.approx(good.structure, abs=0.1)
    assert toned.subject_db == 60


def test_palette_counts_shares_not_places() -> None:
    mixed = np.random.default_rng(0).permutation(world.CONDITION.reshape(-1, 3))
    mixed = np.repeat(mixed.reshape(world.CONDITION.shape)[None], 2, 0)
    everywhere = np.ones(mixed.shape[:3], bool)
    assert palette_agreement(mixed, everywhere, world.CONDITION, world.EVERYWHERE) == pytest.approx(
        1, abs=1e-4
    )
    assert structure_agreement(mixed, everywhere, world.CONDITION, world.EVERYWHERE) < 0.5


def test_a_matte_over_the_whole_frame_leaves_nothing_to_measure() -> None:
    nowhere = np.zeros(world.OUTSIDE.shape, bool)
    for found in (
        palette_agreement(world.GOOD, nowhere, world.CONDITION, world.EVERYWHERE),
        structure_agreement(world.GOOD, nowhere, world.CONDITION, world.EVERYWHERE),
        sharpness(world.GOOD, nowhere, world.CONDITION, world.EVERYWHERE),
        warp_error(world.GOOD, nowhere),
    ):
        assert np.isnan(found)


def test_another_place_costs_structure_but_a_shift_and_a_zoom_do_not(good: Measures) -> None:
    elsewhere = measure(world.PLATE, world.ground())
    assert elsewhere.structure < good.structure - 0.3
    everywhere = np.ones((1, 112, 112), bool)
    near = cv2.resize(world.CONDITION, None, fx=1.25, fy=1.25, interpolation=cv2.INTER_AREA)[20:132, 30:142]
    assert structure_agreement(near[None], everywhere, world.CONDITION, world.EVERYWHERE) > 0.9


def test_a_still_background_has_no_camera_and_a_reversed_one_the_opposite() -> None:
    plate = background_motion(world.PLATE, world.OUTSIDE)
    assert measure(world.STILL, world.ground()).camera == pytest.approx(0, abs=0.1)
    backwards = background_motion(world.GOOD[::-1].copy(), world.OUTSIDE[::-1].copy())
    assert camera_agreement(backwards, plate) < -0.95


def test_a_known_move_is_measured_to_a_tenth_of_a_pixel() -> None:
    motion = background_motion(world.GOOD, world.OUTSIDE)
    assert motion.support.min() > 0.5
    np.testing.assert_allclose(motion.steps[:, 0] * world.SIDE, -world.PAN, atol=0.1)
    np.testing.assert_allclose(motion.steps[:, [1, 2, 4, 5]], 0, atol=2e-3)


def test_a_move_of_a_third_of_the_frame_is_still_found() -> None:
    wide = np.tile(world.CONDITION, (1, 1, 1))
    pair = np.stack([wide[:, :88], wide[:, 40:128]])
    motion = background_motion(pair, np.ones(pair.shape[:3], bool))
    assert motion.steps[0, 0] * world.SIDE == pytest.approx(-40, abs=0.5)


def test_a_plate_without_one_camera_gives_no_figure() -> None:
    layer = background_motion(world.GOOD, world.OUTSIDE)
    grey = np.full_like(world.PLATE, 127)
    assert np.isnan(camera_agreement(layer, background_motion(grey, world.OUTSIDE)))
    locked = np.repeat(world.PLATE[:1], world.COUNT, 0)
    assert np.isnan(camera_agreement(layer, background_motion(locked, world.OUTSIDE)))
    noise = np.random.default_rng(0).integers(0, 256, world.PLATE.shape, np.uint8)
    assert np.isnan(camera_agreement(layer, background_motion(noise, world.OUTSIDE)))


def test_flicker_costs_steadiness(good: Measures) -> None:
    flicker = np.random.default_rng(1).normal(0, 25, world.GOOD.shape)
    boiling = measure(world.background_only(np.clip(world.GOOD + flicker, 0, 255)), world.ground())
    assert boiling.warp_error > good.warp_error + 10
    assert boiling.sharpness > 1.3


def test_a_moving_actor_does_not_count_as_unsteady() -> None:
    wild = np.random.default_rng(2).integers(0, 256, world.GOOD.shape, np.uint8)
    actor = np.where(world.MATTE[..., None] > 250, wild, world.GOOD)
    assert warp_error(actor, world.OUTSIDE) < warp_error(world.GOOD, world.OUTSIDE) + 0.5


def test_blur_costs_sharpness_more_the_wider_it_is(good: Measures) -> None:
    soft = [
        measure(
            world.background_only(np.stack([cv2.GaussianBlur(f, (0, 0), sigma) for f in world.GOOD])),
            world.ground(),
        )
        for sigma in (1, 3)
    ]
    assert good.sharpness > soft[0].sharpness + 0.2 > soft[1].sharpness + 0.2
    assert soft[1].palette > 0.6


def test_a_repainted_actor_is_not_kept() -> None:
    assert subject_kept(world.PLATE, world.PLATE, world.MATTE) == 60
    dimmed = np.clip(world.PLATE * 0.8, 0, 255).astype(np.uint8)
    noisy = np.clip(world.PLATE + np.random.default_rng(3).normal(0, 10, world.PLATE.shape), 0, 255)
    assert subject_kept(noisy.astype(np.uint8), world.PLATE, world.MATTE) == pytest.approx(28.1, abs=0.7)
    assert subject_kept(dimmed, world.PLATE, world.MATTE) < 30


@pytest.mark.parametrize("rim", ["dark", "bright", "the plate's own background"])
def test_a_rim_around_the_actor_is_a_halo(rim: str) -> None:
    replacement = {"dark": 0, "bright": 255, "the plate's own background": world.PLATE}[rim]
    rims = []
    for matte in world.MATTE:
        away = cv2.distanceTransform((matte <= 5).astype(np.uint8), cv2.DIST_L2, 5)
        rims.append((away > 0) & (away <= 2))
    damaged = np.where(np.stack(rims)[..., None], replacement, world.GOOD).astype(np.uint8)
    assert halo(damaged, world.MATTE) > halo(world.GOOD, world.MATTE) + 5


def test_a_shadow_under_the_feet_is_no_halo() -> None:
    shadowed = world.GOOD.copy()
    shadowed[:, 100:118] = np.where(
        world.OUTSIDE[:, 100:118, :, None], shadowed[:, 100:118] // 2, shadowed[:, 100:118]
    )
    assert halo(shadowed, world.MATTE) == pytest.approx(halo(world.GOOD, world.MATTE), abs=1)


def test_the_painted_in_actor_seen_again_is_counted_and_his_absence_is_not() -> None:
    ground = world.ground(composite=True)
    assert measure(world.GOOD, ground).duplicate == 0
    assert measure(world.with_second_actor(), ground).duplicate > 0.8


def test_the_actor_in_a_composite_is_no_part_of_the_place() -> None:
    loud = world.ground(composite=True)
    garish = np.where(world.matte_at(24)[..., None] > 0.02, [255, 0, 255], loud.condition).astype(np.uint8)
    garish[::2] = np.where(world.matte_at(24)[::2, :, None] > 0.02, 0, garish[::2])
    quiet, noisy = (measure(world.GOOD, replace(loud, condition=one)) for one in (loud.condition, garish))
    assert noisy.palette == pytest.approx(quiet.palette, abs=1e-6)
    assert noisy.sharpness == pytest.approx(quiet.sharpness, abs=1e-6)
    assert noisy.structure == pytest.approx(quiet.structure, abs=0.02)

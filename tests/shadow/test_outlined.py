"""Bright parts that the plate itself outlines stay; those that only its clean plate outlines go."""

from __future__ import annotations

import cv2
import numpy as np

from actanywhere.shadow.outlined import outlined
from tests.shadow.plates import Plane, speckled

SIZE = (144, 256)


def _blob() -> Plane:
    blob = cv2.circle(np.zeros(SIZE, np.float32), (120, 80), 18, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(blob, (0, 0), 3), np.float32)


def _left(plate: Plane, clean: Plane, over_place: bool = True) -> float:
    """How much of the blob stays."""
    blob = _blob()
    found = outlined(blob, 0.05, plate, clean, np.ones(SIZE, bool), 60, 0.4, over_place)
    return float(found.sum() / blob.sum())


def test_a_cloud_over_the_place_stays() -> None:
    ground, share = speckled(np.random.default_rng(1), SIZE, 0.2, 0.06), 0.8 * _blob()[..., None]
    assert _left(ground + share * (0.9 - ground), ground) == 1
    dust = np.array([0.25, 0.2, 0.12], np.float32)  # no brighter, of another colour
    assert _left(ground + share * (dust - ground), ground) == 1


def test_where_the_clean_plate_keeps_a_shadow_or_all_is_lit_otherwise_nothing_lies_over_the_place() -> None:
    ground = speckled(np.random.default_rng(2), SIZE, 0.2, 0.06)
    assert _left(ground, ground * (1 - 0.6 * _blob()[..., None])) < 0.1
    lit = cv2.circle(np.zeros(SIZE, np.float32), (120, 80), 60, 1.0, -1)[..., None]
    assert _left(ground * (1 + 0.4 * lit), ground) < 0.1


def test_a_shadow_stays_and_where_the_clean_plate_keeps_smoke_none_is() -> None:
    ground = speckled(np.random.default_rng(3), SIZE, 0.2, 0.06)
    shade = 1 - 0.5 * _blob()[..., None]
    assert _left(ground * shade, ground, over_place=False) == 1
    smoke = ground + 0.6 * _blob()[..., None] * (0.8 - ground)
    assert _left(ground, smoke, over_place=False) < 0.1

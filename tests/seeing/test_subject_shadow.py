"""The shadow of whoever goes is the dark part of the ground at their feet, and nothing else that is dark."""

from __future__ import annotations

import cv2
import numpy as np

from actanywhere.seeing.subject_shadow import subject_shadow
from tests.seeing.scenes import HORIZON, SIZE, body, street, with_body


def cast(
    picture: np.ndarray, centre: tuple[int, int], size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """The picture with a soft shadow of half the light on its ground, and where (h, w) that is."""
    mask = np.zeros(SIZE, np.float32)
    cv2.ellipse(mask, centre, size, 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), 1.0)[..., None]
    return np.asarray(picture * (1 - soft * (1 - 0.5 ** (1 / 2.2))), np.float32), mask


def overlap(found: np.ndarray, true: np.ndarray) -> float:
    return float((found & true).sum() / (found | true).sum())


def test_the_dark_ellipse_at_their_feet_is_found() -> None:
    standing = body((90, 55), (10, 26))
    lit, shadow = cast(street(), (112, 80), (26, 5))
    found = subject_shadow(with_body(lit, standing), standing) > 0.5
    true = (shadow > 0) & (standing < 0.5)
    assert (found & true).sum() > 0.85 * true.sum()
    assert overlap(found, cv2.dilate(true.astype(np.uint8), np.ones((5, 5))) > 0) > 0.6


def test_without_a_shadow_none_is_found() -> None:
    standing = body((90, 55), (10, 26))
    assert not (subject_shadow(with_body(street(), standing), standing) > 0.5).any()


def test_a_dark_pond_that_runs_on_is_no_shadow_of_theirs() -> None:
    standing = body((90, 55), (10, 26))
    picture = street()
    picture[78:88] *= 0.4
    found = subject_shadow(with_body(picture, standing), standing) > 0.5
    assert found.mean() < 0.02


def test_what_is_no_ground_is_no_shadow() -> None:
    standing = body((90, 55), (10, 26))
    lit, _ = cast(street(), (112, 80), (26, 5))
    ground = np.zeros(SIZE, np.float32)
    ground[HORIZON:, :100] = 1
    found = subject_shadow(with_body(lit, standing), standing, ground) > 0.5
    assert found[:, :96].any() and not found[:, 106:].any()


def test_who_is_cut_off_by_the_lower_border_casts_none() -> None:
    cut = body((90, 110), (12, 26))
    lit, _ = cast(street(), (112, 117), (26, 5))
    assert not subject_shadow(with_body(lit, cut), cut).any()

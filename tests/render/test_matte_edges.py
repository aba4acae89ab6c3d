"""A matte that comes late is told by the plate's edges; one that is only grown, choked or soft is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.contract.shot import FrameRange
from actanywhere.render.clip import Clip
from actanywhere.render.matte_edges import late_by_edges

COUNT = 12


def _clip(late: int = 0, grown: int = 0, soft: float = 0.0) -> Clip:
    """A light disc that goes 6 pixels right and 2 down a frame over a dark, grained wall; its matte ``late``."""

    def disc(frame: int, radius: int) -> np.ndarray:
        plane = np.zeros((108, 192), np.uint8)
        return np.asarray(cv2.circle(plane, (50 + 6 * frame, 36 + 2 * frame), radius, 255, -1))

    rng = np.random.default_rng(1)
    wall = cv2.GaussianBlur(rng.normal(60, 60, (108, 192)), (0, 0), 1.5)
    rgb = np.stack(
        [np.where(disc(k, 20) > 0, 190, wall) + rng.normal(0, 2, wall.shape) for k in range(COUNT)]
    )
    matte = np.stack([disc(k - late, 20 + grown) for k in range(COUNT)])
    if soft:
        matte = np.stack([cv2.GaussianBlur(plane, (0, 0), soft) for plane in matte])
    codes = np.repeat(np.clip(rgb, 0, 255).astype(np.uint8)[..., None], 3, -1)
    return Clip(FrameRange(1001, 1000 + COUNT), codes, matte, 192 / 108)


@pytest.mark.parametrize("late", [-2, -1, 1, 3])
@pytest.mark.parametrize("grown", [0, 3])
def test_so_many_frames_late_or_early_are_found(late: int, grown: int) -> None:
    found, clearer = late_by_edges(_clip(late, grown))
    assert found == late
    assert clearer > 1.2


def test_a_matte_in_its_place_is_not_late_however_it_was_treated() -> None:
    for grown, soft in ((0, 0.0), (4, 0.0), (-4, 0.0), (0, 3.0)):
        assert late_by_edges(_clip(0, grown, soft)) == (0, 1.0)


def test_nothing_is_said_of_a_matte_that_does_not_move_or_is_empty() -> None:
    still = _clip()
    for plane in (still.matte[:1], np.zeros_like(still.matte[:1])):
        one = Clip(still.frames, still.rgb, np.repeat(plane, COUNT, 0), still.aspect)
        assert late_by_edges(one) == (0, 1.0)

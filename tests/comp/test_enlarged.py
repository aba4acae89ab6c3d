"""A picture enlarged a few rows at a time is the one that OpenCV enlarges at once."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.comp.enlarged import Enlarged


@pytest.mark.parametrize("way", [cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("size", [(217, 391), (31, 47), (96, 160), (96, 300)])
def test_rows_are_those_of_the_picture_that_opencv_resizes(way: int, size: tuple[int, int]) -> None:
    picture = np.random.default_rng(4).random((96, 160, 3), np.float32)
    shrinks = size[0] < 96
    whole = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA if shrinks else way)
    enlarged = Enlarged(picture, *size, way)
    parts = [slice(at, min(at + 13, size[0])) for at in range(0, size[0], 13)]
    np.testing.assert_allclose(np.concatenate([enlarged.rows(part) for part in parts]), whole, atol=3e-6)

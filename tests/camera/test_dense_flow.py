"""Dense flow of pictures of any shape."""

import cv2
import numpy as np
import pytest

from actanywhere.camera.dense_flow import dense_flow


@pytest.mark.parametrize("size", [(90, 160), (20, 160), (160, 20), (3, 8)])
def test_what_moved_by_two_pixels_is_found_there_in_the_flattest_picture_too(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).normal(0, 1, (size[0], size[1] + 2)).astype(np.float32)
    grey = np.uint8(np.clip(128 + 160 * cv2.GaussianBlur(noise, (0, 0), 2), 0, 255))
    flow = dense_flow(grey[:, 2:], grey[:, :-2])
    assert flow.shape == (*size, 2)
    if min(size) > 8:
        assert np.allclose(np.median(flow, (0, 1)), (2, 0), atol=0.3)

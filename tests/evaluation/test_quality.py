"""PSNR and SSIM inside of a region, against their definitions."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from actanywhere.evaluation.quality import psnr, ssim
from tests.evaluation import world

EVERYWHERE = np.ones((1, world.SIDE, world.SIDE), bool)


def test_psnr_is_that_of_its_region_alone() -> None:
    truth = np.full((2, 32, 32, 3), 100, np.uint8)
    frames = truth.copy()
    frames[:, :16] += 16
    upper = np.zeros((2, 32, 32), bool)
    upper[:, :16] = True
    assert psnr(frames, truth, upper) == pytest.approx(20 * np.log10(255 / 16), abs=1e-4)
    assert psnr(frames, truth, ~upper) == 60
    assert psnr(frames, truth, np.ones_like(upper)) == pytest.approx(
        20 * np.log10(255 / 16) + 3.0103, abs=1e-3
    )


def test_a_region_that_is_hardly_there_has_no_figure() -> None:
    few = np.zeros((1, world.SIDE, world.SIDE), bool)
    few[0, 0, :10] = True
    assert np.isnan(psnr(world.GOOD[:1], world.PLATE[:1], few))
    assert np.isnan(ssim(world.GOOD[:1], world.PLATE[:1], few))


def test_ssim_is_the_published_formula_at_a_pixel() -> None:
    one, other = world.GOOD[:1], world.PLATE[:1]
    spot = np.zeros_like(EVERYWHERE)
    spot[0, 40:48, 90:98] = True
    greys = [cv2.cvtColor(clip[0], cv2.COLOR_RGB2GRAY).astype(float) for clip in (one, other)]
    line = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window = np.outer(line, line) / np.outer(line, line).sum()
    found = []
    for row in range(40, 48):
        for column in range(90, 98):
            x, y = (grey[row - 5 : row + 6, column - 5 : column + 6] for grey in greys)
            mx, my = (window * x).sum(), (window * y).sum()
            sx, sy, sxy = (
                (window * (a - ma) * (b - mb)).sum()
                for a, ma, b, mb in ((x, mx, x, mx), (y, my, y, my), (x, mx, y, my))
            )
            c1, c2 = 2.55**2, 7.65**2
            found.append((2 * mx * my + c1) * (2 * sxy + c2) / ((mx**2 + my**2 + c1) * (sx + sy + c2)))
    assert ssim(one, other, spot) == pytest.approx(np.mean(found), abs=1e-6)


def test_both_are_those_of_scikit_image() -> None:
    one, other = world.GOOD[:1], world.PLATE[:1]
    assert psnr(one, other, EVERYWHERE) == pytest.approx(peak_signal_noise_ratio(other, one), abs=1e-4)
    greys = [cv2.cvtColor(clip[0], cv2.COLOR_RGB2GRAY) for clip in (one, other)]
    _, theirs = structural_similarity(
        *greys, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    inner = np.zeros_like(EVERYWHERE)
    inner[0, 8:-8, 8:-8] = True  # they mirror the border otherwise
    assert ssim(one, other, inner) == pytest.approx(theirs[8:-8, 8:-8].mean(), abs=1e-5)


def test_ssim_falls_with_blur_and_is_one_for_the_truth() -> None:
    truth = world.GOOD[:1]
    blurred = [cv2.GaussianBlur(truth[0], (0, 0), sigma)[None] for sigma in (0.8, 2.5)]
    scores = [ssim(clip, truth, EVERYWHERE) for clip in (truth, *blurred)]
    assert scores[0] == pytest.approx(1)
    assert scores[0] > scores[1] > scores[2]

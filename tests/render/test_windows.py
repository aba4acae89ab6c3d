"""Shots longer than the network's window, the noise they begin from, and guidance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from actanywhere.contract.errors import JobError
from actanywhere.engines.guided import middle
from actanywhere.engines.unet.sampling import frame_noise, guide
from actanywhere.render.windows import plan_windows

_SHAPES = [(16, 4), (16, 0), (8, 3), (4, 1), (2, 1), (1, 0)]


@pytest.mark.parametrize(("length", "overlap"), _SHAPES)
def test_every_frame_is_painted_exactly_once(length: int, overlap: int) -> None:
    for frames in range(1, 70):
        windows = plan_windows(frames, length, overlap)
        painted = [f for w in windows for f in range(w.first + w.known, w.last)]
        assert painted == list(range(frames))


@pytest.mark.parametrize(("length", "overlap"), _SHAPES)
def test_every_window_fills_the_network_and_goes_on_from_at_least_the_overlap(
    length: int, overlap: int
) -> None:
    for frames in range(length, 70):
        windows = plan_windows(frames, length, overlap)
        assert all(len(window) == length for window in windows)
        assert windows[0].known == 0
        assert all(overlap <= window.known < length for window in windows[1:])
        assert all(window.known == overlap for window in windows[1:-1])
        assert windows[-1].last == frames and all(window.first >= 0 for window in windows)


@pytest.mark.parametrize(("length", "overlap"), _SHAPES)
def test_frames_do_not_depend_on_how_far_the_shot_goes_on(length: int, overlap: int) -> None:
    long = plan_windows(70, length, overlap)
    for frames in range(1, 70):
        assert (
            plan_windows(frames, length, overlap)[:-1]
            == long[: len(plan_windows(frames, length, overlap)) - 1]
        )


def test_a_shot_shorter_than_the_window_is_one_short_window() -> None:
    (window,) = plan_windows(5, 16, 4)
    assert (window.first, window.last, window.known) == (0, 5, 0)


def test_an_overlap_that_leaves_nothing_new_is_refused() -> None:
    for overlap in (16, 17):
        with pytest.raises(JobError, match=f"overlap of {overlap} frames leaves nothing") as caught:
            plan_windows(40, 16, overlap)
        assert "below 16" in caught.value.remedy


def test_noise_depends_on_the_seed_and_the_host_frame_number_and_on_nothing_else() -> None:
    first = frame_noise(7, 1001, (4, 8, 8))
    torch.manual_seed(123)
    torch.rand(10)
    assert np.array_equal(frame_noise(7, 1001, (4, 8, 8)), first)
    others = [frame_noise(seed, frame, (4, 8, 8)) for seed, frame in ((7, 1002), (8, 1001), (7, -1001))]
    for other in others:
        assert abs(float((other * first).mean())) < 0.3
        assert not np.array_equal(other, first)


def test_noise_is_standard_normal_and_the_same_on_every_machine() -> None:
    noise = frame_noise(0, 1001, (4, 64, 64))
    assert abs(float(noise.mean())) < 0.03 and float(noise.std()) == pytest.approx(1, abs=0.03)
    for seed, frame, shape in ((0, 1001, (4, 64, 64)), (7, 1001, (12, 18, 31)), (2**40, -5, (4, 5, 5))):
        drawn = torch.Generator().manual_seed((seed * 1_000_003 + frame) % 2**63)
        theirs = torch.randn(shape, generator=drawn).numpy()
        np.testing.assert_allclose(frame_noise(seed, frame, shape), theirs, rtol=0, atol=1e-6)


def test_noise_takes_any_seed_and_frame() -> None:
    for seed, frame in ((2**62, 0), (2**63 - 1, 10**7), (0, -(10**7))):
        assert np.isfinite(frame_noise(seed, frame, (2,))).all()


def test_guidance_leads_away_from_what_knows_nothing() -> None:
    calls: list[str] = []

    def informed(noisy: Tensor, timestep: int) -> Tensor:
        calls.append("informed")
        return noisy * 0 + 3

    def uninformed(noisy: Tensor, timestep: int) -> Tensor:
        calls.append("uninformed")
        return noisy * 0 + 1

    x = torch.zeros(2)
    assert guide(informed, uninformed, 5.0, [0])(x, 0).tolist() == [11, 11]
    assert guide(informed, uninformed, 0.0, [0])(x, 0).tolist() == [1, 1]
    calls.clear()
    assert guide(informed, uninformed, 1, [0])(x, 0).tolist() == [3, 3]
    assert calls == ["informed"], "scale 1 must not cost a second pass"
    calls.clear()
    led = guide(informed, uninformed, 5.0, middle((900, 700, 500, 300, 100), 0.6))
    assert [led(x, time).tolist()[0] for time in (900, 700, 500, 300, 100)] == [3, 11, 11, 11, 3]
    assert calls.count("uninformed") == 3
    assert middle((900, 700), 0) == ()

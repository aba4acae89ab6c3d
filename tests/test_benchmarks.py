"""The benchmarks measure the same thing on both sides, and count it rightly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from actanywhere.engines.unet.model.checkpoint import Model
from benchmarks.child import run_child
from benchmarks.clock import interleave
from benchmarks.machine import GEMM_TFLOP, gemm, tflop_of
from benchmarks.peer import make_clip, sample_as_diffusers
from benchmarks.plate import make_shot
from benchmarks.tracks import trajectory_error
from benchmarks.weights import get_model


@pytest.fixture(scope="module")
def model() -> Model:
    return get_model("random", torch.device("cpu"), torch.float32)


def test_our_sampling_takes_the_same_road_as_diffusers_own_at_every_step(model: Model) -> None:
    clip = make_clip(model, frames=3, height=64, width=64)
    # 4 divides 1000: where it does not, diffusers' own DDIM steps to timesteps that it never asks the network about.
    assert trajectory_error(model, clip, steps=4) < 1e-4


def test_the_error_gate_would_see_another_start(model: Model) -> None:
    ends = [
        sample_as_diffusers(model, make_clip(model, 2, 64, 64, seed), steps=1, guidance=5.0)
        for seed in (1, 2)
    ]
    assert not torch.allclose(ends[0], ends[1], atol=1e-2)


def test_contenders_run_in_turn() -> None:
    ran: list[str] = []
    timings = interleave({"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}, rounds=2)
    assert ran == ["a", "b"] * 3  # the first pair warms up
    assert [len(t.wall) for t in timings.values()] == [2, 2]


def test_the_yardstick_does_as_much_work_as_it_says() -> None:
    assert tflop_of(gemm(torch.device("cpu"), torch.float32)) == pytest.approx(GEMM_TFLOP)


def test_the_peak_memory_is_that_of_the_largest_process_that_the_command_started() -> None:
    ballast = bytearray(400 << 20)  # what we hold ourselves must not be counted
    hungry = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'x = bytearray(200 << 20)']); print('done')"
    run = run_child([sys.executable, "-c", hungry])
    assert run.status == 0
    assert [line for _, line in run.lines] == ["done"]
    assert 200 < run.peak_mib < 300
    assert len(ballast) == 400 << 20


def test_the_made_up_shot_has_as_many_frames_as_were_asked_for(tmp_path: Path) -> None:
    flags = make_shot(tmp_path, 3)
    assert set(flags) == {"--plate", "--matte", "--condition"}
    assert sorted(p.name for p in tmp_path.glob("plate.*")) == [f"plate.{n}.png" for n in (1001, 1002, 1003)]
    assert sorted(p.name for p in tmp_path.glob("matte.*")) == [f"matte.{n}.png" for n in (1001, 1002, 1003)]

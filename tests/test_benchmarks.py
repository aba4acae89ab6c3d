"""The benchmarks measure the same thing on both sides, and count it rightly."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import gpu
from benchmarks.child import run_child
from benchmarks.clock import interleave
from benchmarks.machine import gemm, gemm_tflop, tflop_of
from benchmarks.peer import as_diffusers, as_rendered, make_clip, make_unet
from benchmarks.plate import make_shot
from benchmarks.records import Figure, Record, put_into, to_markdown, write
from benchmarks.unet import measure_unet, size_of, trajectory_errors

CPU = torch.device("cpu")


def test_our_pass_takes_the_same_road_as_diffusers_own_at_every_step_and_another_start_does_not() -> None:
    sizes = size_of("starter", 64).configuration
    unet, clip = make_unet(sizes, CPU), make_clip(sizes, 64, 64, CPU)
    contenders = {
        "theirs": as_diffusers(unet, clip, 5.0),
        "ours": as_rendered(unet, clip, 5.0, torch.float32),
        "less guided": as_rendered(unet, clip, 4.9, torch.float32),
    }
    # 4 divides 1000: where it does not, diffusers' own DDIM steps to timesteps that it never asks the network about.
    errors = trajectory_errors(sizes, clip, contenders, "theirs", steps=4)
    assert errors["ours"] < 1e-4 < 1e-3 < errors["less guided"]


def test_the_network_is_measured_by_everybody_and_passes_its_gate() -> None:
    rows = list(measure_unet(size_of("starter", 32), CPU, "bf16", rounds=1, steps=2, command="c"))
    assert [row.name.partition(": ")[2] for row in rows] == [
        "diffusers, fp32",
        "diffusers, bf16",
        "ours, bf16",
    ]
    assert all(row.passed and row.peer.startswith("diffusers ") for row in rows)
    ratios = [one.value for row in rows for one in row.figures if one.name == "ratio to diffusers"]
    assert ratios[0] == 1


# The clock goes on at every look. After 4 looks of 50 s, 370 of 570 s are left: a round at 256² took 50 / 2.2 s, and
# one at 512² takes 5.5 times that, 124 s. After 4 looks of 100 s, 170 s are left for 248 s.
@pytest.mark.parametrize(("apart", "steps"), [(50, 50), (100, 0)])
def test_a_card_is_measured_in_whole_clips_as_long_as_they_fit_and_one_that_is_too_small_is_told(
    apart: int, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, clock = [], iter(range(0, 1000, apart))

    def measured(size, device, precision, rounds, gate, command, whole):  # type: ignore[no-untyped-def]
        asked.append((size.name, rounds, gate, whole))
        if size.name == "full, 16x512²":
            raise torch.cuda.OutOfMemoryError
        yield from ()

    monkeypatch.setattr(gpu, "_tested", lambda device, command: "tests")
    monkeypatch.setattr(gpu, "measure_unet", measured)
    monkeypatch.setattr(gpu, "describe", lambda device: {})
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (2**30, 8 * 2**30))
    monkeypatch.setattr(gpu.time, "monotonic", lambda: next(clock))
    tests, small = gpu.measure_gpu(torch.device("cuda"), "c")
    assert tests == "tests" and not small.passed and small.figures[0].value == 8
    assert [one for one in asked if one[0] != "full, 16x512²"] == [
        ("full, 16x256²", 2, 10, 50),
        ("starter, 16x256²", 3, 10, 50),
    ]
    assert asked[1] == ("full, 16x512²", 1, 10, steps)


def test_a_record_is_a_line_of_the_table_and_is_written_whole(tmp_path: Path) -> None:
    figures = (
        Figure("seconds", 1.234, "s", plotted=True),
        Figure("frames", 16),
        Figure("unknown", None, "dB"),
    )
    rows = [
        Record("speed", "ours", figures, "make it", {"machine": "an abacus"}, "theirs 1.0"),
        Record("speed", "mine", figures[:1], "make it", {"machine": "an abacus"}, "theirs 1.0", passed=False),
    ]
    table = to_markdown(rows)
    assert "| ours | 1.23 | 16 | - |" in table and "| mine **FAILED** | 1.23 |  |  |" in table
    assert "`make it`, against theirs 1.0" in table and "an abacus" in table
    write(rows, tmp_path / "new" / "folder")
    kept = json.loads((tmp_path / "new" / "folder" / "benchmarks.json").read_text())
    assert kept[0]["figures"][0] == {
        "name": "seconds",
        "value": 1.234,
        "unit": "s",
        "plotted": True,
        "detail": False,
    }
    assert (tmp_path / "new" / "folder" / "speed.png").stat().st_size > 5000
    page = tmp_path / "page.md"
    page.write_text("a <!-- by python -m benchmarks --readme --> old <!-- until here --> b")
    put_into(page, rows)
    kept = page.read_text()
    assert kept.startswith("a <!--") and kept.endswith("--> b") and "old" not in kept and "| ours |" in kept


def test_contenders_run_in_turn() -> None:
    ran: list[str] = []
    timings = interleave({"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}, rounds=2)
    assert ran == ["a", "b"] * 2
    assert [len(t.wall) for t in timings.values()] == [2, 2]


def test_the_yardstick_does_as_much_work_as_it_says() -> None:
    assert tflop_of(gemm(CPU, torch.float32)) == pytest.approx(gemm_tflop(CPU))


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

"""A graphics card in ten minutes: device paths tested, speed against diffusers, JSON left behind.

The tests come first; then the U-Net at full size with random weights, clips of 50 guided steps of 16x256² and 16x512²
by diffusers in 32 and in half precision and by ours; then the starter. Where the clips of 512² would not fit into the
ten minutes, single steps are timed instead. Without CUDA the same lines run in small, which shows that they do.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from .machine import describe
from .records import Figure, Record
from .unet import measure_unet, size_of

__all__ = ["measure_gpu"]

_TESTS = ("tests/engines/test_devices.py", "tests/engines/unet/test_forward.py", "tests/onnx_runner")
_TEST_SECONDS = 180
_BUDGET = 570
_CARD = (("full", 256, 2), ("full", 512, 1), ("starter", 256, 3)), 50, 10
_SMALL = (("starter", 32, 1), ("starter", 64, 1)), 2, 2
"""Models with sides and rounds, steps of a whole clip, steps of the error gate."""


def measure_gpu(device: torch.device, command: str) -> Iterator[Record]:
    """The records, each as soon as it is known."""
    began = time.monotonic()
    yield _tested(device, command)
    plans, steps, gate = _CARD if device.type == "cuda" else _SMALL
    took = 0.0  # a round of whole clips at the first side
    for model, side, rounds in plans:
        size = size_of(model, side)
        left = _BUDGET - (time.monotonic() - began)
        # Twice the side is 4.2 times the work; a fifth of a round is the trajectory.
        whole = steps if side == plans[0][1] or 1.3 * 4.2 * took < left else 0
        start = time.monotonic()
        try:
            yield from measure_unet(size, device, "auto", rounds, gate, command, whole)
        except torch.cuda.OutOfMemoryError:
            needs = (Figure("memory of the card", torch.cuda.mem_get_info()[1] / 2**30, "GiB"),)
            yield Record(
                "unet", f"{size.name}: out of memory", needs, command, describe(device), passed=False
            )
        took = took or (time.monotonic() - start) / (rounds + 0.2)
        torch.cuda.empty_cache()


def _tested(device: torch.device, command: str) -> Record:
    start = time.monotonic()
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", *_TESTS]
    try:
        done = subprocess.run(
            words, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=_TEST_SECONDS
        )
        said, status = done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        said = (
            f"{(error.stdout or b'').decode()}\nThe tests took more than {_TEST_SECONDS} s, and were stopped."
        )
        status = 1
    print(said, flush=True)
    counts = {kind: int(count) for count, kind in re.findall(r"(\d+) (passed|failed|skipped|error)", said)}
    figures = tuple(Figure(kind, counts.get(kind, 0)) for kind in ("passed", "failed", "error", "skipped"))
    seconds = Figure("seconds", time.monotonic() - start, "s", plotted=True)
    return Record(
        "tests", f"on {device.type}", (*figures, seconds), command, describe(device), passed=status == 0
    )

"""Free memory of the machine and of its graphics card: as the system tells it, and unknown where nothing does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from actanywhere.models.memory import free_card_memory, free_memory


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_free_memory_is_what_the_kernel_calls_available() -> None:
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    assert free_memory() == pytest.approx(float(lines["MemAvailable"].split()[0]) * 1024, rel=0.2)


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for nvidia-smi, which answers what is written in the file and writes down what it was asked."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat {tmp_path}/answer || exit 9\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    return tmp_path


@pytest.mark.parametrize(("visible", "asked"), [("", "0"), ("2,0", "2"), ("GPU-8a2f", "GPU-8a2f")])
def test_the_driver_tells_of_the_first_card_that_may_be_used(
    driver: Path, monkeypatch: pytest.MonkeyPatch, visible: str, asked: str
) -> None:
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    (driver / "answer").write_text("10240\n")
    assert free_card_memory() == 10240 * 2**20
    assert f"--id={asked} " in (driver / "asked").read_text()


def test_what_nothing_tells_is_unknown(driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert free_card_memory() is None, "the driver fails"
    (driver / "answer").write_text("[N/A]\n")
    assert free_card_memory() is None
    (driver / "answer").write_text("10240\n")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert free_card_memory() is None, "no card may be used"
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    (driver / "nvidia-smi").unlink()
    monkeypatch.setenv("PATH", str(driver))
    assert free_card_memory() is None, "there is no driver"


def test_pytorch_is_asked_where_it_has_cuda(driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (3_000_000_000, 8_000_000_000))
    assert free_card_memory() == 3e9 and not (driver / "asked").exists()

"""What this machine is, and the most that its matrix multiplication reaches here and now."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch

from actanywhere.seeing.readers import find_networks

__all__ = ["describe", "device_wait", "gemm", "gemm_tflop", "tflop_of"]

_CPU = torch.device("cpu")


def _side(device: torch.device) -> int:
    return 8192 if device.type == "cuda" else 2048


def gemm_tflop(device: torch.device) -> float:
    """Work of one call of ``gemm``."""
    return 2 * _side(device) ** 3 / 1e12


def gemm(device: torch.device, dtype: torch.dtype) -> Callable[[], object]:
    """A call that multiplies two square matrices: the yardstick beside every contender."""
    side = _side(device)
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    out = torch.empty_like(a)
    return lambda: torch.mm(a, b, out=out)


def tflop_of(run: Callable[[], object]) -> float:
    """Work of one call, in TFLOP, as torch counts it (multiply and add are two)."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops()) / 1e12


def device_wait(device: torch.device) -> Callable[[], None]:
    """A call that returns when the device has done all that it was given."""
    return torch.cuda.synchronize if device.type == "cuda" else lambda: None


def describe(device: torch.device = _CPU) -> dict[str, str]:
    """Processor or GPU, threads, load at that moment, versions, and networks for pictures."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "machine": name,
        "threads": str(torch.get_num_threads()),
        "load": load,
        "torch": torch.__version__,
        "networks": _networks(),
        "python": platform.python_version(),
    }


@cache
def _networks() -> str:
    """Those for pictures that are installed, which a render takes."""
    return " and ".join(one.entry.name for one in find_networks().values()) or "none"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} processors" if names else platform.machine()

"""What this machine is, and the most that its matrix multiplication reaches here and now."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path

import torch

__all__ = ["GEMM_TFLOP", "describe", "device_wait", "gemm", "tflop_of"]

_SIDE = 2048
#: Work of one call of ``gemm``.
GEMM_TFLOP = 2 * _SIDE**3 / 1e12


def gemm(device: torch.device, dtype: torch.dtype) -> Callable[[], object]:
    """A call that multiplies two square matrices: the yardstick beside every contender."""
    a, b = (torch.randn(_SIDE, _SIDE, device=device, dtype=dtype) for _ in range(2))
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


def describe(device: torch.device) -> dict[str, str]:
    """Processor or GPU, threads, load before the run, versions."""
    import diffusers

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "machine": name,
        "threads": str(torch.get_num_threads()),
        "load before": load,
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} processors" if names else platform.machine()

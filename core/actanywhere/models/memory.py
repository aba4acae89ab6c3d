"""Whether the machine and its graphics card have room for what a model needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from ..contract.errors import ModelError
from .registry import Entry

GB = 1e9


def free_memory() -> float:
    """Bytes of the machine's memory that may be taken."""
    import psutil

    return float(psutil.virtual_memory().available)


def free_card_memory() -> float | None:
    """Bytes that are free on the first NVIDIA card that may be used; None where there is none, or nothing tells.

    PyTorch is asked where it is loaded and has CUDA, else the driver's ``nvidia-smi``.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return float(torch.cuda.mem_get_info()[0])
    card = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    command = shutil.which("nvidia-smi")
    if command is None or card in ("", "-1"):
        return None
    query = [command, f"--id={card}", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
        return float(told.stdout) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def check_memory(entry: Entry) -> None:
    """Raises ``ModelError`` where a model needs more memory than is free."""
    free = free_memory()
    if free < entry.memory * GB:
        raise ModelError(
            f"{entry.name} needs about {entry.memory:g} GB of memory, and {free / GB:.1f} GB are free.",
            "Close other applications, or render on a machine with more memory.",
        )


def lacks_card_memory(entry: Entry) -> str:
    """What a network that would run on the card lacks there, as a notice; empty where it fits or nothing tells."""
    free, need = free_card_memory(), entry.gpu_memory or entry.memory
    if free is None or free >= need * GB:
        return ""
    return (
        f"{entry.name} needs about {need:g} GB of the graphics card's memory, and {free / GB:.1f} GB are free. "
        "It runs on the processor. Close other applications on this card."
    )

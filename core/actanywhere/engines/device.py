"""The device that a model runs on, and its precision."""

from __future__ import annotations

import platform

import torch

from ..contract.errors import ModelError


def choose_device(name: str) -> torch.device:
    """The device of that name. Raises ``ModelError`` when it is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"The device '{name}' cannot be used: {str(error).splitlines()[0]}",
            "Use --device auto, or see 'actanywhere doctor'.",
        ) from error
    return device


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """The arithmetic of the U-Net; ``auto`` takes half precision only where it is in the hardware."""
    named = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    if name != "auto":
        return named[name]
    if device.type == "cuda":
        return torch.float16
    if device.type == "cpu" and platform.machine() in ("x86_64", "AMD64"):
        return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32
    return torch.float32

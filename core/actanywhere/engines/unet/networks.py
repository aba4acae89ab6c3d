"""The networks of a model behind one interface: arrays in, arrays out, with PyTorch or ONNX Runtime.

Legend: N pictures, T frames of a window, C latent channels, H W pixels, h w latent pixels (H / 8). Pictures are
(N, 3, H, W) float32 in [-1, 1], where 0 is the network's grey (127 of 255).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...contract.errors import ModelError
from .exported import is_exported
from .model.configuration import ModelConfiguration

__all__ = ["PATCH", "Array", "Networks", "choose_backend", "open_networks"]

Array = NDArray[np.float32]

PATCH = 8
"""Pixels per latent pixel, of every autoencoder used here."""


class Networks(Protocol):
    """A model at work."""

    configuration: ModelConfiguration

    @property
    def notices(self) -> list[str]:
        """What an artist should be told of what runs it."""

    def context(self, picture: Array) -> Any:
        """What the condition (1, 3, H, W) says to the U-Net, kept where that runs; zeros withhold it."""

    def encode(self, pictures: Array) -> Array:
        """Latents (N, C, h, w) of pictures."""

    def decode(self, latents: Array) -> Array:
        """Pictures of latents, clipped."""

    def predict(self, stacked: Array, timestep: int, context: Any) -> Array:
        """The U-Net's raw prediction (T, C, h, w) for the frames' ``stacked`` channels (T, 2C + 1, h, w)."""


def choose_backend(asked: str, folder: Path) -> str:
    """``torch`` or ``onnx``, as asked for; with ``auto`` PyTorch where it is installed. Raises ``ModelError``."""
    has_torch = all(
        importlib.util.find_spec(name) is not None for name in ("torch", "diffusers", "transformers")
    )
    if asked == "torch" or (asked == "auto" and has_torch):
        if not has_torch:
            raise ModelError(
                "PyTorch is not installed, and the backend 'torch' needs it, with diffusers and transformers.",
                "pip install 'actanywhere[torch]', or use --backend onnx.",
            )
        return "torch"
    if not is_exported(folder):
        raise ModelError(
            f"The model in {folder} has no exported networks, which ONNX Runtime needs.",
            f"Export them where PyTorch is installed: actanywhere export --model {folder}"
            + ("" if has_torch else "; or install it here: pip install 'actanywhere[torch]'"),
        )
    return "onnx"


def open_networks(
    folder: Path, configuration: ModelConfiguration, settings: Mapping[str, object]
) -> Networks:
    """The networks of the model in ``folder`` on what the settings ask for. Raises ``ModelError``."""
    backend = choose_backend(str(settings.get("backend", "auto")), folder)
    device, precision = str(settings.get("device", "auto")), str(settings.get("precision", "auto"))
    if backend == "onnx":
        from .onnx_networks import OnnxNetworks

        return OnnxNetworks(folder, configuration, device)
    from .torch_networks import load_torch_networks

    return load_torch_networks(folder, device, precision)

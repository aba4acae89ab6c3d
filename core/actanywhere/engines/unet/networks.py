"""The networks of a model behind one interface: arrays in, arrays out, with PyTorch or ONNX Runtime.

Legend: N pictures, T frames of a window, C latent channels, H W pixels, h w latent pixels (H / 8). Pictures are
(N, 3, H, W) float32 in [-1, 1], where 0 is the network's grey (127 of 255).
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...contract.errors import ModelError
from ...onnx_runner import check_runtime
from .model.configuration import ModelConfiguration

GRAPHS = {
    "unet": "unet.onnx",
    "context": "context.onnx",
    "encoder": "encoder.onnx",
    "decoder": "decoder.onnx",
}
"""Networks and their files. A graph holds no weights of its own: it points into the safetensors files."""


def is_exported(folder: Path) -> bool:
    """Whether every graph is in the model's folder."""
    return all((folder / name).is_file() for name in GRAPHS.values())


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

    def predict(self, stacked: Array, timestep: int, context: Any, deep: list[Any] | None = None) -> Array:
        """The U-Net's raw prediction (T, C, h, w) for the frames' ``stacked`` channels (T, 2C + 1, h, w).

        ``deep`` passes on what its deep layers made; see ``model.forward``. ONNX Runtime runs all layers.
        """


def choose_backend(settings: Mapping[str, object], folder: Path) -> str:
    """``torch`` or ``onnx``, as the settings ask for the model in ``folder``. Raises ``ModelError``.

    With ``auto`` PyTorch where it is installed, but ONNX Runtime for an exported model on a processor: it starts in a
    tenth of the time, and paints no slower. A precision that is asked for is PyTorch's, and so is ``reuse``.
    """
    asked = str(settings.get("backend", "auto"))
    has_torch = all(map(_installed, ("torch", "diffusers", "transformers")))
    if asked == "torch" and not has_torch:
        raise ModelError(
            "PyTorch is not installed, and the backend 'torch' needs it, with diffusers and transformers.",
            "pip install 'actanywhere[torch]', or use --backend onnx.",
        )
    if asked == "auto" and has_torch and not (_may_run_on_onnx(settings, folder) and _on_processor(settings)):
        asked = "torch"
    if asked != "torch" and not is_exported(folder):
        raise ModelError(
            f"The model in {folder} has no exported networks, which ONNX Runtime needs.",
            f"Export them where PyTorch is installed: actanywhere export --model {folder}"
            + ("" if has_torch else "; or install it here: pip install 'actanywhere[torch]'"),
        )
    if asked == "torch":
        return "torch"
    check_runtime()
    return "onnx"


def surely_onnx(settings: Mapping[str, object], folder: Path) -> bool:
    """Whether ONNX Runtime is to run the model, as far as that is known without importing torch."""
    asked = settings.get("backend", "auto")
    return asked == "onnx" or (
        asked == "auto"
        and _may_run_on_onnx(settings, folder)
        and (not _installed("torch") or _plainly_processor(settings))
    )


def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _may_run_on_onnx(settings: Mapping[str, object], folder: Path) -> bool:
    plain = settings.get("precision", "auto") == "auto" and settings.get("reuse", 1) == 1
    return plain and _installed("onnxruntime") and is_exported(folder)


def _on_processor(settings: Mapping[str, object]) -> bool:
    """Whether PyTorch would run on the processor. It is imported only where its build could run elsewhere."""
    if _plainly_processor(settings) or settings.get("device", "auto") != "auto":
        return _plainly_processor(settings)
    from ..device import choose_device

    return choose_device("auto").type == "cpu"


def _plainly_processor(settings: Mapping[str, object]) -> bool:
    """Whether the processor was asked for, or PyTorch's build has nothing else."""
    device = settings.get("device", "auto")
    if device != "auto":
        return device == "cpu"
    from importlib import metadata  # late: it takes long to load

    return sys.platform != "darwin" and metadata.version("torch").endswith("+cpu")


def open_networks(
    folder: Path, configuration: ModelConfiguration, settings: Mapping[str, object]
) -> Networks:
    """The networks of the model in ``folder`` on what the settings ask for. Raises ``ModelError``."""
    backend = choose_backend(settings, folder)
    device, precision = str(settings.get("device", "auto")), str(settings.get("precision", "auto"))
    if backend == "onnx":
        from .onnx_networks import OnnxNetworks

        return OnnxNetworks(folder, configuration, device)
    from .torch_networks import load_torch_networks

    return load_torch_networks(folder, device, precision)

"""A model's networks on ONNX Runtime: exported graphs over the model's own weights. No PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...contract.errors import ModelError
from ...onnx_runner import PROVIDERS, Kept, Network, open_network
from .model.configuration import ModelConfiguration
from .networks import GRAPHS, Array

# OpenAI CLIP's own statistics of its training pictures, in [0, 1].
_CLIP_MEAN = np.array((0.48145466, 0.4578275, 0.40821073), np.float32).reshape(3, 1, 1)
_CLIP_STD = np.array((0.26862954, 0.26130258, 0.27577711), np.float32).reshape(3, 1, 1)
_AT_ONCE = 4
"""Pictures that the autoencoder takes at once, so that its memory does not grow with the window."""


class OnnxNetworks:
    """The four graphs of an exported model. ``device`` is ``auto``, ``cpu``, ``cuda`` or another provider's name."""

    def __init__(self, folder: Path, configuration: ModelConfiguration, device: str) -> None:
        self.configuration = configuration
        provider = device.split(":")[0]
        if provider != "auto" and provider not in PROVIDERS:
            raise ModelError(
                f"ONNX Runtime does not know the device '{device}'.", f"Use auto, {', '.join(PROVIDERS)}."
            )
        self._networks = {
            name: open_network(folder / file, provider=provider, keep_memory=True)
            for name, file in GRAPHS.items()
        }

    @property
    def notices(self) -> list[str]:
        """Which providers gave way to which."""
        return [notice for network in self._networks.values() for notice in network.notices]

    def context(self, picture: Array) -> Kept:
        """The condition's tokens, kept where the U-Net runs."""
        network = self._networks["context"]
        side = network.facts.input("pixels").shape
        assert side is not None and isinstance(side[-1], int)
        small = shrink_antialiased(picture[0], side[-1])
        pixels = ((small + 1) / 2 - _CLIP_MEAN) / _CLIP_STD
        tokens = network.run({"pixels": pixels[None]})["context"]
        return self._networks["unet"].keep("context", tokens)

    def encode(self, pictures: Array) -> Array:
        """Latents of pictures."""
        return _in_parts(self._networks["encoder"], "pictures", pictures, "latents")

    def decode(self, latents: Array) -> Array:
        """Pictures of latents, clipped."""
        return np.clip(_in_parts(self._networks["decoder"], "latents", latents, "pictures"), -1, 1)

    def predict(self, stacked: Array, timestep: int, context: Kept, deep: list[Any] | None = None) -> Array:
        """The U-Net's raw prediction."""
        sample = np.ascontiguousarray(np.moveaxis(stacked, 0, 1)[None])
        inputs: dict[str, Any] = {"sample": sample, "timestep": np.array([timestep]), "context": context}
        return np.moveaxis(self._networks["unet"].run(inputs)["prediction"][0], 0, 1)


def _in_parts(network: Network, takes: str, array: Array, gives: str) -> Array:
    parts = [array[first : first + _AT_ONCE] for first in range(0, len(array), _AT_ONCE)]
    return np.concatenate([network.run({takes: part})[gives] for part in parts])


def shrink_antialiased(picture: Array, side: int) -> Array:
    """A picture (3, H, W) at ``side`` x ``side``: a triangle filter as wide as the step, as PyTorch's antialiasing."""
    rows, columns = (_triangles(length, side) for length in picture.shape[1:])
    return np.asarray(np.stack([rows @ plane @ columns.T for plane in picture]), np.float32)


def _triangles(length: int, side: int) -> Array:
    """The weights (side, length) of a line's resizing."""
    step = length / side
    reach = max(step, 1.0)
    centres = (np.arange(side) + 0.5) * step
    distance = np.abs(np.arange(length)[None] + 0.5 - centres[:, None]) / reach
    weights = np.clip(1 - distance, 0, None)
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)

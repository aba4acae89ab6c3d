"""A model's networks on PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..device import choose_device, choose_precision
from .model.autoencoder import decode_pictures, encode_pictures
from .model.checkpoint import Model, load_model
from .networks import Array

__all__ = ["TorchNetworks", "load_torch_networks"]


class TorchNetworks:
    """A loaded ``Model`` as the painter asks it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.configuration = model.configuration
        self.notices: list[str] = []
        self._device = next(model.denoiser.parameters()).device

    @torch.inference_mode()
    def context(self, picture: Array) -> Tensor:
        """The condition encoder's tokens (1, N, D)."""
        return self.model.condition_encoder(self._tensor(picture), self.model.autoencoder)  # type: ignore[no-any-return]

    @torch.inference_mode()
    def encode(self, pictures: Array) -> Array:
        """Latents of pictures."""
        return _array(encode_pictures(self.model.autoencoder, self._tensor(pictures)))

    @torch.inference_mode()
    def decode(self, latents: Array) -> Array:
        """Pictures of latents, clipped."""
        return _array(decode_pictures(self.model.autoencoder, self._tensor(latents)))

    @torch.inference_mode()
    def predict(self, stacked: Array, timestep: int, context: Tensor) -> Array:
        """The U-Net's raw prediction."""
        times = torch.tensor([timestep], device=self._device)
        return _array(self.model.denoiser.predict(self._tensor(stacked)[None], times, context)[0])

    def _tensor(self, array: Array) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(self._device)


def load_torch_networks(folder: Path, device_name: str, precision: str) -> TorchNetworks:
    """The model in ``folder`` on that device in that precision. Raises ``ModelError``."""
    device = choose_device(device_name)
    return TorchNetworks(load_model(folder, device, choose_precision(precision, device)))


def _array(tensor: Tensor) -> Array:
    return np.asarray(tensor.float().cpu().numpy(), np.float32)

"""A model's networks on PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..device import choose_device, choose_precision
from .model.autoencoder import decode_pictures, encode_pictures
from .model.checkpoint import Model, load_model
from .model.forward import Keys, keys_of, run_unet
from .networks import Array


class TorchNetworks:
    """A loaded ``Model`` as the painter asks it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.configuration = model.configuration
        self.notices: list[str] = []
        self._unet = model.denoiser.unet
        self._device = next(model.denoiser.parameters()).device
        adapted = model.configuration.condition == "ip-adapter"
        self._adapter_tokens = model.configuration.adapter_tokens if adapted else 0

    @torch.inference_mode()
    def context(self, picture: Array) -> Keys:
        """Keys and values of the condition encoder's tokens, for every cross-attention."""
        tokens = self.model.condition_encoder(self._tensor(picture), self.model.autoencoder)
        return keys_of(self._unet, tokens, self._adapter_tokens)

    @torch.inference_mode()
    def encode(self, pictures: Array) -> Array:
        """Latents of pictures."""
        return _array(encode_pictures(self.model.autoencoder, self._tensor(pictures)))

    @torch.inference_mode()
    def decode(self, latents: Array) -> Array:
        """Pictures of latents, clipped."""
        return _array(decode_pictures(self.model.autoencoder, self._tensor(latents)))

    @torch.inference_mode()
    def predict(
        self, stacked: Array, timestep: int, context: Keys, deep: list[Tensor] | None = None
    ) -> Array:
        """The U-Net's raw prediction."""
        times = torch.tensor([timestep], device=self._device)
        sample = self._tensor(stacked).to(self._unet.dtype)
        return _array(run_unet(self._unet, sample, times, context, deep))

    def _tensor(self, array: Array) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(self._device)


def load_torch_networks(folder: Path, device_name: str, precision: str) -> TorchNetworks:
    """The model in ``folder`` on that device in that precision. Raises ``ModelError``."""
    device = choose_device(device_name)
    return TorchNetworks(load_model(folder, device, choose_precision(precision, device)))


def _array(tensor: Tensor) -> Array:
    return np.asarray(tensor.float().cpu().numpy(), np.float32)

"""The model that is measured."""

from __future__ import annotations

from pathlib import Path

import torch

import actanywhere
from actanywhere.engines.unet.model.autoencoder import PatchAutoencoder
from actanywhere.engines.unet.model.checkpoint import Model, create_model, load_model
from actanywhere.engines.unet.model.configuration import starter

__all__ = ["get_model"]


def get_model(name: str, device: torch.device, dtype: torch.dtype) -> Model:
    """``starter``, a model's folder, or ``random``: the starter's sizes with untrained weights and plain noise.

    Speed does not depend on what the weights are. Raises ModelError.
    """
    if name != "random":
        folder = Path(actanywhere.__file__).parent / "models" / "starter" if name == "starter" else Path(name)
        return load_model(folder, device, dtype)
    torch.manual_seed(0)
    autoencoder = PatchAutoencoder()
    spread = tuple(float(x) for x in autoencoder.latent_std)
    model = create_model(
        starter(spread, spread, name="random", prediction="epsilon", zero_terminal_snr=False), autoencoder
    )
    for part in (model.denoiser, model.condition_encoder, autoencoder):
        part.requires_grad_(False).eval()
    return model.to(device, dtype)

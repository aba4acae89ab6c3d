"""Models of a few thousand weights, built as the real ones are."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import Tensor, nn

from actanywhere.engines.unet.model.autoencoder import PatchAutoencoder
from actanywhere.engines.unet.model.checkpoint import Model, create_model
from actanywhere.engines.unet.model.configuration import ModelConfiguration
from actanywhere.engines.unet.model.denoiser import Known

ABLATIONS: dict[str, dict[str, Any]] = {
    "the method": {},
    "vae-concat": {"condition": "vae-concat"},
    "vae-cross-attention": {"condition": "vae-cross-attention"},
    "no condition": {"condition": "none"},
    "no mask": {"use_mask": False},
    "no motion": {"motion": False},
}


ENCODER = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 16,
    "projection_dim": 16,
}


def configuration(**changes: Any) -> ModelConfiguration:
    """Two resolutions, 4 latent channels, 4 frames, five condition tokens."""
    sizes: dict[str, Any] = {
        "name": "tiny",
        "frames": 4,
        "area": 32 * 32,
        "side_multiple": 16,
        "channels": (32, 64),
        "attention": (False, True),
        "layers_per_block": 1,
        "heads": 2,
        "cross_attention_dim": 32,
        "image_encoder": ENCODER,
        "image_encoder_trains": True,
        "prediction": "guided",
        "known_std": (0.1, 0.2, 0.3, 0.4),
        "unknown_std": (0.5, 0.6, 0.7, 0.8),
        "beta_schedule": "scaled_linear",
        "zero_terminal_snr": True,
    }
    return ModelConfiguration(**{**sizes, **changes})


def model(seed: int = 0, autoencoder: nn.Module | None = None, **changes: Any) -> Model:
    """A new tiny model; the same seed gives the same weights."""
    torch.manual_seed(seed)
    made = autoencoder or patch_autoencoder()  # which has a seed of its own
    if seed:
        torch.manual_seed(seed)
    return create_model(configuration(**changes), made)


def patch_autoencoder() -> PatchAutoencoder:
    torch.manual_seed(1)
    return PatchAutoencoder(4, width=16, blocks=1).requires_grad_(False).eval()


def kl_autoencoder() -> AutoencoderKL:
    """Stable Diffusion's kind of autoencoder: three halvings, four channels."""
    torch.manual_seed(2)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 8, 8),
        norm_num_groups=2,
        latent_channels=4,
        scaling_factor=0.18215,
    ).eval()


def tiny_autoencoder() -> AutoencoderTiny:
    torch.manual_seed(3)
    return AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8),
        decoder_block_out_channels=(8, 8, 8, 8),
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
    ).eval()


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def known(clips: int = 1, frames: int = 4, side: int = 4, channels: int = 4, seed: int = 7) -> Known:
    """Random facts about small clips, a half of each frame known, the actor in a part of it."""
    mask, subject = torch.ones(clips, frames, 1, side, side), torch.zeros(clips, frames, 1, side, side)
    mask[..., : side // 2] = 0
    subject[..., : side // 2, : side // 4] = 1
    shape = (clips, frames, channels, side, side)
    return Known(
        mask=mask,
        subject=subject,
        masked=noise(*shape, seed=seed),
        prior=noise(*shape, seed=seed + 1),
        condition=noise(clips, channels, side, side, seed=seed + 2),
        dropped=torch.zeros(clips, dtype=torch.bool),
    )

"""Pictures to latents and back.

Legend: N pictures, C latent channels, H W pixels, h w latent pixels (H / 8). Pictures are display-referred
RGB in [-1, 1], where 0 is the grey 127 that stands for "nothing known".

The full-size model uses Stable Diffusion's ``AutoencoderKL``; ``AutoencoderTiny`` fits too. The starter has
its own, made for small machines: a linear encoder (principal components of 8x8 patches, so that it costs
next to nothing and maps grey to exactly zero), and a decoder that adds a learned residual to the linear
inverse, taking out the patch borders.
"""

from __future__ import annotations

from typing import Protocol, cast

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from einops import rearrange
from torch import Tensor, nn

#: Pixels per latent pixel, of every autoencoder used here.
PATCH = 8


class PatchAutoencoder(ModelMixin, ConfigMixin):  # type: ignore[misc]  # diffusers is untyped
    """The starter's autoencoder: (N, 3, H, W) in [-1, 1] <-> (N, C, H/8, W/8).

    ``latent_std`` holds the standard deviation of each latent channel over natural pictures.
    """

    latent_std: Tensor

    @register_to_config
    def __init__(self, latent_channels: int = 12, width: int = 192, blocks: int = 3) -> None:
        super().__init__()
        self.analysis = nn.Conv2d(3, latent_channels, PATCH, stride=PATCH, bias=False)
        self.synthesis = nn.ConvTranspose2d(latent_channels, 3, PATCH, stride=PATCH, bias=False)
        self.register_buffer("latent_std", torch.ones(latent_channels))
        self.residual = nn.Sequential(
            nn.Conv2d(latent_channels, width, 3, padding=1),
            *(_Residual(width) for _ in range(blocks)),
            _Upsample(width, width // 2),
            *(_Residual(width // 2) for _ in range(blocks - 1)),
            _Upsample(width // 2, width // 4),
            *(_Residual(width // 4) for _ in range(blocks - 1)),
            nn.Conv2d(width // 4, 3 * 4, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents (N, C, h, w) of pictures (N, 3, H, W)."""
        return cast(Tensor, self.analysis(pictures))

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures (N, 3, H, W) of latents (N, C, h, w); not clipped."""
        return cast(Tensor, self.synthesis(latents) + self.residual(latents))

    @torch.no_grad()
    def fit_linear(self, patches: Tensor) -> None:
        """Set encoder and linear decoder to the principal components of ``patches`` (N, 3, 8, 8) in [-1, 1].

        The components are taken about grey, not about the mean, so that grey stays zero. Channel scales are
        softened (the square root of their relative deviation), so that fine detail is not drowned by noise.
        """
        flat = patches.reshape(len(patches), -1).double()
        values, vectors = torch.linalg.eigh(flat.T @ flat / len(flat))
        count = self.config.latent_channels
        deviation = values.flip(0)[:count].clamp_min(1e-12).sqrt()
        basis = vectors.flip(1)[:, :count].T
        target = (deviation / deviation[0]).sqrt()
        scale = (target / deviation)[:, None]
        self.analysis.weight.copy_((basis * scale).reshape(count, 3, PATCH, PATCH))
        self.synthesis.weight.copy_((basis / scale).reshape(count, 3, PATCH, PATCH))
        self.latent_std.copy_(target)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1)
        )
        nn.init.zeros_(cast(nn.Conv2d, self.body[2]).weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.body(nn.functional.silu(x)))


class _Upsample(nn.Sequential):
    def __init__(self, width_in: int, width_out: int) -> None:
        super().__init__(nn.Conv2d(width_in, width_out * 4, 3, padding=1), nn.PixelShuffle(2))


class Autoencoder(Protocol):
    """What is used of any autoencoder of diffusers."""

    dtype: torch.dtype
    device: torch.device


@torch.no_grad()
def encode_pictures(autoencoder: Autoencoder, pictures: Tensor) -> Tensor:
    """Latents (..., C, H/8, W/8) of display-referred ``pictures`` (..., 3, H, W) in [-1, 1], float32."""
    lead = pictures.shape[:-3]
    flat = pictures.reshape(-1, *pictures.shape[-3:]).to(autoencoder.device, autoencoder.dtype)
    latents = [encode_once(autoencoder, part) for part in flat.split(4)]
    joined = torch.cat(latents).float()
    return joined.reshape(*lead, *joined.shape[1:])


@torch.no_grad()
def decode_pictures(autoencoder: Autoencoder, latents: Tensor) -> Tensor:
    """Pictures (..., 3, H, W) in [-1, 1], clipped, float32, of ``latents`` (..., C, H/8, W/8)."""
    lead = latents.shape[:-3]
    flat = latents.reshape(-1, *latents.shape[-3:]).to(autoencoder.device, autoencoder.dtype)
    pictures = [decode_once(autoencoder, part) for part in flat.split(4)]
    joined = torch.cat(pictures).float().clamp(-1, 1)
    return joined.reshape(*lead, *joined.shape[1:])


def encode_once(autoencoder: Autoencoder, pictures: Tensor) -> Tensor:
    """Latents (N, C, h, w) of ``pictures`` (N, 3, H, W), in the autoencoder's own precision."""
    if isinstance(autoencoder, AutoencoderKL):
        return cast(
            Tensor, autoencoder.encode(pictures).latent_dist.mode() * autoencoder.config.scaling_factor
        )
    if isinstance(autoencoder, AutoencoderTiny):
        return cast(Tensor, autoencoder.encode(pictures).latents)
    return cast(PatchAutoencoder, autoencoder).encode(pictures)


def decode_once(autoencoder: Autoencoder, latents: Tensor) -> Tensor:
    """Pictures of latents, not clipped."""
    if isinstance(autoencoder, AutoencoderKL):
        return cast(Tensor, autoencoder.decode(latents / autoencoder.config.scaling_factor).sample)
    if isinstance(autoencoder, AutoencoderTiny):
        return cast(Tensor, autoencoder.decode(latents).sample)
    return cast(PatchAutoencoder, autoencoder).decode(latents)


def patches_of(pictures: Tensor) -> Tensor:
    """All aligned 8x8 patches (N', 3, 8, 8) of ``pictures`` (N, 3, H, W)."""
    return rearrange(pictures, "n c (h p) (w q) -> (n h w) c p q", p=PATCH, q=PATCH)

"""The peer: diffusers' own U-Net, driven as its AnimateDiff pipeline drives it, and rendering's pass through it.

Both predict the noise, both take diffusers' DDIM steps with guidance: what differs is the network's pass alone.
Weights and inputs are random, which speed does not depend on.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from diffusers import UNetMotionModel
from torch import Tensor

from actanywhere.engines.pretrained import quiet
from actanywhere.engines.unet.model.configuration import ModelConfiguration
from actanywhere.engines.unet.model.denoiser import create_unet
from actanywhere.engines.unet.model.forward import keys_of, run_unet
from actanywhere.engines.unet.model.noise import scheduler

__all__ = [
    "Clip",
    "Predict",
    "as_diffusers",
    "as_rendered",
    "make_clip",
    "in_precision",
    "make_unet",
    "sampled",
]

Predict = Callable[[Tensor, int], Tensor]
"""The guided noise (T, C, h, w) of a latent of that shape at a timestep."""


@dataclass(frozen=True)
class Clip:
    """A window: start noise (T, C, h, w), what is known of each frame (T, C', h, w), and two contexts (1, N, D)."""

    noise: Tensor
    known: Tensor
    context: Tensor
    blank: Tensor


def make_unet(configuration: ModelConfiguration, device: torch.device) -> UNetMotionModel:
    """A new U-Net with motion modules that do something; those of diffusers begin as nothing."""
    torch.manual_seed(0)
    with device:
        unet = create_unet(configuration)
        for name, parameter in unet.named_parameters():
            if "motion_modules" in name and name.endswith("proj_out.weight"):
                torch.nn.init.normal_(parameter, std=0.02)
    return unet.requires_grad_(False).eval()


def make_clip(configuration: ModelConfiguration, height: int, width: int, device: torch.device) -> Clip:
    """A clip of the model's frames; sides in pixels."""
    make = torch.Generator().manual_seed(7)
    frames, channels = configuration.frames, configuration.latent_channels
    encoder = configuration.image_encoder
    tokens = (encoder["image_size"] // encoder["patch_size"]) ** 2 + 1
    side = (height // 8, width // 8)
    shapes = (
        (frames, channels, *side),
        (frames, configuration.input_channels - channels, *side),
        *[(1, tokens, configuration.cross_attention_dim)] * 2,
    )
    return Clip(*(torch.randn(shape, generator=make).to(device) for shape in shapes))


def as_diffusers(unet: UNetMotionModel, clip: Clip, guidance: float) -> Predict:
    """Batched guidance, the context repeated for every frame."""
    kind, frames = unet.dtype, len(clip.noise)
    context = torch.cat([clip.blank, clip.context]).to(kind).repeat_interleave(frames, dim=0)

    def predict(latent: Tensor, timestep: int) -> Tensor:
        stacked = torch.cat([latent, clip.known], dim=1).transpose(0, 1)[None].to(kind)
        made = unet(torch.cat([stacked, stacked]), timestep, context).sample.transpose(1, 2).float()
        return made[0] + guidance * (made[1] - made[0])

    return predict


def as_rendered(unet: UNetMotionModel, clip: Clip, guidance: float, dtype: torch.dtype) -> Predict:
    """Rendering's own pass on a copy of ``unet`` in that precision."""
    ours = in_precision(unet, dtype).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        blank, informed = keys_of(ours, clip.blank), keys_of(ours, clip.context)

    def predict(latent: Tensor, timestep: int) -> Tensor:
        stacked = torch.cat([latent, clip.known], dim=1).to(dtype)
        at = torch.tensor([timestep], device=latent.device)
        without, told = (run_unet(ours, stacked, at, keys).float() for keys in (blank, informed))
        return without + guidance * (told - without)

    return predict


def in_precision(unet: UNetMotionModel, dtype: torch.dtype) -> UNetMotionModel:
    """A copy of ``unet``."""
    with quiet():
        return copy.deepcopy(unet).to(dtype)


@torch.inference_mode()
def sampled(configuration: ModelConfiguration, clip: Clip, predict: Predict, steps: int) -> Iterator[Tensor]:
    """The latent after each of ``steps`` of DDIM."""
    if steps < 1:
        return
    ddim = scheduler(configuration)
    ddim.set_timesteps(steps)
    latent = clip.noise
    for timestep in ddim.timesteps:
        latent = ddim.step(predict(latent, int(timestep)), timestep, latent).prev_sample
        yield latent

"""The peer: diffusers' own parts, driven as its AnimateDiff pipeline drives them.

``UNetMotionModel``, batched guidance (the clip twice, without and with condition) and ``DDIMScheduler``.
Only one thing is ours: where a model's output is not one of the scheduler's own kinds (the starter's
``guided``), it is turned into the clean latent by the model's own formula, as on our side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from actanywhere.engines.unet.model.checkpoint import Model
from actanywhere.engines.unet.model.denoiser import Known
from actanywhere.engines.unet.model.noise import scheduler

__all__ = ["Clip", "make_clip", "peer_step", "sample_as_diffusers"]


@dataclass(frozen=True)
class Clip:
    """One window to denoise: start noise (1, T, C, h, w), what is known, and the condition's tokens.

    ``nothing`` and ``blank`` are what is known and the tokens when everything is withheld.
    """

    noise: Tensor
    known: Known
    context: Tensor
    nothing: Known
    blank: Tensor


def make_clip(model: Model, frames: int, height: int, width: int, seed: int = 7) -> Clip:
    """A clip of random latents and a random condition picture; sides in pixels."""
    make = torch.Generator().manual_seed(seed)
    c = model.configuration.latent_channels
    like = next(model.denoiser.parameters())
    shape = (1, frames, c, height // 8, width // 8)
    noise = torch.randn(shape, generator=make).to(like)
    masked = torch.randn(shape, generator=make).to(like)
    mask = (torch.rand(1, frames, 1, height // 8, width // 8, generator=make) > 0.5).to(like)
    latent = torch.randn((1, *shape[2:]), generator=make).to(like)
    picture = (torch.rand(1, 3, height, width, generator=make) * 2 - 1).to(like)
    known = Known(
        mask=mask,
        subject=torch.zeros_like(mask),
        masked=masked,
        prior=masked,
        condition=latent,
        dropped=torch.zeros(1, dtype=torch.bool, device=like.device),
    )
    with torch.no_grad():
        context = model.condition_encoder(picture, model.autoencoder)
        blank = model.condition_encoder(torch.zeros_like(picture), model.autoencoder)
    everything = torch.ones(1, dtype=torch.bool, device=like.device)
    return Clip(noise, known, context, known.drop(everything), blank)


@torch.no_grad()
def peer_step(model: Model, clip: Clip, noisy: Tensor, timestep: int) -> tuple[Tensor, Tensor]:
    """Raw predictions (1, T, C, h, w) at ``timestep``: with everything withheld, and with all that is known."""
    rows = [
        torch.cat([noisy, *([k.mask] if model.configuration.use_mask else []), k.masked], dim=2)
        for k in (clip.nothing, clip.known)
    ]
    frames = noisy.shape[1]
    context = torch.cat([clip.blank, clip.context]).repeat_interleave(frames, dim=0)
    made = model.denoiser.unet(torch.cat(rows).transpose(1, 2), timestep, context).sample.transpose(1, 2)
    without, informed = made.chunk(2)
    return without, informed


@torch.no_grad()
def sample_as_diffusers(
    model: Model,
    clip: Clip,
    steps: int,
    guidance: float,
    seen: Callable[[Tensor], None] = lambda latent: None,
) -> Tensor:
    """The clean latent after ``steps`` of DDIM; ``seen`` is told the latent after each."""
    ddim = scheduler(model.configuration)
    ddim.set_timesteps(steps)
    latent = clip.noise
    for timestep in ddim.timesteps:
        without, informed = peer_step(model, clip, latent, int(timestep))
        if ddim.config.prediction_type == "sample":
            without = model.denoiser.clean(latent, timestep[None], clip.nothing, without)
            informed = model.denoiser.clean(latent, timestep[None], clip.known, informed)
        latent = ddim.step(without + guidance * (informed - without), timestep, latent).prev_sample
        seen(latent)
    return latent

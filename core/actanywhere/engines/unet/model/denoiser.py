"""The 3-D U-Net that paints the world behind the actor.

Legend: B batch, T frames, C latent channels, h w latent pixels (pixels / 8), N context tokens.

Inputs, per frame, in this order: the noisy latent (C), the mask M (1; 0 = known, 1 = to be painted) and the
masked latent S (C; what is known, over grey). With Stable Diffusion's C = 4 that makes the nine channels of its
inpainting checkpoint. What is known is the subject, and, where the camera is led by the plate, the condition picture
moved to where the camera looks. A network of ``guided`` prediction gets S over what is expected, and M is -1 on the
subject: nearly all is known there, and M alone says who stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import torch
from diffusers import UNet2DConditionModel, UNetMotionModel
from torch import Tensor, nn

from ..parameterisation import parameterisation
from ..scalings import prior_deviation
from .autoencoder import PATCH
from .configuration import ModelConfiguration
from .noise import NoiseSchedule


@dataclass(frozen=True)
class Known:
    """What the network is conditioned on, for every frame.

    ``mask`` (B, T, 1, h, w): 0 = known, 1 = to be painted. ``subject`` (B, T, 1, h, w): 1 = the actor, for networks
    of ``guided`` prediction alone. ``masked`` (B, T, C, h, w): the latent of what is known, over grey; for ``guided``
    prediction it is ``prior``. ``prior`` (B, T, C, h, w): the same, over what is expected instead of grey, and the mean
    of ``guided`` prediction's prior. ``condition`` (B, C, h, w): the latent of the condition picture, read by the
    ``vae-concat`` ablation alone. ``dropped`` (B,) bool: mask, subject, masked latent and prior were withheld.
    """

    mask: Tensor
    subject: Tensor
    masked: Tensor
    prior: Tensor
    condition: Tensor
    dropped: Tensor

    def drop(self, dropped: Tensor) -> Known:
        """The same with mask and masked latent withheld (set to zero) wherever ``dropped`` (B,) is true."""
        keep = (~dropped).to(self.mask).reshape(-1, 1, 1, 1, 1)
        return Known(
            self.mask * keep,
            self.subject * keep,
            self.masked * keep,
            self.prior * keep,
            self.condition,
            self.dropped | dropped,
        )


def shrink_mask(mask: Tensor) -> Tensor:
    """The mask (B, T, 1, H, W) at the size of the latents: the share of every 8x8 block."""
    lead = mask.shape[:2]
    small = nn.functional.avg_pool2d(mask.flatten(0, 1), PATCH)
    return small.reshape(*lead, *small.shape[1:])


def create_unet(configuration: ModelConfiguration) -> UNetMotionModel | UNet2DConditionModel:
    """A new U-Net of diffusers' parts; without motion modules it is the two-dimensional one."""
    kind = "Motion" if configuration.motion else "2D"
    down = tuple(("CrossAttnDownBlock" if a else "DownBlock") + kind for a in configuration.attention)
    up = tuple(("CrossAttnUpBlock" if a else "UpBlock") + kind for a in reversed(configuration.attention))
    common = {
        "in_channels": configuration.input_channels,
        "out_channels": configuration.latent_channels,
        "down_block_types": down,
        "up_block_types": up,
        "block_out_channels": configuration.channels,
        "layers_per_block": configuration.layers_per_block,
        "cross_attention_dim": configuration.cross_attention_dim,
    }
    if not configuration.motion:
        return UNet2DConditionModel(**common, attention_head_dim=configuration.heads)
    return UNetMotionModel(
        **common,
        num_attention_heads=configuration.heads,
        motion_num_attention_heads=configuration.heads,
        motion_max_seq_length=max(32, configuration.frames),
    )


class Denoiser(nn.Module):
    """The U-Net with its parameterisation (see ``parameterisation``)."""

    known_std: Tensor
    unknown_std: Tensor

    def __init__(
        self, configuration: ModelConfiguration, unet: UNetMotionModel | UNet2DConditionModel
    ) -> None:
        super().__init__()
        self.configuration = configuration
        self.unet = unet
        self.noise = NoiseSchedule(configuration)
        for name in ("known_std", "unknown_std"):
            std = torch.tensor(getattr(configuration, name) or (1.0,)).reshape(1, 1, -1, 1, 1)
            self.register_buffer(name, std, persistent=False)

    def forward(self, noisy: Tensor, timesteps: Tensor, known: Known, context: Tensor) -> Tensor:
        """The network's raw prediction (B, T, C, h, w) for ``noisy`` of that shape at ``timesteps`` (B,).

        Only the U-Net works in its own precision; everything around it stays in that of ``noisy``.
        """
        return self.predict(self._stack(noisy, known), timesteps, context)

    def predict(self, stacked: Tensor, timesteps: Tensor, context: Tensor) -> Tensor:
        """The U-Net alone: its prediction (B, T, C, h, w) for the ``stacked`` input channels."""
        given = stacked.dtype
        stacked, context = stacked.to(self.unet.dtype), context.to(self.unet.dtype)
        frames = stacked.shape[1]
        spread: Any = context.repeat_interleave(frames, dim=0)
        if self.configuration.condition == "ip-adapter":
            text = spread.shape[1] - self.configuration.adapter_tokens
            spread = (spread[:, :text], [spread[:, text:]])
        if isinstance(self.unet, UNetMotionModel):
            made = self.unet(stacked.transpose(1, 2), timesteps, spread, return_dict=False)[0]
            return cast(Tensor, made.transpose(1, 2)).to(given)
        times = timesteps.repeat_interleave(frames)
        flat = self.unet(stacked.flatten(0, 1), times, spread, return_dict=False)[0]
        return cast(Tensor, flat.reshape(*stacked.shape[:2], *flat.shape[1:])).to(given)

    def clean(self, noisy: Tensor, timesteps: Tensor, known: Known, prediction: Tensor) -> Tensor:
        """The clean latent that a raw ``prediction`` stands for."""
        alpha, sigma = self._levels(timesteps, noisy)
        kind = parameterisation(self.configuration.prediction)
        made = kind.clean(prediction, noisy, alpha, sigma, known.prior, self._deviation(known))
        return cast(Tensor, made)

    def target(self, clean: Tensor, noise: Tensor, timesteps: Tensor, known: Known) -> Tensor:
        """What the raw prediction should be; the training loss is its mean squared error."""
        alpha, sigma = self._levels(timesteps, clean)
        kind = parameterisation(self.configuration.prediction)
        wanted = kind.target(clean, noise, alpha, sigma, known.prior, self._deviation(known))
        return cast(Tensor, wanted)

    def importance(self) -> Tensor:
        """Weight of each latent channel in the loss, mean 1: fine detail, which is mostly noise, counts less."""
        if self.configuration.prediction == "epsilon":
            return torch.ones_like(self.unknown_std)
        return self.unknown_std / self.unknown_std.mean()

    def _stack(self, noisy: Tensor, known: Known) -> Tensor:
        parts = [noisy]
        if self.configuration.use_mask:
            guided = self.configuration.prediction == "guided"
            parts.append(known.mask - known.subject if guided else known.mask)
        parts.append(known.masked)
        if self.configuration.condition == "vae-concat":
            parts.append(known.condition[:, None].expand_as(noisy))
        return torch.cat(parts, dim=2)

    def _levels(self, timesteps: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        index = timesteps.cpu()
        shape = (-1, 1, 1, 1, 1)
        return self.noise.alpha[index].reshape(shape).to(like), self.noise.sigma[index].reshape(shape).to(
            like
        )

    def _deviation(self, known: Known) -> Tensor:
        """The prior's deviation; what was withheld is as unknown as the rest."""
        dropped = known.dropped.reshape(-1, 1, 1, 1, 1)
        unknown = torch.where(dropped, torch.ones_like(known.mask), known.mask)
        return cast(Tensor, prior_deviation(self.known_std, self.unknown_std, unknown))

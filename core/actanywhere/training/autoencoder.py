"""Training of the starter's autoencoder: a linear fit in seconds, then the decoder's learned residual.

The encoder is finished after the linear fit, so a denoiser can be trained while the decoder still learns.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..engines.unet.model.autoencoder import PatchAutoencoder, patches_of

#: Draws a batch of pictures (N, 3, H, W) in [-1, 1].
Draw = Callable[[], Tensor]


def fit_encoder(draw: Draw, latent_channels: int, batches: int = 64) -> PatchAutoencoder:
    """An autoencoder whose linear parts are the principal components of ``batches`` drawn batches."""
    autoencoder: PatchAutoencoder = PatchAutoencoder(latent_channels)
    autoencoder.fit_linear(torch.cat([patches_of(draw()) for _ in range(batches)]))
    return autoencoder


def train_decoder(
    autoencoder: PatchAutoencoder,
    draw: Draw,
    steps: int,
    report: Callable[[int, float], None],
    learning_rate: float = 1e-3,
) -> None:
    """Train the residual part of the decoder in place; ``report`` gets the step and its loss.

    The loss is the absolute error of the picture and of its gradients, which keeps edges sharp. Noise of a few
    hundredths on the latents makes the decoder forgiving of what a denoiser leaves behind.
    """
    parameters = list(autoencoder.residual.parameters())
    optimizer = torch.optim.AdamW(parameters, learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=steps, pct_start=0.05
    )
    for step in range(steps):
        pictures = draw()
        with torch.no_grad():
            latents = autoencoder.encode(pictures)
            latents += torch.randn_like(latents) * autoencoder.latent_std[:, None, None] * 0.03
        with torch.autocast("cpu", torch.bfloat16):
            decoded = autoencoder.decode(latents)
        loss = _picture_loss(decoded.float(), pictures)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        report(step, float(loss.detach()))


def _picture_loss(made: Tensor, true: Tensor) -> Tensor:
    across = (made.diff(dim=-1) - true.diff(dim=-1)).abs().mean()
    down = (made.diff(dim=-2) - true.diff(dim=-2)).abs().mean()
    return (made - true).abs().mean() + 0.5 * (across + down)

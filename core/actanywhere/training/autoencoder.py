"""Training of the starter's autoencoder: a linear fit in seconds, then the decoder's learned residual.

The encoder is finished after the linear fit, so a denoiser can be trained while the decoder still learns.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..engines.unet.model.autoencoder import PatchAutoencoder, patches_of
from .datasets import PictureLibrary, make_clip


def draw_crops(
    rng: np.random.Generator, library: PictureLibrary | None, count: int = 16, side: int = 96
) -> Tensor:
    """Crops (N, 3, side, side) in [-1, 1], 127 of 255 being 0: of the library's pictures, and of procedural worlds."""
    crops: list[NDArray[np.uint8]] = []
    while len(crops) < count:
        if library is not None and rng.random() < 0.8:
            crops.append(_crop(rng, library.still(rng).pixels, side))
        else:
            clip = make_clip(rng, 1, 2 * side, 2 * side, library)
            crops.extend(_crop(rng, clip.rgb[0], side) for _ in range(2))
    stacked = np.stack(crops[:count])
    return ((torch.from_numpy(stacked).permute(0, 3, 1, 2).float() - 127) / 127.5).clamp(-1, 1).contiguous()


def _crop(rng: np.random.Generator, picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A square of the picture at full to half of its size, at times mirrored, tinted or recoloured."""
    taken = min(round(side * rng.uniform(1, 2)), *picture.shape[:2])
    y, x = (int(rng.integers(n - taken + 1)) for n in picture.shape[:2])
    cut = picture[y : y + taken, x : x + taken]
    square = cv2.resize(cut, (side, side), interpolation=cv2.INTER_AREA).astype(np.float64)
    if rng.random() < 0.5:
        square = square[:, ::-1]
    if rng.random() < 0.5:
        square = square * rng.uniform(0.7, 1.3) + rng.uniform(-25, 25, 3)
    if rng.random() < 0.15:
        square = square[..., rng.permutation(3)]
    return np.clip(square, 0, 255).astype(np.uint8)


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

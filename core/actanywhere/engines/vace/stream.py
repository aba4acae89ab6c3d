"""Streams a whole shot through the autoencoder in groups of frames, in constant memory.

Wan's autoencoder is causal: the first frame alone, then groups of four, each with the features of the one before. What
comes out is what the library gives for the whole shot at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Tile:
    """A part of a frame, in latent pixels, and how many its ends share with its neighbours: (before, after)."""

    rows: slice
    columns: slice
    shared_rows: tuple[int, int] = (0, 0)
    shared_columns: tuple[int, int] = (0, 0)

    @property
    def is_first(self) -> bool:
        """Whether it is the frame's first."""
        return bool(self.rows.start == 0 and self.columns.start == 0)

    @property
    def weight(self) -> Array:
        """(h, w) by which its latents are weighed: a ramp where tiles overlap; the sum is 1 everywhere."""
        return self.pixel_weight(1)

    def pixels(self, scale: int) -> tuple[slice, slice]:
        """The same part in pixels."""
        rows, columns = (slice(s.start * scale, s.stop * scale) for s in (self.rows, self.columns))
        return rows, columns

    def pixel_weight(self, scale: int) -> Array:
        """(h * scale, w * scale) by which its pictures are weighed."""
        ways = [(self.rows, self.shared_rows), (self.columns, self.shared_columns)]
        rows, columns = (
            _ramp((s.stop - s.start) * scale, *(n * scale for n in shared)) for s, shared in ways
        )
        return np.outer(rows, columns).astype(np.float32)


def group_of(latent: int) -> range:
    """The frames that a latent holds: 0 alone, then 1-4, 5-8, ..."""
    return range(1) if latent == 0 else range(4 * latent - 3, 4 * latent + 1)


def tiles(height: int, width: int, side: int | None, overlap: int) -> list[Tile]:
    """The frame (latent pixels) as one tile, or in tiles of ``side`` that share ``overlap`` or more."""
    rows, columns = (_spans(length, side or length, overlap) for length in (height, width))
    return [Tile(row, column, down, across) for row, down in rows for column, across in columns]


def _spans(length: int, side: int, overlap: int) -> list[tuple[slice, tuple[int, int]]]:
    if length <= side:
        return [(slice(0, length), (0, 0))]
    count = -(-(length - overlap) // (side - overlap))
    starts = [round(i * (length - side) / (count - 1)) for i in range(count)]
    shared = [0, *(one + side - other for one, other in pairwise(starts)), 0]
    return [(slice(start, start + side), (shared[i], shared[i + 1])) for i, start in enumerate(starts)]


def _ramp(length: int, before: int, after: int) -> Array:
    places = np.arange(length) + 0.5
    rise = np.clip(places / before, 0, 1) if before else np.ones(length)
    fall = np.clip((length - places) / after, 0, 1) if after else np.ones(length)
    return (rise * fall).astype(np.float32)


def _statistics(vae: Any, device: torch.device) -> tuple[Tensor, Tensor]:
    return tuple(  # type: ignore[return-value]
        torch.tensor(values, device=device, dtype=torch.float32).view(1, -1, 1, 1, 1)
        for values in (vae.config.latents_mean, vae.config.latents_std)
    )


@torch.inference_mode()
def encode(
    vae: Any,
    groups: Callable[[], Iterator[Sequence[Array]]],
    add: Callable[[int, int, Tile, Array], None],
    parts: list[Tile],
) -> None:
    """Encode one or more videos side by side.

    ``groups()`` begins them again and gives, group after group, each video's (g, H, W, 3) in [-1, 1], g = 1, then 4,
    4, ... ``add`` hears the number of the video and of the latent, the tile, and the normalised latent (16, h, w), not
    weighed yet.
    """
    device = next(vae.parameters()).device
    mean, std = _statistics(vae, device)
    for tile in parts:
        features: dict[int, list[Any]] = {}
        rows, columns = tile.pixels(vae.spatial_compression_ratio)
        for number, group in enumerate(groups()):
            for video, frames in enumerate(group):
                kept = features.setdefault(video, [None] * vae._cached_conv_counts["encoder"])
                pixels = torch.from_numpy(np.ascontiguousarray(frames[:, rows, columns])).to(
                    device, vae.dtype
                )
                encoded = vae.encoder(pixels.permute(3, 0, 1, 2)[None], feat_cache=kept, feat_idx=[0])
                latent = vae.quant_conv(encoded).chunk(2, dim=1)[0].float()
                add(video, number, tile, ((latent - mean) / std)[0, :, 0].cpu().numpy())


@torch.inference_mode()
def decode(
    vae: Any,
    latent: Callable[[int], Array],
    count: int,
    add: Callable[[int, Tile, Array], None],
    parts: list[Tile],
) -> None:
    """Decode ``count`` latents (16, h, w), asked for one by one.

    ``add`` hears the number of each group's first frame, the tile, and its pictures (g, H, W, 3), 0..1.
    """
    device = next(vae.parameters()).device
    mean, std = _statistics(vae, device)
    for tile in parts:
        features: list[Any] = [None] * vae._cached_conv_counts["decoder"]
        for number in range(count):
            z = torch.from_numpy(np.ascontiguousarray(latent(number)[:, tile.rows, tile.columns]))
            z = z.to(device)[None, :, None] * std + mean
            decoded = vae.decoder(
                vae.post_quant_conv(z.to(vae.dtype)),
                feat_cache=features,
                feat_idx=[0],
                first_chunk=number == 0,
            )
            pictures = decoded.float().clamp(-1, 1)[0].permute(1, 2, 3, 0) / 2 + 0.5
            add(group_of(number)[0], tile, pictures.cpu().numpy())

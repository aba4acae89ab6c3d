"""The deviation of the truth from the prefill, measured once before a ``guided`` model is trained."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ..engines.unet.model.autoencoder import Autoencoder, encode_pictures
from ..engines.unet.model.denoiser import shrink_mask
from .batches import Batch


def measure_deviations(
    autoencoder: Autoencoder, batches: Iterable[Batch]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Standard deviations of each latent channel where the place is known, and where it is not."""
    sums = [torch.zeros(1), torch.zeros(1)]
    counts = [0, 0]
    for batch in batches:
        error = encode_pictures(autoencoder, batch.video) - encode_pictures(autoencoder, batch.prior)
        squares = error.movedim(2, -1) ** 2
        mask = shrink_mask(batch.mask)[:, :, 0]
        for i, where in enumerate((mask < 0.02, mask > 0.98)):
            sums[i] = sums[i] + squares[where].sum(0)
            counts[i] += int(where.sum())
    known, unknown = (_rounded((s / max(n, 1)).sqrt()) for s, n in zip(sums, counts, strict=True))
    return known, unknown


def _rounded(values: Tensor) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)

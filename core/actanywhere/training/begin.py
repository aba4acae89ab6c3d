"""The model that a run begins with: of an unfinished run, a finished model, or a new starter."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..contract.errors import JobError, ModelError
from ..engines.unet.model.autoencoder import Autoencoder, PatchAutoencoder, encode_pictures
from ..engines.unet.model.checkpoint import Model, create_model, load_model, save_model
from ..engines.unet.model.configuration import starter
from ..engines.unet.model.denoiser import shrink_mask
from ..models.folder import model_folder
from ..models.manifest import MANIFEST
from .autoencoder import draw_crops, fit_encoder, train_decoder
from .batches import Batch, BatchPlan, batches
from .datasets import PictureLibrary
from .examples import ExampleRecipe
from .flags import ABLATIONS
from .sources import Sources
from .state import last_good, replaced

_MEASURED_BATCHES = 20


class NewStarter:
    """How a new starter is made: its autoencoder (its own, or that of another model), and its ablation."""

    def __init__(
        self,
        sources: Sources,
        side: int,
        seed: int,
        autoencoder: str = "",
        autoencoder_steps: int = 3000,
        latent_channels: int = 12,
        ablation: str | None = None,
    ) -> None:
        self.sources, self.side, self.seed = sources, side, seed
        self.autoencoder, self.steps, self.channels = autoencoder, autoencoder_steps, latent_channels
        self.ablation = ablation
        self.changes: dict[str, Any] = ABLATIONS[ablation] if ablation else {}

    def make(self) -> Model:
        """The untrained model, with its deviations measured."""
        autoencoder = self._autoencoder()
        plan = BatchPlan(8, 4, self.side**2, 16)
        sample = batches(
            self.seed + 1,
            plan,
            ExampleRecipe(continued=0),
            self.sources.open,
            range(_MEASURED_BATCHES),
            0,
        )
        deviations = measure_deviations(autoencoder, sample)
        return create_model(starter(*deviations, **self.changes), autoencoder)

    def _autoencoder(self) -> Any:
        if self.autoencoder:
            other = model_folder(self.autoencoder)
            return load_model(other, torch.device("cpu"), torch.float32).autoencoder
        return _train_autoencoder(self.sources.library(), self.seed, self.steps, self.channels)


def begin(output: Path, start: str, lora: int, new: NewStarter) -> Model:
    """The model to train in the run ``output``, in float32 on the CPU.

    With adapters it is always ``start``, the base that they belong to; else what the run has come to, else ``start``,
    else a new starter. Raises ``JobError`` when they do not go together.
    """
    if new.ablation and start:
        raise JobError("An ablation has other inputs than a finished model.", "Leave out --from.")
    if lora and not start:
        raise JobError(
            "Adapters belong to a finished model.", "Name it with --from, at every start of the run."
        )
    if lora:
        return _load(model_folder(start))
    begun = last_good(output / "model", MANIFEST)
    if begun is None:
        # Saved at once: a run killed early does not make its autoencoder again, and a resumed one has the
        # same frozen parts, in the precision that they are saved in.
        begun = output / "model"
        first = _load(model_folder(start)) if start else new.make()
        with replaced(begun) as fresh:
            save_model(first, fresh)
    model = _load(begun)
    if any(getattr(model.configuration, key) != value for key, value in new.changes.items()):
        raise JobError(
            f"The run in {output} is not one of the ablation '{new.ablation}'.",
            "Give another --output folder.",
        )
    return model


def _load(folder: Path) -> Model:
    model = load_model(folder, torch.device("cpu"), torch.float32)
    if model.configuration.condition == "ip-adapter":
        raise ModelError(
            f"The model in {folder} has an IP-Adapter, which is not trained here.",
            "Assemble one without --ip-adapter.",
        )
    return model


def _train_autoencoder(
    library: PictureLibrary | None, seed: int, steps: int, latent_channels: int
) -> PatchAutoencoder:
    rng = np.random.default_rng(seed)
    autoencoder = fit_encoder(lambda: draw_crops(rng, library), latent_channels)
    with tqdm(total=steps, desc="autoencoder", unit="step") as bar:
        train_decoder(autoencoder, lambda: draw_crops(rng, library), steps, lambda *_: bar.update())
    return autoencoder


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

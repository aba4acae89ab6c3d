"""Train a model on your own footage: the starter's recipe from nothing, or a fine-tune of any model.

    actanywhere train --pictures PANORAMAS CLIPS --output RUN --minutes 60      a starter of your own
    actanywhere train --pictures CLIPS --output RUN --from FOLDER               go on from a finished model

The procedural corpus is made while training runs; --pictures adds folders of pictures, 2:1 panoramas and movies as
further worlds. The same command goes on from where a run was stopped. RUN/model is the model so far (use it with
--model RUN/model), RUN/curve.csv the loss. On several processors or GPUs start it with torchrun.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import PartialState
from tqdm import tqdm

from ..errors import JobError
from ..model.autoencoder import PatchAutoencoder
from ..model.checkpoint import Model, create_model, load_model, save_model
from ..model.configuration import starter
from ..model.manifest import MANIFEST, find_model
from .autoencoder import fit_encoder, train_decoder
from .batches import Batch, BatchPlan, batches
from .corpus import PictureLibrary
from .deviations import measure_deviations
from .examples import ExampleRecipe
from .pictures import draw_crops
from .state import last_good, replaced
from .trainer import TrainerSettings, train

__all__ = ["add_arguments", "main"]

_ABLATIONS: dict[str, dict[str, Any]] = {
    "vae-concat": {"condition": "vae-concat"},
    "vae-cross-attention": {"condition": "vae-cross-attention"},
    "no-condition": {"condition": "none"},
    "no-mask": {"use_mask": False},
    "no-motion": {"motion": False},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of ``actanywhere train``."""
    add = parser.add_argument
    add("--output", type=Path, required=True, help="folder of the run: its state, its curve and its model")
    add(
        "--pictures",
        type=Path,
        nargs="*",
        default=[],
        help="folders of pictures, panoramas (2:1) and movies to learn from",
    )
    add("--from", dest="start", default="", help="go on from this finished model ('starter' or a folder)")
    add(
        "--autoencoder-steps",
        type=int,
        default=3000,
        help="steps of the new starter's decoder (default %(default)s)",
    )
    add(
        "--latent-channels",
        type=int,
        default=12,
        help="latent channels of a new starter (default %(default)s)",
    )
    add("--ablation", choices=sorted(_ABLATIONS), help="train the paper's ablation of that name instead")
    add("--clips", type=int, default=8, help="clips a batch, in each process (default %(default)s)")
    add("--frames", type=int, default=8, help="frames a clip (default %(default)s)")
    add("--side", type=int, default=128, help="a frame has about SIDE x SIDE pixels (default %(default)s)")
    add("--steps", type=int, default=100_000, help="stop after that step (default %(default)s)")
    add("--minutes", type=float, default=float("inf"), help="stop after that time; the same command goes on")
    add(
        "--rate",
        type=float,
        default=6e-4,
        help="learning rate (default %(default)s; the paper, full size: 3e-5)",
    )
    add("--accumulate", type=int, default=1, help="batches a step (default %(default)s)")
    add("--precision", choices=("fp32", "bf16", "fp16"), default="bf16", help="default %(default)s")
    add(
        "--workers",
        type=int,
        default=1,
        help="processes that make clips, beside each training one (default %(default)s)",
    )
    add("--seed", type=int, default=0, help="same seed, same run (default %(default)s)")


def main(args: argparse.Namespace) -> int:
    """Train as the flags say; exit status 0."""
    library = _open_pictures(args.pictures)
    rng = np.random.default_rng(args.seed)
    torch.manual_seed(args.seed)
    # Of several processes, one makes the model and the others read it.
    with PartialState(cpu=not torch.accelerator.is_available()).main_process_first():
        model = _open(args, library, rng)
    configuration = model.configuration
    plan = BatchPlan(
        args.clips, args.frames, args.side**2, configuration.side_multiple // (2 if args.side < 192 else 1)
    )

    def supply(numbers: range) -> Iterator[Batch]:
        return batches(
            args.seed, plan, ExampleRecipe(), partial(_open_pictures, args.pictures), numbers, args.workers
        )

    settings = TrainerSettings(args.rate, accumulate=args.accumulate, precision=args.precision)
    with tqdm(total=args.steps, unit="step") as bar:

        def report(step: int, figures: dict[str, float]) -> None:
            bar.update(step - bar.n)
            bar.set_postfix(loss=f"{figures['loss']:.3f}")

        train(model, args.output, supply, settings, report, args.minutes * 60, args.steps, args.seed)
    return 0


def _open_pictures(folders: list[Path]) -> PictureLibrary | None:
    return PictureLibrary(folders) if folders else None


def _open(args: argparse.Namespace, library: PictureLibrary | None, rng: np.random.Generator) -> Model:
    """The model to train: that of an unfinished run, that which ``--from`` names, or a new starter."""
    begun = last_good(args.output / "model", MANIFEST)
    changes = _ABLATIONS.get(args.ablation, {})
    if args.ablation and args.start:
        raise JobError("An ablation has other inputs than a finished model.", "Leave out --from.")
    if begun is None:
        # Saved at once: a run killed early does not make its autoencoder again, and a resumed one has the
        # same frozen parts, in the precision that they are saved in.
        begun = args.output / "model"
        with replaced(begun) as fresh:
            save_model(_new(args, library, rng, changes), fresh)
    model = load_model(begun, torch.device("cpu"), torch.float32)
    if any(getattr(model.configuration, key) != value for key, value in changes.items()):
        raise JobError(
            f"The run in {args.output} is not one of the ablation '{args.ablation}'.",
            "Give another --output folder.",
        )
    return model


def _new(
    args: argparse.Namespace,
    library: PictureLibrary | None,
    rng: np.random.Generator,
    changes: dict[str, Any],
) -> Model:
    if args.start:
        return load_model(find_model(args.start), torch.device("cpu"), torch.float32)
    autoencoder = _new_autoencoder(args, library, rng)
    plan = BatchPlan(8, 4, args.side**2, 16)
    sample = batches(
        args.seed + 1, plan, ExampleRecipe(continued=0), partial(_open_pictures, args.pictures), range(20), 0
    )
    deviations = measure_deviations(autoencoder, sample)
    return create_model(starter(*deviations, **changes), autoencoder)


def _new_autoencoder(
    args: argparse.Namespace, library: PictureLibrary | None, rng: np.random.Generator
) -> PatchAutoencoder:
    autoencoder = fit_encoder(lambda: draw_crops(rng, library), args.latent_channels)
    with tqdm(total=args.autoencoder_steps, desc="autoencoder", unit="step") as bar:
        train_decoder(
            autoencoder, lambda: draw_crops(rng, library), args.autoencoder_steps, lambda *_: bar.update()
        )
    return autoencoder

"""Train a model on your own footage: the starter's recipe from nothing, or a fine-tune of any model.

    actanywhere train --footage FOLDER --output RUN --from FOLDER               your clips, plates with mattes
    actanywhere train --footage FOLDER --output RUN --from FOLDER --lora 16     adapters alone: small, quick, mild
    actanywhere train --pictures PANORAMAS CLIPS --output RUN --minutes 60      a starter of your own

--footage takes FOLDER/plates and FOLDER/mattes with movies or sequences of the same name. --pictures adds folders of
pictures, 2:1 panoramas and movies as worlds of the procedural clips, which are made while training runs. The same
command goes on from where a run was stopped. RUN/model is the model so far (use it with --model RUN/model),
RUN/curve.png the loss, RUN/samples what it paints. On several processors or GPUs start it with torchrun.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

#: The paper's ablations, and two of ours, as changes of the configuration.
ABLATIONS: dict[str, dict[str, object]] = {
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
        "--footage",
        type=Path,
        action="extend",
        nargs="*",
        default=[],
        help="folders of clips with mattes: FOLDER/plates and FOLDER/mattes, movies or sequences of the same name",
    )
    add(
        "--pictures",
        type=Path,
        action="extend",
        nargs="*",
        default=[],
        help="folders of pictures, panoramas (2:1) and movies to learn from",
    )
    add(
        "--rendered",
        type=Path,
        action="extend",
        nargs="*",
        default=[],
        help="folders of 3-D clips that examples/make_cycles_clips.py made, mixed in",
    )
    add("--from", dest="start", default="", help="go on from this finished model ('starter' or a folder)")
    add(
        "--lora",
        type=int,
        default=0,
        metavar="RANK",
        help="train adapters of that rank on the attention of --from's U-Net, and nothing else (8 to 64)",
    )
    _add_new_starter(add)
    _add_run(add)


def _add_new_starter(add: Callable[..., object]) -> None:
    """What is trained where no model is given to go on from."""
    add(
        "--autoencoder",
        default="",
        metavar="MODEL",
        help="a new starter takes the autoencoder of this model instead of learning its own",
    )
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
    add("--ablation", choices=sorted(ABLATIONS), help="train the ablation of that name instead")


def _add_run(add: Callable[..., object]) -> None:
    """Batch, length, learning rate and machine of a run."""
    add("--clips", type=int, default=8, help="clips a batch, in each process (default %(default)s)")
    add("--frames", type=int, default=8, help="frames a clip (default %(default)s)")
    add("--side", type=int, default=128, help="a frame has about SIDE x SIDE pixels (default %(default)s)")
    add("--steps", type=int, default=100_000, help="stop after that step (default %(default)s)")
    add("--minutes", type=float, default=float("inf"), help="stop after that time; the same command goes on")
    add(
        "--look-minutes",
        type=float,
        default=10.0,
        help="time between looks at the held-out clips; also at both ends of the run (default %(default)s)",
    )
    add("--save-minutes", type=float, default=4.0, help="time between saves (default %(default)s)")
    add(
        "--rate",
        type=float,
        default=6e-4,
        help="learning rate (default %(default)s; the paper, full size: 3e-5)",
    )
    add(
        "--warmup",
        type=int,
        help="steps over which that rate is reached (default: a tenth of the run, at most 200)",
    )
    add("--accumulate", type=int, default=1, help="batches a step (default %(default)s)")
    add(
        "--drop",
        type=float,
        default=0.1,
        help="share of the examples for each of the three ways of withholding, which guidance needs "
        "(default %(default)s, as the paper)",
    )
    add(
        "--precision",
        choices=("auto", "fp32", "bf16", "fp16"),
        default="auto",
        help="auto: half precision where the hardware has it (default %(default)s)",
    )
    add(
        "--workers",
        type=int,
        default=1,
        help="processes that make clips, beside each training one (default %(default)s)",
    )
    add("--seed", type=int, default=0, help="same seed, same run (default %(default)s)")

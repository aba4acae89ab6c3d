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
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from accelerate import PartialState
from tqdm import tqdm

from ..errors import FootageError, JobError
from .batches import Batch, BatchPlan, batches
from .begin import ABLATIONS, NewStarter, begin
from .card import Card, Material, describe_folder
from .corpus import RenderedClips
from .examples import ExampleRecipe
from .held_out import HeldOut, draw_held_out
from .sources import Sources
from .studio import find_clips, make_proxy
from .trainer import Run, TrainerSettings, train

__all__ = ["add_arguments", "main"]

_TOLD = (
    "clips",
    "frames",
    "side",
    "rate",
    "warmup",
    "accumulate",
    "drop",
    "precision",
    "seed",
    "ablation",
    "lora",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of ``actanywhere train``."""
    add = parser.add_argument
    add("--output", type=Path, required=True, help="folder of the run: its state, its curve and its model")
    add(
        "--footage",
        type=Path,
        nargs="*",
        default=[],
        help="folders of clips with mattes: FOLDER/plates and FOLDER/mattes, movies or sequences of the same name",
    )
    add(
        "--pictures",
        type=Path,
        nargs="*",
        default=[],
        help="folders of pictures, panoramas (2:1) and movies to learn from",
    )
    add(
        "--rendered",
        type=Path,
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
    add("--warmup", type=int, default=200, help="steps over which that rate is reached (default %(default)s)")
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


def _add_new_starter(add: Callable[..., object]) -> None:
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


def main(args: argparse.Namespace) -> int:
    """Train as the flags say; exit status 0."""
    torch.manual_seed(args.seed)
    # Of several processes, one makes the proxies and the model, and the others read them.
    with PartialState(cpu=not torch.accelerator.is_available()).main_process_first():
        sources, material = _gather(args)
        new = NewStarter(
            sources,
            args.side,
            args.seed,
            args.autoencoder,
            args.autoencoder_steps,
            args.latent_channels,
            args.ablation,
        )
        model = begin(args.output, args.start, args.lora, new)
    multiple = model.configuration.side_multiple // (2 if args.side < 192 else 1)
    plan = BatchPlan(args.clips, args.frames, args.side**2, multiple)

    recipe = ExampleRecipe.of(model.configuration)

    def supply(numbers: range) -> Iterator[Batch]:
        return batches(args.seed, plan, recipe, sources.open, numbers, args.workers)

    def held_out() -> Sequence[HeldOut]:
        return draw_held_out(sources.open("held-out"), plan, recipe)

    told = {name: getattr(args, name) for name in _TOLD if getattr(args, name) not in (None, 0)}
    run = Run(
        args.output,
        supply,
        args.steps,
        args.minutes * 60,
        args.seed,
        held_out,
        Card(args.output.resolve().name, _spoken(args.start), material, told),
    )
    settings = TrainerSettings(
        args.rate,
        args.warmup,
        accumulate=args.accumulate,
        drop=args.drop,
        precision=args.precision,
        save_seconds=args.save_minutes * 60,
        look_seconds=args.look_minutes * 60,
        lora=args.lora,
    )
    started = time.monotonic()
    silent = not PartialState().is_main_process
    timed = args.minutes < float("inf")
    with tqdm(total=None if timed else args.steps, unit="step", disable=silent) as bar:

        def report(step: int, figures: dict[str, float]) -> None:
            told = {"loss": f"{figures['loss']:.3f}"}
            if timed:
                told["left"] = f"{max(0, args.minutes - (time.monotonic() - started) / 60):.0f} min"
            bar.set_postfix(told, refresh=False)
            bar.update(step - bar.n)

        train(model, run, settings, report)
    return 0


def _spoken(start: str) -> str:
    """How a card calls the model of that name or path: every run's model lies in a folder called ``model``."""
    path = Path(start)
    return "/".join(path.parts[-2:]) if path.name == "model" else path.name


def _gather(args: argparse.Namespace) -> tuple[Sources, list[Material]]:
    """What is learned from, read as far as it has to be before training, and whom to credit for it."""
    proxies: list[Path] = []
    material = [describe_folder(folder, _content(folder)) for folder in args.pictures]
    for folder in args.footage:
        clips = find_clips(folder)
        material.append(describe_folder(folder, f"{len(clips)} clips with mattes"))
        for clip in tqdm(clips, desc=f"reading {folder.name}", unit="clip"):
            proxies.append(
                make_proxy(clip, args.output / "proxies", lambda text: tqdm.write(f"warning: {text}"))
            )
    for folder in args.rendered:
        material.append(describe_folder(folder, f"{len(RenderedClips(folder).names)} rendered clips"))
    if len(set(proxies)) < len(proxies):
        raise JobError(
            "Two clips have the same name in folders of the same name.", "Rename one of the folders."
        )
    return Sources(tuple(args.pictures), tuple(proxies), tuple(args.rendered)), material


def _content(folder: Path) -> str:
    """How many files of each kind lie in a folder of pictures."""
    try:
        kinds = [path.suffix.lower().lstrip(".") for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        raise FootageError(f"{folder} cannot be listed: {error.strerror}.", "Check --pictures.") from error
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)) if kind)

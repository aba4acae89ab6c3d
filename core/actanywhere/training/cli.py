"""A run of ``actanywhere train``, as its flags say."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from tqdm import tqdm

from ..contract.errors import FootageError, JobError
from ..contract.job import Progress
from ..engines.unet.model.checkpoint import Model
from ..hostkit.progress import with_time_left
from ..render.progress import opening
from .batches import Batch, BatchPlan, batches
from .begin import NewStarter, begin
from .card import Card, Material, describe_folder
from .datasets import RenderedClips
from .datasets.footage import find_clips, make_proxy
from .examples import ExampleRecipe
from .held_out import HeldOut, draw_held_out
from .sources import Sources
from .trainer import Listener, Run, TrainerSettings, train

_ON_CARD = (
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


def main(args: argparse.Namespace) -> int:
    """Train as the flags say; exit status 0."""
    torch.manual_seed(args.seed)
    # Of several processes, one makes the proxies and the model, and the others read them.
    with PartialState(cpu=not torch.accelerator.is_available()).main_process_first():
        sources, material = _gather(args)
        model = begin(args.output, args.start, args.lora, _new_starter(args, sources))
    silent = not PartialState().is_main_process
    listener = _Bars(args.steps, args.minutes, silent)
    try:
        step = train(model, _run(args, model, sources, material), _settings(args), listener)
    finally:
        listener.close()
    if not silent:
        print(f"step {step}: {args.output / 'model'} (curve.png and samples/ beside it show what it does)")
        print(f"render with it: actanywhere render --model {args.output / 'model'} ...")
    return 0


def _new_starter(args: argparse.Namespace, sources: Sources) -> NewStarter:
    return NewStarter(
        sources,
        args.side,
        args.seed,
        args.autoencoder,
        args.autoencoder_steps,
        args.latent_channels,
        args.ablation,
    )


def _run(args: argparse.Namespace, model: Model, sources: Sources, material: Sequence[Material]) -> Run:
    multiple = model.configuration.side_multiple // (2 if args.side < 192 else 1)
    plan = BatchPlan(args.clips, args.frames, args.side**2, multiple)
    recipe = ExampleRecipe.of(model.configuration)

    def supply(numbers: range) -> Iterator[Batch]:
        return batches(args.seed, plan, recipe, sources.open, numbers, args.workers)

    def held_out() -> Sequence[HeldOut]:
        return draw_held_out(sources.open("held-out"), plan, recipe)

    flags = {name: getattr(args, name) for name in _ON_CARD if getattr(args, name) not in (None, 0)}
    card = Card(args.output.resolve().name, _spoken(args.start), material, flags)
    return Run(args.output, supply, args.steps, args.minutes * 60, args.seed, held_out, card)


def _settings(args: argparse.Namespace) -> TrainerSettings:
    return TrainerSettings(
        args.rate,
        args.warmup,
        accumulate=args.accumulate,
        drop=args.drop,
        precision=args.precision,
        save_seconds=args.save_minutes * 60,
        look_seconds=args.look_minutes * 60,
        lora=args.lora,
    )


class _Bars(Listener):
    """A run in the terminal: a bar of steps or minutes, one for each look, and lines between them."""

    def __init__(self, steps: int, minutes: float, silent: bool) -> None:
        self._timed, self._minutes, self._silent = minutes < float("inf"), minutes, silent
        self._started = time.monotonic()
        self._bar = tqdm(total=None if self._timed else steps, unit="step", disable=silent)
        self._look: Any = None

    def stepped(self, step: int, figures: dict[str, float]) -> None:
        shown = {"loss": f"{figures['loss']:.3f}"}
        if self._timed:
            shown["left"] = f"{max(0, self._minutes - (time.monotonic() - self._started) / 60):.0f} min"
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(step - self._bar.n)

    def said(self, line: str) -> None:
        if not self._silent:
            tqdm.write(line)

    def looked(self, done: int, total: int) -> None:
        if self._look is None:
            self._look = tqdm(
                total=total, desc="looking at held-out clips", leave=False, disable=self._silent
            )
        self._look.update(done - self._look.n)
        if done == total:
            self._look.close()
            self._look = None

    def close(self) -> None:
        """End the bars."""
        if self._look is not None:
            self._look.close()
        self._bar.close()


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
        bar = tqdm(clips, desc=f"reading {folder.name}", unit="clip")
        counted = opening(partial(_show_frames, bar))
        for clip in bar:
            bar.set_postfix_str("")
            proxies.append(make_proxy(clip, args.output / "proxies", _warn, counted))
    for folder in args.rendered:
        material.append(describe_folder(folder, f"{len(RenderedClips(folder).names)} rendered clips"))
    if not (args.pictures or args.footage or args.rendered):
        tqdm.write(
            "nothing to learn from is given: made-up clips alone (--footage and --pictures give real ones)"
        )
    if len(set(proxies)) < len(proxies):
        raise JobError(
            "Two clips have the same name in folders of the same name.", "Rename one of the folders."
        )
    return Sources(tuple(args.pictures), tuple(proxies), tuple(args.rendered)), material


def _warn(text: str) -> None:
    tqdm.write(f"warning: {text}")


def _show_frames(bar: Any, progress: Progress) -> None:
    text = f"{progress.done}/{progress.total} {progress.unit}"
    bar.set_postfix_str(with_time_left(text, progress.seconds_left), refresh=False)
    bar.update(0)


def _content(folder: Path) -> str:
    """How many files of each kind lie in a folder of pictures."""
    try:
        kinds = [path.suffix.lower().lstrip(".") for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        raise FootageError(f"{folder} cannot be listed: {error.strerror}.", "Check --pictures.") from error
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)) if kind)

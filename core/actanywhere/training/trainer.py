"""The paper's training, on whatever machine there is.

Loss: mean squared error of the network's prediction (the noise, for the full size). The U-Net and the condition's
MLP learn, and the image encoder where nobody trained it before; the autoencoder stays frozen. For guidance, mask
and masked latent, the condition, or all of them are withheld in a tenth of the examples each.
"""

from __future__ import annotations

import csv
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ..errors import ModelError
from ..model.autoencoder import encode_pictures
from ..model.checkpoint import Model, save_model
from ..model.denoiser import Known, shrink_mask
from .batches import Batch
from .state import load_state, replaced, save_state

__all__ = ["TrainerSettings", "train"]

_EFFECT = 12.0
"""Added to the weight of a latent pixel that the actor changes entirely: such pixels are few, and they matter."""
_NOISIEST = 0.3
"""Share of the examples with nearly nothing but noise."""
_SLIPPED = 1.0
"""Mean squared target above which a clip counts less."""


@dataclass(frozen=True)
class TrainerSettings:
    """How a run learns."""

    learning_rate: float = 3e-4
    warmup: int = 200
    """Steps over which the learning rate rises."""
    decay_from: int = 10**9
    """Step from which the learning rate falls, over ``decay_steps``, to a tenth."""
    decay_steps: int = 1
    weight_decay: float = 0.01
    accumulate: int = 1
    """Batches a step."""
    drop: float = 0.1
    """Share of the examples for each of the three ways of withholding."""
    average: float = 0.999
    """Decay of the moving average of the weights, which is what is saved as the model."""
    precision: str = "bf16"
    save_seconds: float = 240.0
    clip_norm: float = 1.0


class _Learner(nn.Module):
    """The parts that learn, behind one forward, so that any number of processes can share a step."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        self.denoiser = model.denoiser
        self.condition_encoder = model.condition_encoder

    def forward(self, batch: Batch, drop: float) -> Tensor:
        """The loss of ``batch``."""
        model = self.model
        count = len(batch.video)
        chance = torch.rand(count, device=batch.video.device)
        no_subject = (chance < drop) | ((chance >= 2 * drop) & (chance < 3 * drop))
        no_condition = (chance >= drop) & (chance < 3 * drop)
        condition = batch.condition * (~no_condition).reshape(-1, 1, 1, 1)
        clean = encode_pictures(model.autoencoder, batch.video)
        known = Known(
            mask=shrink_mask(batch.mask),
            masked=encode_pictures(model.autoencoder, batch.known),
            prior=encode_pictures(model.autoencoder, batch.prior),
            condition=encode_pictures(model.autoencoder, condition),
            dropped=torch.zeros(count, dtype=torch.bool, device=clean.device),
        ).drop(no_subject)
        timesteps = self._timesteps(count, clean.device)
        noise = torch.randn_like(clean)
        noisy = self.denoiser.noise.add_noise(clean, noise, timesteps)
        context = self.condition_encoder(condition, model.autoencoder)
        made = self.denoiser(noisy, timesteps, known, context)
        target = self.denoiser.target(clean, noise, timesteps, known)
        error = (made.float() - target) ** 2 * self.denoiser.importance()
        effect = shrink_mask(batch.effect)
        weight = (1 + _EFFECT * effect) * _reliability(target, effect)
        loss: Tensor = (error * weight).mean()
        return loss

    def _timesteps(self, count: int, device: torch.device) -> Tensor:
        """Uniform, but for a share at nearly nothing but noise: few steps decide there what is painted."""
        steps = len(self.denoiser.noise.alpha)
        low = torch.zeros(count, device=device)
        low[torch.rand(count, device=device) < _NOISIEST] = 0.9 * steps
        return (low + torch.rand(count, device=device) * (steps - low)).long().clamp_max(steps - 1)


def _reliability(target: Tensor, effect: Tensor) -> Tensor:
    """(B, 1, 1, 1, 1) weight of each clip: where the guide slips, all of the picture is off, and such a clip would
    drown the others.
    """
    calm = (effect < 0.02).float()
    off = (target**2 * calm).mean(dim=(1, 2, 3, 4)) / calm.mean(dim=(1, 2, 3, 4)).clamp_min(1e-3)
    return (_SLIPPED / off.clamp_min(_SLIPPED)).reshape(-1, 1, 1, 1, 1)


def train(
    model: Model,
    folder: Path,
    open_batches: Callable[[range], Iterator[Batch]],
    settings: TrainerSettings,
    report: Callable[[int, dict[str, float]], None],
    seconds: float,
    last_step: int,
    seed: int = 0,
) -> int:
    """Train ``model`` until ``last_step`` or for ``seconds``, resuming from ``folder/state``; gives the step.

    ``folder/model`` is the finished model (moving average), ``folder/curve.csv`` the loss. Raises ``OutputError``
    when the disk is full (the last good state is kept) and ``ModelError`` when the state is of another model.
    """
    folder.mkdir(parents=True, exist_ok=True)
    accelerator = Accelerator(
        cpu=not torch.accelerator.is_available(),
        mixed_precision="no" if settings.precision == "fp32" else settings.precision,
        gradient_accumulation_steps=settings.accumulate,
    )
    cast(nn.Module, model.autoencoder).to(accelerator.device)
    learner = _Learner(model).to(accelerator.device)
    for part in (model.denoiser, model.condition_encoder):
        part.requires_grad_(True).train()
    _freeze(model)
    names = {n: p for n, p in learner.named_parameters() if p.requires_grad}
    optimizer = torch.optim.AdamW(
        names.values(), settings.learning_rate, weight_decay=settings.weight_decay, betas=(0.9, 0.99)
    )
    average = {n: p.detach().clone() for n, p in names.items()}
    step = _resume(folder, names, average, optimizer)
    prepared, optimizer = accelerator.prepare(learner, optimizer)
    rank, ranks = accelerator.process_index, accelerator.num_processes
    first = step * settings.accumulate
    numbers = range(first * ranks + rank, last_step * settings.accumulate * ranks, ranks)
    started = saved = time.monotonic()
    supply = open_batches(numbers)
    while step < last_step and not _late(accelerator, started, seconds):
        rate = _rate(step, settings)
        for group in optimizer.param_groups:
            group["lr"] = rate
        losses = []
        for i, batch in enumerate(itertools.islice(supply, settings.accumulate)):
            # By the batch's number, so that the chances do not depend on which process draws them.
            torch.manual_seed(seed * 1_000_003 + (step * settings.accumulate + i) * ranks + rank)
            with accelerator.accumulate(prepared):
                loss = prepared(_on(batch, accelerator.device), settings.drop)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(names.values(), settings.clip_norm)
                optimizer.step()
                optimizer.zero_grad()
            losses.append(loss.detach())
        step += 1
        _follow(average, names, min(settings.average, (1 + step) / (10 + step)))
        loss = float(accelerator.reduce(torch.stack(losses).mean(), "mean"))
        report(step, {"loss": loss, "rate": rate, "seconds": time.monotonic() - started})
        if accelerator.is_main_process:
            _note(folder / "curve.csv", step, loss, rate)
            if time.monotonic() - saved > settings.save_seconds:
                _save(folder, step, names, average, optimizer, model)
                saved = time.monotonic()
    if accelerator.is_main_process:
        _save(folder, step, names, average, optimizer, model)
    return step


def _freeze(model: Model) -> None:
    """Hold still what does not learn: the encoder as the paper, and its last norm, which no token passes."""
    encoder = model.condition_encoder.image_encoder
    if encoder is None:
        return
    for name, parameter in encoder.named_parameters():
        if not model.configuration.image_encoder_trains or "post_layernorm" in name:
            parameter.requires_grad_(False)
    if not model.configuration.image_encoder_trains:
        encoder.eval()


def _late(accelerator: Accelerator, started: float, seconds: float) -> bool:
    """Whether the time is up; all processes must answer alike, or one would wait for ever."""
    late = torch.tensor(float(time.monotonic() - started > seconds), device=accelerator.device)
    return bool(accelerator.reduce(late, "sum") > 0)


def _rate(step: int, settings: TrainerSettings) -> float:
    rise = min(1.0, (step + 1) / settings.warmup)
    fall = min(1.0, max(0.0, (step - settings.decay_from) / settings.decay_steps))
    return settings.learning_rate * rise * (1 - 0.9 * fall)


def _on(batch: Batch, device: torch.device) -> Batch:
    return Batch(
        *(t.to(device) for t in (batch.video, batch.known, batch.prior, batch.mask, batch.effect, batch.condition))
    )


@torch.no_grad()
def _follow(average: dict[str, Tensor], names: dict[str, nn.Parameter], decay: float) -> None:
    torch._foreach_lerp_(list(average.values()), [p.detach() for p in names.values()], 1 - decay)


def _note(path: Path, step: int, loss: float, rate: float) -> None:
    new = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if new:
            writer.writerow(["step", "loss", "rate"])
        writer.writerow([step, f"{loss:.6f}", f"{rate:.3e}"])


def _save(
    folder: Path,
    step: int,
    names: dict[str, nn.Parameter],
    average: dict[str, Tensor],
    optimizer: Any,
    model: Model,
) -> None:
    tensors: dict[str, Tensor] = {}
    for name, parameter in names.items():
        tensors["weight/" + name] = parameter.detach()
        tensors["average/" + name] = average[name]
        for moment, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{moment}/{name}"] = value
    save_state(folder / "state", tensors, {"step": step})
    with _swapped(names, average), replaced(folder / "model") as fresh:
        save_model(model, fresh)


class _swapped:
    """The averaged weights in the model, for the length of a ``with``."""

    def __init__(self, names: dict[str, nn.Parameter], average: dict[str, Tensor]) -> None:
        self.names, self.average = names, average

    def __enter__(self) -> None:
        self.kept = {n: p.detach().clone() for n, p in self.names.items()}
        self._set(self.average)

    def __exit__(self, *failure: object) -> None:
        self._set(self.kept)

    @torch.no_grad()
    def _set(self, values: dict[str, Tensor]) -> None:
        for name, parameter in self.names.items():
            parameter.copy_(values[name])


def _resume(
    folder: Path, names: dict[str, nn.Parameter], average: dict[str, Tensor], optimizer: torch.optim.Optimizer
) -> int:
    found = load_state(folder / "state")
    if found is None:
        return 0
    tensors, facts = found
    try:
        with torch.no_grad():
            for name, parameter in names.items():
                parameter.copy_(tensors["weight/" + name])
                average[name].copy_(tensors["average/" + name])
                keys = ("step", "exp_avg", "exp_avg_sq")
                if facts["step"]:  # a run stopped before its first step has no moments yet
                    optimizer.state[parameter] = {k: tensors[f"{k}/{name}"] for k in keys}
    except (KeyError, RuntimeError) as error:
        raise ModelError(
            f"The training state in {folder / 'state'} is of another model: {error}.",
            "Give another --output folder, or the settings that this run began with.",
        ) from error
    return int(facts["step"])

"""The paper's training, on whatever machine there is: runs that can be stopped, killed and resumed.

A run is a folder: ``state/`` to go on from, ``model/`` the model so far (the moving average of the weights),
``curve.csv`` and ``curve.png``, ``samples/`` what it paints, and ``adapter/`` where adapters are trained.
"""

from __future__ import annotations

import itertools
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ..contract.errors import Cancelled, ModelError
from ..engines.device import choose_precision
from ..engines.unet.model.checkpoint import Model, save_model
from .batches import Batch
from .card import Card, Change
from .curve import Curve
from .ema import EMA
from .held_out import HeldOut, measure
from .learner import Learner
from .plan import MEASURED_STEPS, planned_warmup, spoken_plan
from .samples import sampled, write_samples
from .state import load_state, replaced, save_state


@dataclass(frozen=True)
class TrainerSettings:
    """How a run learns."""

    learning_rate: float = 3e-4
    warmup: int | None = None
    """Steps over which the learning rate rises; ``None``: a tenth of the run, at most 200."""
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
    precision: str = "auto"
    """Arithmetic: ``fp32``, ``bf16``, ``fp16``, or ``auto``: half precision only where it is in the hardware."""
    save_seconds: float = 240.0
    look_seconds: float = 600.0
    """Time between looks at the held-out clips: their loss in the curve, and a sheet of samples."""
    clip_norm: float = 1.0
    lora: int = 0
    """Rank of the adapters that learn instead of the model itself; 0 = none."""


@dataclass(frozen=True)
class Run:
    """Where a run lives, what it is shown, and when it ends.

    ``open_batches`` gives the batches of these numbers in order; ``open_held_out`` the clips that are only looked
    at, in the process that looks.
    """

    folder: Path
    open_batches: Callable[[range], Iterator[Batch]]
    last_step: int
    seconds: float = math.inf
    seed: int = 0
    open_held_out: Callable[[], Sequence[HeldOut]] = tuple
    card: Card = field(default_factory=Card)


class Listener:
    """Whom a run tells what it does; this one keeps it to itself."""

    def stepped(self, step: int, figures: dict[str, float]) -> None:
        """A step was taken: its ``loss``, ``rate``, and the ``seconds`` since the run was started."""

    def said(self, line: str) -> None:
        """A line for the person who waits: the plan, a look, what came of it."""

    def looked(self, done: int, total: int) -> None:
        """A look at the held-out clips has got that far."""


def train(model: Model, run: Run, settings: TrainerSettings, listener: Listener | None = None) -> int:
    """Train ``model`` until the run's last step or its time is up, going on from its state; gives the step.

    Raises ``OutputError`` when the disk is full (the last good state is kept), ``ModelError`` when the state is of
    another model, and after Ctrl-C, when the step at work is done and saved, ``Cancelled``.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    return _Training(model, run, settings, listener or Listener()).go_on()


class _Training:
    """One process's part in a run."""

    def __init__(self, model: Model, run: Run, settings: TrainerSettings, listener: Listener) -> None:
        self.model, self.run, self.settings, self.listener = model, run, settings, listener
        self.accelerator = Accelerator(
            cpu=not torch.accelerator.is_available(),
            mixed_precision=_mixed_precision(settings.precision),
            gradient_accumulation_steps=settings.accumulate,
        )
        cast(nn.Module, model.autoencoder).to(self.accelerator.device)
        self.learner = Learner(model)
        torch.manual_seed(run.seed)  # new adapters are drawn
        self.parameters = self.learner.learn(settings.lora)
        self.learner.to(self.accelerator.device)
        self.optimizer: Any = torch.optim.AdamW(
            self.parameters.values(),
            settings.learning_rate,
            weight_decay=settings.weight_decay,
            betas=(0.9, 0.99),
        )
        self.average = EMA(self.parameters)
        self.base = run.card.base
        self.warmup = settings.warmup
        self.changed: Change | None = None
        # A whole model goes on from its own state; adapters need the very base that they began beside.
        self.digest = model.digest if settings.lora else ""
        self.step, self.spent = self._resume()
        self.prepared, self.optimizer = self.accelerator.prepare(self.learner, self.optimizer)
        self.curve = Curve(run.folder, self.step) if self.accelerator.is_main_process else None
        self.held_out: Sequence[HeldOut] | None = None

    def go_on(self) -> int:
        """Take step after step to the run's end, saving and looking as time goes by."""
        with _ctrl_c() as asked:
            self._take_steps(asked)
        # A process that leaves its group to Python's own end may abort there: a thread of the group's may still
        # hold the last sum's tensors when the interpreter is gone.
        self.accelerator.wait_for_everyone()
        self.accelerator.end_training()
        if asked.is_set():
            raise Cancelled(
                f"Stopped at step {self.step}, which is saved.", "The same command goes on from it."
            )
        return self.step

    def _take_steps(self, asked: threading.Event) -> None:
        run, settings = self.run, self.settings
        rank, ranks = self.accelerator.process_index, self.accelerator.num_processes
        numbers = range(
            self.step * settings.accumulate * ranks + rank, run.last_step * settings.accumulate * ranks, ranks
        )
        supply = run.open_batches(numbers)
        started = saved = looked = time.monotonic()
        spent_before = self.spent
        ended = self.step >= run.last_step or self._late(started, asked)
        if not ended:
            self._begin()
            looked = time.monotonic()
        first, paced = self.step, time.monotonic()
        while not ended:
            row = self._take_step(supply)
            if math.isfinite(run.seconds) and self.step - first == MEASURED_STEPS:
                self._plan((time.monotonic() - paced) / MEASURED_STEPS, run.seconds - (paced - started))
            ended = self.step >= run.last_step or self._late(started, asked)
            now = time.monotonic()
            self.spent = spent_before + now - started
            self.listener.stepped(self.step, {**row, "seconds": now - started})
            if self.curve is None:
                continue
            due = ended or now - looked > settings.look_seconds
            if due and not asked.is_set():
                row |= self._look()
                looked = time.monotonic()
            self.curve.add(row)
            if not ended and now - saved > settings.save_seconds:
                self._save()
                saved = time.monotonic()
        if self.curve is not None:
            self.curve.draw()
            self._save()

    def _begin(self) -> None:
        """Tell the plan where it is known, and look at what the run begins with, for the later looks to compare."""
        if self.warmup is None and not math.isfinite(self.run.seconds):
            self.warmup = planned_warmup(self.run.last_step)
        if self.warmup is not None and not math.isfinite(self.run.seconds):
            self._say_plan(self.run.last_step, None)
        if self.step == 0 and self.curve is not None and not self.curve.began_with():
            losses = self._look()
            if losses:
                self.curve.add({"step": 0, **losses})

    def _plan(self, pace: float, seconds: float) -> None:
        """Settle the warm-up of a run that ends by the clock, now that its ``pace`` (seconds a step) is known."""
        # The processes' clocks differ a little, and all must rise alike.
        pace = float(self.accelerator.reduce(torch.tensor(pace, device=self.accelerator.device), "mean"))
        last = min(float(self.run.last_step), self.step + max(0.0, seconds / pace - MEASURED_STEPS))
        if self.warmup is None:
            self.warmup = planned_warmup(last)
        self._say_plan(last, pace)

    def _say_plan(self, last: float, pace: float | None) -> None:
        assert self.warmup is not None
        for line in spoken_plan(self.step, last, self.warmup, self.settings.learning_rate, pace):
            self.listener.said(line)

    def _take_step(self, supply: Iterator[Batch]) -> dict[str, float]:
        """One step of the optimizer; the mean loss over its batches and over all processes."""
        settings, accelerator = self.settings, self.accelerator
        rate = _rate(self.step, settings, self.warmup or planned_warmup(math.inf))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        losses = []
        for i, batch in enumerate(itertools.islice(supply, settings.accumulate)):
            # By the batch's number, so that the chances do not depend on which process draws them.
            number = (self.step * settings.accumulate + i) * accelerator.num_processes
            torch.manual_seed(self.run.seed * 1_000_003 + number + accelerator.process_index)
            with accelerator.accumulate(self.prepared):
                loss = self.prepared(batch.to(accelerator.device), settings.drop)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(self.parameters.values(), settings.clip_norm)
                self.optimizer.step()
                self.optimizer.zero_grad()
            losses.append(loss.detach())
        self.step += 1
        self.average.follow(self.step, settings.average)
        loss = float(accelerator.reduce(torch.stack(losses).mean(), "mean"))
        return {"step": self.step, "loss": loss, "rate": rate}

    def _late(self, started: float, asked: threading.Event) -> bool:
        """Whether the time is up, or someone wants to stop; all processes must answer alike, or one would wait for
        ever.
        """
        late = asked.is_set() or time.monotonic() - started > self.run.seconds
        votes = torch.tensor(float(late), device=self.accelerator.device)
        return bool(self.accelerator.reduce(votes, "sum") > 0)

    def _look(self) -> dict[str, float]:
        """The held-out losses of the averaged model, by region; its samples go beside them."""
        assert self.curve is not None
        if self.held_out is None:
            self.listener.said("reading the held-out clips")
            self.held_out = self.run.open_held_out()
        if not self.held_out:
            return {}
        total = len(self.held_out) + sampled(self.held_out)
        done = itertools.count(1)

        def tick() -> None:
            self.listener.looked(next(done), total)

        trained = [module for module in self.learner.modules() if module.training]
        self.learner.eval()
        with self.average.in_place(), self.accelerator.autocast():
            losses = measure(self.learner, self.held_out, self.accelerator.device, tick)
            self.changed = write_samples(
                self.run.folder / "samples", self.model, self.held_out, self.step, losses, tick
            )
        for module in trained:
            module.training = True
        self.curve.draw()
        return losses

    def _save(self) -> None:
        """State, model (with its card) and adapters, each whole or not at all."""
        assert self.curve is not None
        tensors: dict[str, Tensor] = {}
        for name, parameter in self.parameters.items():
            tensors["weight/" + name] = parameter.detach()
            tensors["average/" + name] = self.average.values[name]
            for moment, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"{moment}/{name}"] = value
        facts = {"step": self.step, "spent": self.spent, "base": self.base, "digest": self.digest}
        if self.warmup is not None:
            facts["warmup"] = self.warmup
        if self.changed is not None:
            facts["changed"] = self.changed.codes
        save_state(self.run.folder / "state", tensors, facts)
        card = replace(self.run.card, base=self.base)
        text = card.text(
            self.step,
            self.spent,
            self.accelerator.num_processes,
            self.curve.began_with(),
            self.curve.held_out(),
            self.changed,
        )
        with self.average.in_place():
            learned = replace(self.model.configuration, untrained=())
            finished = replace(self.model, configuration=learned)
            if self.settings.lora:  # the adapters leave all else as it was, also what nobody trained
                from .adapters import merged, save_adapters

                finished = merged(self.model)
                with replaced(self.run.folder / "adapter") as fresh:
                    save_adapters(self.model.denoiser.unet, fresh, self.base)
            with replaced(self.run.folder / "model") as fresh:
                (fresh / "README.md").write_text(text, encoding="utf-8")
                save_model(finished, fresh)

    def _resume(self) -> tuple[int, float]:
        """Take up the run's state, if there is one; its step, and the seconds that it took."""
        found = load_state(self.run.folder / "state")
        if found is None:
            return 0, 0.0
        tensors, facts = found
        try:
            if self.digest != facts.get("digest", ""):
                raise KeyError("its adapters belong to another base model")
            with torch.no_grad():
                for name, parameter in self.parameters.items():
                    parameter.copy_(tensors["weight/" + name])
                    self.average.values[name].copy_(tensors["average/" + name])
                    keys = ("step", "exp_avg", "exp_avg_sq")
                    if facts["step"]:  # a run stopped before its first step has no moments yet
                        self.optimizer.state[parameter] = {k: tensors[f"{k}/{name}"] for k in keys}
        except (KeyError, RuntimeError) as error:
            sizes = "its weights have other sizes (another --lora or --from)"
            reason = sizes if isinstance(error, RuntimeError) else error.args[0]
            raise ModelError(
                f"The training state in {self.run.folder / 'state'} is of another model: {reason}.",
                "Give another --output folder, or the settings that this run began with.",
            ) from error
        self.base = str(facts.get("base", self.base))
        if self.settings.warmup is None and facts["step"] and "warmup" in facts:
            self.warmup = int(facts["warmup"])
        if "changed" in facts:
            self.changed = Change(float(facts["changed"]))
        return int(facts["step"]), float(facts.get("spent", 0))


@contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, so that a step ends whole; the second one interrupts it."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _mixed_precision(name: str) -> str:
    """Accelerate's word for it. A processor without bf16 in hardware would be ten times slower with it, not faster."""
    if name == "auto" and torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    dtype = choose_precision(name, torch.device("cpu"))
    return {torch.float32: "no", torch.bfloat16: "bf16", torch.float16: "fp16"}[dtype]


def _rate(step: int, settings: TrainerSettings, warmup: int) -> float:
    rise = min(1.0, (step + 1) / warmup)
    fall = min(1.0, max(0.0, (step - settings.decay_from) / settings.decay_steps))
    return settings.learning_rate * rise * (1 - 0.9 * fall)

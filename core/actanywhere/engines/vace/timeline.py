"""Denoises a whole shot on one timeline of latents: overlapping windows within every step, one solver.

Latents lie on disk, (n, 16, h, w); a step reads a window, and writes on what no later window touches. So a run that was
killed goes on from its last whole step, and memory does not grow with the shot. Reference latents lie in front.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..disk import DiskArray, RunState

Denoise = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(1, 16, n, h, w) latents, a timestep, (1, 96, n, h, w) control -> the prediction, float32."""


@dataclass(frozen=True)
class WindowPlan:
    """How windows lie on the timeline, in latents.

    ``merge``: ``blend`` averages windows where they overlap; ``keep-first`` takes the earlier one and uses the overlap
    as context alone. ``shifting``: from step to step the windows lie elsewhere, so that no seam stays in place.
    """

    length: int = 21
    overlap: int = 8
    merge: str = "blend"
    shifting: bool = True


BLENDED = WindowPlan()


def window_starts(count: int, plan: WindowPlan, step: int) -> list[int]:
    """Where the windows of a step begin; together they hold all ``count`` latents, sharing ``overlap`` or more."""
    if count <= plan.length:
        return [0]
    stride = plan.length - plan.overlap
    moved = stride - (step * (stride // 2 or 1)) % stride if plan.shifting else stride
    last = count - plan.length
    return sorted({0, *range(moved, last, stride), last})


def scheduler_for(config: dict[str, Any], shift: float, steps: int, strength: float = 1.0) -> Any:
    """The model's solver with its timesteps; with ``strength`` below 1 the first steps are left out."""
    import diffusers

    kind = getattr(diffusers, str(config.get("_class_name")))
    name = "flow_shift" if "flow_shift" in config or "UniPC" in kind.__name__ else "shift"
    scheduler = kind.from_config(config, **{name: shift})
    scheduler.set_timesteps(steps)
    left_out = min(steps - 1, round(steps * (1 - strength)))
    if left_out:
        scheduler.timesteps = scheduler.timesteps[left_out:]
        scheduler.sigmas = scheduler.sigmas[left_out:]
        scheduler.num_inference_steps = len(scheduler.timesteps)
    return scheduler


class _Solver:
    """The library's solver on a part of the timeline at a time: its memory of earlier steps lies on disk too."""

    _SCALARS = ("_step_index", "lower_order_nums", "this_order")

    def __init__(self, scheduler: Any, folder: Path, shape: tuple[int, ...]) -> None:
        self.scheduler = scheduler
        self.folder = folder
        self.shape = shape
        self.order = len(getattr(scheduler, "model_outputs", []))

    def array(self, name: str, step: int) -> DiskArray:
        return DiskArray(self.folder / f"{name}_{step:03d}.f32", self.shape)

    def begin(self, step: int, scalars: dict[str, Any] | None) -> None:
        """Stand before ``step``, with what ``end`` gave after the step before."""
        for name, value in (scalars or {}).items():
            setattr(self.scheduler, name, value)
        self.scheduler._step_index = step
        if self.order:
            times = [None] * self.order + list(self.scheduler.timesteps[:step])
            self.scheduler.timestep_list = times[-self.order :]
        self._kept = {
            name: getattr(self.scheduler, name) for name in self._SCALARS if hasattr(self.scheduler, name)
        }
        self._kept["timestep_list"] = list(getattr(self.scheduler, "timestep_list", []))

    def advance(self, step: int, first: int, prediction: Tensor) -> None:
        """Take ``prediction`` (n, 16, h, w) for the latents from ``first`` on."""
        last = first + len(prediction)
        scheduler = self.scheduler
        for name, value in self._kept.items():
            setattr(scheduler, name, copy.copy(value))
        if self.order:
            earlier = range(step - self.order, step)
            scheduler.model_outputs = [self._read("out", s, first, last) if s >= 0 else None for s in earlier]
            scheduler.last_sample = self._read("sample", step - 1, first, last) if step else None
        sample = self._read("latent", step, first, last)
        stepped = scheduler.step(prediction.cpu(), scheduler.timesteps[step], sample, return_dict=False)[0]
        self.array("latent", step + 1).write(first, stepped.float().numpy())
        if self.order:
            self.array("out", step).write(first, scheduler.model_outputs[-1].float().numpy())
            self.array("sample", step).write(first, scheduler.last_sample.float().numpy())

    def end(self, step: int) -> dict[str, Any]:
        """What has to be kept beside the arrays after ``step``."""
        return {n: getattr(self.scheduler, n) for n in self._SCALARS if hasattr(self.scheduler, n)}

    def sweep(self, step: int) -> None:
        """Delete what no step after ``step`` reads."""
        self.array("latent", step).remove()
        self.array("sample", step - 1).remove()
        self.array("out", step - self.order).remove()

    def _read(self, name: str, step: int, first: int, last: int) -> Tensor:
        return torch.from_numpy(self.array(name, step).read(first, last))


@torch.inference_mode()
def run_steps(
    scheduler: Any,
    control: Callable[[int, int], NDArray[np.float32]],
    denoise: Denoise,
    folder: Path,
    shape: tuple[int, ...],
    references: int,
    plan: WindowPlan,
    state: RunState,
    tell: Callable[[int], None],
) -> DiskArray:
    """Denoise ``latent_000`` in ``folder``, (n, 16, h, w) with ``references`` in front; gives the clean latents.

    ``control(first, last)`` gives their (m, 96, h, w). ``tell`` hears how many steps are done and may raise.
    """
    solver = _Solver(scheduler, folder, shape)
    count = shape[0] - references
    plan = WindowPlan(min(plan.length, count), plan.overlap, plan.merge, plan.shifting)
    for step in range(int(state.get(f"{folder.name} steps") or 0), len(scheduler.timesteps)):
        tell(step)
        solver.begin(step, state.get(f"{folder.name} solver"))
        time = scheduler.timesteps[step]

        def window(first: int, last: int, step: int = step, time: Tensor = time) -> Tensor:
            parts = [(0, references), (references + first, references + last)]
            latents = np.concatenate([solver.array("latent", step).read(*part) for part in parts])
            controls = np.concatenate([control(*part) for part in parts])
            return denoise(_video(latents), time, _video(controls))[0].transpose(0, 1).float().cpu()

        _step(window, window_starts(count, plan, step), plan, count, references, solver, step)
        state.keep(**{f"{folder.name} steps": step + 1, f"{folder.name} solver": solver.end(step)})
        solver.sweep(step)
    tell(len(scheduler.timesteps))
    return solver.array("latent", len(scheduler.timesteps))


def _step(
    window: Callable[[int, int], Tensor],
    starts: list[int],
    plan: WindowPlan,
    count: int,
    references: int,
    solver: _Solver,
    step: int,
) -> None:
    """All windows of a step, merged; of what is merged only the overlap is held."""
    held: Tensor | None = None
    weights = torch.zeros(0)
    front: Tensor | float = 0.0
    for number, first in enumerate(starts):
        painted = window(first, first + plan.length)
        front, painted = front + painted[:references], painted[references:]
        weight = _weights(plan, 0 if held is None else len(held))
        total = painted * weight[:, None, None, None]
        if held is not None:
            shared = min(len(held), len(total))
            total[:shared] += held[:shared]
            weight[:shared] += weights[:shared]
        done = starts[number + 1] - first if number + 1 < len(starts) else count - first
        solver.advance(step, references + first, total[:done] / weight[:done, None, None, None])
        held, weights = total[done:], weight[done:]
    if references:
        solver.advance(step, 0, torch.as_tensor(front) / len(starts))


def _weights(plan: WindowPlan, shared: int) -> Tensor:
    """How each latent of a window weighs, of which the first ``shared`` were painted by the window before."""
    if plan.merge == "keep-first":
        weight = torch.ones(plan.length)
        weight[:shared] = 0
        return weight
    there = torch.arange(1, plan.length + 1)
    return torch.minimum(there, there.flip(0)).clamp(max=max(1, plan.overlap)).float()


def _video(planes: NDArray[np.float32]) -> Tensor:
    """(n, C, h, w) to (1, C, n, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(planes.swapaxes(0, 1)))[None]

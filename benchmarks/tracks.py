"""The two tracks: exact (same sampler, steps, seed; the latents must agree) and fast (our defaults)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from actanywhere.engines.unet.model.checkpoint import Model
from actanywhere.engines.unet.model.denoiser import Known
from actanywhere.engines.unet.sampling.guidance import guide
from actanywhere.engines.unet.sampling.solvers import Denoise, Levels, sample
from actanywhere.engines.unet.scalings import trailing_timesteps

from .clock import Timing, interleave
from .machine import GEMM_TFLOP, device_wait, gemm, tflop_of
from .peer import Clip, make_clip, peer_step, sample_as_diffusers

__all__ = ["TrackRow", "exact", "fast", "trajectory_error"]

_STEPS, _GUIDANCE = 50, 5.0  # the paper's
_QUICK_STEPS = 4
#: Largest difference of any latent after any step, in standard deviations of the peer's latents.
_GATE = {torch.float32: 1e-3, torch.float16: 5e-2, torch.bfloat16: 2e-1}


@dataclass(frozen=True)
class TrackRow:
    """Ours beside the peer: median seconds of a clip; shares are of the matrix multiplication's best."""

    frames: int
    width: int
    height: int
    ours: str
    peer: str
    our_wall: float
    our_cpu: float
    peer_wall: float
    peer_cpu: float
    our_share: float
    peer_share: float
    error: float | None
    passed: bool
    rounds: int

    @property
    def ratio_wall(self) -> float:
        """How many times the peer's time is ours."""
        return self.peer_wall / self.our_wall

    @property
    def ratio_cpu(self) -> float:
        """The same in processor time."""
        return self.peer_cpu / self.our_cpu

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data with the ratios."""
        return {**asdict(self), "ratio_wall": self.ratio_wall, "ratio_cpu": self.ratio_cpu}


def exact(model: Model, device: torch.device, rounds: int, quick: bool) -> Iterator[TrackRow]:
    """Exact track: DDIM and guidance 5 on both sides; the error is over the whole trajectory."""
    steps = _QUICK_STEPS if quick else _STEPS
    clip = _clip(model)
    error = trajectory_error(model, clip, steps)
    passed = error < _GATE[clip.noise.dtype]
    ours = _Ours("ddim", steps, _GUIDANCE)
    yield _compare(model, device, clip, ours, steps, rounds, error, passed)


def fast(model: Model, device: torch.device, rounds: int, quick: bool) -> Iterator[TrackRow]:
    """Fast track: our default and our preview against the 50-step peer; another picture, so no error is given."""
    configuration, clip = model.configuration, _clip(model)
    default = _Ours("dpm++", configuration.steps, configuration.guidance)
    preview = _Ours("dpm++", configuration.preview_steps, 1.0)
    for ours in (preview,) if quick else (default, preview):
        yield _compare(model, device, clip, ours, _STEPS if not quick else _QUICK_STEPS, rounds, None, True)


@dataclass(frozen=True)
class _Ours:
    solver: str
    steps: int
    guidance: float

    def __str__(self) -> str:
        return f"{self.solver} {self.steps}, g {self.guidance:g}"


def _clip(model: Model) -> Clip:
    side = round(model.configuration.area**0.5)
    return make_clip(model, model.configuration.frames, side, side)


def _denoise(model: Model, known: Known, context: Tensor) -> Denoise:
    def clean(noisy: Tensor, timestep: int) -> Tensor:
        at = torch.tensor([timestep])
        return model.denoiser.clean(
            noisy, at, known, model.denoiser(noisy, at.to(noisy.device), known, context)
        )

    return clean


@torch.no_grad()
def _sample(
    model: Model, clip: Clip, ours: _Ours, seen: Callable[[Tensor], None] = lambda latent: None
) -> Tensor:
    noise = model.denoiser.noise
    levels = Levels.of(trailing_timesteps(ours.steps), noise.alpha, noise.sigma)
    denoise = guide(
        _denoise(model, clip.known, clip.context), _denoise(model, clip.nothing, clip.blank), ours.guidance
    )
    latent = clip.noise
    for latent in sample(denoise, clip.noise, levels, ours.solver):
        seen(latent)
    return latent


def trajectory_error(model: Model, clip: Clip, steps: int) -> float:
    """Largest difference of ours to the peer's latents after any step, in deviations of the peer's; inf for NaN."""
    mine: list[Tensor] = []
    theirs: list[Tensor] = []
    _sample(model, clip, _Ours("ddim", steps, _GUIDANCE), mine.append)
    sample_as_diffusers(model, clip, steps, _GUIDANCE, theirs.append)
    pairs = zip(mine, theirs, strict=True)
    errors = [float((a - b).float().abs().max() / b.float().std()) for a, b in pairs]
    return max(errors) if all(e == e for e in errors) else float("inf")


def _compare(
    model: Model,
    device: torch.device,
    clip: Clip,
    ours: _Ours,
    peer_steps: int,
    rounds: int,
    error: float | None,
    passed: bool,
) -> TrackRow:
    timings = interleave(
        {
            "ours": lambda: _sample(model, clip, ours),
            "peer": lambda: sample_as_diffusers(model, clip, peer_steps, _GUIDANCE),
            "gemm": gemm(device, clip.noise.dtype),
        },
        rounds,
        device_wait(device),
    )
    step = tflop_of(lambda: peer_step(model, clip, clip.noise, 500))  # of both branches
    our_work = step * ours.steps * (0.5 if ours.guidance == 1 else 1)
    best = GEMM_TFLOP / min(timings["gemm"].wall)
    mine, theirs = timings["ours"], timings["peer"]
    return TrackRow(
        frames=clip.noise.shape[1],
        width=clip.noise.shape[-1] * 8,
        height=clip.noise.shape[-2] * 8,
        ours=str(ours),
        peer=f"ddim {peer_steps}, g {_GUIDANCE:g}",
        our_wall=mine.median_wall,
        our_cpu=mine.median_cpu,
        peer_wall=theirs.median_wall,
        peer_cpu=theirs.median_cpu,
        our_share=_share(our_work, mine, best),
        peer_share=_share(step * peer_steps, theirs, best),
        error=error,
        passed=passed,
        rounds=rounds,
    )


def _share(tflop: float, timing: Timing, best: float) -> float:
    return tflop / timing.median_wall / best

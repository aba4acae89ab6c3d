"""The U-Net: rendering's pass beside diffusers' own, same weights, noise and steps, in one process.

Contenders take turns (A B C, A B C), a guided step each. Diffusers as it comes computes in 32 bits; in half precision
it stands beside that. The gate: over a whole trajectory of DDIM, our latents stay as near to those of diffusers in
32 bits as diffusers' own in half precision do (1.5 times that far at most; 1e-3 deviations in 32 bits). The share of
peak is the work that torch counts over the time, over the best that a plain matrix multiplication reached meanwhile.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import diffusers
import torch

from actanywhere.engines.device import choose_precision
from actanywhere.engines.unet.model.configuration import ModelConfiguration, full, starter

from .clock import Timing, interleave
from .machine import describe, device_wait, gemm, gemm_tflop, tflop_of
from .peer import Clip, Predict, as_diffusers, as_rendered, in_precision, make_clip, make_unet, sampled
from .records import Figure, Record

__all__ = ["Size", "measure_unet", "size_of", "trajectory_errors"]

_GUIDANCE = 5.0
_NEAR = 1.5
_NEAR_IN_32_BITS = 1e-3


@dataclass(frozen=True)
class Size:
    """A model and the sides of its frames in pixels."""

    name: str
    configuration: ModelConfiguration
    side: int


def size_of(model: str, side: int) -> Size:
    """``starter`` or ``full``; the noise is what is predicted, as by diffusers' own models."""
    plain = {"prediction": "epsilon", "zero_terminal_snr": False}
    made = full() if model == "full" else starter((1.0,) * 12, (1.0,) * 12, **plain)
    return Size(f"{model}, 16x{side}²", dataclasses.replace(made, frames=16), side)


def measure_unet(
    size: Size,
    device: torch.device,
    precision: str,
    rounds: int,
    steps: int,
    command: str,
    whole: int = 0,
) -> Iterator[Record]:
    """A record for each contender. The trajectory has ``steps``; timed are clips of ``whole`` steps, or one step."""
    unet = make_unet(size.configuration, device)
    clip = make_clip(size.configuration, size.side, size.side, device)
    chosen = choose_precision(precision, device)
    first = "diffusers, fp32"
    contenders = {first: as_diffusers(unet, clip, _GUIDANCE)}
    kinds = [torch.float32]
    if chosen != torch.float32:
        kinds.append(chosen)
        contenders[f"diffusers, {_bits(chosen)}"] = as_diffusers(in_precision(unet, chosen), clip, _GUIDANCE)
    contenders[f"ours, {_bits(chosen)}"] = as_rendered(unet, clip, _GUIDANCE, chosen)
    errors = trajectory_errors(size.configuration, clip, contenders, first, steps)

    @torch.inference_mode()
    def run(predict: Predict) -> None:
        if not whole:
            predict(clip.noise, 500)
        for _ in sampled(size.configuration, clip, predict, whole):
            pass

    runs = {name: partial(run, predict) for name, predict in contenders.items()}
    yardsticks = {f"gemm {_bits(kind)}": gemm(device, kind) for kind in kinds}
    for run_once in yardsticks.values():  # the contenders are warm
        run_once()
    timings = interleave({**runs, **yardsticks}, rounds, device_wait(device))
    with torch.inference_mode():
        work = tflop_of(partial(contenders[first], clip.noise, 500)) * max(1, whole)
    what = f"{whole} guided steps" if whole else "a guided step"
    peer = f"diffusers {diffusers.__version__}"
    machine = describe(device)
    for name, timing in timings.items():
        if name in yardsticks:
            continue
        bits = name.partition(", ")[2]
        theirs, best = timings[f"diffusers, {bits}"], gemm_tflop(device) / min(timings[f"gemm {bits}"].wall)
        yield Record(
            "unet",
            f"{size.name}: {name}",
            (
                Figure(what, timing.median_wall, "s"),
                Figure("processor", timing.median_cpu, "s"),
                Figure("ratio to diffusers", _ratio(timings[first], timing, device), "x", plotted=True),
                Figure("in the same precision", _ratio(theirs, timing, device), "x"),
                *_activations(partial(contenders[name], clip.noise, 500), device),
                Figure("share of peak", 100 * work / timing.median_wall / best, "%"),
                Figure(f"error over {steps} steps", errors[name], "deviations"),
            ),
            command,
            machine,
            peer,
            passed=_passes(name, errors),
        )


def trajectory_errors(
    configuration: ModelConfiguration, clip: Clip, contenders: dict[str, Predict], first: str, steps: int
) -> dict[str, float]:
    """Of each contender the largest difference to ``first`` after any step, in its deviations; inf for NaN."""
    roads = {name: sampled(configuration, clip, predict, steps) for name, predict in contenders.items()}
    worst = dict.fromkeys(contenders, 0.0)
    for latents in zip(*roads.values(), strict=True):
        after = dict(zip(roads, latents, strict=True))
        for name, latent in after.items():
            apart = float((latent - after[first]).abs().max() / after[first].std())
            worst[name] = max(worst[name], apart if apart == apart else float("inf"))
    return worst


def _passes(name: str, errors: dict[str, float]) -> bool:
    who, _, bits = name.partition(", ")
    if who == "diffusers":
        return True
    allowed = _NEAR_IN_32_BITS if bits == _bits(torch.float32) else _NEAR * errors[f"diffusers, {bits}"]
    return errors[name] < allowed


@torch.inference_mode()
def _activations(run: Callable[[], object], device: torch.device) -> list[Figure]:
    """What a step takes of a card's memory beside weights; nothing on a processor, which does not tell."""
    if device.type != "cuda":
        return []
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    run()
    return [Figure("activations", (torch.cuda.max_memory_allocated(device) - before) / 2**30, "GiB")]


def _ratio(theirs: Timing, ours: Timing, device: torch.device) -> float:
    """How many times as long they take: in processor time, which a busy machine spoils less; on a GPU by the clock."""
    return (
        theirs.median_cpu / ours.median_cpu if device.type == "cpu" else theirs.median_wall / ours.median_wall
    )


def _bits(kind: torch.dtype) -> str:
    return {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}[kind]

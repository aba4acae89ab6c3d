"""Opens a VACE model for a shot: chooses precision, encodes the prompts, makes the painter (torch)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ...user_folders import cache_folder
from ..guided import middle
from ..protocol import EngineRequest
from .layout import Layout
from .memory import Plan
from .options import Options
from .painter import VacePainter
from .parts import Parts
from .predict import Predictor
from .text import TextCache, encode_texts
from .timeline import scheduler_for


def open_painter(
    layout: Layout,
    options: Options,
    request: EngineRequest,
    plans: Sequence[Plan],
    device: str,
    kept: Parts | None = None,
) -> VacePainter:
    """The painter, with the first of ``plans``; the others are tried in turn when memory runs out.

    ``kept`` are parts of an earlier shot: they are taken over where they lie as this one wants them.
    """
    place = torch.device(device)
    parts = Parts(
        layout, plans[0], place, arithmetic(options.precision, place), options.quality.loras, request.say
    )
    if kept is not None:
        parts = kept.for_shot(parts)
    request.say(f"memory plan {plans[0]}")
    texts = [options.prompt]
    if options.quality.guidance > 1:
        texts.append(options.negative_prompt)
    encoder = (
        f"{layout.text_encoder.config} {layout.text_encoder.bytes}" if layout.text_encoder else "umt5-xxl"
    )
    embeds, loaded = encode_texts(texts, TextCache(cache_folder() / "prompts", encoder), parts.text)
    if loaded:
        parts.let_go()
    predictor = Predictor(
        parts,
        embeds,
        options.quality.guidance,
        guided=_guided(layout, options),
        train_steps=int(layout.scheduler.get("num_train_timesteps", 1000)),
        others=plans[1:],
        say=request.say,
    )
    return VacePainter(predictor, options, request, f"{layout.digest()} {options.key()}")


def _guided(layout: Layout, options: Options) -> tuple[float, float]:
    """The first and the last time, in the scheduler's count, that guidance leads."""
    quality = options.quality
    times = [float(one) for one in scheduler_for(layout.scheduler, quality.shift, quality.steps).timesteps]
    led = middle(times, options.guided_share)
    return (led[0], led[-1]) if led else (-1.0, -1.0)


def arithmetic(precision: str, device: torch.device) -> torch.dtype:
    """The transformer's: bfloat16 on a GPU, as it was trained, float32 on a processor, or as asked for."""
    named = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
    if precision != "auto":
        return named[precision]
    return torch.float32 if device.type == "cpu" else torch.bfloat16

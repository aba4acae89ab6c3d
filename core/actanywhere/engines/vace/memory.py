"""Memory plans: where a model's parts are kept, what each plan needs, and which fits. No torch.

The estimates are arithmetic on the model's own sizes: weights as they are held, the activations of one window in the
transformer, and the autoencoder's on one group of frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...contract.errors import ModelError
from .control import TOKEN, padded_size
from .layout import Layout

GIB = 2**30
TILE, TILE_OVERLAP = 512, 128
"""Pixels of the autoencoder's tiles: smaller ones show their seams in a flat sky."""
_VAE_BYTES_PER_PIXEL = 10 * 1024
"""Of the published autoencoder in float32, on a group of four frames: features of 96 to 192 channels at full size."""
_RESERVE = 0.7 * GIB
"""For the driver, the display and what fragments."""


@dataclass(frozen=True)
class Need:
    """Bytes of a shot's parts. ``expert`` is one transformer as it computes, ``experts`` how many there are."""

    expert: int
    experts: int
    layers: int
    quantised: bool
    text: int
    vae: int
    window: int
    """Activations of the transformer on one window."""
    frame: int
    """Activations of the autoencoder on a whole frame."""
    tile: int


@dataclass(frozen=True)
class Plan:
    """One way to work. ``gpu`` and ``host`` are estimated bytes at the peak. ``tiled``: the autoencoder in tiles."""

    name: str
    gpu: int
    host: int
    tiled: bool = False

    def __str__(self) -> str:
        ways = {
            "gpu": "all on the GPU",
            "offload": "one part on the GPU at a time",
            "fp8": "weights stored in 8 bits, one part on the GPU at a time",
            "stream": "weights streamed to the GPU layer by layer",
            "cpu": "on the processor",
        }
        tiles = f", the autoencoder in tiles of {TILE}" if self.tiled else ""
        gpu = f"about {self.gpu / GIB:.1f} GiB on the GPU, " if self.name != "cpu" else ""
        return f"{self.name} ({ways[self.name]}{tiles}): {gpu}{self.host / GIB:.1f} GiB of main memory"


def needs(
    layout: Layout, size: tuple[int, int], latents: int, references: int, bytes_per_number: int
) -> Need:
    """What a shot at the working ``size`` (h, w) needs, with windows of ``latents``, and ``references`` before them."""
    height, width = padded_size(*size)
    config, channels = layout.transformer, layout.width
    tokens = (latents + references) * (height // TOKEN) * (width // TOKEN)
    # Hidden states, queries, keys, values and their rotated copies, a hint for every control layer, the widened FFN.
    numbers = channels * (10 + len(config["vace_layers"])) + 2 * int(config["ffn_dim"])
    first = next(iter(layout.experts.values()))
    quantised = first.kind == "gguf"
    expert = first.bytes if quantised else layout.parameters * bytes_per_number
    per_pixel = _VAE_BYTES_PER_PIXEL * int(layout.vae.config.get("base_dim", 96)) // 96
    return Need(
        expert=expert,
        experts=len(layout.experts),
        layers=int(config["num_layers"]) + len(config["vace_layers"]),
        quantised=quantised,
        text=layout.text_encoder.bytes if layout.text_encoder else 0,
        vae=layout.vae.bytes,
        window=tokens * numbers * bytes_per_number,
        frame=height * width * per_pixel,
        tile=min(height * width, TILE * TILE) * per_pixel,
    )


def plans(need: Need, free_gpu: int) -> list[Plan]:
    """Every plan for a GPU, the quickest first; the autoencoder works in tiles where ``free_gpu`` asks for it."""
    tiled = need.vae + need.frame + _RESERVE > free_gpu
    coder = need.vae + (need.tile if tiled else need.frame)
    whole = need.expert * need.experts
    all_there = whole + need.vae + max(need.window, need.tile if tiled else need.frame)
    made = [
        Plan("gpu", all_there, max(need.expert, need.text), tiled),
        Plan("offload", max(need.expert + need.window, coder), max(whole + need.vae, need.text), tiled),
    ]
    if not need.quantised:
        half = need.expert // 2
        made.append(
            Plan(
                "fp8",
                max(half + need.window, coder),
                max(half * need.experts + need.expert, need.text),
                tiled,
            )
        )
    layers = 3 * need.expert // need.layers
    made.append(Plan("stream", max(layers + need.window, coder), max(whole + need.vae, need.text), tiled))
    return made


def choose_plan(asked: str, made: Sequence[Plan], free_gpu: int, free_host: int) -> Plan:
    """The plan that was asked for, or with ``auto`` the first that fits. Raises ``ModelError`` when none does."""
    named = [plan for plan in made if plan.name == asked]
    if asked != "auto":
        if not named:
            raise ModelError(
                f"This model has no memory plan '{asked}'.",
                f"Choose auto or one of {', '.join(p.name for p in made)}.",
            )
        return named[0]
    for plan in made:
        if plan.gpu + _RESERVE <= free_gpu and plan.host <= free_host:
            return plan
    least = min(made, key=lambda plan: plan.gpu)
    short_of_gpu = least.gpu + _RESERVE > free_gpu
    remedy = (
        "Work at a smaller --size, or with a smaller model."
        if short_of_gpu
        else ("Free main memory, or take a smaller or a quantised (GGUF) model.")
    )
    raise ModelError(
        f"The model needs {least}; free are {free_gpu / GIB:.1f} GiB on the GPU and {free_host / GIB:.1f} GiB of main "
        "memory.",
        remedy,
    )

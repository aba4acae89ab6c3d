"""Merges a LoRA of Stable Diffusion 1.5 into the U-Net's weights when a model is assembled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from safetensors import SafetensorError
from torch import Tensor

from ....contract.errors import ModelError
from ...pretrained import quiet
from .parts import Part, Weight

ANIMATE_LCM = "AnimateLCM_sd15_t2v_lora.safetensors"
"""The LoRA that comes with AnimateLCM's motion modules, as its publisher calls it."""
STRENGTH = 0.8
"""How strongly its publisher lays it on."""
_SIDES = {".lora_A.weight": "down", ".lora_B.weight": "up"}
_GET = (
    "Get AnimateLCM_sd15_t2v_lora.safetensors of wangfuyun/AnimateLCM ('actanywhere models pull animatelcm')."
)


def with_lora(unet: Part, file: Path, strength: float = STRENGTH) -> Part:
    """The U-Net with the LoRA in ``file`` in its weights. Raises ``ModelError`` for one that belongs to another."""
    weights = dict(unet.weights)
    for name, (up, down, scale) in _read(file).items():
        own = f"{name}.weight"
        if own not in weights or unet.sizes[own] != up.shape[0] * down[0].numel():
            raise ModelError(f"{file} is of another network: '{name}' has no place in this one.", _GET)
        weights[own] = replace(weights[own], finish=_baked(weights[own], up, down, strength * scale))
    return replace(unet, weights=weights, summary=f"{unet.summary}, and {file.name} at {strength:g}")


def _read(file: Path) -> dict[str, tuple[Tensor, Tensor, float]]:
    """By the layer's name: its two halves (out, rank, ...) and (rank, in, ...), and alpha over rank."""
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import convert_unet_state_dict_to_peft

    if not file.is_file():
        raise ModelError(f"There is no {file}.", _GET)
    if file.suffix != ".safetensors":
        raise ModelError(f"{file} is no safetensors file: a pickle could run any program.", _GET)
    try:
        with quiet():
            state, alphas = StableDiffusionPipeline.lora_state_dict(
                str(file), local_files_only=True, use_safetensors=True
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{file} cannot be read as a LoRA: {str(error).splitlines()[0]}.", _GET) from error
    halves: dict[str, dict[str, Tensor]] = {}
    for key, tensor in convert_unet_state_dict_to_peft(state).items():
        end = key[-len(".lora_A.weight") :]
        if end not in _SIDES or not key.startswith("unet."):
            raise ModelError(f"{file} holds '{key}', which is no part of a U-Net's LoRA.", _GET)
        halves.setdefault(key.removesuffix(end), {})[_SIDES[end]] = tensor.float()
    if not halves or any(len(pair) != 2 for pair in halves.values()):
        raise ModelError(f"{file} is not a whole LoRA.", _GET)
    alphas = {
        key.removesuffix(".alpha").removesuffix(".lora_A.weight"): float(alpha)
        for key, alpha in convert_unet_state_dict_to_peft(alphas or {}).items()
    }
    found = {}
    for name, pair in halves.items():
        rank = pair["down"].shape[0]
        found[name.removeprefix("unet.")] = pair["up"], pair["down"], alphas.get(name, rank) / rank
    return found


def _baked(weight: Weight, up: Tensor, down: Tensor, scale: float) -> Callable[[Tensor], Tensor]:
    before = weight.finish

    def finish(half: Tensor) -> Tensor:
        own = half if before is None else before(half)
        change = (up.flatten(1) @ down.flatten(1)).reshape(own.shape)
        baked: Tensor = (own.float() + scale * change).to(own.dtype).contiguous()
        return baked

    return finish

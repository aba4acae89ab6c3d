"""Low-rank adapters (Hu et al., "LoRA", 2022) on the U-Net's attention, in peft's own format.

The base model stays as it is; a few matrices beside its attention learn. They are saved as a peft folder, and
merged into a copy of the base, which then loads as any model does.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from peft.tuners.tuners_utils import BaseTunerLayer
from safetensors.torch import save_file
from torch import nn

from ..engines.unet.model.checkpoint import Model
from ..engines.unet.model.denoiser import Denoiser
from ..engines.unet.model.weights import give_usual_mode

_ATTENTION = r".*\.(to_q|to_k|to_v|to_out\.0)"
"""Spatial, cross- and temporal attention alike."""


def add_adapters(unet: nn.Module, rank: int) -> None:
    """Lay adapters of ``rank`` beside every attention of ``unet``, in place. They begin as nothing at all."""
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=_ATTENTION)
    inject_adapter_in_model(config, unet)


def save_adapters(unet: Any, folder: Path, base: str) -> None:
    """Write the adapters of ``unet`` into ``folder`` as ``PeftModel.from_pretrained`` reads them, half precision.

    ``base`` is the name of the model that they belong to.
    """
    weights = get_peft_model_state_dict(unet)
    named = {f"base_model.model.{name}": w.half().cpu().contiguous() for name, w in weights.items()}
    save_file(named, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    give_usual_mode(folder / "adapter_model.safetensors")
    config = copy.copy(unet.peft_config["default"])
    config.base_model_name_or_path = base
    config.save_pretrained(folder)


@torch.no_grad()
def merged(model: Model) -> Model:
    """A copy of ``model`` whose attention has taken up the adapters; ``model`` stays as it is."""
    unet: Any = copy.deepcopy(model.denoiser.unet)
    for name, module in list(unet.named_modules()):
        if isinstance(module, BaseTunerLayer):
            layer: Any = module
            layer.merge()
            unet.set_submodule(name, layer.get_base_layer())
    del unet.peft_config
    return replace(model, denoiser=Denoiser(model.configuration, unet))

"""Parts in exactly the layouts in which the hub has them, made by diffusers and transformers, only tiny."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, MotionAdapter, UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPVisionConfig,
    CLIPVisionModel,
    CLIPVisionModelWithProjection,
)

from actanywhere.engines.unet.model.configuration import ModelConfiguration
from tests.engines.unet import tiny

CHANNELS = (32, 64)


def size(**changes: Any) -> ModelConfiguration:
    """The full size's configuration, at the size of these parts."""
    plain = {"prediction": "epsilon", "zero_terminal_snr": False, "beta_schedule": "linear", "known_std": ()}
    plain |= {"unknown_std": (), "image_encoder": tiny.ENCODER, "image_encoder_trains": False, "steps": 2}
    return tiny.configuration(**{**plain, **changes})


def unet(channels: int = 9, seed: int = 1, **changes: Any) -> UNet2DConditionModel:
    torch.manual_seed(seed)
    sizes: dict[str, Any] = {
        "sample_size": 8,
        "in_channels": channels,
        "out_channels": 4,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
        "block_out_channels": CHANNELS,
        "layers_per_block": 1,
        "cross_attention_dim": 32,
        "attention_head_dim": 2,
    }
    return UNet2DConditionModel(**{**sizes, **changes}).eval()


def stable_diffusion(folder: Path, channels: int = 9, **changes: Any) -> Path:
    """A repository with unet/, vae/ and scheduler/, as Stable Diffusion's."""
    unet(channels, **changes).save_pretrained(folder / "unet")
    vae(folder / "vae")
    DDIMScheduler().save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionInpaintPipeline"}')
    return folder


def vae(folder: Path, old_names: bool = True, **changes: Any) -> Path:
    """An autoencoder; the public one's attention still has the names of before diffusers 0.17."""
    torch.manual_seed(2)
    levels = 4
    sizes: dict[str, Any] = {
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "block_out_channels": (4, 4, 8, 8),
        "norm_num_groups": 2,
        "latent_channels": 4,
    }
    AutoencoderKL(**{**sizes, **changes}).save_pretrained(folder)
    if old_names:
        path = folder / "diffusion_pytorch_model.safetensors"
        tensors = load_file(path)
        for new, old in ((".to_q.", ".query."), (".to_k.", ".key."), (".to_v.", ".value.")):
            tensors = {name.replace(new, old): tensor for name, tensor in tensors.items()}
        tensors = {name.replace(".to_out.0.", ".proj_attn."): tensor for name, tensor in tensors.items()}
        save_file(tensors, path, metadata={"format": "pt"})
    return folder


def motion(folder: Path, **changes: Any) -> Path:
    """A motion adapter that does something: a new one's last layers are zero."""
    torch.manual_seed(3)
    sizes: dict[str, Any] = {
        "block_out_channels": CHANNELS,
        "motion_layers_per_block": 1,
        "motion_num_attention_heads": 2,
    }
    adapter = MotionAdapter(**{**sizes, **changes})
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    adapter.save_pretrained(folder)
    return folder


def clip(folder: Path, kind: str = "vision", **changes: Any) -> Path:
    """CLIP: ``vision``, ``projected`` or ``whole``."""
    torch.manual_seed(4)
    vision = {**tiny.ENCODER, "hidden_act": "quick_gelu", **changes}
    text = {key: value for key, value in tiny.ENCODER.items() if key not in ("image_size", "patch_size")}
    text |= {"vocab_size": 50, "bos_token_id": 0, "eos_token_id": 1}
    made = {
        "vision": lambda: CLIPVisionModel(CLIPVisionConfig(**vision)),
        "projected": lambda: CLIPVisionModelWithProjection(CLIPVisionConfig(**vision)),
        "whole": lambda: CLIPModel(CLIPConfig(vision_config=vision, text_config=text, projection_dim=16)),
    }[kind]()
    made.save_pretrained(folder)
    return folder

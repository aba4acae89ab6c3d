"""Public parts of a model with an IP-Adapter: the adapter's file, and the text encoder's folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ....contract.errors import ModelError
from .adapter import ADAPTER, TEXT
from .configuration import ModelConfiguration
from .denoiser import create_unet
from .parts import GET_UNET, Part, Weight

VIT_H: dict[str, Any] = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 16,
    "image_size": 224,
    "patch_size": 14,
    "projection_dim": 1024,
}
"""CLIP ViT-H/14, which IP-Adapter was trained with."""
_WORDS = "best quality, photograph of a real place, film plate"
_OTHER = "lowres, worst quality, low quality, blurry, text, watermark, people"
_GET = (
    "Get ip-adapter-plus_sd15.safetensors of h94/IP-Adapter ('actanywhere models pull ip-adapter-plus-sd15')."
)


def adapter_part(file: Path, configuration: ModelConfiguration) -> Part:
    """The adapter in ``file``, checked against the U-Net to be. Raises ``ModelError`` when it is of another kind."""
    if not file.is_file():
        raise ModelError(f"There is no {file}.", _GET)
    try:
        with safe_open(file, "pt") as stream:
            shapes = {name: tuple(stream.get_slice(name).get_shape()) for name in stream.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{file} cannot be read: {error}.", _GET) from error
    _check(file, shapes, configuration)
    tokens = shapes["image_proj.latents"][1]
    sizes = {name: torch.Size(shape).numel() for name, shape in shapes.items()}
    weights = {name: Weight(file, name) for name in shapes}

    def save_config(folder: Path) -> None:
        (folder / "config.json").write_text(json.dumps({"tokens": tokens}) + "\n")

    return Part(ADAPTER, f"{file.name}, {tokens} tokens", weights, sizes, save_config, stem="ip_adapter")


def _check(file: Path, shapes: dict[str, tuple[int, ...]], configuration: ModelConfiguration) -> None:
    if "image_proj.latents" not in shapes:
        kind = "the plain kind" if "image_proj.proj.weight" in shapes else "no IP-Adapter Plus"
        raise ModelError(f"{file} is {kind}: it has no resampler.", _GET)
    encoder, width = configuration.image_encoder["hidden_size"], configuration.cross_attention_dim
    found = shapes["image_proj.proj_in.weight"][1], shapes["image_proj.proj_out.weight"][0]
    if found != (encoder, width):
        raise ModelError(
            f"{file} goes from {found[0]} to {found[1]} numbers a token; {encoder} and {width} are needed: it is for "
            "another CLIP or another Stable Diffusion.",
            _GET,
        )
    if shapes["image_proj.latents"][1] != configuration.adapter_tokens:
        raise ModelError(
            f"{file} has {shapes['image_proj.latents'][1]} tokens, not {configuration.adapter_tokens}.", _GET
        )
    with torch.device("meta"):
        network = create_unet(configuration)
    wanted = [
        module.to_k.weight.shape[0]
        for name, module in network.named_modules()
        if name.endswith("attn2") and "motion_modules" not in name
    ]
    held = sorted(int(name.split(".")[1]) for name in shapes if name.endswith("to_k_ip.weight"))
    outs = [shapes[f"ip_adapter.{number}.to_k_ip.weight"][0] for number in held]
    if sorted(outs) != sorted(wanted):
        raise ModelError(
            f"{file} has keys for {len(outs)} attentions of another network; this one has {len(wanted)}.",
            _GET,
        )


def find_text(unet: Path, text: Path | None) -> Path:
    """The folder that holds ``text_encoder/`` and ``tokenizer/``: ``text``, or the repository of the U-Net."""
    for root in (text,) if text else (unet, unet.parent):
        if (root / "text_encoder" / "config.json").is_file() and (root / "tokenizer").is_dir():
            return root
    raise ModelError(
        f"There is no text_encoder/ and tokenizer/ in {text or unet}.",
        "Name the folder of Stable Diffusion 1.5 that has them with --text.",
    )


@torch.inference_mode()
def write_text(root: Path, folder: Path, width: int) -> None:
    """Encode the fixed texts with the encoder in ``root``, and put them into a model's ``folder``. ``ModelError``."""
    from transformers import CLIPTextModel, CLIPTokenizer

    from ...pretrained import quiet

    try:
        with quiet():
            encoder = (
                CLIPTextModel.from_pretrained(root / "text_encoder", local_files_only=True).float().eval()
            )
            tokenizer = CLIPTokenizer.from_pretrained(root / "tokenizer", local_files_only=True)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"The text encoder in {root} cannot be loaded: {error}", "Get that folder again."
        ) from error
    if encoder.config.hidden_size != width:
        raise ModelError(
            f"{root / 'text_encoder'} gives {encoder.config.hidden_size} numbers a token, not {width}: it is another "
            "Stable Diffusion's.",
            GET_UNET,
        )
    made = {}
    for name, words in (("text", _WORDS), ("other", _OTHER)):
        longest = encoder.config.max_position_embeddings
        ids = tokenizer(
            words, padding="max_length", max_length=longest, truncation=True, return_tensors="pt"
        ).input_ids
        made[name] = encoder(ids)[0][0].half().contiguous()
    (folder / TEXT).mkdir()
    save_file(made, folder / TEXT / "embeds.safetensors")

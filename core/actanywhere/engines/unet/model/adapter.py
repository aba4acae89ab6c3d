"""IP-Adapter Plus: the condition picture through trained cross-attention of Stable Diffusion, beside a fixed prompt.

CLIP's tokens go through a resampler to a few tokens of their own, which the U-Net attends to with keys and values of
their own (Ye et al., 2023). Resampler and processors are diffusers'. The text that Stable Diffusion was trained with
is encoded once, when the model is assembled; nobody types one.

Legend: B batch, N tokens, D width of a token.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

ADAPTER, TEXT = "ip_adapter", "text"
"""Folders of a model: the adapter in the hub's own keys, and the encoded text."""


class AdapterProjection(nn.Module):
    """CLIP's tokens (B, N, D) to the context (B, text + image tokens, D') of a U-Net with an IP-Adapter.

    ``text`` (2, N, D'): the fixed text, and the one that guidance leads away from.
    """

    text: Tensor

    def __init__(self, resampler: nn.Module, text: Tensor) -> None:
        super().__init__()
        self.resampler = resampler
        self.register_buffer("text", text)

    def forward(self, tokens: Tensor, withheld: Tensor) -> Tensor:
        """The context; where ``withheld`` (B,) is true no picture was given, and the other text stands."""
        image = cast(Tensor, self.resampler(tokens))
        return torch.cat([self.text[withheld.long()].to(image), image], dim=1)


def load_adapter(folder: Path, unet: Any, scale: float) -> AdapterProjection:
    """Put the adapter in a model's ``folder`` into its ``unet``; gives the way from CLIP's tokens to its context."""
    state: dict[str, dict[str, Tensor]] = {"image_proj": {}, "ip_adapter": {}}
    for file in sorted((folder / ADAPTER).glob("*.safetensors")):
        for name, weight in load_file(file).items():
            part, _, key = name.partition(".")
            state[part][key] = weight.float()
    unet._load_ip_adapter_weights([state], low_cpu_mem_usage=False)
    resampler = unet.encoder_hid_proj.image_projection_layers[0]
    # The context is made once a shot, not in every step of it: the U-Net is handed its tokens.
    unet.encoder_hid_proj = None
    unet.register_to_config(encoder_hid_dim_type=None)
    for processor in unet.attn_processors.values():
        if hasattr(processor, "to_k_ip"):
            processor.scale = [scale]
    text = load_file(folder / TEXT / "embeds.safetensors")
    return AdapterProjection(resampler, torch.stack([text["text"], text["other"]]).float())

"""The condition picture encoded for the network.

Legend: B batch, N tokens, D width of a token. Pictures are display-referred RGB in [-1, 1].
"""

from __future__ import annotations

import math
from typing import cast

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from einops import rearrange
from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModel

from .adapter import AdapterProjection
from .autoencoder import Autoencoder, encode_pictures
from .configuration import ModelConfiguration

# OpenAI CLIP's own statistics of its training pictures, in [0, 1].
_CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
_CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


class ConditionProjection(ModelMixin, ConfigMixin):  # type: ignore[misc]  # diffusers is untyped
    """The trained two-layer MLP from the encoder's tokens (B, N, D) to the U-Net's context (B, N, D')."""

    @register_to_config
    def __init__(self, token_dim: int, cross_attention_dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(token_dim, cross_attention_dim),
            nn.GELU(),
            nn.Linear(cross_attention_dim, cross_attention_dim),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """The context of ``tokens``."""
        return cast(Tensor, self.layers(tokens))


def create_image_encoder(configuration: ModelConfiguration) -> CLIPVisionModel:
    """A new CLIP vision encoder. Its positions start as sines, so that a place in the picture has a name."""
    config = CLIPVisionConfig(**configuration.image_encoder)
    encoder = CLIPVisionModel(config)
    side = config.image_size // config.patch_size
    with torch.no_grad():
        table = _positions_of(encoder)
        table[1:] = 0.3 * _sine_positions(side, config.hidden_size)
    return encoder


class ConditionEncoder(nn.Module):
    """Condition pictures (B, 3, H, W) to the context (B, N, D') of the U-Net's cross-attention.

    An all-zero picture (grey) stands for "no condition", as in training.
    """

    def __init__(
        self,
        configuration: ModelConfiguration,
        image_encoder: CLIPVisionModel | None,
        projection: ConditionProjection | AdapterProjection,
    ) -> None:
        super().__init__()
        self.configuration = configuration
        self.image_encoder = image_encoder
        self.projection = projection

    def forward(self, pictures: Tensor, autoencoder: Autoencoder) -> Tensor:
        """The context; ``autoencoder`` is used by the ``vae-cross-attention`` ablation alone."""
        tokens = self._tokens(pictures, autoencoder)
        if isinstance(self.projection, AdapterProjection):
            return cast(Tensor, self.projection(tokens, _withheld(pictures)))
        return cast(Tensor, self.projection(tokens))

    def _tokens(self, pictures: Tensor, autoencoder: Autoencoder) -> Tensor:
        if self.image_encoder is not None:
            return self._clip_tokens(self.image_encoder, pictures)
        if self.configuration.condition == "vae-cross-attention":
            small = nn.functional.interpolate(pictures, scale_factor=0.5, mode="area")
            return rearrange(encode_pictures(autoencoder, small), "b c h w -> b (h w) c").to(pictures)
        # No image reaches cross-attention: one empty token keeps the network's shape.
        return pictures.new_zeros(len(pictures), 1, self.configuration.token_dim)

    def _clip_tokens(self, encoder: CLIPVisionModel, pictures: Tensor) -> Tensor:
        side = encoder.config.image_size
        small = nn.functional.interpolate(
            pictures, (side, side), mode="bilinear", antialias=True, align_corners=False
        )
        normal = ((small + 1) / 2 - small.new_tensor(_CLIP_MEAN).reshape(3, 1, 1)) / small.new_tensor(
            _CLIP_STD
        ).reshape(3, 1, 1)
        adapted = self.configuration.condition == "ip-adapter"
        if adapted:  # as the adapter was trained: no picture is zeros after CLIP's own statistics
            normal = normal * ~_withheld(pictures).reshape(-1, 1, 1, 1)
        with torch.set_grad_enabled(torch.is_grad_enabled() and self.configuration.image_encoder_trains):
            output = encoder(pixel_values=normal.to(encoder.dtype), output_hidden_states=adapted)
        return cast("Tensor", output.hidden_states[-2] if adapted else output.last_hidden_state)


def _withheld(pictures: Tensor) -> Tensor:
    """(B,) where no picture was given: all of it grey."""
    return ~pictures.flatten(1).any(dim=1)


def _positions_of(encoder: CLIPVisionModel) -> Tensor:
    for name, parameter in encoder.named_parameters():
        if name.endswith("position_embedding.weight"):
            return cast("Tensor", parameter)
    raise AttributeError("CLIPVisionModel has no position embedding")


def _sine_positions(side: int, width: int) -> Tensor:
    """(side * side, width): sines and cosines of both coordinates at falling wavelengths."""
    quarter = width // 4
    rates = torch.exp(torch.arange(quarter) * (-math.log(100.0) / quarter)) * math.pi
    down, across = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    angles = [axis.reshape(-1, 1) * rates / side * 2 for axis in (down, across)]
    return torch.cat([wave(angle) for angle in angles for wave in (torch.sin, torch.cos)], dim=1)

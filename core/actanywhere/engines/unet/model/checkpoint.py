"""A model as a folder, in the layout of diffusers and transformers.

    model.json               sizes and switches (ModelConfiguration)
    unet/  vae/  image_encoder/  condition_projection/  scheduler/
    manifest.json            sha256 of every file above; checked when loading

Weights are safetensors in shards under 16 MiB (a single larger tensor, as the full size has, is a shard of its
own). Nothing else is ever unpickled or executed.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel, UNetMotionModel
from diffusers.configuration_utils import ConfigMixin
from safetensors import SafetensorError
from torch import nn
from transformers import CLIPVisionModel

from ....contract.errors import ModelError
from ....models.manifest import MANIFEST, check_manifest, write_manifest
from ...pretrained import load_pretrained, quiet
from .adapter import load_adapter
from .autoencoder import Autoencoder, PatchAutoencoder
from .condition import ConditionEncoder, ConditionProjection, create_image_encoder
from .configuration import ModelConfiguration, read_configuration
from .denoiser import Denoiser, create_unet
from .noise import scheduler
from .weights import give_usual_mode

_SHARD = "15MB"
_AUTOENCODERS = {kind.__name__: kind for kind in (PatchAutoencoder, AutoencoderKL, AutoencoderTiny)}


@dataclass(frozen=True)
class Model:
    """All parts of a model, on one device in one precision. ``digest`` is the sha256 of its manifest."""

    configuration: ModelConfiguration
    denoiser: Denoiser
    condition_encoder: ConditionEncoder
    autoencoder: Autoencoder
    digest: str = ""

    def to(self, device: torch.device, dtype: torch.dtype) -> Model:
        """The same model, moved in place: all of it to ``device``, the U-Net alone to ``dtype``.

        Condition and autoencoder run once a window, and half precision would band their skies.
        """
        for part in (self.denoiser, self.condition_encoder, cast(nn.Module, self.autoencoder)):
            part.to(device)
        with quiet():
            self.denoiser.unet.to(dtype)
        if device.type in ("cpu", "cuda"):
            for network in (self.denoiser.unet, cast(nn.Module, self.autoencoder)):
                network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch has no stub of it
        return self


def create_model(configuration: ModelConfiguration, autoencoder: Autoencoder) -> Model:
    """A new, untrained model around ``autoencoder``."""
    encoder = create_image_encoder(configuration) if configuration.condition == "clip" else None
    projection = ConditionProjection(configuration.token_dim, configuration.cross_attention_dim)
    condition_encoder = ConditionEncoder(configuration, encoder, projection)
    return Model(
        configuration, Denoiser(configuration, create_unet(configuration)), condition_encoder, autoencoder
    )


def save_model(model: Model, folder: Path, dtype: torch.dtype = torch.float16) -> str:
    """Write ``model`` as ``folder`` with its manifest, weights as ``dtype``; gives the manifest's sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps(model.configuration.to_dict(), indent=2) + "\n")
    parts: dict[str, Any] = {
        "unet": model.denoiser.unet,
        "vae": model.autoencoder,
        "condition_projection": model.condition_encoder.projection,
    }
    if model.condition_encoder.image_encoder is not None:
        parts["image_encoder"] = model.condition_encoder.image_encoder
    with quiet():
        for name, part in parts.items():
            _save(part, folder / name, dtype)
        scheduler(model.configuration).save_pretrained(folder / "scheduler")
    return write_manifest(folder)


def _save(part: Any, folder: Path, dtype: torch.dtype) -> None:
    copied = copy.deepcopy(part).to(dtype)
    if isinstance(copied, ConfigMixin):
        copied.register_to_config(
            _name_or_path=""
        )  # where it once lay on the trainer's disk is nobody's business
    copied.save_pretrained(folder, max_shard_size=_SHARD)
    give_usual_mode(folder)


def load_model(folder: Path, device: torch.device, dtype: torch.dtype) -> Model:
    """The model in ``folder``, in evaluation mode. Raises ``ModelError`` when a file is missing, changed or odd."""
    digest = check_manifest(folder)
    configuration = read_configuration(folder)
    kind = UNetMotionModel if configuration.motion else UNet2DConditionModel
    try:
        unet = load_pretrained(kind, folder / "unet", torch_dtype=dtype)
        autoencoder = _load_autoencoder(folder / "vae")
        projection: Any = None
        if configuration.condition == "ip-adapter":
            projection = load_adapter(folder, unet, configuration.adapter_scale)
        else:
            projection = load_pretrained(
                ConditionProjection, folder / "condition_projection", torch_dtype=torch.float32
            )
        encoder = None
        if configuration.condition in ("clip", "ip-adapter"):
            encoder = load_pretrained(CLIPVisionModel, folder / "image_encoder", dtype=torch.float32)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise ModelError(
            f"The model in {folder} cannot be loaded: {error}",
            f"Compare the folder with its {MANIFEST}, or get the model again.",
        ) from error
    condition_encoder = ConditionEncoder(configuration, encoder, projection)
    model = Model(configuration, Denoiser(configuration, unet), condition_encoder, autoencoder, digest)
    for part in (model.denoiser, model.condition_encoder, autoencoder):
        part.requires_grad_(False).eval()
    return model.to(device, dtype)


def _load_autoencoder(folder: Path) -> Any:
    name = json.loads((folder / "config.json").read_text()).get("_class_name", "")
    if name not in _AUTOENCODERS:
        raise ValueError(f"vae/config.json names the unknown class '{name}'")
    return load_pretrained(_AUTOENCODERS[name], folder, torch_dtype=torch.float32)

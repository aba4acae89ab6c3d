"""The networks that the paper's figures look through, given as local files: CLIP, and I3D for FVD."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoConfig, CLIPImageProcessorPil, CLIPVisionModelWithProjection

from ..contract.errors import ModelError
from ..engines.pretrained import load_pretrained, quiet

Frames = NDArray[np.uint8]
Rows = NDArray[np.float64]

Features = Callable[[Frames], Rows]
"""Clips (N, T, H, W, 3) uint8 display to their features (N, D)."""

_SCRIPTS = (".pt", ".pth", ".ts", ".torchscript", ".jit")
_SWITCHES = ("rescale", "resize", "return_features")
"""Arguments of the I3D that is passed around for FVD: with all of them on, it takes 0..255 at any size."""


class ClipEncoder:
    """Pictures to CLIP's image embeddings, prepared as the folder's ``preprocessor_config.json`` says."""

    def __init__(self, network: Any, processor: CLIPImageProcessorPil, device: torch.device) -> None:
        self._network = network.to(device).eval()
        self._processor = processor
        self._device = device

    @torch.inference_mode()
    def __call__(self, frames: Frames) -> Rows:
        """Embeddings (T, D) of pictures (T, H, W, 3) uint8 display."""
        made = [self._embeds(part) for part in _batches(frames, 16)]
        return np.asarray(torch.cat(made).double().cpu().numpy(), np.float64)

    def _embeds(self, frames: Frames) -> Tensor:
        prepared = self._processor(list(frames), return_tensors="pt").to(self._device)
        return cast(Tensor, self._network(**prepared).image_embeds)


def load_clip(folder: Path, device: torch.device) -> ClipEncoder:
    """CLIP from a folder in the hub's layout: config.json, preprocessor_config.json, model.safetensors.

    Raises ``ModelError`` naming what is missing.
    """
    for name in ("config.json", "preprocessor_config.json"):
        if not (folder / name).is_file():
            raise ModelError(
                f"{folder} has no {name}.",
                "Give CLIP's folder as the hub has it (openai/clip-vit-large-patch14).",
            )
    try:
        processor = CLIPImageProcessorPil.from_pretrained(folder, local_files_only=True)
        network = _read_clip(folder)
        return ClipEncoder(network, processor, device)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise ModelError(
            f"{folder} cannot be read as CLIP: {_first_line(error)}", "Get that folder again."
        ) from error


def _read_clip(folder: Path) -> Any:
    """The image tower. Weights that are not there would be random: ``ValueError``."""
    with quiet():
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        if config.model_type == "clip":  # both towers: the width of embeddings is the whole's
            config.vision_config.projection_dim = config.projection_dim
            config = config.vision_config
    return load_pretrained(CLIPVisionModelWithProjection, folder, config=config)


def load_features(path: Path, device: torch.device) -> Features:
    """A network that maps clips to features: a TorchScript file, or the folder that holds one.

    It is given (N, 3, T, H, W) float32, 0..255, and gives (N, D). Where its ``forward`` has the arguments
    ``rescale``, ``resize`` and ``return_features``, as the I3D in use for FVD has, they are switched on. Raises
    ``ModelError``.
    """
    file = _script_in(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TorchScript is deprecated, but I3D is published in it
            network = torch.jit.load(str(file), map_location=device).eval()
            known = {argument.name for argument in network.forward.schema.arguments}
    except (RuntimeError, OSError, ValueError) as error:
        raise ModelError(
            f"{file} is not TorchScript: {_first_line(error)}", "Give an I3D saved as TorchScript."
        ) from error
    switches = {name: True for name in _SWITCHES if name in known}

    @torch.inference_mode()
    def features(clips: Frames) -> Rows:
        made = []
        for part in _batches(clips, 4):
            stacked = torch.from_numpy(np.ascontiguousarray(part)).to(device).permute(0, 4, 1, 2, 3).float()
            made.append(_run(network, stacked.contiguous(), switches, file))
        return np.asarray(torch.cat(made).double().cpu().numpy(), np.float64)

    return features


def _run(network: Any, clips: Tensor, switches: dict[str, bool], file: Path) -> Tensor:
    try:
        found = network(clips, **switches)
    except RuntimeError as error:
        last = str(error).strip().splitlines()[-1]
        raise ModelError(
            f"{file} failed on clips of shape {tuple(clips.shape)}: {last}", "Give an I3D."
        ) from error
    if not isinstance(found, Tensor) or found.shape[:1] != clips.shape[:1]:
        raise ModelError(f"{file} does not give one row of features a clip.", "Give an I3D.")
    return found.flatten(1)


def _script_in(path: Path) -> Path:
    if not path.is_dir():
        if path.is_file():
            return path
        raise ModelError(f"{path} is not there.", "Give an I3D saved as TorchScript.")
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in _SCRIPTS)
    if len(found) != 1:
        raise ModelError(f"{path} holds {len(found)} TorchScript files.", "Give the file itself.")
    return found[0]


def _batches(rows: Frames, size: int) -> list[Frames]:
    return [rows[first : first + size] for first in range(0, len(rows), size)]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

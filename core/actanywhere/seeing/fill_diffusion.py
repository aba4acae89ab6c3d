"""Inpainting by a diffusion model for pictures: FLUX.2 klein or Qwen-Image-Edit, where one is installed.

Torch and diffusers come in when something is painted. What such a model paints is asked for once a condition and kept.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import ModelError
from ..models.find import find_model, folder_of, get_again
from ..models.registry import all_entries
from .picture_and_text import PictureAndText
from .pretrained import running
from .protocol import Picture
from .shift_map import fill_by_parts

_DESCRIBED = (
    "the same place goes on seamlessly beyond the border, photograph, same light, same lens, "
    "same perspective, nobody in it"
)
_ORDERED = (
    "Fill the smooth part of the picture: the same place goes on there seamlessly, in the same light, lens and "
    "perspective. Nobody is in it. Change nothing else."
)
_NOBODY = "people, person, text, watermark, frame, border, collage"
_SIDE, _MULTIPLE = 1024, 16
_SMALL = 50_000_000
"""Bytes of weights that a processor paints with in seconds."""


@dataclass(frozen=True)
class _Way:
    """How a model is asked: the ``pipeline`` that fills, its prompt, and the rest, as its publishers ask it.

    ``sees``: its text encoder is shown the picture, which has to be of 8 bits then.
    """

    pipeline: str
    prompt: str
    asked: Mapping[str, Any]
    sees: bool = False


_KLEIN = _Way(
    "Flux2KleinInpaintPipeline",
    _DESCRIBED,
    {"num_inference_steps": 4, "guidance_scale": 1.0, "strength": 1.0},
)
_QWEN = _Way(
    "QwenImageEditInpaintPipeline",
    _ORDERED,
    {"num_inference_steps": 40, "true_cfg_scale": 4.0, "strength": 1.0, "negative_prompt": _NOBODY},
    sees=True,
)
_WAYS = {"Flux2KleinPipeline": _KLEIN, "QwenImageEditPipeline": _QWEN, "QwenImageEditPlusPipeline": _QWEN}
"""By the pipeline that a model's folder names."""


def diffusion_fill(tell: Callable[[str], None]) -> DiffusionFill | None:
    """The first model of the registry that extends pictures and is here. Raises ``ModelError`` for a damaged one.

    ``tell`` hears why one that is here is not used.
    """
    for entry in all_entries():
        if entry.engine != "extend" or folder_of(entry) is None:
            continue
        fill = DiffusionFill(find_model(entry.name).folder, entry.name)
        lacking = fill.lacks()
        if not lacking:
            return fill
        tell(f"{entry.title} is here and is not used to extend the condition: {lacking}.")
    return None


class DiffusionFill:
    """A model in diffusers' layout that paints holes. Raises ``ModelError`` where its folder is of another kind."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        kind = _pipeline_of(folder)
        if kind not in _WAYS:
            raise ModelError(
                f"{folder} is of the pipeline '{kind}', which fills no holes here.",
                f"Use one of: {', '.join(_WAYS)}.",
            )
        self._way = _WAYS[kind]
        self._bytes = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))

    @property
    def digest(self) -> str:
        """What tells its pictures from another's."""
        return f"{self._way} {self._bytes}"

    def lacks(self) -> str:
        """Why it cannot be used here; empty where it can."""
        if importlib.util.find_spec("accelerate") is None:
            return "accelerate is not installed (pip install 'actanywhere[vace]')"
        if self._bytes > _SMALL and not self._has_gpu():
            return "there is no GPU"
        return ""

    def behind(self, picture: Picture, hole: Picture, never_from: Picture | None = None) -> Picture:
        """``picture`` (h, w, 3) with its ``hole`` (h, w) painted; the model sees ``never_from`` as a hole too."""
        return fill_by_parts(picture, hole, never_from, self._painted)

    def _painted(self, view: Picture, hole: NDArray[np.bool_], barred: NDArray[np.bool_]) -> Picture:
        height, width = hole.shape
        scale = min(1.0, _SIDE / max(height, width))
        size = tuple(max(_MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE) for side in (width, height))
        small = np.asarray(cv2.resize(np.clip(view, 0, 1), size, interpolation=cv2.INTER_AREA), np.float32)
        unknown = (
            np.asarray(cv2.resize(barred.astype(np.float32), size, interpolation=cv2.INTER_AREA)) > 0.001
        )
        painted = self._ask(small, unknown)
        whole = np.asarray(cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
        soft = np.asarray(cv2.blur(hole.astype(np.float32), (3, 3)))[..., None] * hole[..., None]
        return np.asarray(view + (np.clip(whole, 0, 1) - view) * soft, np.float32)

    def _ask(self, picture: Picture, unknown: NDArray[np.bool_]) -> Picture:
        import torch
        from PIL import Image

        height, width = unknown.shape
        # What stands in the hole is seen by the autoencoder's neighbours: the colours around it, and no edge.
        codes = np.round(picture * 255).astype(np.uint8)
        begun = cv2.inpaint(codes, unknown.astype(np.uint8), 3, cv2.INPAINT_TELEA).astype(np.float32) / 255
        begun = np.where(unknown[..., None], begun, picture)
        image: Any = torch.from_numpy(begun.transpose(2, 0, 1)[None])
        mask: Any = torch.from_numpy(unknown[None, None].astype(np.float32))
        if self._way.sees:
            image = Image.fromarray(np.round(begun * 255).astype(np.uint8))
            mask = Image.fromarray(unknown.astype(np.uint8) * 255)
        pipeline = self._pipeline
        with running(self.name):
            made = pipeline(
                prompt=self._way.prompt,
                image=image,
                mask_image=mask,
                height=height,
                width=width,
                generator=torch.Generator().manual_seed(0),
                output_type="np",
                **self._way.asked,
            ).images[0]
        found = np.asarray(made, np.float32)
        if found.shape != picture.shape:
            found = np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_AREA), np.float32)
        return found

    @cached_property
    def _pipeline(self) -> Any:
        import diffusers
        import torch

        gpu = torch.cuda.is_available()
        try:
            own = {"processor": None} if self._way.sees else {}
            pipeline = getattr(diffusers, self._way.pipeline).from_pretrained(
                self._folder, dtype=torch.bfloat16 if gpu else torch.float32, local_files_only=True, **own
            )
            if self._way.sees:
                pipeline.processor = PictureAndText(self._folder / "processor", pipeline.tokenizer)
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise ModelError(f"{self._folder} cannot be loaded: {error}", get_again(self._folder)) from error
        pipeline.set_progress_bar_config(disable=True)
        if gpu:
            pipeline.enable_model_cpu_offload()
        return pipeline

    def _has_gpu(self) -> bool:
        import torch

        return torch.cuda.is_available()


def _pipeline_of(folder: Path) -> str:
    try:
        return str(
            json.loads((folder / "model_index.json").read_text(encoding="utf-8")).get("_class_name", "")
        )
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{folder / 'model_index.json'} cannot be read: {error}.", get_again(folder)
        ) from error

"""The inputs of Qwen-VL, without transformers' own processor, which needs torchvision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_PLACE = "<|image_pad|>"


class PictureAndText:
    """One picture and a text in which a word stands for it, as token numbers and patches."""

    def __init__(self, folder: Path, tokenizer: Any) -> None:
        from transformers import Qwen2VLImageProcessorPil

        self.pictures = Qwen2VLImageProcessorPil.from_pretrained(folder, local_files_only=True)
        self.tokenizer = tokenizer

    def __call__(self, text: list[str], images: Any, padding: bool, return_tensors: str) -> Any:
        """``text`` has one place for the picture: it is widened to as many tokens as the picture has."""
        from transformers import BatchFeature

        seen = self.pictures(images=images, return_tensors=return_tensors)
        patches = int(seen["image_grid_thw"][0].prod()) // self.pictures.merge_size**2
        tokens = self.tokenizer(
            [one.replace(_PLACE, _PLACE * patches) for one in text],
            padding=padding,
            return_tensors=return_tensors,
        )
        return BatchFeature({**tokens, **seen})

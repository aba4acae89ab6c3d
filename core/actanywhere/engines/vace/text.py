"""Prompts encoded by UMT5, once for each text, and cached on disk.

The encoder has 5.7 billion numbers and is needed only for a prompt that was never encoded on this machine.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

_LENGTH = 512
"""Tokens of a prompt, as the model was trained."""


class TextCache:
    """Encoded prompts (1, 512, width) on disk, by their text and by the encoder that made them."""

    def __init__(self, folder: Path, encoder: str) -> None:
        self.folder = folder
        self.encoder = encoder

    def get(self, text: str) -> Tensor | None:
        """The prompt, if it was encoded before."""
        try:
            kept = load_file(self._path(text))["embeds"]
        except (OSError, SafetensorError, KeyError):
            return None
        return torch.nn.functional.pad(kept, (0, 0, 0, _LENGTH - kept.shape[1]))

    def put(self, text: str, embeds: Tensor) -> None:
        """Keep a prompt; a cache that cannot be written is none."""
        path = self._path(text)
        fresh = path.with_suffix(f".{os.getpid()}")
        filled = int(embeds[0].abs().amax(1).nonzero().max()) + 1
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file({"embeds": embeds[:, :filled].contiguous()}, fresh)
            os.replace(fresh, path)
        except (OSError, SafetensorError):
            fresh.unlink(missing_ok=True)

    def _path(self, text: str) -> Path:
        key = hashlib.sha256(f"{self.encoder}\0{text}".encode()).hexdigest()
        return self.folder / f"{key}.safetensors"


def encode_texts(
    texts: Sequence[str], cache: TextCache, load: Callable[[], tuple[Any, Any]]
) -> tuple[list[Tensor], bool]:
    """The prompts (1, 512, width), and whether the encoder had to be loaded, by ``load`` (tokenizer, encoder)."""
    found = {text: cache.get(text) for text in texts}
    lacking = [text for text, embeds in found.items() if embeds is None]
    if lacking:
        tokenizer, encoder = load()
        for text in lacking:
            found[text] = _encode(text, tokenizer, encoder).cpu()
            cache.put(text, found[text])  # type: ignore[arg-type]
    return [embeds for text in texts if (embeds := found[text]) is not None], bool(lacking)


@torch.inference_mode()
def _encode(text: str, tokenizer: Any, encoder: Any) -> Tensor:
    device = next(encoder.parameters()).device
    words = tokenizer(
        [clean(text)],
        padding="max_length",
        max_length=_LENGTH,
        truncation=True,
        add_special_tokens=True,
        return_attention_mask=True,
        return_tensors="pt",
    )
    mask = words.attention_mask.to(device)
    embeds: Tensor = encoder(words.input_ids.to(device), mask).last_hidden_state
    filled: Tensor = embeds * mask[..., None].to(embeds)
    return filled


def clean(text: str) -> str:
    """A prompt as the model's authors clean it. One that is empty misbehaves and becomes a blank."""
    import html

    import ftfy

    mended = html.unescape(html.unescape(ftfy.fix_text(text)))
    return re.sub(r"\s+", " ", mended).strip() or " "

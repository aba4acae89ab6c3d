"""The files of a model exported to ONNX: graphs that point into the model's own weight files."""

from __future__ import annotations

from pathlib import Path

GRAPHS = {
    "unet": "unet.onnx",
    "context": "context.onnx",
    "encoder": "encoder.onnx",
    "decoder": "decoder.onnx",
}
"""Networks and their files. A graph holds no weights of its own: it points into the safetensors files."""


def is_exported(folder: Path) -> bool:
    """Whether every graph is in the model's folder."""
    return all((folder / name).is_file() for name in GRAPHS.values())

"""Tiny models in the layouts in which the hub has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper
from safetensors.numpy import save

from tests.onnx_runner.networks import brighter, write

DEPTH = "onnx-community/depth-anything-v2-small"
DEPTH_FILE = "onnx/model_fp16.onnx"
VITMATTE = "hustvl/vitmatte-small-composition-1k"
VACE = "Wan-AI/Wan2.1-VACE-1.3B-diffusers"


def one_picture(folder: Path) -> bytes:
    """A network of one input: what a depth or a subject network looks like."""
    return brighter(folder / "one.onnx").read_bytes()


def picture_and_mask(folder: Path) -> bytes:
    """A network of two inputs: what a network that fills looks like."""
    kind = TensorProto.UINT8
    shape = ["n", 3, "h", "w"]
    path = write(
        folder / "two.onnx",
        [helper.make_node("Max", ["image", "mask"], ["result"])],
        [("image", kind, shape), ("mask", kind, ["n", 1, "h", "w"])],
        [("result", kind, shape)],
    )
    return path.read_bytes()


def weights(numbers: int = 100, seed: int = 0) -> bytes:
    """A safetensors file."""
    return save({"w": np.random.default_rng(seed).random(numbers).astype(np.float32)})


def configuration(**values: Any) -> bytes:
    """A configuration file."""
    return json.dumps(values).encode()


def vitmatte() -> dict[str, bytes]:
    """A repository of ViTMatte's layout, with what is not ours beside it."""
    return {
        "README.md": b"card",
        "config.json": configuration(model_type="vitmatte"),
        "model.safetensors": weights(),
        "preprocessor_config.json": b"{}",
        "pytorch_model.bin": b"\x80\x02 a pickle",
    }


def vace(heads: int = 12) -> dict[str, bytes]:
    """A repository of VACE's layout, its transformer in two shards."""
    index = {"weight_map": {"a": "p-00001-of-00002.safetensors", "b": "p-00002-of-00002.safetensors"}}
    return {
        "model_index.json": configuration(_class_name="WanVACEPipeline"),
        "scheduler/scheduler_config.json": b"{}",
        "tokenizer/tokenizer.json": b"{}",
        "text_encoder/config.json": b"{}",
        "text_encoder/model.safetensors": weights(seed=1),
        "transformer/config.json": configuration(num_attention_heads=heads),
        "transformer/p.safetensors.index.json": configuration(**index),
        "transformer/p-00001-of-00002.safetensors": weights(seed=2),
        "transformer/p-00002-of-00002.safetensors": weights(seed=3),
        "vae/config.json": b"{}",
        "vae/diffusion_pytorch_model.safetensors": weights(seed=4),
        "assets/picture.jpg": b"not needed",
    }


def lay_out(files: dict[str, bytes], folder: Path) -> Path:
    """The files in a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder

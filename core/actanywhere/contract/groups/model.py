"""The model, and how it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, number, text, whole

__all__ = ["ModelSettings"]


@dataclass(frozen=True)
class ModelSettings:
    """The model, and how it runs."""

    model: str = text(
        "starter",
        "The model: 'starter' (comes with the software), or a folder in the diffusers layout.",
        group="model",
    )
    solver: str = choice(
        "dpm++",
        "How the network's steps are made.",
        {"dpm++": "DPM-Solver++(2M), good from about 10 steps", "ddim": "the paper's, made for 50"},
        group="model",
    )
    steps: Optional[int] = whole(
        None,
        "Denoising steps. Left out: what the model's folder recommends.",
        minimum=1,
        maximum=1000,
        begin=20,
        group="model",
    )
    guidance: Optional[float] = number(
        None,
        "How strongly the condition and the matte lead; 1 is off. Left out: what the model's folder "
        "recommends (the paper: 5).",
        minimum=1.0,
        maximum=30.0,
        begin=5.0,
        group="model",
    )
    variation: Optional[float] = number(
        None,
        "How freely the seed may vary what is painted where the picture says nothing: 0 is calm and soft, 1 as "
        "the network was trained. Left out: what the model's folder recommends.",
        minimum=0.0,
        maximum=1.0,
        begin=0.3,
        group="model",
    )
    size: Optional[int] = whole(
        None,
        "Size at which the network works: frames of about SIZE x SIZE pixels, in the plate's shape. Left out: what "
        "the model was made for (256). Smaller is quicker; the layer has the plate's size all the same.",
        minimum=64,
        maximum=1024,
        unit="pixels",
        begin=256,
        group="model",
    )
    overlap: Optional[int] = whole(
        None,
        "Frames that each window takes over from the one before it, in shots longer than the model's window. Left "
        "out: 4, or a quarter of a shorter window.",
        minimum=1,
        maximum=15,
        unit="frames",
        begin=4,
        group="model",
    )
    memory: str = choice(
        "auto",
        "Where a large model's parts lie while it works (VACE).",
        {
            "auto": "the first of the following that fits the free memory",
            "gpu": "all on the GPU",
            "offload": "one part on the GPU at a time",
            "fp8": "weights stored in 8 bits",
            "stream": "weights streamed to the GPU layer by layer",
        },
        group="model",
        affects_layer=False,
    )
    device: str = text(
        "auto",
        "Where the network runs: auto (a GPU if there is one), cpu, cuda, cuda:1, mps; with ONNX Runtime also "
        "tensorrt, directml, openvino, coreml.",
        group="model",
        affects_layer=False,
    )
    backend: str = choice(
        "auto",
        "What runs the network of a U-Net.",
        {
            "auto": "PyTorch where it is installed, else ONNX Runtime",
            "torch": "PyTorch",
            "onnx": "ONNX Runtime, on the networks that 'actanywhere export' wrote; the starter comes exported",
        },
        group="model",
        affects_layer=False,
    )
    precision: str = choice(
        "auto",
        "Arithmetic of the network.",
        {
            "auto": "fp16 on CUDA, bf16 where the processor has it in hardware, else fp32",
            "fp32": "",
            "bf16": "",
            "fp16": "",
        },
        group="model",
    )

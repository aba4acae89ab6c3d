"""The settings of the model and of how it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..fields import choice, number, text, whole


@dataclass(frozen=True)
class ModelSettings:
    """The model, and how it runs."""

    model: str = text(
        "starter",
        "The model: 'starter' (comes with the software), the name of one that was pulled or imported, or a folder in "
        "the diffusers layout.",
        group="model",
    )
    solver: str = choice(
        "dpm++",
        "The sampler of the denoising steps.",
        {"dpm++": "DPM-Solver++(2M), good from about 10 steps", "ddim": "the paper's, made for 50"},
        group="model",
    )
    steps: Optional[int] = whole(
        None,
        "Denoising steps. Left out: what the model recommends.",
        minimum=1,
        maximum=1000,
        begin=20,
        group="model",
    )
    guidance: Optional[float] = number(
        None,
        "Classifier-free guidance: how strongly condition and matte steer the result; 1 is off. Left out: what the "
        "model recommends (the paper: 5).",
        minimum=1.0,
        maximum=30.0,
        begin=5.0,
        group="model",
    )
    guided_share: float = number(
        1.0,
        "Share of the steps, those in the middle, that guidance leads. The others take half the time.",
        minimum=0.0,
        maximum=1.0,
        group="model",
    )
    reuse: int = whole(
        1,
        "A U-Net model's deep layers run in every so many steps; the steps between take what they made, and a sixth of "
        "the time. 1: in every step. For models of many steps, on PyTorch.",
        minimum=1,
        maximum=5,
        group="model",
    )
    variation: Optional[float] = number(
        None,
        "How much the seed varies what is painted where the picture shows nothing: 0 is calm and soft, 1 is as "
        "trained. Left out: what the model recommends.",
        minimum=0.0,
        maximum=1.0,
        begin=0.3,
        group="model",
    )
    size: Optional[int] = whole(
        None,
        "Working resolution of the network: about SIZE x SIZE pixels a frame, in the plate's aspect. Smaller is "
        "faster; the layer is always at the plate's size. Left out: what the model was made for (starter: 256).",
        minimum=64,
        maximum=1024,
        unit="pixels",
        begin=256,
        group="model",
    )
    overlap: Optional[int] = whole(
        None,
        "Frames by which the windows of a long shot overlap. Left out: 4, or a quarter of a window shorter than 16.",
        minimum=1,
        maximum=15,
        unit="frames",
        begin=4,
        group="model",
    )
    memory: str = choice(
        "auto",
        "How a large model is fitted into GPU memory (VACE).",
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
        "The library that runs a U-Net model.",
        {
            "auto": "ONNX Runtime on the processor, PyTorch on a graphics card or where a precision is asked for",
            "torch": "PyTorch",
            "onnx": "ONNX Runtime, for models exported with 'actanywhere export'; the starter comes exported",
        },
        group="model",
        affects_layer=False,
    )
    precision: str = choice(
        "auto",
        "Numeric precision of the network.",
        {
            "auto": "fp16 on CUDA, bf16 where the processor has it in hardware, else fp32",
            "fp32": "",
            "bf16": "",
            "fp16": "",
        },
        group="model",
    )

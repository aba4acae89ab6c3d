"""A model's networks as ONNX graphs: made once with PyTorch, run anywhere with ONNX Runtime.

A graph holds no weights. It points into the model's own safetensors files, at the bytes of each tensor, and a Cast
makes 32-bit numbers of them. So an exported model is hardly larger, and one manifest checks its one set of weights.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from ...contract.errors import ModelError, OutputError
from ...contract.files import write_bytes
from ...models.manifest import MANIFEST, write_manifest
from ..pretrained import quiet
from .model.autoencoder import PATCH, Autoencoder, decode_once, encode_once
from .model.checkpoint import Model, load_model
from .networks import GRAPHS

OPSET = 18

_TYPES = {"F16": 10, "F32": 1, "BF16": 16}
"""Safetensors' names of types, and ``TensorProto.DataType``."""


@dataclass(frozen=True)
class _Stored:
    """Where a tensor's bytes lie in the model's folder."""

    file: str
    kind: str
    shape: tuple[int, ...]
    offset: int
    length: int


@dataclass(frozen=True)
class _Graph:
    """What is exported: the module, an example of its inputs, and the sides that may differ from it."""

    module: nn.Module
    inputs: dict[str, Tensor]
    gives: str
    free: dict[str, dict[int, str]]


def export_model(
    folder: Path, output: Path | None, step: Callable[[int, int], None] = lambda done, total: None
) -> list[Path]:
    """Write the graphs of the model in ``folder`` into it, or into a copy of it in ``output``; gives their paths.

    ``step`` hears how many graphs are written, of how many.

    Raises ``ModelError`` for a model that cannot be exported, ``OutputError`` where it cannot be written.
    """
    onnx = _library()
    model = load_model(folder, torch.device("cpu"), torch.float32)
    if model.configuration.condition != "clip" or not model.configuration.motion:
        raise ModelError(
            f"The model in {folder} is an ablation (condition '{model.configuration.condition}', motion "
            f"{str(model.configuration.motion).lower()}), which is not exported.",
            "Render it with PyTorch.",
        )
    place = _copied(folder, output) if output is not None else folder
    stored = _stored_tensors(place)
    paths = []
    graphs = _graphs(model)
    for done, (name, graph) in enumerate(graphs.items()):
        step(done, len(graphs))
        content = _pointing(onnx, _exported(onnx, graph), stored)
        write_bytes(str(place / GRAPHS[name]), content)
        paths.append(place / GRAPHS[name])
    try:
        write_manifest(place)
    except OSError as error:
        raise OutputError(
            f"{place / MANIFEST} cannot be written: {error.strerror}.", "Give --output."
        ) from error
    return paths


def _library() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise ModelError(
            "Exporting needs the library onnx, which is not installed.", "pip install 'actanywhere[export]'"
        ) from error
    return onnx


def _copied(folder: Path, output: Path) -> Path:
    """The model's folder under another name, its files linked where the disk allows it."""
    if output.exists():
        raise OutputError(f"{output} exists already.", "Give a new folder.")
    try:
        shutil.copytree(folder, output)
    except (OSError, shutil.Error) as error:
        raise OutputError(f"{output} cannot be written: {error}.", "Give another folder.") from error
    return output


class _UNet(nn.Module):
    def __init__(self, model: Model) -> None:
        super().__init__()
        self.unet = model.denoiser.unet

    def forward(self, sample: Tensor, timestep: Tensor, context: Tensor) -> Tensor:
        spread = context.repeat_interleave(sample.shape[2], dim=0)
        return cast(Tensor, self.unet(sample, timestep, spread, return_dict=False)[0])


class _Context(nn.Module):
    def __init__(self, model: Model) -> None:
        super().__init__()
        self.image_encoder = model.condition_encoder.image_encoder
        self.condition_projection = model.condition_encoder.projection

    def forward(self, pixels: Tensor) -> Tensor:
        assert self.image_encoder is not None
        return cast(
            Tensor, self.condition_projection(self.image_encoder(pixel_values=pixels).last_hidden_state)
        )


class _Autoencoder(nn.Module):
    def __init__(self, model: Model, encodes: bool) -> None:
        super().__init__()
        self.vae = cast(nn.Module, model.autoencoder)
        self.encodes = encodes

    def forward(self, given: Tensor) -> Tensor:
        autoencoder = cast(Autoencoder, self.vae)
        return encode_once(autoencoder, given) if self.encodes else decode_once(autoencoder, given)


def _graphs(model: Model) -> dict[str, _Graph]:
    """The four networks, with examples small enough to be traced at once."""
    sizes = model.configuration
    side = 4 * sizes.side_multiple // PATCH
    encoder = model.condition_encoder.image_encoder
    assert encoder is not None
    pixels = int(encoder.config.image_size)
    tokens = (pixels // int(encoder.config.patch_size)) ** 2 + 1
    sample = torch.zeros(1, sizes.input_channels, 2, side, side)
    context = torch.zeros(1, tokens, sizes.cross_attention_dim)
    free = {0: "pictures", 2: "height", 3: "width"}
    return {
        "unet": _Graph(
            _UNet(model),
            {"sample": sample, "timestep": torch.tensor([999]), "context": context},
            "prediction",
            {"sample": {2: "frames", 3: "height", 4: "width"}},
        ),
        "context": _Graph(_Context(model), {"pixels": torch.zeros(1, 3, pixels, pixels)}, "context", {}),
        "encoder": _Graph(
            _Autoencoder(model, True),
            {"pictures": torch.zeros(1, 3, 8 * side, 8 * side)},
            "latents",
            {"pictures": free},
        ),
        "decoder": _Graph(
            _Autoencoder(model, False),
            {"latents": torch.zeros(1, sizes.latent_channels, side, side)},
            "pictures",
            {"latents": free},
        ),
    }


def _exported(onnx: Any, graph: _Graph) -> Any:
    """PyTorch's own export, weights within, nothing folded: so that each weight keeps its name and its bytes."""
    with quiet(), warnings.catch_warnings(), torch.inference_mode(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # of tracing, about sizes that the free sides leave free
        torch.onnx.export(
            graph.module.eval(),
            tuple(graph.inputs.values()),
            Path(folder) / "graph.onnx",
            input_names=list(graph.inputs),
            output_names=[graph.gives],
            dynamic_axes=graph.free,
            opset_version=OPSET,
            dynamo=False,
            do_constant_folding=False,
        )
        return onnx.load(Path(folder) / "graph.onnx")


def _stored_tensors(folder: Path) -> dict[str, _Stored]:
    """Where each tensor of the model lies, by the name of its part and its own."""
    found = {}
    for path in sorted(folder.rglob("*.safetensors")):
        file = path.relative_to(folder)
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header: Mapping[str, Any] = json.loads(stream.read(length))
        for name, facts in header.items():
            if name != "__metadata__":
                first, last = facts["data_offsets"]
                place = _Stored(
                    file.as_posix(), facts["dtype"], tuple(facts["shape"]), 8 + length + first, last - first
                )
                found[f"{file.parts[0]}.{name}"] = place
    return found


def _pointing(onnx: Any, model: Any, stored: Mapping[str, _Stored]) -> bytes:
    """The graph with its weights taken out: each points at its bytes, and a Cast makes 32-bit numbers of them."""
    tensors, casts = [], []
    for tensor in model.graph.initializer:
        place = stored.get(tensor.name)
        if place is None or place.kind not in _TYPES or place.shape != tuple(tensor.dims):
            tensors.append(tensor)  # what the trace made itself
            continue
        kind = onnx.TensorProto.EXTERNAL
        name = f"{tensor.name}_stored"
        pointer = onnx.TensorProto(
            name=name, dims=tensor.dims, data_type=_TYPES[place.kind], data_location=kind
        )
        for key, value in (("location", place.file), ("offset", place.offset), ("length", place.length)):
            pointer.external_data.add(key=key, value=str(value))
        tensors.append(pointer)
        casts.append(onnx.helper.make_node("Cast", [name], [tensor.name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *_without_repeats(model.graph)]
    _shorten(model.graph, nodes, tensors)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(tensors)
    model.graph.node.extend(nodes)
    return cast(bytes, model.SerializeToString())


def _without_repeats(graph: Any) -> list[Any]:
    """The graph's nodes in their order, without those that compute what an earlier one has computed.

    A trace writes every constant and every size where it is asked for: half of a graph's nodes are such repeats.
    """
    kept, same = [], dict[str, str]()
    first: dict[tuple[bytes, int], list[str]] = {}
    given = {one.name for one in graph.output}
    for node in graph.node:
        inputs = [same.get(one, one) for one in node.input]
        del node.input[:]
        node.input.extend(inputs)
        bare = type(node)()
        bare.CopyFrom(node)
        bare.name = bare.doc_string = ""
        del bare.output[:]
        what = bare.SerializeToString(deterministic=True), len(node.output)
        if what in first and not given.intersection(node.output):
            same.update(zip(node.output, first[what], strict=True))
        else:
            first.setdefault(what, list(node.output))
            kept.append(node)
    return kept


def _shorten(graph: Any, nodes: Sequence[Any], tensors: Sequence[Any]) -> None:
    """Short names for what nobody outside asks for by name: traced names make up most of a graph's bytes."""
    kept = {one.name for one in (*graph.input, *graph.output)} | {""}
    names: dict[str, str] = {}

    def short(name: str) -> str:
        return name if name in kept else names.setdefault(name, f"{len(names):x}")

    for node in nodes:
        for told in ("doc_string", "name"):  # where in somebody's files it was traced
            node.ClearField(told)
        inputs, outputs = [short(one) for one in node.input], [short(one) for one in node.output]
        del node.input[:], node.output[:]
        node.input.extend(inputs)
        node.output.extend(outputs)
    for tensor in tensors:
        tensor.name = short(tensor.name)

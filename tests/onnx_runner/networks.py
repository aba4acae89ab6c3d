"""Tiny networks, made by the onnx library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from actanywhere.onnx_runner import network as runner

Array = NDArray[Any]
Side = int | str | None


def close_networks() -> None:
    """Every session goes, with its memory: a network of the same content is opened anew."""
    runner._open.clear()


def write(
    path: Path,
    nodes: Sequence[Any],
    inputs: Sequence[tuple[str, int, Sequence[Side] | None]],
    outputs: Sequence[tuple[str, int, Sequence[Side] | None]],
    weights: dict[str, Array] | None = None,
    domains: Sequence[str] = (),
    opset: int = 17,
    external: str = "",
    functions: Sequence[Any] = (),
) -> Path:
    """A network of these nodes in ``path``; its weights in ``external`` beside it, if that is given."""
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(*slot) for slot in inputs],
        [helper.make_tensor_value_info(*slot) for slot in outputs],
        [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()],
    )
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    model = helper.make_model(
        graph, opset_imports=opsets, ir_version=10, functions=list(functions), producer_name="by hand"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    if external:
        onnx.save(
            model,
            str(path),
            save_as_external_data=True,
            location=external,
            size_threshold=0,
            all_tensors_to_one_file=True,
        )
    else:
        onnx.save(model, str(path))
    return path


def brighter(
    path: Path, factor: float = 2.0, dtype: type = np.float32, side: Side = "side", external: str = ""
) -> Path:
    """``bright = picture * factor`` and ``mean`` of it, for pictures of [1, 3, side, side]."""
    kind = TensorProto.FLOAT16 if dtype is np.float16 else TensorProto.FLOAT
    return write(
        path,
        [
            helper.make_node("Mul", ["picture", "factor"], ["bright"]),
            helper.make_node("ReduceMean", ["bright"], ["mean"], keepdims=0),
        ],
        [("picture", kind, [1, 3, side, side])],
        [("bright", kind, [1, 3, side, side]), ("mean", kind, [])],
        {"factor": np.full((1, 3, 1, 1), factor, dtype)},
        external=external,
    )

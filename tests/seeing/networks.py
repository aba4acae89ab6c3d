"""Tiny ONNX networks of the published interfaces, whose weights are set by hand so that the right answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["brightness_depth", "failing", "lama_like", "migan_like", "red_mask"]

_OPSET = 17


def _save(path: Path, nodes: list, inputs: list, outputs: list, constants: dict[str, np.ndarray]) -> Path:
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "by hand", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def _value(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def red_mask(
    path: Path, side: int | str = 64, logits: bool = True, mean: float = 0.0, std: float = 1.0, more: int = 0
) -> Path:
    """A mask of what is red: logits 40 (red - green - 0.3) of a picture that was given as (display - mean) / std.

    ``logits`` False: put through a sigmoid. ``more`` outputs of other sizes come first, as ISNet has them.
    """
    weight = np.float32([40 * std, -40 * std, 0]).reshape(1, 3, 1, 1)
    nodes = [helper.make_node("Conv", ["picture", "weight", "bias"], ["raw"])]
    nodes.append(helper.make_node("Identity" if logits else "Sigmoid", ["raw"], ["mask"]))
    sides = ("height", "width") if isinstance(side, str) else (side, side)
    outputs = [_value("mask", TensorProto.FLOAT, 1, 1, *sides)]
    for number in range(more):
        nodes.append(
            helper.make_node("AveragePool", ["raw"], [f"side{number}"], kernel_shape=[2, 2], strides=[2, 2])
        )
        half = [one // 2 if isinstance(one, int) else f"half {one}" for one in sides]
        outputs.insert(0, _value(f"side{number}", TensorProto.FLOAT, 1, 1, *half))
    constants = {"weight": weight, "bias": np.float32([-12.0])}
    return _save(path, nodes, [_value("picture", TensorProto.FLOAT, 1, 3, *sides)], outputs, constants)


def failing(path: Path) -> Path:
    """The same network, which loads and cannot be run: its answer is brought to a shape that it does not fit."""
    model = onnx.load(str(path))
    (last,) = [node for node in model.graph.node if model.graph.output[-1].name in node.output]
    last.output[:] = ["all of it"]
    model.graph.initializer.append(numpy_helper.from_array(np.int64([1, 1, 1, 7]), "does not fit"))
    answer = [model.graph.output[-1].name]
    model.graph.node.append(helper.make_node("Reshape", ["all of it", "does not fit"], answer))
    onnx.save(model, str(path))
    return path


def brightness_depth(path: Path) -> Path:
    """Inverse depth that is the green channel, of any size, three-dimensional as Depth Anything's."""
    nodes = [
        helper.make_node("Conv", ["pixel_values", "weight"], ["flat"]),
        helper.make_node("Squeeze", ["flat", "axis"], ["predicted_depth"]),
    ]
    return _save(
        path,
        nodes,
        [_value("pixel_values", TensorProto.FLOAT, 1, 3, "height", "width")],
        [_value("predicted_depth", TensorProto.FLOAT, 1, "height", "width")],
        {"weight": np.float32([0, 7, 0]).reshape(1, 3, 1, 1), "axis": np.int64([1])},
    )


def migan_like(path: Path, colour: tuple[int, int, int] = (20, 90, 200)) -> Path:
    """A pipeline of codes: where the mask is not 255, ``colour``; any size, as MI-GAN's."""
    nodes = [
        helper.make_node("Equal", ["mask", "keep"], ["known"]),
        helper.make_node("Where", ["known", "image", "colour"], ["result"]),
    ]
    constants = {"keep": np.uint8([255]), "colour": np.uint8(colour).reshape(1, 3, 1, 1)}
    return _save(
        path,
        nodes,
        [
            _value("image", TensorProto.UINT8, 1, 3, "height", "width"),
            _value("mask", TensorProto.UINT8, 1, 1, "height", "width"),
        ],
        [_value("result", TensorProto.UINT8, 1, 3, "height", "width")],
        constants,
    )


def lama_like(path: Path, colour: tuple[int, int, int] = (20, 90, 200), side: int = 64) -> Path:
    """A picture of 0..1 and a mask that is 1 in the hole; the answer is in 0..255, of a fixed size, as LaMa's."""
    nodes = [
        helper.make_node("Greater", ["mask", "half"], ["unknown"]),
        helper.make_node("Mul", ["image", "white"], ["codes"]),
        helper.make_node("Where", ["unknown", "colour", "codes"], ["output"]),
    ]
    constants = {
        "half": np.float32([0.5]),
        "white": np.float32([255]),
        "colour": np.float32(colour).reshape(1, 3, 1, 1),
    }
    return _save(
        path,
        nodes,
        [
            _value("image", TensorProto.FLOAT, 1, 3, side, side),
            _value("mask", TensorProto.FLOAT, 1, 1, side, side),
        ],
        [_value("output", TensorProto.FLOAT, 1, 3, side, side)],
        constants,
    )


def row_mean_fill(
    path: Path, side: tuple[int, int] = (64, 64), cast: float = 0.0, by_size: float = 0.0
) -> Path:
    """LaMa's interface; paints each row with the mean of what is known of it, and ``cast`` more red.

    ``by_size`` is added as often as the hole is of the picture: this network answers otherwise for another crop.
    """
    nodes = [
        helper.make_node("Sub", ["one", "mask"], ["known"]),
        helper.make_node("Mul", ["image", "known"], ["seen"]),
        helper.make_node("ReduceSum", ["seen", "across"], ["sum"], keepdims=1),
        helper.make_node("ReduceSum", ["known", "across"], ["count"], keepdims=1),
        helper.make_node("Add", ["count", "little"], ["some"]),
        helper.make_node("Div", ["sum", "some"], ["mean"]),
        helper.make_node("ReduceMean", ["mask"], ["size"], keepdims=1),
        helper.make_node("Mul", ["size", "by size"], ["more"]),
        helper.make_node("Add", ["mean", "cast"], ["red"]),
        helper.make_node("Add", ["red", "more"], ["row"]),
        helper.make_node("Greater", ["mask", "half"], ["unknown"]),
        helper.make_node("Where", ["unknown", "row", "image"], ["painted"]),
        helper.make_node("Mul", ["painted", "white"], ["output"]),
    ]
    constants = {
        "one": np.float32([1]),
        "little": np.float32([1e-6]),
        "across": np.int64([3]),
        "cast": np.float32([cast, 0, 0]).reshape(1, 3, 1, 1),
        "by size": np.float32([by_size]),
        "half": np.float32([0.5]),
        "white": np.float32([255]),
    }
    slots = [_value("image", TensorProto.FLOAT, 1, 3, *side), _value("mask", TensorProto.FLOAT, 1, 1, *side)]
    return _save(path, nodes, slots, [_value("output", TensorProto.FLOAT, 1, 3, *side)], constants)


def library_of_one(folder: Path) -> Path:
    """A library with the network for stills, which finds what is red, and nothing else."""
    (folder / "isnet-general-use").mkdir(parents=True)
    red_mask(folder / "isnet-general-use" / "isnet-general-use.onnx", 192, std=256 / 255)
    return folder

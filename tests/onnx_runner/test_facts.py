"""What an ONNX file says of itself, beside what the onnx library reads in it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from actanywhere.contract.errors import ModelError
from actanywhere.onnx_runner import network_digest, read_facts
from tests.onnx_runner.networks import brighter, write


def test_a_networks_facts_are_those_that_the_onnx_library_reads(tmp_path: Path) -> None:
    path = brighter(tmp_path / "n.onnx", dtype=np.float16)
    facts, model = read_facts(path), onnx.load(str(path))
    assert [slot.name for slot in facts.inputs] == [slot.name for slot in model.graph.input] == ["picture"]
    assert facts.opset == model.opset_import[0].version == 17
    assert facts.producer == model.producer_name
    assert facts.input("picture").dtype == "float16" and facts.input("picture").shape == (
        1,
        3,
        "side",
        "side",
    )
    assert facts.output("mean").shape == ()
    assert facts.precision == "float16" and facts.weights == 3 * 2
    assert facts.custom == () and facts.files == (path,)


def test_sides_are_a_number_a_name_or_unknown_and_so_may_the_rank_be(tmp_path: Path) -> None:
    node = helper.make_node("Identity", ["x"], ["y"])
    kind = TensorProto.UINT8
    facts = read_facts(write(tmp_path / "n.onnx", [node], [("x", kind, [1, None, "w"])], [("y", kind, None)]))
    assert facts.input("x").shape == (1, None, "w") and facts.input("x").dtype == "uint8"
    assert facts.output("y").shape is None and facts.output("y").accepts((1, 2, 3, 4))
    assert facts.input("x").accepts((1, 7, 9))
    assert not facts.input("x").accepts((2, 7, 9)) and not facts.input("x").accepts((1, 7))


def test_a_weight_that_an_old_exporter_lists_among_the_inputs_is_no_input(tmp_path: Path) -> None:
    node = helper.make_node("Mul", ["x", "w"], ["y"])
    kind = TensorProto.FLOAT
    slots = [("x", kind, [1]), ("w", kind, [1])]
    facts = read_facts(write(tmp_path / "n.onnx", [node], slots, [("y", kind, [1])], {"w": np.ones(1, "f4")}))
    assert [slot.name for slot in facts.inputs] == ["x"]


def test_a_custom_operator_is_found_also_inside_of_a_branch(tmp_path: Path) -> None:
    kind = TensorProto.FLOAT
    inner = helper.make_node("Sharpen", ["x"], ["a"], domain="studio.ops")
    branches = {
        "then_branch": helper.make_graph([inner], "t", [], [helper.make_tensor_value_info("a", kind, [1])]),
        "else_branch": helper.make_graph(
            [helper.make_node("Identity", ["x"], ["b"])],
            "e",
            [],
            [helper.make_tensor_value_info("b", kind, [1])],
        ),
    }
    node = helper.make_node("If", ["c"], ["y"], **branches)
    inputs = [("x", kind, [1]), ("c", TensorProto.BOOL, [])]
    path = write(
        tmp_path / "n.onnx", [node], inputs, [("y", kind, [1])], domains=["studio.ops", "unused.ops"]
    )
    assert read_facts(path).custom == ("studio.ops",)


def test_an_operator_that_the_file_defines_itself_is_not_custom(tmp_path: Path) -> None:
    kind = TensorProto.FLOAT
    body = [helper.make_node("Mul", ["a", "a"], ["b"])]
    square = helper.make_function("own", "Square", ["a"], ["b"], body, [helper.make_opsetid("", 17)])
    node = helper.make_node("Square", ["x"], ["y"], domain="own")
    path = write(
        tmp_path / "n.onnx",
        [node],
        [("x", kind, [1])],
        [("y", kind, [1])],
        domains=["own"],
        functions=[square],
    )
    assert read_facts(path).custom == ()


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.97])
def test_a_half_downloaded_file_is_refused_wherever_it_was_cut(tmp_path: Path, share: float) -> None:
    whole = brighter(tmp_path / "whole.onnx").read_bytes()
    (tmp_path / "half.onnx").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelError, match=r"half.onnx is no whole ONNX file.*") as error:
        read_facts(tmp_path / "half.onnx")
    assert "half downloaded" in error.value.remedy


def test_a_file_that_was_reserved_but_not_filled_is_refused(tmp_path: Path) -> None:
    whole = brighter(tmp_path / "whole.onnx").read_bytes()
    (tmp_path / "half.onnx").write_bytes(whole[:40] + bytes(len(whole) - 40))
    with pytest.raises(ModelError, match="no whole ONNX file"):
        read_facts(tmp_path / "half.onnx")


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("data.pkl", b"x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "Git LFS pointer"),
        (b"\n<!DOCTYPE html><html>404</html>", "web page"),
        (zipped(), "zip archive or a PyTorch pickle"),
        (b"\x80\x02}q\x00.", "pickle"),
        (b"\x02\x00\x00\x00\x00\x00\x00\x00{}", "no whole ONNX file"),
        (b'\x40\x00\x00\x00\x00\x00\x00\x00{"a":{}}', "safetensors"),
        (b"", "empty"),
    ],
)
def test_what_is_no_onnx_file_is_called_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "n.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=said) as error:
        read_facts(tmp_path / "n.onnx")
    assert str(tmp_path / "n.onnx") in error.value.message and error.value.remedy


def test_a_folder_or_nothing_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere.onnx"):
        with pytest.raises(ModelError, match="cannot be read"):
            read_facts(path)


def test_weights_beside_the_file_belong_to_it_and_must_all_be_there(tmp_path: Path) -> None:
    path = brighter(tmp_path / "n.onnx", external="n.onnx_data")
    weights = tmp_path / "n.onnx_data"
    assert read_facts(path).files == (path, weights)
    before = network_digest(path)
    content = weights.read_bytes()
    weights.write_bytes(content[:-1])
    with pytest.raises(ModelError, match=r"n.onnx_data is cut short: \d+ of at least \d+ bytes"):
        read_facts(path)
    weights.write_bytes(bytes(len(content)))
    assert network_digest(path) != before
    weights.unlink()
    with pytest.raises(ModelError, match=r"weights in n\.onnx_data, which is not beside it"):
        read_facts(path)


def test_weights_outside_of_the_files_folder_are_refused(tmp_path: Path) -> None:
    path = brighter(tmp_path / "in" / "n.onnx", external="data_file")
    (tmp_path / "out_f").write_bytes((tmp_path / "in" / "data_file").read_bytes())
    path.write_bytes(path.read_bytes().replace(b"data_file", b"../out_fi"))
    with pytest.raises(ModelError, match="outside of its folder"):
        read_facts(path)

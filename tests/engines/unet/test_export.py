"""A model without PyTorch: exported networks give the numbers, and the pictures, that PyTorch gives."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from actanywhere import cli
from actanywhere.contract.errors import ModelError
from actanywhere.engines.protocol import FrameConditioning, Watch, Window
from actanywhere.engines.unet import UNetEngine, export
from actanywhere.engines.unet.model.checkpoint import load_model, save_model
from actanywhere.engines.unet.networks import GRAPHS, choose_backend, is_exported, open_networks
from actanywhere.engines.unet.onnx_networks import OnnxNetworks, shrink_antialiased
from actanywhere.engines.unet.painter import Sampling, UNetPainter
from actanywhere.engines.unet.torch_networks import TorchNetworks
from actanywhere.models.libraries import BUNDLED
from actanywhere.models.manifest import check_manifest
from actanywhere.onnx_runner import read_facts
from tests.engines.unet import tiny

STARTER = BUNDLED / "starter"


@pytest.fixture(scope="module")
def both() -> tuple[TorchNetworks, OnnxNetworks]:
    """The starter on PyTorch and on ONNX Runtime."""
    model = load_model(STARTER, torch.device("cpu"), torch.float32)
    return TorchNetworks(model), OnnxNetworks(STARTER, model.configuration, "cpu")


def noise(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)


@pytest.mark.parametrize(("frames", "height", "width"), [(16, 8, 8), (3, 12, 20), (1, 16, 4)])
def test_every_network_gives_the_same_numbers_at_any_number_of_frames_and_size(
    both: tuple[TorchNetworks, OnnxNetworks], frames: int, height: int, width: int
) -> None:
    theirs, ours = both
    pictures = np.clip(noise(frames, 3, 8 * height, 8 * width) / 2, -1, 1)
    latents = theirs.encode(pictures)
    np.testing.assert_allclose(ours.encode(pictures), latents, rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours.decode(latents), theirs.decode(latents), rtol=0, atol=1e-5)
    condition = np.clip(noise(1, 3, 90, 160) / 2, -1, 1)
    stacked = noise(frames, theirs.configuration.input_channels, height, width)
    found = ours.predict(stacked, 999, ours.context(condition))
    expected = theirs.predict(stacked, 999, theirs.context(condition))
    np.testing.assert_allclose(found, expected, rtol=0, atol=5e-5 * expected.std() + 2e-5)


def test_a_graph_computes_nothing_twice_and_keeps_what_it_gives() -> None:
    onnx = pytest.importorskip("onnx")
    make = onnx.helper.make_node
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [
            make("Exp", ["x"], ["a"], name="first"),
            make("Exp", ["x"], ["b"], name="second"),
            make("Neg", ["a"], ["c"]),
            make("Neg", ["b"], ["d"]),
            make("Add", ["c", "d"], ["e"]),
            make("Neg", ["b"], ["y"]),  # a repeat, but asked for by its name
            make("LeakyRelu", ["e"], ["f"], alpha=0.1),
            make("LeakyRelu", ["e"], ["z"], alpha=0.2),
        ],
        "repeats",
        [value("x", 1, [1])],
        [value("y", 1, [1]), value("z", 1, [1])],
    )
    left = [(node.op_type, list(node.input), list(node.output)) for node in export._without_repeats(graph)]
    assert left == [
        ("Exp", ["x"], ["a"]),
        ("Neg", ["a"], ["c"]),
        ("Add", ["c", "c"], ["e"]),
        ("Neg", ["a"], ["y"]),
        ("LeakyRelu", ["e"], ["f"]),
        ("LeakyRelu", ["e"], ["z"]),
    ]


def test_the_condition_is_made_smaller_as_pytorch_makes_it_smaller() -> None:
    for height, width in ((90, 160), (128, 128), (61, 300)):
        picture = noise(3, height, width)
        theirs = torch.nn.functional.interpolate(
            torch.from_numpy(picture)[None], (128, 128), mode="bilinear", antialias=True, align_corners=False
        )
        np.testing.assert_allclose(shrink_antialiased(picture, 128), theirs[0].numpy(), rtol=0, atol=1e-5)


def test_a_painted_window_is_the_same_picture(both: tuple[TorchNetworks, OnnxNetworks]) -> None:
    rng = np.random.default_rng(0)
    side, frames = 64, []
    for index in range(5):
        picture = rng.random((side, side, 3), np.float32)
        mask = (rng.random((side, side)) > 0.5).astype(np.float32)
        subject = np.zeros((side, side), np.float32)
        frames.append(FrameConditioning(1001 + index, picture, mask, picture, subject, picture, 1 - mask))
    condition = rng.random((72, 128, 3), np.float32)
    sampling = Sampling.of({"seed": 3, "guidance": 2.0, "steps": 2}, both[0].configuration)
    painted = [
        UNetPainter(networks, sampling, condition, guided=False)
        .paint(frames, Window(0, 5, 0), None, Watch())
        .pictures
        for networks in both
    ]
    assert float(np.abs(painted[0] - painted[1]).max()) < 0.25 / 255
    assert float(np.abs(painted[1] - np.stack([one.prefill for one in frames])).mean()) > 1 / 255, (
        "it does paint"
    )


def test_an_exported_model_has_one_set_of_weights_which_its_manifest_names() -> None:
    check_manifest(STARTER)
    graphs = sum((STARTER / name).stat().st_size for name in GRAPHS.values())
    assert graphs < 2_000_000
    facts = read_facts(STARTER / "unet.onnx")
    assert facts.opset == 18 and facts.precision == "float16" and not facts.custom
    assert set(facts.external) <= set(json.loads((STARTER / "manifest.json").read_text())["sha256"])
    assert facts.input("sample").shape == (1, 25, "frames", "height", "width")


def test_a_model_of_public_layout_is_exported_and_paints_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stable Diffusion's autoencoder, with its attention, and motion modules, in the sizes of a test."""
    model = tiny.model(1, tiny.kl_autoencoder())
    torch.manual_seed(3)
    for parameter in model.denoiser.parameters():  # new ones begin with layers of zeros
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    save_model(model, tmp_path / "own", torch.float32)
    assert (
        cli.main(["export", "--model", str(tmp_path / "own"), "--output", str(tmp_path / "out"), "--json"])
        == 0
    )
    *told, said = map(json.loads, capsys.readouterr().out.splitlines())
    stages = [one["progress"]["stage"] for one in told]
    assert stages[:2] == ["starting", "starting PyTorch"] and "exporting" in stages
    assert [Path(file).name for file in said["files"]] == list(GRAPHS.values())
    assert not is_exported(tmp_path / "own") and is_exported(tmp_path / "out")
    check_manifest(tmp_path / "out")
    theirs = TorchNetworks(load_model(tmp_path / "own", torch.device("cpu"), torch.float32))
    ours = OnnxNetworks(tmp_path / "out", theirs.configuration, "cpu")
    pictures = np.clip(noise(3, 3, 64, 96) / 2, -1, 1)
    latents = theirs.encode(pictures)
    np.testing.assert_allclose(ours.encode(pictures), latents, rtol=0, atol=1e-4)
    np.testing.assert_allclose(ours.decode(latents), theirs.decode(latents), rtol=0, atol=1e-4)
    stacked = noise(3, theirs.configuration.input_channels, 8, 12)
    found = ours.predict(stacked, 500, ours.context(pictures[:1]))
    np.testing.assert_allclose(
        found, theirs.predict(stacked, 500, theirs.context(pictures[:1])), rtol=0, atol=1e-4
    )


def test_a_model_that_is_not_exported_says_how_and_an_ablation_that_it_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_model(tiny.model(), tmp_path / "own")
    with pytest.raises(ModelError, match="no exported networks") as error:
        choose_backend({"backend": "onnx"}, tmp_path / "own")
    assert f"actanywhere export --model {tmp_path / 'own'}" in error.value.remedy
    save_model(tiny.model(1, **tiny.ABLATIONS["no condition"]), tmp_path / "ablation")
    assert cli.main(["export", "--model", str(tmp_path / "ablation")]) == 2
    assert "is an ablation" in capsys.readouterr().err


def test_auto_takes_onnx_runtime_on_a_processor_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose_backend({"device": "cpu"}, STARTER) == "onnx"
    assert choose_backend({"device": "cuda:0"}, STARTER) == "torch"
    assert choose_backend({"device": "cpu", "precision": "bf16"}, STARTER) == "torch"
    assert choose_backend({"device": "cpu"}, tmp_path) == "torch"  # not exported
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.13.0+cpu")
    monkeypatch.setattr("sys.platform", "linux")
    assert choose_backend({}, STARTER) == "onnx"
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.13.0")
    for device, backend in (("cuda", "torch"), ("cpu", "onnx")):
        monkeypatch.setattr("actanywhere.engines.device.choose_device", lambda _, d=device: torch.device(d))
        assert choose_backend({}, STARTER) == backend


def test_what_is_not_installed_is_told_before_any_footage_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="ONNX Runtime is not installed") as told:
        UNetEngine(STARTER).check({"backend": "onnx"}, 1, (64, 64))
    assert "actanywhere[cpu]" in told.value.remedy


def test_a_precision_that_onnx_runtime_does_not_read_is_told() -> None:
    engine = UNetEngine(STARTER)
    (warning,) = engine.check({"backend": "onnx", "precision": "bf16"}, 1, (64, 64))
    assert warning.startswith("Precision bf16 is not used")
    assert engine.check({"backend": "onnx"}, 1, (64, 64)) == ()
    told = engine.check({"backend": "onnx", "reuse": 2, "guided_share": 0.5}, 1, (64, 64))
    assert told == (
        "--reuse 2 is not used: ONNX Runtime runs all layers.",
        "--guided-share 0.5 does nothing: the guidance is 1.",
    )


def test_a_provider_that_there_is_not_is_refused_by_its_name() -> None:
    configuration = tiny.model().configuration
    with pytest.raises(ModelError, match="does not know the device 'mps'"):
        open_networks(STARTER, configuration, {"backend": "onnx", "device": "mps"})
    with pytest.raises(ModelError, match="'cuda' is not part of this ONNX Runtime"):
        open_networks(STARTER, configuration, {"backend": "onnx", "device": "cuda:1"})


def test_a_changed_weight_is_not_rendered_by_either_backend(tmp_path: Path) -> None:
    folder = shutil.copytree(STARTER, tmp_path / "starter")
    weights = folder / "vae/diffusion_pytorch_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="changed or damaged"):
        check_manifest(folder)


def test_the_starter_is_opened_and_painted_with_where_pytorch_is_not_installed() -> None:
    code = """
import sys
for name in ("torch", "diffusers", "transformers", "einops", "huggingface_hub"):
    sys.modules[name] = None
import numpy as np
from pathlib import Path
from actanywhere.engines.find import Engines
from actanywhere.engines.protocol import EngineRequest, FrameConditioning, Watch, Window
engine = Engines().find("starter")
settings = {"device": "auto", "precision": "auto", "backend": "auto"}
engine.check(settings, 1, (64, 64))
picture = np.full((64, 64, 3), 0.5, np.float32)
one = np.ones((64, 64), np.float32)
painter = engine.open(EngineRequest(picture, settings, 1, (64, 64), True, Path(".")))
frame = FrameConditioning(1, picture, one, picture, 0 * one, picture, one)
print(painter.paint([frame], Window(0, 1, 0), None, Watch()).pictures.shape)
"""
    # find_spec raises for a module that is set to None: as good as not installed
    code = code.replace(
        "import sys\n", "import sys, importlib.util\nreal = importlib.util.find_spec\n", 1
    ).replace(
        "import numpy",
        "importlib.util.find_spec = lambda name, *o: None if name in sys.modules and sys.modules[name] "
        "is None else real(name, *o)\nimport numpy",
        1,
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "(1, 64, 64, 3)", done.stderr


def test_an_export_says_at_once_that_it_begins_and_counts_its_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_model(tiny.model(), tmp_path / "own")
    monkeypatch.setattr(export, "_exported", lambda onnx, graph: None)
    monkeypatch.setattr(export, "_pointing", lambda *_: b"")
    assert cli.main(["export", "--model", str(tmp_path / "own"), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [(event["progress"]["stage"], event["progress"]["done"]) for event in events[:-1]]
    assert told[:4] == [("starting", 0), ("starting PyTorch", 0), ("exporting", 0), ("exporting", 1)]

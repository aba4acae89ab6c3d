"""Every engine on every device that a machine may have gives the picture that the processor gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

import actanywhere
from actanywhere.contract.errors import ModelError
from actanywhere.engines.device import choose_device
from actanywhere.engines.protocol import EngineRequest, FrameConditioning, Watch, Window
from actanywhere.engines.unet import UNetEngine
from actanywhere.engines.vace import VaceEngine
from actanywhere.onnx_runner import providers_here
from tests.engines.vace import tiny_vace

STARTER = Path(actanywhere.__file__).parent / "models" / "starter"


@pytest.fixture(params=["cpu", "cuda", "mps"])
def device(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    try:
        choose_device(name)
    except ModelError as error:
        pytest.skip(f"{name}: {error.message[:60]}")
    return name


def _frames(count: int, height: int, width: int) -> list[FrameConditioning]:
    rng = np.random.default_rng(0)
    coarse = rng.random((count, height // 16, width // 16, 3), np.float32)
    made = []
    for index in range(count):
        picture = coarse[index].repeat(16, axis=0).repeat(16, axis=1)
        mask = np.zeros((height, width), np.float32)
        mask[height // 2 :] = 1
        made.append(FrameConditioning(index, picture, mask, picture, 0 * mask, picture, 1 - mask))
    return made


def _painted(settings: Mapping[str, object], height: int, scratch: Path) -> np.ndarray:
    """The starter's window of four frames, with two steps and guidance."""
    frames = _frames(4, height, 96)
    told = {"steps": 2, "guidance": 2.0, "seed": 3, **settings}
    request = EngineRequest(frames[0].prefill, told, len(frames), (height, 96), True, scratch)
    return UNetEngine(STARTER).open(request).paint(frames, Window(0, len(frames), 0), None, Watch()).pictures


@pytest.mark.parametrize("height", [96, 288])  # the norms of small and of large pictures take different ways
@pytest.mark.parametrize("precision", ["fp32", "auto"])
def test_the_starter_paints_the_same_picture(
    device: str, precision: str, height: int, tmp_path: Path
) -> None:
    truth = _painted({"backend": "onnx", "device": "cpu"}, height, tmp_path)
    made = _painted({"backend": "torch", "device": device, "precision": precision}, height, tmp_path)
    apart = np.abs(made - truth)
    assert apart.max() < (0.01 if precision == "fp32" else 0.08)
    assert apart.mean() < (0.001 if precision == "fp32" else 0.005)


@pytest.mark.parametrize("provider", ["cpu", "cuda", "directml", "coreml"])
def test_the_exported_starter_paints_the_same_picture(provider: str, tmp_path: Path) -> None:
    try:
        providers_here(provider)
    except ModelError as error:
        pytest.skip(error.message)
    truth = _painted({"backend": "torch", "device": "cpu", "precision": "fp32"}, 96, tmp_path)
    made = _painted({"backend": "onnx", "device": provider}, 96, tmp_path)
    assert np.abs(made - truth).max() < 0.02


@pytest.fixture(scope="module")
def vace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_vace.save(tiny_vace.pipeline(), tmp_path_factory.mktemp("vace") / "tiny-vace")


def test_vace_shows_the_place_where_it_is_known(
    device: str, vace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTANYWHERE_CACHE", str(tmp_path / "cache"))
    shot = tiny_vace.Shot(5, actor=(slice(8, 26), slice(6, 14)))
    request = tiny_vace.request(shot, tmp_path, device=device)
    made = VaceEngine(vace).open(request).paint(shot, Window(0, len(shot), 0), None, Watch())
    assert np.isfinite(np.asarray(made.pictures[0])).all()
    assert made.shown is not None
    known = (made.shown[0] == 0) & (shot[0].seen > 0)
    assert known.mean() > 0.25
    assert (made.pictures[0][known] == shot[0].place[known]).all()


def test_the_device_is_the_one_that_was_asked_for(device: str) -> None:
    from actanywhere.engines.unet.torch_networks import load_torch_networks

    networks = load_torch_networks(STARTER, device, "auto")
    assert {one.device.type for one in networks.model.denoiser.parameters()} == {torch.device(device).type}

"""Weights on shared storage: whoever may read the user's other files may read them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from actanywhere.engines.protocol import Painted
from actanywhere.engines.unet.model.assemble import assemble, plan_assembly
from actanywhere.engines.unet.model.checkpoint import save_model
from actanywhere.render.resume import PaintedWindows
from actanywhere.training.adapters import add_adapters, save_adapters
from actanywhere.training.state import save_state
from tests.engines.unet import public, tiny

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


@pytest.fixture(autouse=True, params=[0o022, 0o007])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    assert os.umask(before) == request.param, "it was left as it was"


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*.safetensors")}


def test_a_models_weights_have_the_usual_mode(tmp_path: Path, umask: int) -> None:
    save_model(tiny.model(), tmp_path)
    assert modes(tmp_path) == {0o666 & ~umask}


def test_an_assembled_models_weights_have_the_usual_mode(tmp_path: Path, umask: int) -> None:
    downloads = tmp_path / "downloads"
    public.stable_diffusion(downloads / "inpainting")
    public.motion(downloads / "motion")
    public.clip(downloads / "vision", "vision")
    assembly = plan_assembly(
        downloads / "inpainting", downloads / "motion", downloads / "vision", size=public.size()
    )
    assemble(assembly, tmp_path / "model", lambda part, done, total: None)
    assert modes(tmp_path / "model") == {0o666 & ~umask}


def test_adapters_and_painted_windows_have_the_usual_mode(tmp_path: Path, umask: int) -> None:
    unet = tiny.model().denoiser.unet
    add_adapters(unet, 2)
    save_adapters(unet, tmp_path, "base")
    PaintedWindows(tmp_path).save(0, Painted(np.zeros((2, 4, 4, 3), np.float32)))
    assert len(list(tmp_path.glob("*.safetensors"))) == 2 and modes(tmp_path) == {0o666 & ~umask}


def test_a_runs_state_has_the_usual_mode(tmp_path: Path, umask: int) -> None:
    save_state(tmp_path / "state", {"weight": tiny.noise(1)}, {"step": 1})
    assert modes(tmp_path) == {0o666 & ~umask}

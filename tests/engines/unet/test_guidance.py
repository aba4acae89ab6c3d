"""Guidance leads away from a network that knows nothing of the condition, whichever way a model reads it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from actanywhere.engines.protocol import FrameConditioning, Watch
from actanywhere.engines.unet.painter import Sampling, UNetPainter
from actanywhere.engines.unet.torch_networks import TorchNetworks
from tests.engines.unet import tiny

_SIDE, _FRAMES = 32, 4


def _painted(ablation: str, guidance: float) -> Tensor:
    model = tiny.model(1, **tiny.ABLATIONS[ablation])
    torch.manual_seed(3)
    for parameter in model.denoiser.parameters():  # new ones begin with layers of zeros
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    rng = np.random.default_rng(0)
    told = []
    for frame in range(_FRAMES):
        picture = rng.random((_SIDE, _SIDE, 3), dtype=np.float32)
        plane = np.ones((_SIDE, _SIDE), np.float32)
        told.append(FrameConditioning(frame, picture, plane, picture, 0 * plane, picture, plane))
    condition = rng.random((_SIDE, _SIDE, 3), dtype=np.float32)
    sampling = Sampling.of({"guidance": guidance, "steps": 2}, model.configuration)
    painter = UNetPainter(TorchNetworks(model), sampling, condition, guided=True)
    return torch.from_numpy(painter.latents(told, None, Watch()))


@pytest.mark.parametrize("ablation", [name for name in tiny.ABLATIONS if name != "no condition"])
def test_the_condition_is_withheld_on_every_way_it_is_read(ablation: str) -> None:
    assert float((_painted(ablation, 5.0) - _painted(ablation, 1.0)).abs().max()) > 1e-3


def test_without_a_condition_there_is_nothing_to_withhold() -> None:
    torch.testing.assert_close(
        _painted("no condition", 5.0), _painted("no condition", 1.0), rtol=0, atol=1e-5
    )

"""Training goes on from a model that was put together from public parts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

pytest.importorskip("accelerate")

from actanywhere.engines.unet.model.assemble import assemble, plan_assembly
from actanywhere.engines.unet.model.checkpoint import load_model
from tests.engines.unet import public
from tests.training import tiny


def test_a_trained_model_no_longer_says_that_it_is_untrained(tmp_path: Path) -> None:
    downloads = tmp_path / "downloads"
    parts = (
        public.stable_diffusion(downloads / "sd"),
        public.motion(downloads / "mm"),
        public.clip(downloads / "clip"),
    )
    assemble(plan_assembly(*parts, size=public.size()), tmp_path / "assembled", lambda *_: None)
    before = load_model(tmp_path / "assembled", torch.device("cpu"), torch.float32)
    assert before.configuration.untrained == ("condition_projection",)
    weights = {
        name: tensor.clone() for name, tensor in before.condition_encoder.projection.state_dict().items()
    }

    losses = tiny.run(before, tmp_path / "run", 2)
    assert len(losses) == 2
    after = load_model(tmp_path / "run" / "model", torch.device("cpu"), torch.float32)
    assert after.configuration.untrained == ()
    learned = after.condition_encoder.projection.state_dict()
    assert any((learned[name] - weights[name]).abs().max() > 1e-4 for name in weights)

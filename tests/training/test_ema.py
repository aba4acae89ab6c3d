"""The moving average of the weights, against diffusers' own."""

from __future__ import annotations

import torch
from diffusers.training_utils import EMAModel
from torch import nn

from actanywhere.training.ema import EMA


def test_the_average_of_a_run_is_that_of_diffusers() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(3, 5)
    parameters = dict(layer.named_parameters())
    ours, theirs = EMA(parameters), EMAModel(list(layer.parameters()), decay=0.9)
    for step in range(40):
        with torch.no_grad():
            for weights in layer.parameters():
                weights.add_(torch.randn_like(weights))
        ours.follow(step, 0.9)
        theirs.step(list(layer.parameters()))
    for found, expected in zip(ours.values.values(), theirs.shadow_params, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_the_average_stands_in_the_model_for_a_while_and_goes_again() -> None:
    layer = nn.Linear(2, 2)
    average = EMA(dict(layer.named_parameters()))
    before = layer.weight.detach().clone()
    with torch.no_grad():
        layer.weight.add_(1)
    with average.in_place():
        assert torch.equal(layer.weight, before)
    assert torch.equal(layer.weight, before + 1)

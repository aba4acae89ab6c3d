"""Rendering's own pass through the U-Net is diffusers', but for rounding, and makes the condition's keys once."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor

import actanywhere
from actanywhere.engines.unet.model.checkpoint import load_model
from actanywhere.engines.unet.model.configuration import starter
from actanywhere.engines.unet.model.denoiser import create_unet
from actanywhere.engines.unet.model.forward import keys_of, run_unet
from tests.engines.unet import tiny

STARTER = Path(actanywhere.__file__).parent / "models" / "starter"
_TIME = torch.tensor([500])


def _theirs(unet: torch.nn.Module, sample: Tensor, context: Tensor) -> Tensor:
    """Diffusers' own prediction (T, C, h, w)."""
    repeated = context.to(unet.dtype).repeat_interleave(len(sample), dim=0)
    if hasattr(unet.mid_block, "motion_modules"):
        return unet(sample.transpose(0, 1)[None].to(unet.dtype), _TIME, repeated).sample[0].transpose(0, 1)
    return unet(sample.to(unet.dtype), _TIME, repeated).sample


def _ours(unet: torch.nn.Module, sample: Tensor, context: Tensor) -> Tensor:
    return run_unet(unet, sample.to(unet.dtype), _TIME, keys_of(unet, context))


@pytest.mark.parametrize("motion", [True, False])
@pytest.mark.parametrize("side", [8, 9, 32])  # 9: odd; 32: the norms of large pictures take PyTorch's own way
def test_the_pass_is_diffusers_own(motion: bool, side: int) -> None:
    torch.manual_seed(3)
    unet = create_unet(starter((1.0,) * 12, (1.0,) * 12, motion=motion)).eval()
    for parameter in unet.parameters():  # motion modules start as nothing
        parameter.data.add_(0.01 * torch.randn_like(parameter))
    sample, context = torch.randn(3, 25, side, side), torch.randn(1, 65, 192)
    with torch.no_grad():
        expected = _theirs(unet, sample, context)
        unet.to(memory_format=torch.channels_last)
        made = _ours(unet, sample, context)
    assert expected.std() > 0.05
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-4 * float(expected.std()))


def test_in_half_precision_it_is_as_near_to_the_truth_as_diffusers_own() -> None:
    """On the starter's trained weights, where attention is sharp."""
    exact = load_model(STARTER, torch.device("cpu"), torch.float32).denoiser.unet
    half = copy.deepcopy(exact).to(torch.bfloat16)
    torch.manual_seed(3)
    sample, context = torch.randn(8, 25, 16, 16), torch.randn(1, 65, 192)
    with torch.no_grad():
        truth = _theirs(exact, sample, context)
        ours, theirs = (float((way(half, sample, context) - truth).abs().max()) for way in (_ours, _theirs))
    assert 0 < ours < 1.5 * theirs


def test_a_large_mean_costs_the_norm_no_digits() -> None:
    unet = create_unet(starter((1.0,) * 12, (1.0,) * 12)).eval()
    unet.conv_in.bias.data += 1000.0
    sample, context = torch.randn(2, 25, 8, 8), torch.randn(1, 65, 192)
    with torch.no_grad():
        expected, made = _theirs(unet, sample, context), _ours(unet, sample, context)
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-2 * float(expected.std()))


def test_keys_and_values_are_made_once_for_all_steps_and_frames() -> None:
    unet = tiny.model().denoiser.unet.eval()
    made: list[int] = []
    for name, module in unet.named_modules():
        if name.endswith("attn2.to_k") and "motion_modules" not in name:
            module.register_forward_hook(lambda module, given, result: made.append(len(result)))
    sample = torch.randn(4, 9, 4, 4)
    with torch.no_grad():
        keys = keys_of(unet, torch.randn(1, 5, 32))
        layers = len(made)
        for _ in range(3):
            run_unet(unet, sample, _TIME, keys)
    assert made == [1] * layers
    assert layers >= 3


def test_what_the_deep_layers_made_is_taken_again_and_exact_at_the_same_step() -> None:
    unet = create_unet(starter((1.0,) * 12, (1.0,) * 12)).eval()
    torch.manual_seed(3)
    sample, context = torch.randn(2, 25, 8, 8), torch.randn(1, 65, 192)
    deep: list[Tensor] = []
    ran: list[str] = []
    for name, module in unet.named_modules():
        if name.endswith("conv1"):
            module.register_forward_hook(lambda module, given, result, name=name: ran.append(name))
    with torch.no_grad():
        keys = keys_of(unet, context)
        whole = run_unet(unet, sample, _TIME, keys)
        torch.testing.assert_close(run_unet(unet, sample, _TIME, keys, deep), whole, rtol=0, atol=0)
        ran.clear()
        again = run_unet(unet, sample, _TIME, keys, deep)
        other = run_unet(unet, 2 * sample, torch.tensor([400]), keys, deep)
    torch.testing.assert_close(again, whole, rtol=0, atol=0)
    assert (other - whole).abs().max() > 0.01
    assert ran == ["up_blocks.2.resnets.1.conv1"] * 2

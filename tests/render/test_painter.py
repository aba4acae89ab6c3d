"""What the network is told of a frame, and how one window goes over into the next."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from actanywhere.contract.shot import FrameRange
from actanywhere.engines.protocol import FrameConditioning, Watch
from actanywhere.engines.unet.model.autoencoder import encode_pictures
from actanywhere.engines.unet.model.checkpoint import load_model
from actanywhere.engines.unet.painter import Sampling, UNetPainter
from actanywhere.engines.unet.torch_networks import TorchNetworks
from actanywhere.render.clip import empty_clip
from actanywhere.render.conditioning import condition_frame
from actanywhere.render.decision import Decision
from actanywhere.render.scene import Scene
from tests.render.stage import SETTINGS, texture

SIDE = 32


def test_the_network_sees_the_actor_without_his_mattes_rim() -> None:
    clip = empty_clip(FrameRange(1001, 1001), SIDE, SIDE, 1.0)
    clip.rgb[:] = 255
    clip.matte[0, 8:24, 8:24] = 255
    place = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    scene = Scene(clip, place, Decision("subject"), Decision(None), Decision(None))
    for erode, rim in ((0, 0), (40, 2)):  # 40 in 256 x 256 are 5 of these pixels
        seen = condition_frame(scene, replace(SETTINGS, erode=erode), 0)
        inside = np.zeros((SIDE, SIDE), bool)
        inside[8 + rim : 24 - rim, 8 + rim : 24 - rim] = True
        assert np.array_equal(seen.subject == 1, inside) and np.array_equal(seen.mask == 0, inside)
        assert (seen.masked[inside] == 1).all() and (seen.masked[~inside] == np.float32(127 / 255)).all()
        assert (seen.prefill[inside] == 1).all() and (seen.prefill[~inside] < 1).all()


def test_what_a_window_adds_begins_as_the_window_before_it_ended(model: Path) -> None:
    """Where nothing is known, the first new frame departs from the expected as the last frame before it did."""
    network = load_model(model, torch.device("cpu"), torch.float32)
    rng = np.random.default_rng(1)
    pictures = [texture(rng, SIDE, SIDE, 4.0) for _ in range(4)]
    mask = np.ones((SIDE, SIDE), np.float32)
    none = np.zeros_like(mask)
    told = [
        FrameConditioning(1001 + k, np.full_like(one, 127 / 255), mask, one, none, one, none)
        for k, one in enumerate(pictures)
    ]
    sampling = Sampling.of(asdict(SETTINGS), network.configuration)
    painter = UNetPainter(TorchNetworks(network), sampling, pictures[0], guided=True)
    coded = (np.moveaxis(np.stack(pictures), -1, 1) * 255 - 127) / 127.5
    expected = encode_pictures(network.autoencoder, torch.from_numpy(np.ascontiguousarray(coded, np.float32)))
    before = expected[:2] + torch.randn(expected[:2].shape, generator=torch.Generator().manual_seed(2))
    latents = torch.from_numpy(painter.latents(told, before.numpy(), Watch()))
    torch.testing.assert_close(latents[2] - expected[2], before[1] - expected[1], rtol=0, atol=1e-4)
    assert not torch.allclose(latents[3] - expected[3], before[1] - expected[1], atol=0.1), "and fades out"

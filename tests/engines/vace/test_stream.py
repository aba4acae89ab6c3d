"""The streaming autoencoder against the library's whole one, and the memory of a long shot."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from actanywhere.engines.vace.stream import Tile, decode, encode, group_of, tiles

from . import tiny_vace

FRAMES, HEIGHT, WIDTH = 13, 32, 64


@pytest.fixture
def video() -> np.ndarray:
    random = np.random.default_rng(1)
    return random.uniform(-1, 1, (FRAMES, HEIGHT, WIDTH, 3)).astype(np.float32)


def tensor(video: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(video).permute(3, 0, 1, 2)[None]


def whole_latents(vae, video: np.ndarray) -> torch.Tensor:  # type: ignore[no-untyped-def]
    mean, std = (
        torch.tensor(v).view(1, -1, 1, 1, 1) for v in (vae.config.latents_mean, vae.config.latents_std)
    )
    with torch.no_grad():
        return (vae.encode(tensor(video)).latent_dist.mode() - mean) / std


def groups(video: np.ndarray) -> Iterator[list[np.ndarray]]:
    for latent in range((len(video) - 1) // 4 + 1):
        yield [video[list(group_of(latent))]]


def test_groups_encoded_one_by_one_are_the_whole_shot(video: np.ndarray) -> None:
    vae, made = tiny_vace.autoencoder(), {}
    encode(vae, lambda: groups(video), lambda v, n, t, z: made.update({n: z}), tiles(4, 8, None, 0))
    expected = whole_latents(vae, video)[0].transpose(0, 1).numpy()
    np.testing.assert_allclose(np.stack([made[i] for i in range(4)]), expected, atol=1e-5)


def test_latents_decoded_one_by_one_are_the_whole_shot() -> None:
    vae = tiny_vace.autoencoder()
    latents = np.random.default_rng(2).normal(size=(4, 16, 4, 8)).astype(np.float32)
    mean, std = (
        torch.tensor(v).view(1, -1, 1, 1, 1) for v in (vae.config.latents_mean, vae.config.latents_std)
    )
    with torch.no_grad():
        whole = vae.decode(torch.from_numpy(latents).transpose(0, 1)[None] * std + mean).sample
    made: list[np.ndarray] = []
    decode(vae, lambda i: latents[i], 4, lambda n, t, p: made.append(p), tiles(4, 8, None, 0))
    expected = (whole[0].permute(1, 2, 3, 0) / 2 + 0.5).numpy()
    np.testing.assert_allclose(np.concatenate(made), expected, atol=1e-5)


def test_tiles_are_the_librarys_tiles() -> None:
    vae = tiny_vace.autoencoder()
    latents = np.random.default_rng(2).normal(size=(2, 16, 4, 14)).astype(np.float32)
    mean, std = (
        torch.tensor(v).view(1, -1, 1, 1, 1) for v in (vae.config.latents_mean, vae.config.latents_std)
    )
    # Tiles of 64 pixels that share 16: the library's ramp is y / 16 where ours, at pixel centres, is (y + 0.5) / 16.
    vae.enable_tiling(64, 64, 48, 48)
    with torch.no_grad():
        whole = vae.decode(torch.from_numpy(latents).transpose(0, 1)[None] * std + mean).sample
    made = np.zeros((5, 32, 112, 3), np.float32)

    def add(first: int, tile: Tile, pictures: np.ndarray) -> None:
        rows, columns = tile.pixels(8)
        weight = tile.pixel_weight(8)[..., None]
        made[first : first + len(pictures), rows, columns] += pictures * weight

    decode(vae, lambda i: latents[i], 2, add, tiles(4, 14, 8, 2))
    expected = (whole[0].permute(1, 2, 3, 0) / 2 + 0.5).numpy()
    np.testing.assert_allclose(made[:, :, :96], expected[:, :, :96], atol=0.02)
    np.testing.assert_allclose(made[:, :, :48], expected[:, :, :48], atol=1e-5)


@pytest.mark.parametrize(
    ("height", "width", "side"), [(60, 104, 64), (90, 160, 64), (64, 64, 64), (135, 240, 64)]
)
def test_the_weights_of_tiles_add_up_to_one(height: int, width: int, side: int) -> None:
    whole = np.zeros((height * 8, width * 8))
    for tile in tiles(height, width, side, 16):
        rows, columns = tile.pixels(8)
        whole[rows, columns] += tile.pixel_weight(8)
    np.testing.assert_allclose(whole, 1, atol=1e-5)


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="no /proc, which tells the peak of a process"
)
def test_the_memory_of_a_shot_does_not_grow_with_its_length(saved: Path, tmp_path: Path) -> None:
    """The peak of a process that paints 85 frames, and of one that paints far more."""
    peaks = {}
    for frames in (85, 149):
        code = PEAK.format(folder=str(saved), scratch=str(tmp_path / str(frames)), frames=frames)
        told = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=GIVES_BACK
        )
        peaks[frames] = int(told.stdout.split()[-2]) / 1024
    # 64 more frames of 96 x 96 pixels are 7 MB of pictures, which lie there twice, and 10 MB of control.
    assert peaks[149] - peaks[85] < 6, peaks


#: What glibc keeps of freed memory is by chance up to 40 MB: here it gives all but small pieces back at once.
GIVES_BACK = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "32768",
    "MALLOC_MMAP_MAX_": "1000000",
    "MALLOC_TRIM_THRESHOLD_": "0",
}

PEAK = """
from pathlib import Path
from actanywhere.engines.protocol import Watch, Window
from actanywhere.engines.vace import VaceEngine
from tests.engines.vace import tiny_vace
shot = tiny_vace.Shot({frames}, 96, 96, hole=lambda i: (slice(None), slice(64, None)))
painter = VaceEngine(Path({folder!r})).open(tiny_vace.request(shot, Path({scratch!r}), steps=1))
painter.paint(shot, Window(0, {frames}, 0), None, Watch())
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""

"""One denoising of a whole shot: encode the control video, denoise, decode to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..disk import DiskArray, RunState
from ..protocol import Watch
from .control import ControlFrame, frame_count, padded, padded_size
from .memory import TILE, TILE_OVERLAP
from .options import Options
from .predict import Predictor
from .stream import Tile, decode, encode, group_of, tiles
from .timeline import BLENDED, WindowPlan, run_steps, scheduler_for

Array = NDArray[np.float32]
_CHANNELS, _SCALE = 16, 8
_KNOWN, _FILLING = slice(0, _CHANNELS), slice(_CHANNELS, 2 * _CHANNELS)


def frame_noise(seed: int, latent: int, shape: tuple[int, ...]) -> Array:
    """The noise of one latent, which depends on the seed and its number alone."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + latent * 7919 + 17) % 2**63)
    return np.asarray(torch.randn(shape, generator=generator).numpy(), np.float32)


@dataclass(frozen=True)
class Take:
    """One denoising of ``frames`` frames of ``size`` (h, w), kept in ``folder``.

    ``control(i)`` is what the network is told of frame i; ``begin(i)`` the picture (h, w, 3) that it begins from, where
    ``strength`` is below 1. ``references`` (h, w, 3), display, come in front.
    """

    folder: Path
    frames: int
    size: tuple[int, int]
    control: Callable[[int], ControlFrame]
    options: Options
    predictor: Predictor
    state: RunState
    watch: Watch
    strength: float = 1.0
    begin: Callable[[int], Array] | None = None
    references: tuple[Array, ...] = ()
    windows: WindowPlan = BLENDED

    @property
    def latents(self) -> int:
        """Latents of the shot, without references."""
        return (frame_count(self.frames) - 1) // 4 + 1

    def decoded(self, before: int) -> DiskArray:
        """The network's own pictures (frames, h, w, 3), 0..1; ``before`` steps were done by other takes.

        Raises ``Cancelled`` between steps and between groups of frames; the same call goes on from there.
        """
        pictures = DiskArray(self.folder / "pictures.f32", (self.frames, *self.size, 3))
        if self.state.get(f"{self.folder.name} decoded"):
            return pictures
        latents = self._denoised(before)
        self._guarded(lambda: self._decode(latents, pictures))
        latents.remove()
        self.state.keep(**{f"{self.folder.name} decoded": True})
        return pictures

    def _denoised(self, before: int) -> DiskArray:
        height, width = (side // _SCALE for side in padded_size(*self.size))
        count, front = self.latents + len(self.references), len(self.references)
        shape = (count, _CHANNELS, height, width)
        coded = DiskArray(self.folder / "control.f32", (count, 2 * _CHANNELS, height, width))
        mask = DiskArray(self.folder / "mask.u8", (count, _SCALE**2, height, width), np.uint8)
        scheduler = self._scheduler()
        if not self.state.get(f"{self.folder.name} encoded"):
            start = DiskArray(self.folder / "latent_000.f32", shape)
            self._guarded(lambda: self._encode(coded, mask, start, float(scheduler.sigmas[0])))
            self.state.keep(**{f"{self.folder.name} encoded": True})

        def control(first: int, last: int) -> Array:
            return np.concatenate(
                [coded.read(first, last), mask.read(first, last).astype(np.float32)], axis=1
            )

        def report(done: int) -> None:
            self.watch.step(before + done)
            self.watch.check()

        def denoise(latents: torch.Tensor, time: torch.Tensor, control: torch.Tensor) -> torch.Tensor:
            self.watch.check()
            return self.predictor(latents, time, control)

        return run_steps(
            scheduler, control, denoise, self.folder, shape, front, self.windows, self.state, report
        )

    def _scheduler(self) -> Any:
        quality = self.options.quality
        return scheduler_for(
            self.predictor.parts.layout.scheduler, quality.shift, quality.steps, self.strength
        )

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do ``work`` of the autoencoder's; where memory runs out, again in tiles, then with the next plan."""
        while True:
            try:
                return work()
            except torch.OutOfMemoryError as error:
                self.predictor.tile(error)

    def _tiles(self) -> list[Tile]:
        height, width = (side // _SCALE for side in padded_size(*self.size))
        side = TILE // _SCALE if self.predictor.parts.plan.tiled else None
        return tiles(height, width, side, TILE_OVERLAP // _SCALE)

    def _encode(self, coded: DiskArray, mask: DiskArray, start: DiskArray, noisy: float) -> None:
        """What is told, what stands in the unknown, and what is begun from; then the references before them."""
        vae, parts, front = self.predictor.parts.vae(), self._tiles(), len(self.references)
        clean = DiskArray(self.folder / "begin.f32", start.shape)
        if front:
            mask.write(0, np.zeros((front, *mask.shape[1:]), np.uint8))
        videos = [_Sink(coded, _KNOWN, front), _Sink(coded, _FILLING, front), _Sink(clean, _KNOWN, front)]
        encode(vae, lambda: self._groups(mask, front), _into(videos), parts)
        for number, picture in enumerate(self.references):
            # As the library does it, each reference goes before those that there are.
            sink = _Sink(coded, _KNOWN, front - 1 - number)
            encode(vae, partial(_still, _network(picture)), _into([sink]), parts)
        for latent in range(start.shape[0]):
            noise = frame_noise(self.options.seed, latent - front, start.shape[1:])[None]
            if self.strength < 1 and latent >= front:
                noise = (1 - noisy) * clean.read(latent, latent + 1) + noisy * noise
            start.write(latent, noise)
        clean.remove()

    def _groups(self, mask: DiskArray, front: int) -> Iterator[list[Array]]:
        """Groups of frames in [-1, 1]: what is known over grey, what stands in the unknown over grey, and with a
        strength below 1 what is begun from. The 64 mask channels of each are written: unknown where any frame is.
        """
        for latent in range(self.latents):
            self.watch.check()
            held = [min(i, self.frames - 1) for i in group_of(latent)]
            group = [self.control(i) for i in held]
            pictures = np.stack([_network(t.picture) for t in group])
            unknown: NDArray[np.bool_] = np.stack([padded(t.unknown) for t in group]) > 0
            mask.write(front + latent, _cells(np.asarray(unknown.any(axis=0))))
            over = unknown[..., None].astype(np.float32)
            videos = [pictures * (1 - over), pictures * over]
            if self.begin is not None and self.strength < 1:
                videos.append(np.stack([_network(self.begin(i)) for i in held]))
            yield videos

    def _decode(self, latents: DiskArray, pictures: DiskArray) -> None:
        front, parts = len(self.references), self._tiles()
        height, width = self.size
        whole = np.zeros(padded_size(*self.size) + (3,), np.float32)

        def add(first: int, tile: Tile, group: Array) -> None:
            self.watch.check()
            rows, columns = tile.pixels(_SCALE)
            weight = tile.pixel_weight(_SCALE)[..., None]
            for index, picture in enumerate(group[: self.frames - first], first):
                canvas = np.zeros_like(whole)
                canvas[rows, columns] = picture * weight
                kept = 0 if tile.is_first else pictures.read(index, index + 1)
                pictures.write(index, canvas[None, :height, :width] + kept)

        decode(
            self.predictor.parts.vae(),
            lambda i: latents.read(front + i, front + i + 1)[0],
            self.latents,
            add,
            parts,
        )


@dataclass(frozen=True)
class _Sink:
    """Where a video's latents go: some channels of an array, from place ``first`` on."""

    array: DiskArray
    channels: slice
    first: int

    def add(self, latent: int, tile: Tile, values: Array) -> None:
        """Add a tile's latent; the first tile begins again."""
        place = self.first + latent
        kept = self.array.read_or_zeros(place)
        if tile.is_first:
            kept[self.channels] = 0
        kept[self.channels, tile.rows, tile.columns] += values * tile.weight
        self.array.write(place, kept[None])


def _into(videos: list[_Sink]) -> Callable[[int, int, Tile, Array], None]:
    def add(video: int, latent: int, tile: Tile, values: Array) -> None:
        videos[video].add(latent, tile, values)

    return add


def _still(picture: Array) -> Iterator[list[Array]]:
    yield [picture[None]]


def _cells(plane: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """(H, W) to the 64 channels of a latent, (1, 64, H / 8, W / 8)."""
    rows, columns = plane.shape[0] // _SCALE, plane.shape[1] // _SCALE
    cells = plane.reshape(rows, _SCALE, columns, _SCALE).transpose(1, 3, 0, 2)
    return cells.reshape(1, _SCALE**2, rows, columns).astype(np.uint8)


def _network(display: Array) -> Array:
    """Display 0..1 (h, w, 3) to [-1, 1] in whole tokens: 0.5 is exactly 0."""
    return np.asarray(padded(display), np.float32) * 2 - 1

"""Clips with known truth: the finished frame, the empty background, the matte, the effect and the camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..pictures import PictureLibrary, Take
from ..real import film_take, photo_world, track
from .geometry import INFINITY
from .light import any_film
from .render import render
from .scenery import Builder, World, to_bytes
from .stage import Stage, locked, set_stage
from .worlds import WORLDS


@dataclass(frozen=True)
class TrainingClip:
    """A clip of T frames and its truth.

    rgb, background: uint8 (T, H, W, 3) display; with the actor, and without it and all that it causes.
    matte: float32 (T, H, W), 1 = subject. effect: float32 (T, H, W), how strongly the actor changes the
    background there (shadow, contact, reflection, ripple, dust). Where both are 0, rgb equals background.
    transforms: float64 (T, 3, 3), unit coordinates of frame 0 to those of frame t, main background plane.
    name: the kind of world. tracked: False when no camera could be found (identity is given then).
    clean: False when nobody knows what is behind the actor; the background is rgb itself then.
    """

    rgb: NDArray[np.uint8]
    background: NDArray[np.uint8]
    matte: NDArray[np.float32]
    effect: NDArray[np.float32]
    transforms: NDArray[np.float64]
    name: str
    tracked: bool = True
    clean: bool = True


def make_clip(
    rng: np.random.Generator, frames: int, height: int, width: int, pictures: PictureLibrary | None = None
) -> TrainingClip:
    """One random clip; the same generator state (and library) gives the same clip."""
    aspect = width / height
    if pictures is None or rng.random() < 0.5:
        stage = set_stage(rng, frames, aspect)
        names, entries = zip(*WORLDS.items(), strict=True)
        chosen = str(rng.choice(names, p=[share for _, share in entries]))
        world = WORLDS[chosen][0](rng, Builder(stage, aspect, height))
        return film_clip(rng, stage, world, height, width)
    take = pictures.take(rng, frames) if rng.random() < 0.35 else None
    if take is not None:
        return movie_clip(rng, take, frames, height, width)
    still = pictures.still(rng)
    stage = set_stage(rng, frames, aspect, (0.5, 1.1) if still.panorama else (0.85, 2.2))
    _dress(rng, stage, pictures)
    return film_clip(rng, stage, photo_world(rng, Builder(stage, aspect, height), still), height, width)


def _dress(rng: np.random.Generator, stage: Stage, pictures: PictureLibrary) -> None:
    for role in stage.roles:
        if rng.random() < 0.25:
            role.actor.cover = pictures.swatch(rng)


def film_clip(rng: np.random.Generator, stage: Stage, world: World, height: int, width: int) -> TrainingClip:
    """Render a staged world."""
    frames = len(stage.cameras)
    film = any_film(rng, frames, height, width)
    shots = render(rng, stage, world, height, width)
    start = np.linalg.inv(stage.cameras[0].from_plane(world.main))
    transforms = np.stack([camera.from_plane(world.main) @ start for camera in stage.cameras])
    return TrainingClip(
        rgb=np.stack([film.develop(shot.scene, t) for t, shot in enumerate(shots)]),
        background=np.stack([film.develop(shot.empty, t) for t, shot in enumerate(shots)]),
        matte=np.stack([shot.matte for shot in shots]),
        effect=np.stack([shot.effect for shot in shots]),
        transforms=transforms / transforms[:, 2:, 2:],
        name=world.name,
    )


def movie_clip(rng: np.random.Generator, take: Take, frames: int, height: int, width: int) -> TrainingClip:
    """A real shot: half of them with an actor before it, half with a piece of itself for the subject."""
    real = film_take(rng, take, frames, height, width)
    transforms, tracked = track(real)
    stage = set_stage(rng, frames, width / height)
    world = World("movie", [], "none", INFINITY)
    if rng.random() < 0.5:
        shots = render(rng, stage, world, height, width, np.zeros((frames, height, width, 3), np.float32))
        matte = np.stack([shot.matte for shot in shots])
        return TrainingClip(
            real, real.copy(), matte, np.zeros_like(matte), transforms, f"cutout {take.name}", tracked
        )
    shots = render(
        rng, locked(stage), world, height, width, np.asarray(real * np.float32(1 / 255), np.float32)
    )
    finished = np.stack([to_bytes(shot.scene) for shot in shots])
    matte, effect = (np.stack([getattr(shot, part) for shot in shots]) for part in ("matte", "effect"))
    return TrainingClip(finished, real, matte, effect, transforms, f"movie {take.name}", tracked)

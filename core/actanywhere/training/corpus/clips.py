"""Clips with known truth: the finished frame, the empty background, the matte, the effect and the camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import INFINITY, Camera, Matrix, unit_to_pixels
from .light import Frame, Light, any_film, any_light
from .pictures import PictureLibrary, Take
from .real import film_take, photo_world, track
from .scenery import Builder, World
from .stage import Role, Stage, set_stage
from .worlds import WORLDS


@dataclass(frozen=True)
class TrainingClip:
    """A clip of T frames and its truth.

    rgb, background: uint8 (T, H, W, 3) display; with the actor, and without it and all that it causes.
    matte: float32 (T, H, W), 1 = subject. effect: float32 (T, H, W), how strongly the actor changes the
    background there (shadow, contact, reflection, ripple, dust). Where both are 0, rgb equals background.
    transforms: float64 (T, 3, 3), unit coordinates of frame 0 to those of frame t, main background plane.
    name: the kind of world. tracked: False when no camera could be found (identity is given then).
    """

    rgb: NDArray[np.uint8]
    background: NDArray[np.uint8]
    matte: NDArray[np.float32]
    effect: NDArray[np.float32]
    transforms: NDArray[np.float64]
    name: str
    tracked: bool = True


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
    shots = _render(rng, stage, world, height, width)
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
    """A real shot with a moving actor's outline for a matte: the subject is cut out of the real pixels."""
    real = film_take(rng, take, frames, height, width)
    stage = set_stage(rng, frames, width / height)
    shots = _render(rng, stage, World("matte", [], "none", INFINITY), height, width)
    transforms, tracked = track(real)
    matte = np.stack([shot.matte for shot in shots])
    return TrainingClip(real, real.copy(), matte, np.zeros_like(matte), transforms, f"movie {take.name}", tracked)


def _render(rng: np.random.Generator, stage: Stage, world: World, height: int, width: int) -> list[_Rendered]:
    light = any_light(rng)
    to_pixels = unit_to_pixels(height, width, width / height)
    for role in stage.roles:
        nearest = max(float(role.path[:, 2].min()), 0.5)
        role.actor.light = light.side
        role.actor.prepare(min(1.15 * stage.cameras[0].focal * role.actor.tall / nearest, 2.5) * height)
    return [_Shot(stage, world, light, t, to_pixels, height, width).render() for t in range(len(stage.cameras))]


@dataclass(frozen=True)
class _Rendered:
    scene: Frame
    empty: Frame
    matte: Frame
    effect: Frame


@dataclass(frozen=True)
class _Shot:
    """Renders one frame of a stage."""

    stage: Stage
    world: World
    light: Light
    time: int
    to_pixels: Matrix
    height: int
    width: int

    @property
    def camera(self) -> Camera:
        return self.stage.cameras[self.time]

    def _warp(self, image: NDArray[np.generic], matrix: Matrix, border: int = cv2.BORDER_CONSTANT) -> Frame:
        return np.asarray(cv2.warpPerspective(image, matrix, (self.width, self.height), flags=cv2.INTER_LINEAR,
                                              borderMode=border))  # fmt: skip

    def _background(self) -> tuple[Frame, Frame, Frame]:
        """The empty scene, how well every pixel takes a shadow, and how well it mirrors."""
        scene = np.zeros((self.height, self.width, 3), np.float32)
        receives, wet = np.zeros((2, self.height, self.width), np.float32)
        for layer in self.world.layers:
            matrix = self.to_pixels @ self.camera.from_plane(layer.plane) @ layer.canvas.to_view
            opaque = layer.image.shape[2] == 3
            border = cv2.BORDER_REPLICATE if opaque else cv2.BORDER_CONSTANT
            pixels = self._warp(layer.image, matrix, border).astype(np.float32) * np.float32(1 / 255)
            cover = np.float32(1.0) if opaque else pixels[..., 3]
            scene = pixels[..., :3] + (0 if opaque else scene * (1 - cover[..., None]))
            receives += (layer.receives - receives) * cover
            wet += (layer.wet - wet) * cover
        return scene, receives, wet

    def render(self) -> _Rendered:
        empty, receives, wet = self._background()
        scene = empty.copy()
        matte, effect = np.zeros((2, self.height, self.width), np.float32)
        for role in self.stage.roles:
            self._place(role, scene, matte, effect, receives, wet)
        return _Rendered(scene, empty, matte, effect)

    def _place(self, role: Role, scene: Frame, matte: Frame, effect: Frame, receives: Frame, wet: Frame) -> None:
        sprite, contacts = role.actor.draw(float(role.travelled[self.time]), self.time)
        origin, card, up = role.path[self.time], role.actor.card.to_metres, np.array([0.0, 1.0, 0.0])
        ray = self.light.direction
        shade = np.zeros((self.height, self.width), np.float32)
        if self.light.shadow > 0.02:
            cast = self.to_pixels @ self.camera.from_card(origin, role.across, up - ray / ray[1]) @ card
            shade = self._warp(np.ascontiguousarray(sprite[..., 3]), cast)
            shade = cv2.GaussianBlur(shade, (0, 0), max(self.light.soft * self.height, 0.5)) * self.light.shadow
        for contact in contacts:
            if contact.weight > 0.02:
                self._touch(shade, origin + contact.x * role.across, contact.radius, contact.weight)
        shade *= receives
        if wet.max() > 0:
            mirror = self.to_pixels @ self.camera.from_card(origin, role.across, -up) @ card
            image = self._warp(sprite, mirror)
            amount = (wet * image[..., 3])[..., None]
            scene[:] = scene * (1 - amount) + wet[..., None] * image[..., :3]
            np.maximum(effect, amount[..., 0], out=effect)
        scene *= 1 - shade[..., None]
        np.maximum(effect, np.where(shade > 0.004, shade, 0), out=effect)
        body = self._warp(sprite, self.to_pixels @ self.camera.from_card(origin, role.across, up) @ card)
        scene[:] = scene * (1 - body[..., 3:]) + body[..., :3]
        matte[:] = matte + (1 - matte) * body[..., 3]

    def _touch(self, shade: Frame, centre: NDArray[np.float64], radius: float, weight: float) -> None:
        """Darken the ground softly around a contact."""
        forward = np.array([0.0, 0.0, 1.0])
        points = np.stack([centre, centre + radius * np.array([1.0, 0, 0]), centre + radius * forward])
        if (points[:, 2] - self.camera.position[2]).min() < 0.05:
            return
        middle, right, deep = self.camera.project(points) @ self.to_pixels[:2, :2].T + self.to_pixels[:2, 2]
        wide, tall = float(np.hypot(*(right - middle))), max(float(np.hypot(*(deep - middle))), 1.0)
        x0, x1 = (int(np.clip(middle[0] + s * 2.2 * wide, 0, self.width)) for s in (-1, 1))
        y0, y1 = (int(np.clip(middle[1] + s * 2.2 * tall, 0, self.height)) for s in (-1, 1))
        ys, xs = np.ogrid[y0:y1, x0:x1]
        spot = np.exp(-0.5 * (((xs - middle[0]) / wide) ** 2 + ((ys - middle[1]) / tall) ** 2) * 1.6)
        part = shade[y0:y1, x0:x1]
        part += (1 - part) * np.float32(self.light.contact * weight) * np.maximum(spot - 0.02, 0).astype(np.float32)

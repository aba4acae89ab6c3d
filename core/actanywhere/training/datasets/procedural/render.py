"""Filming a staged world: frame by frame the empty scene, and the scene with its actors and what they cause."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ....camera.fit import to_pixels
from .actors import Contact
from .effects import darken, ground_spot, lay, smear
from .geometry import Camera, Matrix
from .light import Frame, Light, any_light
from .scenery import Layer, World
from .stage import Role, Stage
from .water import Pond, see_pond

_DUSTY = {"sand": 0.45, "earth": 0.4, "snow": 0.5}
_FAINT = 0.006


@dataclass(frozen=True)
class Rendered:
    """One frame: float32 (H, W, 3) with and without the actors; (H, W) matte and effect."""

    scene: Frame
    empty: Frame
    matte: Frame
    effect: Frame


def over(front: Frame | None, back: Frame, cover: Frame | np.float32) -> Frame:
    """A premultiplied picture (black when None) over another."""
    if np.ndim(cover) == 0:
        return back if front is None else front
    clear = 1 - np.asarray(cover, np.float32)
    seen: Frame = np.asarray(cv2.multiply(back, cv2.merge([clear, clear, clear])), np.float32)
    if front is not None:
        seen += front
    return seen


@dataclass(frozen=True)
class _Look:
    """An actor in one frame: its sprite (premultiplied RGBA) and its touches as world points."""

    sprite: Frame
    contacts: list[tuple[NDArray[np.float64], Contact]]


def render(
    rng: np.random.Generator, stage: Stage, world: World, height: int, width: int, plates: Frame | None = None
) -> list[Rendered]:
    """All frames of the world; ``plates`` (T, H, W, 3) float32 stand for its layers when given."""
    light, shutter = any_light(rng), float(rng.choice((0.0, 0.5), p=(0.4, 0.6)))
    sink = float(rng.choice((0.03, rng.uniform(0.05, 0.4)))) if world.water else 0.0
    dust = _DUSTY.get(world.surface, 0.0) * float(rng.uniform(0, 1)) * (rng.random() < 0.7)
    looks = [_act(role, stage, light, sink, height) for role in stage.roles]
    film = _Filming(stage, world, light, shutter, sink, dust, looks, height, width)
    return [film.frame(time, None if plates is None else plates[time]) for time in range(len(stage.cameras))]


def _act(role: Role, stage: Stage, light: Light, sink: float, height: int) -> list[_Look]:
    """The actor's sprites; what is under water is cut away."""
    nearest = max(float(role.path[:, 2].min()), 0.5)
    actor = role.actor
    actor.light = light.side
    left, right, top = actor.box()
    largest = 1.4 * actor.tall / np.sqrt((right - left) * top)
    actor.prepare(min(1.1 * stage.cameras[0].focal * actor.tall / nearest, largest) * height)
    rows = actor.card.top + (np.arange(actor.card.height) + 0.5) / actor.card.density
    dry = np.clip((-rows - sink * actor.tall) * actor.card.density + 0.5, 0, 1).astype(np.float32)
    looks = []
    for time, travelled in enumerate(role.travelled):
        sprite, contacts = actor.draw(float(travelled), time)
        if sink:
            sprite = sprite * dry[:, None, None]
        points = [(role.path[time] + contact.x * role.across, contact) for contact in contacts]
        looks.append(_Look(sprite, points))
    return looks


@dataclass(frozen=True)
class _Filming:
    stage: Stage
    world: World
    light: Light
    shutter: float
    sink: float
    dust: float
    looks: list[list[_Look]]
    height: int
    width: int

    @property
    def to_pixels(self) -> Matrix:
        return to_pixels(self.height, self.width, self.width / self.height)

    def frame(self, time: int, plate: Frame | None) -> Rendered:
        camera, shape = self.stage.cameras[time], (self.height, self.width)
        empty, receives, wet, wettest = self._set(camera) if plate is None else self._plate(camera, plate)
        if plate is None:
            empty = smear(empty, self._camera_move(time))
        matte, effect = np.zeros((2, *shape), np.float32)
        pond, waves, scene = None, None, empty
        if self.world.water is not None and wettest.max() > 0:
            pond = see_pond(self.world.water, camera, self.stage.ground, self.to_pixels, shape, time)
            waves = pond.waves()
            dry, empty = empty, pond.fill(empty, waves, wettest)
            rings, where = pond.rings(self._touches(time), 0.35 * self.stage.roles[0].actor.tall + 0.2)
            effect = np.where(where > _FAINT, where, 0) * wettest
            scene = np.where(effect[..., None] > 0, pond.fill(dry, waves + rings, wettest), empty)
            waves = waves + rings
        scene = scene.copy()
        for index, role in enumerate(self.stage.roles):
            self._place(index, role, time, scene, matte, effect, receives, wet, pond, waves)
        if self.dust:
            self._puff(time, scene, empty, effect)
        for layer in self.world.front:
            scene, empty = self._cover(camera, layer, scene, empty, matte, effect)
        return Rendered(scene, empty, matte, effect)

    def _touches(self, time: int) -> list[tuple[NDArray[np.float64], float]]:
        found = [touch for looks in self.looks for touch in looks[time].contacts[-2:]]
        return [(point, contact.weight) for point, contact in found if contact.weight > 0.2]

    def _warp(
        self, image: NDArray[np.uint8] | Frame, matrix: Matrix, border: int = cv2.BORDER_CONSTANT
    ) -> Frame:
        size = (self.width, self.height)
        warped = cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(warped, np.float32)

    def _see(self, camera: Camera, layer: Layer) -> tuple[Frame, Frame | np.float32]:
        """The layer's colours (premultiplied) and cover in this frame."""
        matrix = self.to_pixels @ camera.from_plane(layer.plane) @ layer.canvas.to_view
        opaque = layer.image.shape[2] == 3
        border = cv2.BORDER_REPLICATE if opaque else cv2.BORDER_CONSTANT
        pixels = self._warp(layer.image, matrix, border) * np.float32(1 / 255)
        return pixels[..., :3], np.float32(1.0) if opaque else pixels[..., 3]

    def _set(self, camera: Camera) -> tuple[Frame, Frame, Frame, Frame]:
        """The empty scene; how well every pixel takes a shadow, mirrors, and is water."""
        scene = np.zeros((self.height, self.width, 3), np.float32)
        receives, wet, water = np.zeros((3, self.height, self.width), np.float32)
        mirrors = any(layer.wet for layer in self.world.layers)
        for layer in self.world.layers:
            pixels, cover = self._see(camera, layer)
            scene = over(pixels, scene, cover)
            receives += (layer.receives - receives) * cover
            if mirrors:
                wet += (layer.wet - wet) * cover
            if self.world.water is not None:
                water += (float(layer.water) - water) * cover
        return scene, receives, wet, water

    def _plate(self, camera: Camera, plate: Frame) -> tuple[Frame, Frame, Frame, Frame]:
        """A real frame for the scene; all that is under the horizon is taken for ground."""
        back = np.linalg.inv(self.to_pixels @ camera.projection)
        ys, xs = np.ogrid[: self.height, : self.width]
        down = back[1, 0] * xs + back[1, 1] * ys + back[1, 2]
        none = np.zeros((self.height, self.width), np.float32)
        return plate, np.clip(down * 40, 0, 1).astype(np.float32), none, none

    def _camera_move(self, time: int) -> NDArray[np.float64]:
        """How far the main plane moves while the shutter is open, pixels, at the middle of the frame."""
        here, other = (
            self.stage.cameras[time],
            self.stage.cameras[time - 1 if time else min(1, len(self.looks[0]) - 1)],
        )
        point = np.linalg.inv(here.from_plane(self.world.main)) @ np.array([0, 0, 1.0])
        moved = other.from_plane(self.world.main) @ point
        return np.asarray(moved[:2] / moved[2] * self.height * self.shutter)

    def _place(self, index: int, role: Role, time: int, scene: Frame, matte: Frame, effect: Frame, receives: Frame,
               wet: Frame, pond: Pond | None, waves: Frame | None) -> None:  # fmt: skip
        look, camera = self.looks[index][time], self.stage.cameras[time]
        card, up = role.actor.card.to_metres, np.array([0.0, 1.0, 0.0])
        deeper = self.sink * role.actor.tall * up
        origin = role.path[time] + deeper
        if wet.max() > 0:
            matrix = self.to_pixels @ camera.from_card(role.path[time] - deeper, role.across, -up) @ card
            image = self._warp(look.sprite, matrix)
            if pond is not None and waves is not None:
                image = pond.bend(image, waves)
            cover = wet * image[..., 3]
            scene[:] = over(wet[..., None] * image[..., :3], scene, cover)
            np.maximum(effect, cover, out=effect)
        shade = self._shade(look, role, time, card) * receives
        shade[shade < _FAINT] = 0
        scene[:] = over(None, scene, shade)
        np.maximum(effect, shade, out=effect)
        body = self._warp(look.sprite, self.to_pixels @ camera.from_card(origin, role.across, up) @ card)
        body = smear(body, self._actor_move(role, time))
        scene[:] = over(body[..., :3], scene, body[..., 3])
        matte += (1 - matte) * body[..., 3]

    def _actor_move(self, role: Role, time: int) -> NDArray[np.float64]:
        other = time - 1 if time else min(1, len(role.path) - 1)
        lift = np.array([0.0, role.actor.middle, 0.0])
        spots = [self.stage.cameras[t].project((role.path[t] - lift)[None])[0] for t in (time, other)]
        return np.asarray((spots[1] - spots[0]) * self.height * self.shutter)

    def _shade(self, look: _Look, role: Role, time: int, card: Matrix) -> Frame:
        """Cast and contact shadow, 0..1."""
        camera, ray = self.stage.cameras[time], self.light.direction
        shade = np.zeros((self.height, self.width), np.float32)
        if self.light.shadow > 0.02:
            lean = np.array([0.0, 1.0, 0.0]) - ray / ray[1]
            start = role.path[time] + lean * self.sink * role.actor.tall
            matrix = self.to_pixels @ camera.from_card(start, role.across, lean) @ card
            shade = self._warp(np.ascontiguousarray(look.sprite[..., 3]), matrix)
            shade = (
                cv2.GaussianBlur(shade, (0, 0), max(self.light.soft * self.height, 0.5)) * self.light.shadow
            )
        touch = max((contact.weight for _, contact in look.contacts), default=-1.0)
        if touch >= 0:  # what flies keeps no sky from the ground
            left, right, _ = role.actor.box()
            radius = 0.35 * (right - left) + 0.05
            under = ground_spot(camera, self.to_pixels, role.path[time], radius, 0.0, shade.shape)
            darken(shade, under, self.light.ambient * (0.4 + 0.6 * touch))
        for point, contact in look.contacts:
            if contact.weight > 0.02:
                spot = ground_spot(camera, self.to_pixels, point, 1.4 * contact.radius, 0.0, shade.shape)
                darken(shade, spot, self.light.contact * contact.weight)
        return shade

    def _puff(self, time: int, scene: Frame, empty: Frame, effect: Frame) -> None:
        """Dust where feet or wheels touched in the last frames: it rises, grows and thins."""
        tint = np.clip(empty.mean((0, 1)) * 0.6 + 0.35, 0, 1)
        for role, looks in zip(self.stage.roles, self.looks, strict=True):
            if not role.actor.speed:
                continue
            for age in range(0, min(time, 9) + 1, 2):
                for point, contact in looks[time - age].contacts[-2:]:
                    lift = np.array([0.0, -0.012 * age * role.actor.tall, 0.0])
                    size = contact.radius * (0.8 + 0.22 * age)
                    spot = ground_spot(
                        self.stage.cameras[time], self.to_pixels, point + lift, size, 0.7, effect.shape
                    )
                    lay(scene, effect, spot, tint, self.dust * contact.weight * (1 - age / 10))

    def _cover(
        self, camera: Camera, layer: Layer, scene: Frame, empty: Frame, matte: Frame, effect: Frame
    ) -> tuple[Frame, Frame]:
        """A layer in front of everybody: it hides the actors too."""
        pixels, cover = self._see(camera, layer)
        matte *= 1 - cover
        effect *= 1 - cover
        return over(pixels, scene, cover), over(pixels, empty, cover)

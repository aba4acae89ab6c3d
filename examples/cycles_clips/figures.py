"""Actors: assembled walking figures, a car and a ball (needs bpy)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, Protocol

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from . import gait, paint

__all__ = ["Figure", "any_figure"]

_SKINS = ((0.75, 0.47, 0.34), (0.52, 0.28, 0.17), (0.29, 0.14, 0.08), (0.12, 0.055, 0.03))


class Figure(Protocol):
    """``tall`` and ``long`` in metres, ``speed`` in metres a frame, ``objects`` in the scene."""

    tall: float
    long: float
    speed: float
    objects: list[Any]

    def pose(self, ground: NDArray[np.float64], heading: float, travelled: float) -> None:
        """Stands it over ``ground`` (3,), facing ``heading`` (radians from +x), that far on its way."""


def any_figure(rng: np.random.Generator, kind: str) -> Figure:
    """A ``person``, a person with a ``suzanne`` head, a ``dog``, a ``car`` or a ``ball``."""
    if kind in ("person", "suzanne"):
        return _Person(rng, kind == "suzanne")
    return {"dog": _Dog, "car": _Car, "ball": _Ball}[kind](rng)


def _cloth(rng: np.random.Generator, name: str, bright: float = 0.6) -> Any:
    """Plain or patterned cloth of any colour."""
    hue = rng.dirichlet((0.9, 0.9, 0.9)) * rng.uniform(0.08, bright) * 2
    color = np.clip(hue + 0.02, 0.02, 0.8)
    if rng.random() < 0.35:
        return paint.plain(name, color, 0.85)
    kind = str(rng.choice(("stripes", "checks", "noise")))
    other = np.clip(color * rng.uniform(0.2, 0.6) + rng.uniform(0, 0.1, 3), 0, 0.9)
    scale = {"stripes": 6.0, "checks": 14.0, "noise": 9.0}[kind]
    return paint.material(name, kind, other, color, scale, 0.85)


class _Walker(ABC):
    """Limbs in the scene, posed by ``gait``."""

    tall: float
    long: float
    speed: float

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.parts: dict[str, Any] = {}
        self.phase = 0.0

    @abstractmethod
    def limbs(self, travelled: float) -> gait.Pose:
        """Where the limbs are."""

    def add(self, part: str, cover: Any, start: float, end: float, flat: float = 1.0) -> None:
        """A limb with radii in shares of the height."""
        a, b = self.limbs(0.0)[part]
        length = float(np.linalg.norm(b - a))
        self.keep(part, paint.limb(part, cover, length, start * self.tall, end * self.tall, flat))

    def keep(self, part: str, thing: Any) -> None:
        """A part of another shape."""
        self.parts[part] = thing
        self.objects.append(thing)

    def pose(self, ground: NDArray[np.float64], heading: float, travelled: float) -> None:
        """Every limb to its place."""
        turn = Matrix.Rotation(heading, 3, "Z")
        limbs = self.limbs(travelled)
        for part, thing in self.parts.items():
            start, end = (turn @ Vector(point) + Vector(ground) for point in limbs[part])
            paint.place(thing, start, end, turn @ Vector((0, 1, 0)))


class _Person(_Walker):
    def __init__(self, rng: np.random.Generator, suzanne: bool) -> None:
        super().__init__()
        self.tall = float(rng.uniform(1.55, 1.9))
        self.long, self.speed = 0.5 * self.tall, float(rng.uniform(0.034, 0.05)) * self.tall
        self.phase = float(rng.uniform(0, 1))
        skin = paint.plain("skin", np.array(_SKINS[rng.integers(4)]) * rng.uniform(0.85, 1.15), 0.5)
        top, trousers, shoes = (_cloth(rng, name) for name in ("top", "trousers", "shoes"))
        sleeves = top if rng.random() < 0.6 else skin
        build = float(rng.uniform(0.9, 1.2))
        for side in ("left", "right"):
            self.add(f"{side} thigh", trousers, 0.054 * build, 0.040 * build)
            self.add(f"{side} calf", trousers, 0.040 * build, 0.027 * build)
            self.add(f"{side} foot", shoes, 0.0255, 0.021)
            self.add(f"{side} sleeve", top, 0.036 * build, 0.029 * build)
            self.add(f"{side} forearm", sleeves, 0.028 * build, 0.020 * build)
            self.add(f"{side} hand", skin, 0.022, 0.016, 0.8)
        self._torso(top, build)
        self.add("neck", skin, 0.03, 0.03)
        if suzanne:
            self._monkey(skin)
        else:
            self._head(rng, skin)

    def limbs(self, travelled: float) -> gait.Pose:
        """As a person walks."""
        return gait.person(self.tall, travelled, self.phase)

    def _torso(self, top: Any, build: float) -> None:
        h = self.tall
        rings = [(-0.035, 0.02, 0.03), (-0.02, 0.06, 0.075), (0.03, 0.074, 0.096), (0.12, 0.06, 0.085),
                 (0.22, 0.068, 0.095), (0.30, 0.072, 0.112), (0.345, 0.058, 0.115), (0.37, 0.035, 0.07),
                 (0.385, 0.012, 0.02)]  # fmt: skip
        scaled = [(z * h, x * h * build, y * h * build) for z, x, y in rings]
        self.keep("torso", paint.loft("torso", top, scaled))

    def _head(self, rng: np.random.Generator, skin: Any) -> None:
        h = self.tall
        self.add("head", skin, 0.050, 0.002)
        rings = [(-0.055, 0.015, 0.015), (-0.04, 0.04, 0.034), (0.0, 0.056, 0.046), (0.03, 0.06, 0.05),
                 (0.055, 0.05, 0.044), (0.075, 0.025, 0.022), (0.08, 0.005, 0.005)]  # fmt: skip
        self.keep(
            "head",
            _swap(self, "head", paint.loft("head", skin, [(z * h, x * h, y * h) for z, x, y in rings])),
        )
        hair = paint.plain("hair", np.array((0.03, 0.02, 0.015)) * rng.uniform(0.5, 8), 0.6)
        cap = paint.limb("hair", hair, 0.03 * h, 0.057 * h, 0.054 * h, 1.05)
        cap.parent, cap.location = self.parts["head"], (-0.014 * h, 0, 0.02 * h)
        cap.scale = (1.0, 0.93, 0.9)
        nose = paint.limb("nose", skin, 0.02 * h, 0.008 * h, 0.004 * h)
        nose.parent, nose.location = self.parts["head"], (0.06 * h, 0, -0.005 * h)
        self.objects += [cap, nose]

    def _monkey(self, skin: Any) -> None:
        bpy.ops.mesh.primitive_monkey_add()
        monkey = bpy.context.object
        monkey.data.materials.append(skin)
        monkey.data.shade_smooth()
        turn = Matrix.Rotation(math.pi / 2, 4, "Z") @ Matrix.Scale(0.085 * self.tall, 4)
        monkey.data.transform(Matrix.Translation((0.0, 0, 0.03 * self.tall)) @ turn)
        smooth = monkey.modifiers.new("smooth", "SUBSURF")
        smooth.levels = smooth.render_levels = 1
        self.keep("head", monkey)


def _swap(figure: _Walker, part: str, thing: Any) -> Any:
    """Takes the part's first shape away."""
    old = figure.parts.pop(part)
    figure.objects.remove(old)
    bpy.data.objects.remove(old)
    return thing


class _Dog(_Walker):
    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        back = float(rng.uniform(0.5, 0.75))
        self.tall, self.long, self.speed = back, 2.0 * back, float(rng.uniform(0.05, 0.08)) * back
        self.phase = float(rng.uniform(0, 1))
        light = np.array((0.45, 0.3, 0.17)) * rng.uniform(0.15, 1.3)
        fur = paint.material("fur", "noise", light * 0.45, light, 7.0, 0.95)
        dark = paint.plain("dark fur", light * 0.3, 0.9)
        for name in ("left fore", "right fore", "left hind", "right hind"):
            hind = 1.25 if "hind" in name else 1.0
            self.add(f"{name} thigh", fur, 0.10 * hind, 0.055 * hind)
            self.add(f"{name} calf", fur, 0.055 * hind, 0.040)
            self.add(f"{name} foot", dark, 0.05, 0.045)
        self.add("torso", fur, 0.19, 0.22, 1.05)
        self.add("neck", fur, 0.15, 0.11)
        self.add("head", fur, 0.135, 0.065)
        self.add("tail", fur, 0.055, 0.025)
        for ear in ("left ear", "right ear"):
            self.add(ear, dark, 0.055, 0.025, 0.6)

    def limbs(self, travelled: float) -> gait.Pose:
        """As a dog trots."""
        return gait.dog(self.tall, travelled, self.phase)


class _Rigid:
    """A body with parts that roll."""

    tall: float
    long: float
    speed: float

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.rolling: list[tuple[Any, Vector, float]] = []
        self.fixed: list[tuple[Any, Matrix]] = []

    def pose(self, ground: NDArray[np.float64], heading: float, travelled: float) -> None:
        """The body over the ground, its wheels turned as far as it has gone."""
        base = Matrix.Translation(Vector(ground)) @ Matrix.Rotation(heading, 4, "Z")
        for thing, own in self.fixed:
            thing.matrix_world = base @ own
        for thing, hub, radius in self.rolling:
            turn = Matrix.Rotation(travelled / radius, 4, "Y")
            thing.matrix_world = base @ Matrix.Translation(hub) @ turn


class _Car(_Rigid):
    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.tall, self.long, self.speed = 1.45, 4.2, float(rng.uniform(0.05, 0.14))
        body = paint.plain("paint", np.clip(rng.dirichlet((0.5, 0.5, 0.5)) * 0.9 + 0.02, 0, 0.8), 0.25, 0.2)
        glass = paint.plain("glass", (0.015, 0.02, 0.025), 0.05)
        rubber, steel = (
            paint.plain("rubber", (0.012, 0.012, 0.012), 0.9),
            paint.plain("rim", (0.5,) * 3, 0.3, 0.9),
        )
        lamp, back = (
            paint.plain("lamp", (0.8, 0.8, 0.75), 0.2),
            paint.plain("tail lamp", (0.5, 0.01, 0.01), 0.3),
        )
        shell = paint.box("body", body, (-2.1, 2.1), (-0.85, 0.85), (0.28, 0.86), bevel=0.14)
        cabin = paint.box("cabin", glass, (-1.35, 0.75), (-0.74, 0.74), (0.75, 1.4), bevel=0.12)
        for vertex in cabin.data.vertices:
            if vertex.co.z > 0:
                vertex.co.x = vertex.co.x * 0.68 - 0.1
                vertex.co.y *= 0.86
        roof = paint.box("roof", body, (-1.0, 0.42), (-0.63, 0.63), (1.36, 1.45), bevel=0.04)
        parts = [shell, cabin, roof]
        for y in (-0.6, 0.6):
            parts.append(paint.box("lamp", lamp, (2.04, 2.12), (y - 0.16, y + 0.16), (0.55, 0.7), bevel=0.03))
            parts.append(
                paint.box("tail", back, (-2.12, -2.04), (y - 0.16, y + 0.16), (0.6, 0.72), bevel=0.03)
            )
        for thing in parts:
            self.fixed.append((thing, Matrix.Translation(thing.location)))
        for x in (-1.3, 1.32):
            for side in (-1, 1):
                self.objects += self._wheel(Vector((x, 0.78 * side, 0.33)), side, rubber, steel)
        self.objects += parts

    def _wheel(self, hub: Vector, side: int, rubber: Any, steel: Any) -> list[Any]:
        tyre = paint.loft("tyre", rubber, [(-0.1, 0.27, 0.27), (-0.09, 0.32, 0.32), (-0.05, 0.33, 0.33),
                                           (0.05, 0.33, 0.33), (0.09, 0.32, 0.32), (0.1, 0.27, 0.27)])  # fmt: skip
        tyre.data.transform(Matrix.Rotation(math.pi / 2, 4, "X"))
        spokes = [paint.box("spoke", steel, (-0.2, 0.2), (-0.02, 0.02), (-0.035, 0.035)) for _ in range(3)]
        for n, spoke in enumerate(spokes):
            spoke.data.transform(Matrix.Rotation(n * math.pi / 3, 4, "Y"))
            spoke.data.transform(Matrix.Translation((0, 0.1 * side, 0)))
        self.rolling += [(thing, hub, 0.33) for thing in (tyre, *spokes)]
        return [tyre, *spokes]


class _Ball(_Rigid):
    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        radius = float(rng.uniform(0.15, 0.5))
        self.tall, self.long, self.speed = 2 * radius, 2 * radius, float(rng.uniform(0.08, 0.2)) * radius
        bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, segments=48, ring_count=24)
        ball = bpy.context.object
        ball.data.shade_smooth()
        first, second = rng.uniform(0.02, 0.8, (2, 3))
        ball.data.materials.append(paint.material("ball", "checks", first, second, 1.3 / radius, 0.35))
        self.rolling.append((ball, Vector((0, 0, radius)), radius))
        self.objects.append(ball)

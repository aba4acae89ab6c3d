"""Sets: built ones with a procedural sky, and Blender's own panoramas lying on the floor (needs bpy)."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from . import cameras, paint

__all__ = ["Set", "build_set"]

Array = NDArray[np.float64]
_HORIZON = 400.0
_ALBEDO = 0.22


@dataclass(frozen=True)
class Set:
    """``back`` is the plane behind the actor. ``floor`` catches shadows on its own where ``caught`` is the material
    that it shows without the actor: a picture, to which Blender's light does nothing. ``light`` is then how strong
    the panorama shines on the actor, so that a floor of usual albedo would be as bright as the one in the picture.
    """

    back: cameras.Plane
    floor: Any
    caught: Any = None
    light: float = 1.0


def build_set(rng: np.random.Generator, name: str, viewpoint: Array) -> Set:
    """The set and its light. Panoramas are ``panorama:NAME``, seen whole and undistorted from ``viewpoint`` (3,)."""
    if name.startswith("panorama:"):
        return _panorama(rng, name.split(":")[1], viewpoint)
    return {"street": _street, "woods": _woods, "plaza": _plaza, "room": _room, "desert": _desert}[name](rng)


def _floor(cover: Any, size: float = _HORIZON) -> Any:
    return paint.attach("floor", _sheet(size), cover)


def _sheet(size: float) -> Any:
    mesh = bpy.data.meshes.new("sheet")
    mesh.from_pydata(
        [(-size, -size, 0), (size, -size, 0), (size, size, 0), (-size, size, 0)], [], [(0, 1, 2, 3)]
    )
    return mesh


def _sun(towards: Vector, strength: float, angle: float, color: tuple[float, ...] = (1, 0.95, 0.88)) -> None:
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle, lamp.color = strength, math.radians(angle), color[:3]
    made = bpy.data.objects.new("sun", lamp)
    made.rotation_mode = "QUATERNION"
    made.rotation_quaternion = towards.to_track_quat("Z", "Y")
    bpy.context.scene.collection.objects.link(made)


def _sky(rng: np.random.Generator, low: float = 22.0, high: float = 60.0) -> None:
    """A sky of two colours and a sun that is not behind the set; one day in five is overcast."""
    overcast = rng.random() < 0.2
    height = math.radians(rng.uniform(low, high))
    azimuth = rng.uniform(-0.85, 0.85) * math.pi - math.pi / 2
    towards = Vector(
        (math.cos(azimuth) * math.cos(height), math.sin(azimuth) * math.cos(height), math.sin(height))
    )
    if abs(towards.x) < 0.35:
        towards.x = math.copysign(0.35, towards.x)
    warm = float(np.clip(1.3 - height, 0, 1))
    _sun(
        towards.normalized(),
        1.2 if overcast else 3.2,
        40.0 if overcast else 1.2,
        (1, 1 - 0.22 * warm, 1 - 0.5 * warm),
    )
    zenith = (0.55, 0.6, 0.66) if overcast else (0.13, 0.26, 0.55)
    world, nodes, links = _world()
    ramp, split, up = (nodes.new(f"ShaderNode{kind}") for kind in ("ValToRGB", "SeparateXYZ", "TexCoord"))
    clouds, lay = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeMixRGB")
    links.new(up.outputs["Generated"], split.inputs[0])
    links.new(split.outputs["Z"], ramp.inputs[0])
    ramp.color_ramp.elements[0].color = (0.62, 0.68, 0.75, 1)
    ramp.color_ramp.elements[1].color, ramp.color_ramp.elements[1].position = (*zenith, 1), 0.6
    links.new(up.outputs["Generated"], clouds.inputs["Vector"])
    clouds.inputs["Scale"].default_value, clouds.inputs["Detail"].default_value = rng.uniform(4, 9), 9
    cover = nodes.new("ShaderNodeValToRGB")
    cover.color_ramp.elements[0].position, cover.color_ramp.elements[1].position = 0.5, 0.7
    links.new(clouds.outputs["Fac"], cover.inputs[0])
    links.new(cover.outputs[0], lay.inputs["Fac"])
    links.new(ramp.outputs[0], lay.inputs["Color1"])
    lay.inputs["Color2"].default_value = (0.85, 0.86, 0.88, 1)
    links.new(lay.outputs[0], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = 0.9
    world.cycles.sampling_method = "NONE"


def _world() -> tuple[Any, Any, Any]:
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    bpy.context.scene.world = world
    return world, world.node_tree.nodes, world.node_tree.links


def _street(rng: np.random.Generator) -> Set:
    _sky(rng)
    far = float(rng.uniform(3.5, 6.0))
    brick = rng.uniform(0.12, 0.5) * np.array((1.0, rng.uniform(0.4, 0.8), rng.uniform(0.25, 0.6)))
    front = paint.material("wall", "bricks", (0.42, 0.4, 0.37), brick, 2.0, 0.9, 0.4, upright=True)
    paint.box("house", front, (-60, 60), (far, far + 8), (0, 14))
    glass, frame = (
        paint.plain("pane", (0.03, 0.04, 0.055), 0.08),
        paint.plain("frame", rng.uniform(0.1, 0.8, 3)),
    )
    step = float(rng.uniform(2.2, 3.2))
    for n in range(-7, 8):
        x = n * step + 0.6
        low = 0.05 if n % 4 == 0 else 1.1
        paint.box("frame", frame, (x - 0.62, x + 0.62), (far - 0.06, far), (low, 2.5))
        paint.box("pane", glass, (x - 0.52, x + 0.52), (far - 0.08, far), (low + 0.1, 2.4))
        paint.box("pane", glass, (x - 0.5, x + 0.5), (far - 0.05, far), (3.8, 5.2))
    walk = paint.material("walk", "tiles", (0.2, 0.2, 0.19), (0.46, 0.44, 0.41), 1.3, 0.9, 0.3)
    paint.box("walk", walk, (-60, 60), (far - 2.0, far + 0.5), (-0.1, 0.12))
    steel = paint.plain("steel", rng.uniform(0.03, 0.2, 3), 0.4, 0.6)
    for n in range(-3, 4):
        post = paint.limb("post", steel, 3.4, 0.06, 0.04)
        post.location = (n * 5.1 + float(rng.uniform(-1, 1)), far - 1.7, 0.1)
    dark = float(rng.uniform(0.05, 0.16))
    return Set(
        cameras.wall(far),
        _floor(paint.material("asphalt", "noise", (dark,) * 3, (2.6 * dark,) * 3, 5.0, 0.9)),
    )


def _woods(rng: np.random.Generator) -> Set:
    _sky(rng, 30.0)
    green = np.array((0.10, 0.22, 0.04)) * rng.uniform(0.6, 1.5)
    leaves = [paint.material("leaves", "noise", green * 0.25, green * k, 8.0, 0.9, 0.8) for k in (0.7, 1.2)]
    bark = paint.material("bark", "noise", (0.05, 0.03, 0.02), (0.22, 0.15, 0.1), 9.0, 0.95, 0.6)
    for _ in range(46):
        x, y = float(rng.uniform(-16, 16)), float(rng.uniform(2.6, 26))
        tall = float(rng.uniform(2.5, 6.5))
        trunk = paint.limb("trunk", bark, 0.45 * tall, 0.035 * tall, 0.02 * tall)
        trunk.location = (x, y, 0)
        for level in range(3):
            wide = tall * (0.24 - 0.055 * level)
            cone = paint.limb("cone", leaves[int(rng.integers(2))], 0.38 * tall, wide, 0.01)
            cone.location, cone.scale.z = (x, y, tall * (0.3 + 0.22 * level)), 0.9
    stones = paint.material("stone", "noise", (0.1, 0.1, 0.09), (0.4, 0.38, 0.35), 4.0, 0.9, 0.5)
    for _ in range(14):
        lump = paint.rock("stone", stones, float(rng.uniform(0.08, 0.4)), rng)
        lump.location = (float(rng.uniform(-6, 6)), float(rng.choice((-1, 1)) * rng.uniform(1.2, 6)), 0)
        if lump.location.y < 0:
            lump.location.y *= 0.5
            lump.scale *= 0.35
    soil = np.array((0.2, 0.14, 0.08)) if rng.random() < 0.4 else np.array((0.13, 0.19, 0.05))
    return Set(
        cameras.INFINITY, _floor(paint.material("ground", "noise", soil * 0.35, soil * 1.5, 3.0, 0.95))
    )


def _plaza(rng: np.random.Generator) -> Set:
    _sky(rng)
    far = float(rng.uniform(5, 9))
    stone = np.array((0.62, 0.56, 0.47)) * rng.uniform(0.5, 1.2)
    marble = paint.material("marble", "noise", stone * 0.6, stone, 2.0, 0.6, 0.2)
    tint = rng.uniform(0.15, 0.7, 3)
    back = paint.material("plaster", "cracks", tint * 0.75, tint, 3.0, 0.9, upright=True)
    paint.box("back", back, (-60, 60), (far, far + 1), (0, 7))
    paint.box("ledge", marble, (-60, 60), (far - 0.25, far), (3.4, 3.7))
    paint.box("foot", marble, (-60, 60), (far - 0.2, far), (0, 0.5))
    step = float(rng.uniform(1.9, 3.0))
    for n in range(-8, 9):
        column = paint.limb("column", marble, 3.2, 0.3, 0.24)
        column.location = (n * step, far - 0.9, 0.2)
        x = n * step
        paint.box("base", marble, (x - 0.42, x + 0.42), (far - 1.32, far - 0.48), (0, 0.25))
    for _ in range(5):
        x, y, size = float(rng.uniform(-6, 6)), float(rng.uniform(1.6, far - 2)), float(rng.uniform(0.2, 0.5))
        crate = paint.material("crate", "planks", (0.1, 0.06, 0.03), rng.uniform(0.2, 0.7, 3), 2.0, 0.8)
        made = paint.box("crate", crate, (-size, size), (-size, size), (0, 1.6 * size), bevel=0.02)
        made.location, made.rotation_euler.z = (x, y, 0.8 * size), float(rng.uniform(0, 1.5))
    pair = rng.uniform(0.12, 0.6, 3), rng.uniform(0.3, 0.75, 3)
    kind = str(rng.choice(("checks", "tiles")))
    return Set(cameras.wall(far), _floor(paint.material("paving", kind, *pair, 1.4, 0.55)))


def _room(rng: np.random.Generator) -> Set:
    far, tall = float(rng.uniform(2.2, 3.6)), 2.9
    tint = rng.uniform(0.25, 0.8, 3)
    cover = paint.material(
        "paper", str(rng.choice(("stripes", "noise", "tiles"))), tint * 0.7, tint, 2.5, 0.9, upright=True
    )
    paint.box("back", cover, (-5, 5), (far, far + 0.2), (0, tall))
    plain = paint.plain("plaster", tint * 0.9)
    paint.box("right", plain, (5, 5.2), (-8, far), (0, tall))
    paint.box("skirting", paint.plain("white", (0.75,) * 3), (-5, 5), (far - 0.03, far), (0, 0.14))
    for _ in range(6):
        _furnish(rng, far)
    _sun(Vector((-0.75, -0.5, float(rng.uniform(0.45, 0.9)))), 3.4, 3.0)
    _, nodes, _ = _world()
    nodes["Background"].inputs["Color"].default_value = (0.8, 0.85, 1.0, 1)
    nodes["Background"].inputs["Strength"].default_value = 0.5
    wood = np.array((0.42, 0.24, 0.11)) * rng.uniform(0.4, 1.3)
    return Set(
        cameras.wall(far), _floor(paint.material("boards", "planks", wood * 0.3, wood, 1.6, 0.45), 12.0)
    )


def _furnish(rng: np.random.Generator, far: float) -> None:
    """A picture on the wall, a cupboard or a table."""
    x, cover = float(rng.uniform(-3.5, 3.5)), paint.plain("wood", rng.uniform(0.05, 0.5, 3), 0.5)
    kind = int(rng.integers(3))
    if kind == 0:
        wide, high = rng.uniform(0.25, 0.6, 2)
        art = paint.material("art", "noise", rng.uniform(0, 0.5, 3), rng.uniform(0.2, 0.9, 3), 6.0)
        paint.box(
            "frame", cover, (x - wide - 0.05, x + wide + 0.05), (far - 0.05, far), (1.55 - high, 1.65 + high)
        )
        paint.box("art", art, (x - wide, x + wide), (far - 0.06, far), (1.6 - high, 1.6 + high))
    elif kind == 1:
        paint.box("cupboard", cover, (x - 0.5, x + 0.5), (far - 0.45, far), (0, 1.9), bevel=0.02)
        paint.box(
            "gap", paint.plain("gap", (0.01,) * 3), (x - 0.01, x + 0.01), (far - 0.455, far), (0.05, 1.85)
        )
    else:
        paint.box("table", cover, (x - 0.6, x + 0.6), (far - 0.75, far - 0.05), (0.7, 0.76), bevel=0.01)
        for leg in (-0.52, 0.52):
            paint.box("leg", cover, (x + leg - 0.03, x + leg + 0.03), (far - 0.7, far - 0.62), (0, 0.7))
        vase = paint.rock("vase", paint.plain("vase", rng.uniform(0.1, 0.8, 3), 0.2), 0.13, rng)
        vase.location = (x + float(rng.uniform(-0.4, 0.4)), far - 0.4, 0.86)


def _desert(rng: np.random.Generator) -> Set:
    _sky(rng, 18.0, 45.0)
    sand = np.array((0.55, 0.37, 0.22)) * rng.uniform(0.6, 1.2)
    stones = paint.material("rock", "noise", sand * 0.3, sand * 0.95, 2.5, 0.95, 0.7)
    for n in range(40):
        far = float(rng.uniform(1.4, 30)) if n > 8 else float(rng.uniform(25, 45))
        size = float(rng.uniform(0.06, 0.5)) if far < 8 else 0.06 * far * float(rng.uniform(0.5, 1.6))
        lump = paint.rock("rock", stones, size, rng, 4)
        lump.location = (float(rng.uniform(-0.75, 0.75)) * (far + 6), far + size, 0.1 * size)
    return Set(
        cameras.INFINITY, _floor(paint.material("sand", "noise", sand * 0.7, sand * 1.1, 1.2, 0.95, 0.25))
    )


def _panorama(rng: np.random.Generator, name: str, viewpoint: Array) -> Set:
    """The panorama as sky and light, and below the horizon lying on the floor."""
    picture = bpy.data.images.load(str(panorama_file(name)))
    pixels = _pixels(picture)
    sun, focus = _brightest(pixels)
    yaw = (
        math.atan2(sun.y, sun.x) + float(rng.uniform(0.05, 0.95)) * math.pi
    )  # the sun is on the camera's side
    sun.rotate(Matrix.Rotation(-yaw, 3, "Z"))
    ambient, share = _mean_light(pixels), float(np.clip(2.2 * focus - 0.9, 0.3, 1.3))
    below = pixels[len(pixels) // 4 : 9 * len(pixels) // 20]
    light = float(np.clip(np.median(below) / (_ALBEDO * ambient * (1 + share * sun.z)), 0.3, 2.5))
    _sun(sun, math.pi * ambient * share * light, 2.0 if share > 0.8 else 12.0, (1, 0.94, 0.86))
    world, nodes, links = _world()
    direction = nodes.new("ShaderNodeTexCoord").outputs["Generated"]
    links.new(_look_up(nodes, links, picture, direction, yaw), nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = light
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", 256
    shown = bpy.data.materials.new("lying picture")
    shown.use_nodes = True
    nodes, links = shown.node_tree.nodes, shown.node_tree.links
    nodes.clear()
    place, ray = nodes.new("ShaderNodeNewGeometry").outputs["Position"], nodes.new("ShaderNodeVectorMath")
    ray.operation = "SUBTRACT"
    ray.inputs[1].default_value = viewpoint.tolist()
    links.new(place, ray.inputs[0])
    glow, out = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    links.new(_look_up(nodes, links, picture, ray.outputs[0], yaw), glow.inputs["Color"])
    links.new(glow.outputs[0], out.inputs["Surface"])
    return Set(cameras.INFINITY, _floor(paint.plain("catcher", (0.3, 0.28, 0.26), 0.9), 900.0), shown, light)


def panorama_file(name: str) -> Path:
    """One of the eight CC0 panoramas that every Blender carries."""
    return Path(
        os.path.join(bpy.utils.resource_path("LOCAL"), "datafiles", "studiolights", "world", f"{name}.exr")
    )


def _look_up(nodes: Any, links: Any, picture: Any, direction: Any, yaw: float) -> Any:
    turn, texture = nodes.new("ShaderNodeMapping"), nodes.new("ShaderNodeTexEnvironment")
    turn.inputs["Rotation"].default_value = (0, 0, yaw)
    texture.image, texture.interpolation = picture, "Cubic"
    unit = nodes.new("ShaderNodeVectorMath")
    unit.operation = "NORMALIZE"
    links.new(direction, unit.inputs[0])
    links.new(unit.outputs[0], turn.inputs["Vector"])
    links.new(turn.outputs[0], texture.inputs["Vector"])
    return texture.outputs["Color"]


def _pixels(picture: Any) -> Array:
    """(h, w) luminance, the first row at the bottom."""
    width, height = picture.size
    flat = np.empty(width * height * picture.channels, np.float32)
    picture.pixels.foreach_get(flat)
    return np.asarray(flat.reshape(height, width, -1)[..., :3].mean(2), np.float64)


def _mean_light(light: Array) -> float:
    """What a level floor gets from the upper half, without its brightest hundredth, as the radiance of an even sky."""
    upper = light[len(light) // 2 :]
    up = np.sin(np.linspace(0, np.pi / 2, len(upper)))[:, None]
    weight = np.broadcast_to(up * np.sqrt(1 - up**2), upper.shape)
    return float((np.minimum(upper, np.quantile(upper, 0.99)) * weight).sum() / weight.sum())


def _brightest(light: Array) -> tuple[Vector, float]:
    """Where most light comes from, at least 24 degrees up, and how much of one direction it is, 0 to 1."""
    height, width = light.shape
    v, u = np.meshgrid((np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij")
    up, around = (v - 0.5) * np.pi, -(u - 0.5) * 2 * np.pi
    ray = np.stack([np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)], -1)
    weight = np.maximum(light - np.quantile(light, 0.995), 0) * np.cos(up) * (up > 0)
    middle = (ray * weight[..., None]).sum((0, 1)) / weight.sum()
    focus = float(np.linalg.norm(middle))
    towards = Vector(middle / focus)
    towards.z = max(towards.z, math.tan(math.radians(24)) * math.hypot(towards.x, towards.y))
    return towards.normalized(), focus

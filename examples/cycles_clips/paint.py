"""Materials and meshes in Blender (needs bpy)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

__all__ = ["Color", "attach", "box", "glow", "limb", "loft", "material", "measure", "place", "plain", "rock"]

Color = Sequence[float]
_AROUND = 20


def plain(name: str, color: Color, rough: float = 0.7, metal: float = 0.0) -> Any:
    """A material of one colour, scene-linear RGB."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    shader = made.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*color, 1)
    shader.inputs["Roughness"].default_value = rough
    shader.inputs["Metallic"].default_value = metal
    return made


def glow(name: str, color: Color, strength: float) -> Any:
    """A material that gives light."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    nodes.clear()
    shader, out = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeOutputMaterial")
    shader.inputs["Color"].default_value = (*color, 1)
    shader.inputs["Strength"].default_value = strength
    links.new(shader.outputs[0], out.inputs["Surface"])
    return made


def material(
    name: str,
    kind: str,
    dark: Color,
    light: Color,
    scale: float,
    rough: float = 0.8,
    bump: float = 0.0,
    upright: bool = False,
) -> Any:
    """A textured material in metres (object coordinates): ``noise``, ``bricks``, ``tiles``, ``planks``, ``checks``,
    ``stripes`` or ``cracks``; two colours, and spots of a finer noise over them. ``upright`` lays it along x and z.
    """
    made = plain(name, light, rough)
    nodes, links = made.node_tree.nodes, made.node_tree.links
    shader, place_at = nodes["Principled BSDF"], nodes.new("ShaderNodeTexCoord").outputs["Object"]
    if upright:
        turn = nodes.new("ShaderNodeMapping")
        turn.inputs["Rotation"].default_value = (-math.pi / 2, 0, 0)
        links.new(place_at, turn.inputs["Vector"])
        place_at = turn.outputs[0]
    pattern = nodes.new(_NODES[kind])
    links.new(place_at, pattern.inputs["Vector"])
    pattern.inputs["Scale"].default_value = scale
    mix = nodes.new("ShaderNodeMixRGB")
    mix.inputs["Color1"].default_value, mix.inputs["Color2"].default_value = (*dark, 1), (*light, 1)
    value = _tune(nodes, links, pattern, kind)
    links.new(value, mix.inputs["Fac"])
    spots = nodes.new("ShaderNodeTexNoise")
    links.new(place_at, spots.inputs["Vector"])
    spots.inputs["Scale"].default_value, spots.inputs["Detail"].default_value = 3.0 * scale, 8
    soil = nodes.new("ShaderNodeMixRGB")
    soil.blend_type, soil.inputs["Fac"].default_value = "OVERLAY", 0.55
    links.new(mix.outputs[0], soil.inputs["Color1"])
    links.new(spots.outputs["Fac"], soil.inputs["Color2"])
    links.new(soil.outputs[0], shader.inputs["Base Color"])
    if bump:
        dents = nodes.new("ShaderNodeBump")
        dents.inputs["Strength"].default_value, dents.inputs["Distance"].default_value = bump, 0.05 / scale
        links.new(value, dents.inputs["Height"])
        links.new(dents.outputs[0], shader.inputs["Normal"])
    return made


_NODES = {
    "noise": "ShaderNodeTexNoise",
    "bricks": "ShaderNodeTexBrick",
    "tiles": "ShaderNodeTexBrick",
    "planks": "ShaderNodeTexBrick",
    "checks": "ShaderNodeTexChecker",
    "stripes": "ShaderNodeTexWave",
    "cracks": "ShaderNodeTexVoronoi",
}


def _tune(nodes: Any, links: Any, pattern: Any, kind: str) -> Any:
    """The pattern's 0..1 output."""
    if kind in ("bricks", "tiles", "planks"):
        width, row, offset, gap = {
            "bricks": (0.5, 0.16, 0.5, 0.012),
            "tiles": (0.5, 0.5, 0.0, 0.012),
            "planks": (1.6, 0.14, 0.37, 0.004),
        }[kind]
        pattern.offset = offset
        for socket, number in (("Brick Width", width), ("Row Height", row), ("Mortar Size", gap)):
            pattern.inputs[socket].default_value = number
        pattern.inputs["Color1"].default_value = (0.45, 0.45, 0.45, 1)
        pattern.inputs["Color2"].default_value = (1, 1, 1, 1)
        pattern.inputs["Mortar"].default_value = (0.0, 0.0, 0.0, 1)
        return pattern.outputs["Color"]
    if kind == "noise":
        pattern.inputs["Detail"].default_value, pattern.inputs["Roughness"].default_value = 10, 0.62
        ramp = nodes.new("ShaderNodeValToRGB")
        ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.33, 0.67
        links.new(pattern.outputs["Fac"], ramp.inputs[0])
        return ramp.outputs[0]
    if kind == "cracks":
        pattern.feature = "DISTANCE_TO_EDGE"
        ramp = nodes.new("ShaderNodeValToRGB")
        ramp.color_ramp.elements[1].position = 0.12
        links.new(pattern.outputs["Distance"], ramp.inputs[0])
        return ramp.outputs[0]
    return pattern.outputs["Fac"]


def measure(*low_high: tuple[float, float]) -> tuple[Vector, Vector]:
    """The middle and the half size of a box given as (low, high) in x, y and z."""
    low, high = Vector([pair[0] for pair in low_high]), Vector([pair[1] for pair in low_high])
    return (low + high) / 2, (high - low) / 2


def attach(name: str, mesh: Any, paint: Any) -> Any:
    """A new object of ``mesh`` in the scene."""
    made = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(made)
    if paint is not None:
        mesh.materials.append(paint)
    return made


def box(name: str, paint: Any, *low_high: tuple[float, float], bevel: float = 0.0) -> Any:
    """A box from (low, high) in x, y and z."""
    middle, half = measure(*low_high)
    corners = [[half[axis] * sign for axis, sign in enumerate(signs)] for signs in _CORNERS]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(corners, [], _SIDES)
    made = attach(name, mesh, paint)
    made.location = middle
    if bevel:
        rounded = made.modifiers.new("bevel", "BEVEL")
        rounded.width, rounded.segments = bevel, 3
    return made


_CORNERS = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
_SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def loft(name: str, paint: Any, rings: Sequence[tuple[float, float, float]]) -> Any:
    """A closed smooth body along +z from (z, half width along x, half width along y)."""
    angles = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    points = [(rx * math.cos(a), ry * math.sin(a), z) for z, rx, ry in rings for a in angles]
    faces: list[tuple[int, ...]] = []
    for ring in range(len(rings) - 1):
        for n in range(_AROUND):
            here, beside = ring * _AROUND + n, ring * _AROUND + (n + 1) % _AROUND
            faces.append((here, beside, beside + _AROUND, here + _AROUND))
    faces.append(tuple(reversed(range(_AROUND))))
    faces.append(tuple(range((len(rings) - 1) * _AROUND, len(rings) * _AROUND)))
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    mesh.shade_smooth()
    return attach(name, mesh, paint)


def limb(name: str, paint: Any, length: float, start: float, end: float, flat: float = 1.0) -> Any:
    """A rounded limb along +z; ``start`` and ``end`` are its radii, ``flat`` squeezes it along x."""
    turns = np.linspace(0, np.pi / 2, 6)
    rings = [(-start * math.cos(a), start * math.sin(a) + 1e-4) for a in turns]
    rings += [(length + end * math.sin(a), end * math.cos(a) + 1e-4) for a in turns]
    return loft(name, paint, [(z, flat * r, r) for z, r in rings])


def rock(name: str, paint: Any, size: float, rng: np.random.Generator, detail: int = 3) -> Any:
    """A lump of about ``size`` metres."""
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=detail, radius=size)
    made = bpy.context.object
    stretch = rng.uniform(0.6, 1.2, 3)
    waves = rng.normal(0, 1, (4, 3)) / size * 1.6
    shifts = rng.uniform(0, 6.3, 4)
    for vertex in made.data.vertices:
        bump = 1 + 0.11 * sum(math.sin(float(wave @ np.array(vertex.co)) + shift)
                              for wave, shift in zip(waves, shifts, strict=True))  # fmt: skip
        vertex.co = Vector(np.array(vertex.co) * stretch * bump)
    made.data.materials.append(paint)
    made.data.shade_smooth()
    made.name = name
    return made


def place(thing: Any, start: Vector, end: Vector, sideways: Vector) -> None:
    """Puts a limb between two points; its y axis stays near ``sideways``, so that it never twists."""
    along = (end - start).normalized()
    across = (sideways - sideways.dot(along) * along).normalized()
    turn = Matrix((across.cross(along), across, along)).transposed()
    thing.matrix_world = Matrix.Translation(start) @ turn.to_4x4()

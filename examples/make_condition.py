"""Render the example's condition picture: a desert canyon at low sun, seen from where the actors stand.

Runs in Blender's Python (``pip install bpy==4.2.*`` with ``numpy<2``), Cycles on the CPU, about a minute:

    python examples/make_condition.py core/actanywhere/example/condition.jpg

Everything in the picture is made here (noise, strata, sky), so it is ours to ship.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WIDTH, HEIGHT = 1408, 583  # the aspect of the cropped plate (1280x530)
EYE = 1330.0  # metres above the river
SUN_ELEVATION, SUN_AZIMUTH = math.radians(22.0), math.radians(-70.0)  # low, from the left
BEDS = ((0.0, 0.10), (0.10, 0.30), (0.36, 0.42), (0.47, 0.66), (0.72, 0.78), (0.82, 1.0))  # cliff-forming


def gradient_noise(x: Array, y: Array, seed: int) -> Array:
    """Perlin noise of period 1, about -0.7..0.7, at every (x, y)."""
    x0, y0 = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = x - x0, y - y0

    def corner(i: int, j: int) -> Array:
        hashed = ((x0 + i) * 374761393 + (y0 + j) * 668265263 + seed * 1442695041) & 0xFFFFFFFF
        hashed = ((hashed ^ (hashed >> 13)) * 1274126177) & 0xFFFFFFFF
        angle = (hashed ^ (hashed >> 16)) * (2.0 * math.pi / 2**32)
        return np.asarray(np.cos(angle) * (fx - i) + np.sin(angle) * (fy - j))

    u, v = fx**3 * (fx * (fx * 6 - 15) + 10), fy**3 * (fy * (fy * 6 - 15) + 10)
    top = corner(0, 0) * (1 - u) + corner(1, 0) * u
    bottom = corner(0, 1) * (1 - u) + corner(1, 1) * u
    return np.asarray(top * (1 - v) + bottom * v)


def fractal(x: Array, y: Array, octaves: int, seed: int, gain: float = 0.5) -> Array:
    """The sum of ``octaves`` of ``gradient_noise``, each twice as fine and ``gain`` as high."""
    total = np.zeros_like(x)
    for octave in range(octaves):
        scale = 2.0**octave
        total += gain**octave * gradient_noise(x * scale, y * scale, seed + octave)
    return total


def canyon_height(x: Array, y: Array) -> Array:
    """Height in metres above the river of a plateau cut by side canyons and stepped by its hard beds."""
    warp_x = 900.0 * fractal(x / 2600.0, y / 2600.0, 5, 11)
    warp_y = 900.0 * fractal(x / 2600.0, y / 2600.0, 5, 23)
    u, v = x + warp_x, y + warp_y
    river = np.abs(u - 900.0 * np.sin(y / 3100.0) - 300.0) / 3600.0
    sides = np.abs(fractal(u / 4200.0, v / 4200.0, 7, 37, 0.52)) * 2.3
    rise = np.clip(np.minimum(river * 1.15, 0.16 + river * 0.35 + sides), 0.0, None)
    rough = 0.035 * fractal(x / 260.0, y / 260.0, 5, 53, 0.6)
    level = np.clip(rise * 1.05 + rough * np.clip(rise * 6.0, 0.0, 1.0), 0.0, 1.15)
    height = 1500.0 * terraced(np.clip(level, 0.0, 1.0)) + 60.0 * np.clip(level - 1.0, 0.0, 1.0)
    return height + 10.0 * fractal(x / 90.0, y / 90.0, 4, 71, 0.55) * np.clip(level * 8.0, 0.0, 1.0)


def terraced(level: Array) -> Array:
    """``level`` 0..1 with steep risers at the hard beds and gentle slopes between them."""
    knots_in, knots_out = [0.0], [0.0]
    steepness, total = 5.0, 0.0
    for (low, high), (after, _) in zip(BEDS, (*BEDS[1:], (1.0, 1.0)), strict=True):
        total += (high - low) / steepness
        knots_in.append(total)
        knots_out.append(high)
        total += (after - high) * 1.6
        knots_in.append(total)
        knots_out.append(after)
    return np.asarray(np.interp(level * total, knots_in, knots_out))


def terrain(columns: int, rows: int) -> bpy.types.Object:
    """The land in front of the camera on a fan of points, as fine near by as far away."""
    angle = np.linspace(-0.72, 0.72, columns)
    distance = np.geomspace(500.0, 60000.0, rows)
    d, a = np.meshgrid(distance, angle, indexing="ij")
    x, y = d * np.sin(a), d * np.cos(a)
    points = np.stack([x, y, canyon_height(x, y + 1500.0)], -1).reshape(-1, 3)
    index = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 4)
    mesh = bpy.data.meshes.new("land")
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", points.astype(np.float32).ravel())
    mesh.loops.add(quads.size)
    mesh.loops.foreach_set("vertex_index", quads.astype(np.int32).ravel())
    mesh.polygons.add(len(quads))
    mesh.polygons.foreach_set("loop_start", np.arange(0, quads.size, 4, dtype=np.int32))
    mesh.update(calc_edges=True)
    mesh.shade_smooth()
    land = bpy.data.objects.new("land", mesh)
    bpy.context.collection.objects.link(land)
    return land


class Nodes:
    """A few words for building a node tree."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        tree.nodes.clear()
        self.tree = tree

    def add(
        self, kind: str, inputs: dict[str | int, object] | None = None, **settings: object
    ) -> bpy.types.Node:
        """A node of ``kind``; inputs are values, or the outputs of other nodes."""
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(node, name, value)
        for key, value in (inputs or {}).items():
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, node.inputs[key])
            else:
                node.inputs[key].default_value = value
        return node

    def math(self, operation: str, a: object, b: object = 0.0) -> bpy.types.NodeSocket:
        """The result of ``operation`` (Blender's name for it) on ``a`` and ``b``."""
        return self.add("ShaderNodeMath", {0: a, 1: b}, operation=operation).outputs[0]

    def noise(self, vector: object, scale: float, detail: float = 6.0) -> bpy.types.NodeSocket:
        """Fractal noise 0..1."""
        inputs: dict[str | int, object] = {
            "Vector": vector,
            "Scale": scale,
            "Detail": detail,
            "Roughness": 0.6,
        }
        return self.add("ShaderNodeTexNoise", inputs).outputs[0]

    def ramp(
        self, value: object, stops: list[tuple[float, tuple[float, float, float]]]
    ) -> bpy.types.NodeSocket:
        """Colours by ``value``."""
        node = self.add("ShaderNodeValToRGB", {0: value})
        elements = node.color_ramp.elements
        for position, colour in stops[1:-1]:
            elements.new(position).color = (*colour, 1.0)
        elements[0].position, elements[0].color = stops[0][0], (*stops[0][1], 1.0)
        elements[-1].position, elements[-1].color = stops[-1][0], (*stops[-1][1], 1.0)
        return node.outputs[0]

    def mix(self, factor: object, a: object, b: object) -> bpy.types.NodeSocket:
        """Colour ``a`` where ``factor`` is 0, ``b`` where it is 1."""
        node = self.add("ShaderNodeMix", data_type="RGBA")
        for socket, value in zip(
            (node.inputs[0], node.inputs[6], node.inputs[7]), (factor, a, b), strict=True
        ):
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = value
        return node.outputs[2]


STRATA = [
    (0.00, (0.16, 0.085, 0.06)),
    (0.12, (0.22, 0.10, 0.065)),
    (0.30, (0.36, 0.155, 0.085)),
    (0.36, (0.30, 0.17, 0.11)),
    (0.44, (0.45, 0.19, 0.10)),
    (0.50, (0.40, 0.145, 0.075)),
    (0.64, (0.48, 0.20, 0.105)),
    (0.70, (0.38, 0.21, 0.13)),
    (0.78, (0.44, 0.175, 0.095)),
    (0.84, (0.52, 0.36, 0.24)),
    (0.96, (0.60, 0.46, 0.32)),
    (1.00, (0.36, 0.29, 0.18)),
]


def rock() -> bpy.types.Material:
    """Bedded rock with dusty ledges, scrub on the flats, a river and the air in between."""
    material = bpy.data.materials.new("rock")
    material.use_nodes = True
    n = Nodes(material.node_tree)
    geometry = n.add("ShaderNodeNewGeometry")
    place = geometry.outputs["Position"]
    height = n.add("ShaderNodeSeparateXYZ", {0: place}).outputs[2]
    flat = n.add("ShaderNodeSeparateXYZ", {0: geometry.outputs["True Normal"]}).outputs[2]
    squeezed = n.add("ShaderNodeMapping", {"Vector": place, "Scale": (0.12, 0.12, 1.0)}).outputs[0]
    wobble = n.math("MULTIPLY", n.math("SUBTRACT", n.noise(place, 0.003), 0.5), 0.05)
    level = n.math("ADD", n.math("DIVIDE", height, 1560.0), wobble)
    beds = n.ramp(level, STRATA)
    thin = n.noise(squeezed, 0.035, 8.0)
    beds = n.mix(n.ramp(thin, [(0.38, (0.0,) * 3), (0.62, (0.62,) * 3)]), beds, (0.14, 0.06, 0.04, 1.0))
    ledge = n.ramp(flat, [(0.62, (0.0,) * 3), (0.93, (0.85,) * 3)])
    colour = n.mix(ledge, beds, n.mix(0.55, beds, (0.50, 0.25, 0.13, 1.0)))
    scrub = n.math(
        "MULTIPLY", n.ramp(n.noise(place, 0.03, 9.0), [(0.56, (0.0,) * 3), (0.64, (0.6,) * 3)]), ledge
    )
    colour = n.mix(scrub, colour, (0.075, 0.085, 0.045, 1.0))
    water = n.ramp(n.math("DIVIDE", height, 100.0), [(0.10, (1.0,) * 3), (0.16, (0.0,) * 3)])
    colour = n.mix(water, colour, (0.06, 0.13, 0.12, 1.0))
    roughness = n.math("SUBTRACT", 0.95, n.math("MULTIPLY", water, 0.8))
    bump = n.add(
        "ShaderNodeBump", {"Strength": 0.7, "Distance": 14.0, "Height": n.noise(squeezed, 0.06, 10.0)}
    )
    surface = n.add(
        "ShaderNodeBsdfPrincipled",
        {"Base Color": colour, "Roughness": roughness, "Normal": bump.outputs[0]},
    )
    depth = n.add("ShaderNodeCameraData").outputs["View Distance"]
    air = n.math("SUBTRACT", 1.0, n.math("EXPONENT", n.math("DIVIDE", depth, -34000.0)))
    haze = n.add("ShaderNodeEmission", {"Color": (0.62, 0.68, 0.80, 1.0), "Strength": 0.55})
    mixed = n.add("ShaderNodeMixShader", {0: air, 1: surface.outputs[0], 2: haze.outputs[0]})
    n.add("ShaderNodeOutputMaterial", {0: mixed.outputs[0]})
    return material


def sky() -> None:
    """A clear sky with thin cloud, and the sun that belongs to it."""
    world = bpy.data.worlds.new("sky")
    bpy.context.scene.world = world
    world.use_nodes = True
    n = Nodes(world.node_tree)
    nishita = n.add("ShaderNodeTexSky", sky_type="NISHITA", sun_disc=False)
    nishita.sun_elevation, nishita.sun_rotation = SUN_ELEVATION, SUN_AZIMUTH - math.pi / 2
    nishita.altitude, nishita.dust_density = 1800.0, 1.6
    direction = n.add("ShaderNodeTexCoord").outputs["Generated"]
    parts = n.add("ShaderNodeSeparateXYZ", {0: direction})
    up = n.math("ADD", n.math("MAXIMUM", parts.outputs[2], 0.0), 0.06)
    overhead = n.add(
        "ShaderNodeCombineXYZ",
        {0: n.math("DIVIDE", parts.outputs[0], up), 1: n.math("DIVIDE", parts.outputs[1], up)},
    ).outputs[0]
    stretched = n.add("ShaderNodeMapping", {"Vector": overhead, "Scale": (0.35, 1.0, 1.0)}).outputs[0]
    cloud = n.ramp(n.noise(stretched, 0.75, 9.0), [(0.47, (0.0,) * 3), (0.72, (0.8,) * 3)])
    colour = n.mix(cloud, nishita.outputs[0], (6.2, 5.9, 5.6, 1.0))
    background = n.add("ShaderNodeBackground", {"Color": colour, "Strength": 0.17})
    n.add("ShaderNodeOutputWorld", {0: background.outputs[0]})
    light = bpy.data.lights.new("sun", "SUN")
    light.energy, light.angle, light.color = 6.5, math.radians(1.0), (1.0, 0.82, 0.62)
    sun = bpy.data.objects.new("sun", light)
    sun.rotation_euler = (math.pi / 2 - SUN_ELEVATION, 0.0, SUN_AZIMUTH)
    bpy.context.collection.objects.link(sun)


def camera() -> None:
    """A level lens at the actors' height, the horizon where the plate has it."""
    lens = bpy.data.cameras.new("camera")
    lens.lens, lens.clip_end, lens.shift_y = 34.0, 200000.0, -0.035
    eye = bpy.data.objects.new("camera", lens)
    eye.location, eye.rotation_euler = (0.0, 0.0, EYE), (math.pi / 2, 0.0, 0.0)
    bpy.context.collection.objects.link(eye)
    bpy.context.scene.camera = eye


def render(path: Path, scale: float, samples: int) -> None:
    """Write the picture as a JPEG."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = samples, True
    scene.cycles.max_bounces = scene.cycles.diffuse_bounces = 2
    scene.render.resolution_x, scene.render.resolution_y = round(WIDTH * scale), round(HEIGHT * scale)
    scene.view_settings.view_transform, scene.view_settings.look = "AgX", "AgX - Punchy"
    scene.view_settings.exposure = 0.7
    scene.render.image_settings.file_format = "JPEG"
    scene.render.image_settings.quality = 94
    scene.render.filepath = str(path.resolve())
    bpy.ops.render.render(write_still=True)


def main() -> None:
    """Build the place and render it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, help="the JPEG to write")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size, for a look")
    parser.add_argument("--samples", type=int, default=12)
    arguments = parser.parse_args()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    land = terrain(
        round(1500 * min(1.0, arguments.scale * 1.2)), round(1500 * min(1.0, arguments.scale * 1.2))
    )
    land.data.materials.append(rock())
    sky()
    camera()
    render(arguments.output, arguments.scale, arguments.samples)


if __name__ == "__main__":
    main()

"""Whole sets: open land, streets, rooms, water, abstract space; each builds a World around a stage."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import INFINITY, Canvas, floor_plane, side_plane, wall_plane
from .noise import fractal, fractal_map
from .scenery import Builder, Layer, World, sky, to_bytes
from .textures import FLOORS, WALLS, Color, Picture, abstract, any_color, color
from .water import any_water

Build = Callable[[np.random.Generator, Builder], World]


def _card(image: Picture, cover: NDArray[np.float32], canvas: Canvas, distance: float, blur: float) -> Layer:
    layer = np.dstack([image * cover[..., None], cover]).astype(np.float32)
    if blur > 0.3:
        layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), blur), np.float32)
    return Layer(to_bytes(layer), canvas, wall_plane(distance))


def _fog(image: Picture, haze: Color, amount: float) -> Picture:
    return np.asarray(image * (1 - amount) + haze * amount, np.float32)


def _front(rng: np.random.Generator, builder: Builder) -> tuple[Layer, ...]:
    """Now and then a post, a trunk or leaves between the camera and the actors, out of focus."""
    if rng.random() > 0.13:
        return ()
    nearest = min(float(role.path[:, 2].min()) for role in builder.stage.roles)
    distance = max(nearest, 0.6) * rng.uniform(0.35, 0.6)
    canvas = builder.canvas(wall_plane(distance))
    shape = (canvas.height, canvas.width)
    if rng.random() < 0.5:
        cover = np.clip(fractal_map(rng, *shape, 1.5) * 8 - rng.uniform(7, 14), 0, 1).astype(np.float32)
        image = color(rng, (0.2, 0.28, 0.12), 0.4) * (1 + 0.3 * fractal_map(rng, *shape, 0.9)[..., None])
    else:
        cover, wide = np.zeros(shape, np.float32), max(int(rng.uniform(0.02, 0.07) * canvas.scale), 2)
        x = int(rng.uniform(0.1, 0.9) * canvas.width)
        cover[:, x : x + wide] = 1
        image = any_color(rng, 0.05, 0.6) * (1 + 0.15 * fractal_map(rng, *shape, 0.9)[..., None])
    return (_card(np.asarray(image, np.float32), cover, canvas, distance, rng.uniform(0.5, 5)),)


def hills(rng: np.random.Generator, canvas: Canvas, base: float) -> tuple[Picture, NDArray[np.float32]]:
    """A ridge above ``base`` (y/z); colours of rock, wood or meadow."""
    shape = (canvas.height, canvas.width)
    ridge = fractal_map(rng, 8, canvas.width, 1.9)[0] * rng.uniform(0.02, 0.12) + rng.uniform(0.02, 0.25)
    _, v = canvas.grid()
    cover = np.clip((v - (base - np.maximum(ridge, 0.01)[None])) * canvas.scale, 0, 1)
    cover = cover * np.clip((base - v) * canvas.scale + 1, 0, 1)
    first, second = color(rng, (0.25, 0.33, 0.2), 0.3), color(rng, (0.45, 0.42, 0.36), 0.3)
    noise = fractal_map(rng, *shape, 0.9)
    weight = np.clip(0.5 + 0.4 * noise, 0, 1)[..., None]
    return np.asarray(first * weight + second * (1 - weight), np.float32), cover.astype(np.float32)


def trees(
    rng: np.random.Generator, canvas: Canvas, base: float, distance: float
) -> tuple[Picture, NDArray[np.float32]]:
    """Trunks and crowns that stand on ``base``."""
    shape = (canvas.height, canvas.width)
    leaf, dark = color(rng, (0.30, 0.42, 0.16), 0.35), color(rng, (0.10, 0.16, 0.07), 0.3)
    bark = color(rng, (0.30, 0.23, 0.17), 0.3)
    crowns, trunks = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
    px = canvas.scale / distance
    foot = canvas.row(base) + 1
    spacing = rng.uniform(1.5, 6.0) * px
    x = -spacing
    while x < canvas.width + spacing:
        tall = rng.uniform(3, 9) * px
        wide = tall * rng.uniform(0.18, 0.4)
        cv2.line(trunks, (int(x), foot), (int(x + rng.normal(0, 0.03) * tall), int(foot - tall * 0.6)), 255,
                 max(int(rng.uniform(0.15, 0.45) * px), 1), cv2.LINE_AA)  # fmt: skip
        cv2.ellipse(
            crowns, (int(x), int(foot - tall * 0.68)), (int(wide), int(tall * 0.34)), 0, 0, 360, 1.0, -1
        )
        if rng.random() < 0.5:
            cv2.ellipse(
                crowns,
                (int(x), foot),
                (int(wide * 1.2), int(px * rng.uniform(0.3, 1.2))),
                0,
                180,
                360,
                1.0,
                -1,
            )
        x += spacing * rng.uniform(0.4, 1.6)
    coarse, fine = fractal_map(rng, *shape, 0.9), fractal(rng, 0.6)
    fine = np.tile(fine, (shape[0] // 256 + 1, shape[1] // 256 + 1))[: shape[0], : shape[1]]
    soft = cv2.GaussianBlur(crowns, (0, 0), max(0.5 * px, 1.0))
    cover = np.clip((soft * 2.2 - 1.0 + 0.25 * coarse + 0.2 * fine) * 3, 0, 1) * (crowns.max() > 0)
    top = np.gradient(cv2.GaussianBlur(soft, (0, 0), 2.0), axis=0) * 6
    weight = np.clip(0.45 + top + 0.3 * coarse + 0.25 * fine, 0, 1)[..., None]
    trunk = trunks.astype(np.float32) / 255
    image = (leaf * weight + dark * (1 - weight)) * cover[..., None] + bark * ((1 - cover) * trunk)[..., None]
    alpha = np.maximum(cover, trunk)
    return np.asarray(image / np.maximum(alpha, 1e-3)[..., None], np.float32), alpha.astype(np.float32)


def houses(
    rng: np.random.Generator, canvas: Canvas, base: float, distance: float
) -> tuple[Picture, NDArray[np.float32]]:
    """A row of fronts with windows and doors that stand on ``base``."""
    image = np.zeros((canvas.height, canvas.width, 3), np.float32)
    cover = np.zeros((canvas.height, canvas.width), np.float32)
    px, foot = canvas.scale / distance, canvas.row(base) + 1
    palette = [any_color(rng, 0.3, 0.9) for _ in range(3)]
    x = -rng.uniform(0, 6) * px
    storey = rng.uniform(2.8, 3.6) * px
    while x < canvas.width:
        wide, floors = rng.uniform(5, 14) * px, int(rng.integers(1, 9))
        right, top = int(x + wide), int(foot - floors * storey - 0.5 * px)
        wall = np.clip(palette[rng.integers(3)] * rng.uniform(0.8, 1.15), 0, 1)
        left = max(int(x), 0)
        image[max(top, 0) : foot, left : max(right, 0)] = wall
        cover[max(top, 0) : foot, left : max(right, 0)] = 1
        _windows(rng, image, x, wide, foot, floors, storey, px)
        x += wide + (rng.uniform(0.5, 8) * px if rng.random() < 0.3 else 0)
    image *= 1 + 0.07 * fractal_map(rng, *cover.shape, 0.9)[..., None]
    return image, cover


def _windows(rng: np.random.Generator, image: Picture, x: float, wide: float, foot: int, floors: int, storey: float,
             px: float) -> None:  # fmt: skip
    count = max(int(wide / (rng.uniform(1.6, 3.5) * px)), 1)
    pane, share, rise = any_color(rng, 0.05, 0.45), rng.uniform(0.35, 0.8), rng.uniform(0.4, 0.65)
    frame = np.clip(any_color(rng, 0.5, 1.0), 0, 1)
    for floor in range(floors):
        for index in range(count):
            cx, low = (
                x + (index + 0.5) * wide / count,
                foot - floor * storey - (0.28 * storey if floor else 0),
            )
            half = share * wide / count / 2
            box = (int(cx - half), int(low - rise * storey), int(cx + half), int(low))
            if box[2] <= 0 or box[3] <= 0:
                continue
            lit = (
                np.clip(pane * rng.uniform(0.6, 1.8), 0, 1)
                if rng.random() < 0.9
                else np.array([0.95, 0.85, 0.55])
            )
            cv2.rectangle(image, box[:2], box[2:], lit.tolist(), -1)
            if px > 6:
                cv2.rectangle(image, box[:2], box[2:], frame.tolist(), max(int(0.08 * px), 1))


def landscape(rng: np.random.Generator, builder: Builder) -> World:
    """Ground to the horizon under a sky, with hills, trees or houses at two or three depths."""
    ground = builder.stage.ground
    far = builder.canvas(INFINITY)
    heaven = sky(rng, far)
    haze = heaven[min(max(far.row(0) - 1, 0), far.height - 1)].mean(0)
    layers = [Layer(to_bytes(heaven), far, INFINITY)]
    surface = str(rng.choice(("grass", "sand", "asphalt", "tiles", "snow", "earth", "wood", "water")))
    wet = (
        float(rng.choice((0.0, rng.uniform(0.1, 0.35)), p=(0.8, 0.2)))
        if surface in ("asphalt", "tiles")
        else 0.0
    )
    floor = floor_plane(ground)
    water = any_water(rng) if surface == "water" else None
    texture = FLOORS["sand" if water else surface](rng)
    under = builder.surface(floor, texture, 1, 0.35 if water else 1.0, 0.75 * water.mirror if water else wet)
    layers.append(dataclasses.replace(under, water=water is not None))
    nearest = max(float(role.path[:, 2].max()) for role in builder.stage.roles) * 1.15
    depths = np.sort(nearest * rng.uniform(1.2, 14.0, int(rng.integers(1, 4))))[::-1]
    focus_blur = float(rng.choice((0.0, rng.uniform(0.5, 2.5)), p=(0.5, 0.5)))
    city = surface in ("asphalt", "tiles") and rng.random() < 0.75
    for index, depth in enumerate(depths):
        canvas, base = builder.canvas(wall_plane(depth)), ground / depth
        if city:
            image, cover = houses(rng, canvas, base, depth)
        elif index == 0 and rng.random() < 0.6:
            image, cover = hills(rng, canvas, base)
        else:
            image, cover = trees(rng, canvas, base, depth)
        layers.append(_card(_fog(image, haze, 0.5 * (1 - nearest / depth)), cover, canvas, depth, focus_blur))
    return World(f"landscape {surface}", layers, surface, wall_plane(depths[-1]), _front(rng, builder), water)


def room(rng: np.random.Generator, builder: Builder) -> World:
    """Floor, ceiling, two side walls and a back wall with furniture on it."""
    stage = builder.stage
    nearest = max(float(role.path[:, 2].max()) for role in stage.roles)
    deep, half = nearest * rng.uniform(1.15, 2.2), nearest * rng.uniform(0.7, 1.6)
    high = max(
        stage.ground * 0.5,
        max(role.actor.tall for role in stage.roles) * rng.uniform(1.3, 2.0) - stage.ground,
    )
    wall = WALLS[str(rng.choice(("plaster", "plaster", "bricks", "wood", "carpet", "tiles")))](rng)
    kind = str(rng.choice(("wood", "tiles", "carpet", "plaster", "asphalt")))
    wet = float(rng.choice((0.0, rng.uniform(0.08, 0.35)), p=(0.5, 0.5)))
    back = builder.surface(wall_plane(deep), wall, 2, 0.8)
    back = Layer(_furnish(rng, back, deep, stage.ground, half), back.canvas, back.plane, 0.8)
    floor = builder.surface(floor_plane(stage.ground), FLOORS[kind](rng), 1, 1.0, wet)
    ceiling = builder.surface(floor_plane(-high), WALLS["plaster"](rng), 1, 0.0)
    sides = [builder.surface(side_plane(side), wall, 0, 0.0) for side in (-half, half)]
    shaded = [_cut(_shade(layer, shade), deep) for layer, shade in zip([floor, ceiling, *sides], (1.0, 0.9, 0.8, 0.7),
                                                                      strict=True)]  # fmt: skip
    return World(f"room {kind}", [back, *shaded], kind, back.plane, _front(rng, builder))


def _shade(layer: Layer, amount: float) -> Layer:
    image = layer.image.copy()
    image[..., :3] = cv2.convertScaleAbs(image[..., :3], alpha=amount)
    return Layer(image, layer.canvas, layer.plane, layer.receives, layer.wet)


def _cut(layer: Layer, deep: float) -> Layer:
    """Take away what lies behind the back wall."""
    u, v = layer.canvas.grid()
    normal = np.asarray(layer.plane.normal) * layer.plane.inverse
    near = (u * np.float32(normal[0]) + v * np.float32(normal[1])) * deep
    cover = np.clip((near - 1) * layer.canvas.scale / max(deep * abs(layer.plane.inverse), 1e-3) + 0.5, 0, 1)
    image = layer.image * np.broadcast_to(cover, layer.image.shape[:2])[..., None]
    return Layer(image.astype(np.uint8), layer.canvas, layer.plane, layer.receives, layer.wet)


def _furnish(
    rng: np.random.Generator, wall: Layer, deep: float, ground: float, half: float
) -> NDArray[np.uint8]:
    image = np.ascontiguousarray(wall.image)
    px, foot = wall.canvas.scale / deep, wall.canvas.row(ground / deep)
    for _ in range(int(rng.integers(1, 7))):
        x = wall.canvas.column(rng.uniform(-half, half) / deep)
        wide, tall = rng.uniform(0.2, 0.9) * half * px, rng.uniform(0.2, 0.9) * ground * px
        low = foot if rng.random() < 0.5 else int(foot - rng.uniform(0.5, 1.2) * ground * px)
        paint = (any_color(rng) * 255).tolist()
        cv2.rectangle(image, (int(x - wide / 2), int(low - tall)), (int(x + wide / 2), low), paint, -1)
        edge = (any_color(rng) * 255).tolist()
        cv2.rectangle(image, (int(x - wide / 2), int(low - tall)), (int(x + wide / 2), low), edge,
                      max(int(0.04 * wide), 1))  # fmt: skip
    return image


def dreamland(rng: np.random.Generator, builder: Builder) -> World:
    """1/f noise behind and any floor below: colours and forms without a name."""
    far, texture = builder.canvas(INFINITY), abstract(rng)
    tall, wide = far.height, far.width
    layers = [
        Layer(to_bytes(np.asarray(cv2.resize(texture.pixels, (wide, tall)), np.float32)), far, INFINITY)
    ]
    main = INFINITY
    if rng.random() < 0.8:
        kind = str(rng.choice(list(FLOORS)))
        main = floor_plane(builder.stage.ground)
        layers.append(builder.surface(main, FLOORS[kind](rng), 1, 1.0))
    for depth in np.sort(rng.uniform(1.3, 6.0, int(rng.integers(0, 3))))[::-1]:
        distance = depth * max(float(role.path[:, 2].max()) for role in builder.stage.roles)
        canvas = builder.canvas(wall_plane(distance))
        shape = (canvas.height, canvas.width)
        cover = np.clip(fractal_map(rng, *shape, 1.5) * 12 - rng.uniform(4, 14), 0, 1)
        image = np.asarray(cv2.resize(abstract(rng).pixels, shape[::-1]), np.float32)
        layers.append(_card(image, cover.astype(np.float32), canvas, distance, rng.uniform(0, 1.5)))
    return World("abstract", layers, "plaster", main)


WORLDS: dict[str, tuple[Build, float]] = {
    "landscape": (landscape, 0.5),
    "room": (room, 0.3),
    "abstract": (dreamland, 0.2),
}

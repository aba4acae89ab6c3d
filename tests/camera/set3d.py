"""A staged set in three dimensions: textured level ground, an upright wall and cards between, seen by known cameras."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from actanywhere.camera.camera_files import Cameras
from tests.camera.staged import wall

HEIGHT, WIDTH, FOCAL = 270, 480, 1.1
EYE, WALL = 1.6, 8.0
"""The camera's height over the ground, and how far the wall stands, both in metres."""
CARDS = ((-3.6, 6.5), (2.2, 5.5), (-2.4, 4.2), (1.2, 3.6), (0.3, 6.0))
"""Where upright cards of 1.2 by 1.2 metres stand on the ground, the far ones first: left edge and distance."""


def look(down: float, pan: float, roll: float = 0.0) -> NDArray[np.float64]:
    """Camera from world (x right, y down, z forward), degrees."""
    about = [cv2.Rodrigues(np.radians(v))[0] for v in ((0.0, 0, roll), (down, 0.0, 0), (0.0, -pan, 0))]
    return np.asarray(about[0] @ about[1] @ about[2], np.float64)


def plane(
    turn: NDArray[np.float64],
    place: NDArray[np.float64],
    origin: tuple[float, ...],
    axes: tuple[tuple[float, ...], ...],
) -> NDArray[np.float64]:
    """(3, 3) from a plane's own metres to pixels; the world is y down, its origin at the first camera."""
    lens = np.array([[FOCAL * HEIGHT, 0, WIDTH / 2 - 0.5], [0, FOCAL * HEIGHT, HEIGHT / 2 - 0.5], [0, 0, 1]])
    return lens @ turn @ np.column_stack([axes[0], axes[1], np.array(origin) - place])


def frames(
    turns: NDArray[np.float64],
    places: NDArray[np.float64],
    seed: int = 1,
    walk: float = 0.0,
    empty: bool = False,
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Pictures and mattes; an actor of no texture stands on the ground before the wall, 5 metres away.

    They ``walk`` to the right, metres a frame. ``empty``: their mattes, without them in the pictures.
    """
    rng = np.random.default_rng(seed)
    scale = 80.0
    ground, upright = (
        np.vstack([np.hstack([wall(rng, 600, 1200), wall(rng, 600, 1200)]) for _ in range(2)]) for _ in "gu"
    )
    cards = [cv2.resize(wall(rng, 480, 480), (240, 240), interpolation=cv2.INTER_AREA) for _ in CARDS]
    made = []
    for index, (turn, place) in enumerate(zip(turns, places, strict=True)):
        onto = np.linalg.inv(np.array([[scale, 0, 1200], [0, scale, 0], [0, 0, 1]]))
        floor = plane(turn, place, (0, EYE, 0.5), ((1, 0, 0), (0, 0, 1))) @ onto
        back = plane(turn, place, (0, EYE - 15, WALL), ((1, 0, 0), (0, 1, 0))) @ onto
        rgb = cv2.warpPerspective(upright, back, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
        below = cv2.warpPerspective(np.ones((600, 2400), np.float32), floor, (WIDTH, HEIGHT))
        near = cv2.warpPerspective(ground, floor, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
        rgb = np.where(below[..., None] > 0.5, near, rgb)
        for (x, z), card in zip(CARDS, cards, strict=True):
            card_onto = plane(turn, place, (x, EYE - 1.2, z), ((1, 0, 0), (0, 1, 0))) @ np.diag(
                [1 / 200, 1 / 200, 1]
            )
            there = cv2.warpPerspective(np.ones((240, 240), np.float32), card_onto, (WIDTH, HEIGHT))
            shown = cv2.warpPerspective(card, card_onto, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
            rgb = np.where(there[..., None] > 0.5, shown, rgb)
        actor = plane(turn, place, (-0.3 + walk * index, EYE - 1.7, 5.0), ((1, 0, 0), (0, 1, 0)))
        corners = np.array([[[0.0, 0], [0.6, 0], [0.6, 1.7], [0, 1.7]]])
        outline = cv2.perspectiveTransform(corners, actor)[0]
        matte = np.zeros((HEIGHT, WIDTH), np.float32)
        cv2.fillConvexPoly(matte, np.round(outline).astype(np.int32), 1.0)
        rgb = np.where((matte[..., None] > 0) & (not empty), 0.2, rgb + rng.normal(0, 0.006, rgb.shape))
        made.append((np.clip(rgb, 0, 1).astype(np.float32), matte))
    return made


def codes(
    shot: list[tuple[NDArray[np.float32], NDArray[np.float32]]],
) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """The same pictures and mattes, 8-bit."""
    return [
        (np.round(rgb * 255).astype(np.uint8), np.round(matte * 255).astype(np.uint8)) for rgb, matte in shot
    ]


def cameras(turns: NDArray[np.float64], places: NDArray[np.float64]) -> Cameras:
    """The set's cameras as files have them: y up, camera to world."""
    flip = np.diag([1.0, -1.0, -1.0])
    matrices = np.tile(np.eye(4), (len(turns), 1, 1))
    matrices[:, :3, :3] = flip @ turns.transpose(0, 2, 1) @ flip
    matrices[:, :3, 3] = places @ flip
    return Cameras(tuple(range(1001, 1001 + len(turns))), matrices, np.full(len(turns), FOCAL))

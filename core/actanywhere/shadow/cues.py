"""Cues of how a shadow falls: each scores a shadow against the picture.

A cue is a function of a shadow of density 1. It gives two numbers, as shares of all that it sees: how far the shadow
agrees with that, and how much of it the shadow claims. At the depth d (a logarithm) the shadow explains the share
``2 d agrees - d d claims``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.fit import Matrix, from_pixels, to_pixels
from .cast import CastShadow, Standing, cast_shadow, standing

Plane = NDArray[np.float32]
Cue = Callable[[CastShadow], tuple[float, float]]

_BLACK = 0.03
_LARGEST = 0.8
"""Largest difference that counts, as the logarithm of a ratio: more is a bad match, or another thing."""
_STEEPEST = 1.2
"""The same of an edge (Sobel's sum)."""
_TEXTURE = 0.02
"""Squared steepness from which an edge counts less: it is the ground's own."""
_COLOURED, _OTHER_COLOUR = 3.0, 20.0
"""How much less an edge counts, and a difference, the more the hue changes with it: a shadow hardly does that."""
_REACH = 0.6
"""How far around the actor what differs has to be explained, as a share of the frame's height."""
_EDGE_REACH = 0.3


@dataclass(frozen=True)
class View:
    """A frame, made small: the logarithm of its luma (h, w), those of red and blue over green (2, h, w), 1 where it
    shows the ground, and who stands in it.
    """

    light: Plane
    hue: Plane
    free: Plane
    actors: list[Standing]


def view(rgb: NDArray[np.uint8], matte: NDArray[np.uint8], height: int) -> View:
    """A frame (H, W, 3) display and its matte (H, W), 0..255, at this height."""
    size = max(8, round(height * rgb.shape[1] / rgb.shape[0])), height
    rgb = np.ascontiguousarray(rgb)
    colours, luma, actor = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)
        for plane in (rgb, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.ascontiguousarray(matte))
    )
    red, green, blue = np.moveaxis(np.log(colours + np.float32(_BLACK)), -1, 0)
    free = np.asarray(cv2.dilate(actor, np.ones((5, 5), np.uint8)) < 0.02, np.float32)
    light = np.log(luma + np.float32(_BLACK))
    return View(light, np.stack([red - green, blue - green]), free, standing(actor))


def ground_cue(frames: list[tuple[View, View]]) -> Cue | None:
    """Frames beside their own empty ground; None where nobody stands in them."""
    return _differences([_pair(frame, ground, np.eye(3)) for frame, ground in frames])


def darker_cue(
    views: dict[int, View], compared: list[tuple[int, int]], transforms: NDArray[np.float64], aspect: float
) -> Cue | None:
    """What differs between frames of a plate that show the same ground; None where none of them do, or nobody stands.

    ``views`` by the frame's index into ``transforms`` (T, 3, 3), unit coordinates; ``compared`` are pairs of these.
    """
    height, width = next(iter(views.values())).light.shape
    unit, back = from_pixels(height, width, aspect), to_pixels(height, width, aspect)
    pairs = []
    for first, second in compared:
        move = transforms[first] @ np.linalg.inv(transforms[second])
        pairs.append(_pair(views[first], views[second], np.asarray(back @ move @ unit)))
    return _differences(pairs)


def edges_cue(views: list[View]) -> Cue | None:
    """The edges on the ground around the actors; None where nobody stands."""
    views = [one for one in views if one.actors and one.free.any()]
    if not views:
        return None
    height, width = views[0].light.shape
    seen = np.stack([np.clip(_steepness(one.light), -_STEEPEST, _STEEPEST) for one in views])
    near = np.stack([_near(one.actors, _EDGE_REACH) for one in views])
    free = np.stack([cv2.erode(one.free, np.ones((3, 3), np.uint8)) for one in views])
    coloured = np.stack([sum((_steepness(ratio) ** 2).sum(0) for ratio in one.hue) for one in views])
    weight = near * free / ((seen**2).sum(1) + _COLOURED * coloured + _TEXTURE)
    total = float(np.einsum("nphw,nphw,nhw", seen, seen, weight)) + 1e-9
    weighted = seen * weight[:, None]

    def cue(shadow: CastShadow) -> tuple[float, float]:
        full = replace(shadow, density=1.0)
        edges = np.stack([-_steepness(cast_shadow(full, one.actors, height, width)) for one in views])
        agrees = float(np.vdot(edges, weighted))
        return agrees / total, float(np.einsum("nphw,nphw,nhw", edges, edges, weight)) / total

    return cue


def _steepness(plane: Plane) -> Plane:
    """(2, h, w): how it rises to the right and down."""
    soft = cv2.GaussianBlur(plane, (0, 0), 1.0)
    rises = [cv2.Sobel(soft, cv2.CV_32F, right, down, ksize=3) for right, down in ((1, 0), (0, 1))]
    return np.asarray(np.stack(rises), np.float32)


@dataclass(frozen=True)
class _Pair:
    """A frame beside another view of the same ground.

    ``darker`` (h, w): the logarithm of the frame's light over the other's; ``weight`` (h, w), 0..1, 0 where either does
    not show the ground. ``onto`` brings the other over the frame.
    """

    frame: View
    other: View
    darker: Plane
    weight: Plane
    onto: Matrix


def _pair(frame: View, other: View, onto: Matrix) -> _Pair:
    height, width = frame.light.shape
    light, red, blue, free = (
        np.asarray(cv2.warpPerspective(plane, onto, (width, height), flags=cv2.INTER_LINEAR), np.float32)
        for plane in (other.light, *other.hue, other.free)
    )
    darker = np.clip(frame.light - light, -_LARGEST, _LARGEST).astype(np.float32)
    coloured = ((frame.hue - np.stack([red, blue])) ** 2).sum(0)
    both = frame.free * (free > 0.99)
    return _Pair(frame, other, darker, np.asarray(both / (1 + _OTHER_COLOUR * coloured), np.float32), onto)


def _differences(pairs: list[_Pair]) -> Cue | None:
    pairs = [pair for pair in pairs if pair.frame.actors and pair.weight.any()]
    if not pairs:
        return None
    height, width = pairs[0].darker.shape
    weight = np.stack([pair.weight for pair in pairs])
    darker = np.stack([pair.darker for pair in pairs])
    weighted = darker * weight
    near = np.stack([_near(pair.frame.actors, _REACH) for pair in pairs])
    total = float(np.einsum("nhw,nhw,nhw", weighted, darker, near)) + 1e-9
    views = {id(one): one for pair in pairs for one in (pair.frame, pair.other) if one.actors}

    def cue(shadow: CastShadow) -> tuple[float, float]:
        full = replace(shadow, density=1.0)
        shades = {key: cast_shadow(full, one.actors, height, width) for key, one in views.items()}
        change = np.empty_like(weighted)
        for one, pair in zip(change, pairs, strict=True):
            one[:] = -shades[id(pair.frame)]
            if id(pair.other) in shades:
                one += cv2.warpPerspective(shades[id(pair.other)], pair.onto, (width, height))
        agrees = float(np.vdot(change, weighted))
        return agrees / total, float(np.einsum("nhw,nhw,nhw", change, change, weight)) / total

    return cue


def _near(actors: list[Standing], reach: float) -> Plane:
    """(h, w) 1 within ``reach`` frame heights of the actors."""
    taken = (np.maximum.reduce([actor.matte for actor in actors]) > 0.5).astype(np.uint8)
    away = np.asarray(cv2.distanceTransform(1 - taken, cv2.DIST_L2, 3))
    return (away < reach * len(taken)).astype(np.float32)

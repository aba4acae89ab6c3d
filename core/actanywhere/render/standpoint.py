"""The standpoint of the actor: their feet, and the horizon and ground of plate and condition."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import View
from ..camera.fit import apply, from_pixels, to_pixels
from ..camera.footing import share_at
from ..camera.placement import Placement
from ..camera.space import read_horizon
from ..camera.track import CameraTrack
from ..seeing.horizon import Horizon, find_horizon
from ..seeing.other_actor import OtherActor
from ..seeing.plain_sky import plain_sky
from ..seeing.protocol import Picture, RegionMap
from ..seeing.readers import Readers
from ..seeing.stood_ground import stood_ground
from ..shadow.cast import standing
from .clip import Clip
from .cut_off import cut_off
from .plate_regions import PlateRegions

_FRAMES = 24
_CUT = 0.5
"""Share of a shadow (``standing``) below which an actor is cut off above their feet: they stand nowhere."""
_SOLES = 0.05
"""Share of an actor's height that is taken for their feet."""
_PART = 0.4
"""Share of the largest actor below which somebody is a part of them that a pole or a hole cuts off: a board, an arm."""
_PICTURE_ROWS = 96
_WATER = 0.5
_IN_SKY = 0.5
"""Share of the feet over the sky from which on an actor hangs in it."""


@dataclass(frozen=True)
class Standpoint:
    """What tells where the actor stands, seen at frame ``anchor`` (from 0).

    ``feet`` (n, 3): where they touch it, and how tall who stands there is, in unit coordinates of the view.

    ``plate`` and ``picture`` are the horizons of the plate's frame (shares of the view's height) and of the condition
    (shares of its own), None where they are not known for sure. ``ground`` (h, w): how surely the condition is there
    what the actor stands on in the plate, which ``surface`` names, and what tells it (``told_by``); else None. ``sky``
    (h, w) is the condition's, by its regions or by its blue; None where nothing tells it. ``flies``: they are in the
    plate's own sky, or who is taken out of the condition is in its sky. ``stood``: the share of the condition's height
    at which who is taken out of it stands, where no network tells its ground; None where they are cut off.
    """

    anchor: int
    feet: NDArray[np.float64]
    plate: Horizon | None
    picture: Horizon | None
    ground: Picture | None
    surface: str
    regions: RegionMap | None
    told_by: str = ""
    sky: Picture | None = None
    flies: bool = False
    stood: float | None = None

    def inside(self, box: tuple[int, int, int, int], size: tuple[int, int]) -> Standpoint:
        """The same of a ``box`` (left, top, width, height) of a condition of ``size`` (height, width) alone."""
        (left, top, wide, high), (rows, columns) = box, size
        picture, stood = self.picture, self.stood
        if stood is not None:
            stood = min(1.0, (stood * rows - top) / high)
        if picture is not None:
            upper, lower = ((row * rows - top) / high for row in (picture.high, picture.low))
            picture = replace(picture, high=upper, low=lower)

        def cut(plane: Picture | None) -> Picture | None:
            if plane is None:
                return None
            down, across = plane.shape[0] / rows, plane.shape[1] / columns
            return plane[
                round(top * down) : round((top + high) * down),
                round(left * across) : round((left + wide) * across),
            ]

        return replace(self, picture=picture, ground=cut(self.ground), sky=cut(self.sky), stood=stood)


def read_standpoint(
    clip: Clip,
    track: CameraTrack,
    anchor: int,
    view: View,
    condition: Picture,
    hole: Picture | None,
    picture: RegionMap | None,
    plate: PlateRegions,
    readers: Readers,
    said: str = "",
    other: OtherActor | None = None,
) -> Standpoint:
    """What tells where the actor stands; ``track`` is relative to the ``anchor`` (counted from 0).

    ``other`` is who is taken out of the condition: where no network knows its ground, what they stand on tells it.
    ``said`` is the artist's word for where the picture's horizon is (see ``read_horizon``).
    """
    feet = _at_anchor(clip, track, view, plate)
    here = plate.at(anchor)
    surface = _surface(here, clip, anchor)
    rows = condition.shape[0]
    row = read_horizon(said, rows)[0]
    horizon = None if row is None else Horizon(row / rows, row / rows, "you")
    if horizon is None:
        depth = None if picture is None else readers.depth_of(condition)
        horizon = find_horizon(condition, hole, picture, depth)
    ground, told_by = None, ""
    if picture is not None:
        ground, told_by = _stood_on(picture, hole, surface), picture.source
    elif other is not None and other.mask is not None and hole is not None:
        ground, told_by = (
            stood_ground(condition, other.mask, hole, other.shadow),
            "the feet of the second actor",
        )
    sky = plain_sky(condition, hole) if picture is None else picture.of("sky")
    rgb, matte = (codes[anchor] / np.float32(255) for codes in (clip.rgb, clip.matte))
    flies = _in_sky(clip.matte[anchor], clip.aspect, plain_sky(rgb, matte))
    stood = None
    if other is not None and other.mask is not None:
        codes, wide = np.round(other.mask * 255).astype(np.uint8), condition.shape[1] / rows
        flies = flies or _in_sky(codes, wide, sky)
        theirs = actor_feet(codes, wide)[:, 1]
        stood = (
            float(np.median(theirs)) + 0.5 if len(theirs) and (ground is None or picture is None) else None
        )
    return Standpoint(
        anchor,
        feet,
        _plate_horizon(clip, track, anchor, view, here),
        horizon,
        ground,
        surface,
        picture,
        told_by if ground is not None else "",
        sky,
        flies,
        stood,
    )


def _in_sky(matte: NDArray[np.uint8], aspect: float, sky: Picture | None) -> bool:
    """Whether the feet of the actors of a matte (h, w) hang in the ``sky`` (any size) of their own picture."""
    feet = actor_feet(matte, aspect)
    return sky is not None and len(feet) > 0 and float(_under(feet, aspect, sky).mean()) > _IN_SKY


def share_in_sky(
    seen: Standpoint, placement: Placement, picture: float, frame: float, above: float = 0.0
) -> float:
    """The share of the feet that hang in the condition's sky; 0 where that is not much, or not known, or they fly.

    Or of places so far ``above`` them, in heights of who stands there. ``picture`` and ``frame`` are the widths over
    heights of the condition and of the view that it is laid into.
    """
    if seen.sky is None or seen.flies or not len(seen.feet):
        return 0.0
    at = seen.feet - above * seen.feet[:, [2]] * [0, 1, 0]
    over = float((share_at(seen.sky, at, placement, picture, frame) > 0.5).mean())
    return over if over > _IN_SKY else 0.0


def actor_feet(matte: NDArray[np.uint8], aspect: float) -> NDArray[np.float64]:
    """(n, 3) where the actors of a matte (h, w), 255 = actor, touch what they stand on, and how tall each is: unit
    coordinates.
    """
    unit = from_pixels(matte.shape[0], matte.shape[1], aspect)
    found = []
    actors = standing(np.asarray(matte, np.float32) / np.float32(255))
    largest = max((float(actor.matte.sum()) for actor in actors), default=0.0)
    for actor in actors:
        if actor.share < _CUT or float(actor.matte.sum()) < _PART * largest:
            continue
        solid = actor.matte > 0.5
        rows = np.flatnonzero(solid.any(1))
        soles = max(1, round(_SOLES * (rows[-1] - rows[0] + 1)))
        columns = np.flatnonzero(solid[rows[-1] - soles + 1 : rows[-1] + 1].any(0))
        chosen = np.quantile(columns, (0.1, 0.5, 0.9))
        places = apply(unit, np.stack([chosen, np.full(3, actor.feet + 0.5)], 1))
        found.append(np.column_stack([places, np.full(3, (actor.feet - rows[0]) / len(matte))]))
    return np.concatenate(found) if found else np.zeros((0, 3))


def _at_anchor(clip: Clip, track: CameraTrack, view: View, plate: PlateRegions) -> NDArray[np.float64]:
    """The feet of frames all over the shot, where they lie in the anchor frame's view."""
    onto_view = np.linalg.inv(view.to_raster)
    found = [np.zeros((0, 3))]
    if cut_off(clip, plate):
        return found[0]
    for index in np.unique(np.linspace(0, len(clip.frames) - 1, _FRAMES).round().astype(int)):
        feet = actor_feet(clip.matte[index], clip.aspect)
        if len(feet):
            onto = np.asarray(onto_view @ np.linalg.inv(track.transforms[index]), np.float64)
            grown = float(np.sqrt(abs(np.linalg.det(onto[:2, :2] / onto[2, 2]))))
            found.append(np.column_stack([apply(onto, feet[:, :2]), grown * feet[:, 2]]))
    feet = np.concatenate(found)
    return np.asarray(feet[np.isfinite(feet).all(1)], np.float64)


def _surface(regions: RegionMap | None, clip: Clip, index: int) -> str:
    """What the actor stands on in a frame of the plate: ground, unless it is seen to be water."""
    if regions is None:
        return "ground"
    water = regions.of("water")
    below = _under(actor_feet(clip.matte[index], clip.aspect), clip.aspect, water)
    return "water" if len(below) and float(np.mean(below)) > _WATER else "ground"


def _under(feet: NDArray[np.float64], aspect: float, share: Picture) -> NDArray[np.float32]:
    """The ``share`` (h, w) of a whole frame just below each of the ``feet``."""
    rows, columns = share.shape
    places = apply(to_pixels(rows, columns, aspect), np.asarray(feet[:, :2] + [0, 0.02], np.float64))
    at = np.clip(np.round(places).astype(int), 0, [columns - 1, rows - 1])
    return np.asarray(share[at[:, 1], at[:, 0]], np.float32)


def _plate_horizon(
    clip: Clip, track: CameraTrack, index: int, view: View, regions: RegionMap | None
) -> Horizon | None:
    """The horizon of a frame of the plate: its camera's where that is known, else read as a picture's is."""
    if track.horizons is not None:
        row = (float(track.horizons[index]) - view.y) / view.height + 0.5
        return Horizon(row, row, "its camera")
    size = (max(1, round(clip.size[0] * view.aspect)), clip.size[0])

    def seen(picture: Picture) -> Picture:
        return np.asarray(cv2.resize(view.cropped(picture, clip.aspect), size), np.float32)

    if regions is not None:
        regions = replace(regions, shares={name: seen(share) for name, share in regions.shares.items()})
    rgb, matte = clip.rgb[index] / np.float32(255), clip.matte[index] / np.float32(255)
    return find_horizon(seen(rgb), seen(matte), regions)


def _stood_on(regions: RegionMap, hole: Picture | None, surface: str) -> Picture | None:
    """How surely each part of the picture is such as the actor stands on; behind who goes, as beside them."""
    names = ("water", "ground") if surface == "water" else ("ground",)
    share = regions.of(*names)
    scale = _PICTURE_ROWS / share.shape[0]
    size = (max(1, round(share.shape[1] * scale)), _PICTURE_ROWS)
    small = np.asarray(cv2.resize(share, size, interpolation=cv2.INTER_AREA), np.float32)
    if hole is not None:
        known = 1 - np.asarray(cv2.resize(hole, size, interpolation=cv2.INTER_AREA), np.float32)
        wide = cv2.GaussianBlur(small * known, (0, 0), 4) / np.maximum(
            cv2.GaussianBlur(known, (0, 0), 4), 1e-3
        )
        small = np.where(known > 0.5, small, wide)
    return small if float((small > 0.5).mean()) > 0.01 else None

"""What of the actor's shadow lies on the place: not on its sky or water, nor what lay on a wall that it has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.backdrop import Backdrop
from ..camera.fit import Points, apply, from_pixels
from ..camera.footing import share_at
from ..camera.placement import Placement
from ..camera.space import SpaceTrack
from ..camera.upright import upright
from ..contract.settings import Settings
from ..contract.shot import FrameRange
from ..footage import compact, forget, spilled
from ..seeing.protocol import Picture
from ..shadow.pulled import PulledShadow
from .shadow import LOOKED_AT, ShadowDecision
from .standpoint import Standpoint

_NOWHERE = 0.5
"""Share of the feet over sky or water from which on the place takes no shadow."""
_STEP = 4
"""Pixels between those of which it is asked whether they lie on the sky."""
_LAID, _LOST = 25, 0.2
"""Of 255, a tenth of the light; and the share of a frame's shadow that it loses for it to be told."""
_NEAR_WALL = 2.0
"""Times as far as the actor goes, up to which the wall of a place takes the shadow that falls on one in the plate."""


def shadow_on_place(
    settings: Settings,
    shadow: ShadowDecision,
    seen: Standpoint | None,
    placement: Placement,
    picture: float,
    frame: float,
) -> ShadowDecision:
    """The same, but none where the feet stand on the condition's sky or water; one that was given is told there.

    ``picture`` and ``frame`` are the widths over heights of the condition and of the view that it is laid into.
    """
    if shadow.value is None or seen is None or not len(seen.feet):
        return shadow
    takes_none = {"sky": seen.sky, "water": None if seen.regions is None else seen.regions.of("water")}
    share = {
        name: float((share_at(region, seen.feet, placement, picture, frame) > 0.5).mean())
        for name, region in takes_none.items()
        if region is not None
    }
    if sum(share.values()) <= _NOWHERE:
        return shadow
    where = max(share, key=lambda name: share[name])
    reason = f"the actor's feet are over the {where} of the condition picture, which takes no shadow"
    if settings.shadow == "given":
        return ShadowDecision(
            shadow.value, shadow.reason, (*shadow.warnings, f"The shadow is laid as given, but {reason}.")
        )
    warning = f"The shadow is left out: {reason}. Lay the picture otherwise (--place), or give one (--shadow given)."
    return ShadowDecision(None, f"none: {reason}", (*shadow.warnings, warning))


def shadow_off_sky(
    shadow: ShadowDecision, sky: Picture | None, backdrop: Backdrop, frames: FrameRange
) -> ShadowDecision:
    """The same without what would lie on the ``sky`` (h, w) of the condition as the ``backdrop`` moves it; told."""
    pulled = shadow.value
    if not isinstance(pulled, PulledShadow) or sky is None or not sky.any():
        return shadow
    height, width = pulled.planes.shape[1:]
    onto = np.array(sky.shape[::-1]) / backdrop.size[::-1]

    def on_sky(index: int, at: Points) -> NDArray[np.float64]:
        looks = (np.nan_to_num(backdrop.looks(index, at, height, width), nan=1e4) + 0.5) * onto - 0.5
        x, y = np.clip(looks, -1e4, 1e4).astype(np.float32).T[:, :, None]
        there = cv2.remap(sky, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(there[:, 0], np.float64)

    return _without(
        shadow,
        on_sky,
        frames,
        "In frames {} the actor's shadow would lie on the sky of the condition picture, and is left out there. Lay the "
        "picture otherwise (--place).",
    )


def shadow_off_walls(shadow: ShadowDecision, backdrop: Backdrop, frames: FrameRange) -> ShadowDecision:
    """The same without what falls on something upright in the plate, where the place has no such thing nearby; told.

    By the points of a 3-D solve: without them nothing is left out.
    """
    space, pulled = backdrop.track, shadow.value
    if not isinstance(pulled, PulledShadow) or not isinstance(space, SpaceTrack):
        return shadow
    near = space.foot is not None and space.wall < _NEAR_WALL * space.reach
    if near or space.cameras.points is None:
        return shadow
    unit = from_pixels(pulled.planes.shape[1], pulled.planes.shape[2], space.aspect)
    return _without(
        shadow,
        lambda index, at: upright(space.cameras, index, apply(unit, at)),
        frames,
        "In frames {} the actor's shadow falls on something upright in the plate, and is left out there: the condition "
        "picture is not known to have a wall so near. Say where its foot is (--horizon ROW,FOOT).",
    )


def _without(
    shadow: ShadowDecision,
    share: Callable[[int, Points], NDArray[np.float64]],
    frames: FrameRange,
    told: str,
) -> ShadowDecision:
    """The pulled shadow without the ``share`` (N,), 0..1, of frame ``index`` at pixels (N, 2); frames fill ``told``."""
    pulled = shadow.value
    assert isinstance(pulled, PulledShadow)
    (height, width), lost, planes = pulled.planes.shape[1:], [], spilled(pulled.planes.shape)
    x, y = np.meshgrid(np.arange(0, width, _STEP), np.arange(0, height, _STEP))
    for index, plane in enumerate(pulled.planes):
        if index % LOOKED_AT == 0:
            forget(pulled.planes, planes)
        planes[index] = plane
        before = np.count_nonzero(plane > _LAID)
        if not before:
            continue
        about = cv2.dilate(plane, np.ones((2 * _STEP + 1,) * 2, np.uint8))[::_STEP, ::_STEP] > 0
        there = np.zeros(x.shape, np.float32)
        there[about] = share(index, np.stack([x[about], y[about]], 1).astype(np.float64))
        wide = cv2.resize(there, (x.shape[1] * _STEP, x.shape[0] * _STEP), interpolation=cv2.INTER_LINEAR)
        planes[index] = np.round(plane * (1 - wide[:height, :width]))
        if np.count_nonzero(planes[index] > _LAID) < (1 - _LOST) * before:
            lost.append(frames.first + index)
    cut = replace(pulled, planes=planes)
    cut.forget()
    pulled.forget()
    if not lost:
        return replace(shadow, value=cut)
    return replace(shadow, value=cut, warnings=(*shadow.warnings, told.format(compact(lost))))

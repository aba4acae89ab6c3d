"""The horizon and the end of the ground in the condition picture, for projecting it with a 3-D camera."""

from __future__ import annotations

import numpy as np

from ..camera.motion import Motion
from ..camera.placement import Placement, condition_to_unit
from ..camera.space import SpaceTrack, read_horizon
from .preflight import Inputs
from .standpoint import Standpoint

_FARTHEST_SHIFT = 0.35
"""Frame heights by which a picture is moved at most, so that a horizon that is only guessed lies on the plate's."""
_COLUMNS = 0.3
"""Share of the columns that must have ground at their foot, for it to be told where that ends."""


def stand(
    inputs: Inputs,
    track: Motion,
    size: tuple[int, int],
    placement: Placement,
    painted: bool,
    seen: Standpoint,
) -> tuple[Motion, str, tuple[str, ...]]:
    """The track with the picture standing in it; in words where its horizon is, and what to warn of.

    ``size`` is the picture's height and width. What was ``painted`` over a frame of the plate has the plate's horizon.
    """
    said, (rows, columns) = inputs.job.settings.horizon, size
    if not isinstance(track, SpaceTrack):
        return (
            track,
            "",
            _unused(said, placed=not painted and inputs.job.settings.place.strip().lower() in ("", "auto")),
        )
    laid = inputs.view.to_raster @ condition_to_unit(rows, columns, inputs.view.aspect, placement)
    scale, shift, own = float(laid[1, 1]), float(laid[1, 2]), track.plate_horizon
    horizon, foot = (None if row is None else scale * (row - 0.5) + shift for row in read_horizon(said, rows))
    words = "as you said"
    if horizon is None and seen.picture is not None:
        row = rows * (seen.picture.high + seen.picture.low) / 2
        horizon, words = scale * (row - 0.5) + shift, f"by {seen.picture.source}"
    elif horizon is None and painted:
        horizon, words = own, "where the plate has it"
    elif horizon is None:
        middle = scale * (rows - 1) / 2 + shift
        horizon = float(np.clip(middle, own - _FARTHEST_SHIFT, own + _FARTHEST_SHIFT))
        words = "a guess"
    track = track.standing(horizon, foot)
    if foot is None and (end := _ground_ends(seen)) is not None:
        nearest = track.standing(horizon, scale * (end * rows - 0.5) + shift)
        track = nearest if nearest.wall > track.wall else track
    place = f"{(horizon - shift) / scale + 0.5:.0f}"
    far = f"its ground goes {track.wall / track.height:.1f} heights of the camera far"
    summary = f"; its horizon is at row {place} ({words}), {far}"
    unsure = (
        f"The condition picture's horizon is not known, and taken to be at row {place} of {rows}: where that is wrong, "
        "its ground leans. Say it with --horizon ROW,FOOT.",
    )
    return track, summary, track.warnings + (unsure if words == "a guess" else ())


def _unused(said: str, placed: bool) -> tuple[str, ...]:
    """What has no effect of the horizon where the place is flat; ``placed``: it is laid so that the horizons agree."""
    words = said.replace(",", " ").split()
    flat = "the place does not stand in a camera in 3-D"
    if not words or (placed and len(words) == 1):
        return ()
    if placed:
        return (f"Where the ground ends ({words[1]} of --horizon) is without effect: {flat}.",)
    return (f"The horizon {said} is without effect: {flat}, and where the picture lies is said already.",)


def _ground_ends(seen: Standpoint) -> float | None:
    """The row, as a share of the picture's height, on which most of its ground ends; None where that is not seen."""
    if seen.ground is None:
        return None
    solid = seen.ground > 0.5
    reaches = solid[-1]
    if reaches.mean() < _COLUMNS:
        return None
    up = np.argmin(solid[::-1, reaches], axis=0)
    up = np.where(solid[:, reaches].all(0), len(solid), up)
    return float(1 - np.median(up) / len(solid))

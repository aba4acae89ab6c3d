"""The plate's background in the actor's soft edge, where nobody asked that it be taken out: a rim in the comp."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..comp.despill import despill
from ..footage import from_display, layer_to_display, linearise
from .preflight import Inputs
from .proxies import hard_edge, treated_matte

Picture = NDArray[np.float32]

_FRAMES = 3
_BETWEEN = 0.1, 0.9
"""A matte in between is the soft edge."""
_FEWEST = 30
"""Pixels of soft edge in a frame for it to count."""
_ABOUT = 24
"""Pixels about the actor from which despilling takes the background's colour."""
_COLOURED, _LIGHT = 15 / 255, 20 / 255
"""How far the edge is off in the mean, in a display's 0..1, to be seen: between its channels, where a green screen has
33 to 41 of 255 over grey and a location up to 8; and in all of them, where a location has 2 to 19 over grey."""
_NAMES = "red", "green", "blue"


def warn_of_rim(inputs: Inputs) -> tuple[str, ...]:
    """A warning where the actor's soft edge shows so much of the plate's background that ``--despill`` is worth it."""
    if inputs.job.settings.despill or inputs.plate.premultiplied or hard_edge(inputs):
        return ()
    frames = np.unique(np.linspace(inputs.frames.first, inputs.frames.last, _FRAMES).round().astype(int))
    space, condition = inputs.plate.info.space, inputs.condition.pixels
    # A rim that is bright shows over a dark place, and is lost in a bright one.
    behind = from_display(np.median(condition.reshape(1, -1, 3), 1, keepdims=True), space)[0, 0]
    found = [
        tint_of(
            linearise(inputs.plate.read(frame).pixels, space), treated_matte(inputs, frame), behind, space
        )
        for frame in frames.tolist()
    ]
    seen = [one for one in found if one is not None]
    if not seen:
        return ()
    tint = np.asarray(np.median(seen, 0), np.float32)
    if np.ptp(tint) < _COLOURED and abs(tint.mean()) < _LIGHT:
        return ()
    return (
        f"The plate's background shows in the actor's soft edge: a {_name(tint)} rim in the comp. --despill 1 takes it "
        "out.",
    )


def tint_of(
    light: Picture, matte: Picture, behind: NDArray[np.float32], space: str
) -> NDArray[np.float32] | None:
    """By how much the soft edge of a frame is off in red, green and blue (3,), in a display's 0..1.

    ``light`` (H, W, 3) is the plate's linear light, ``behind`` (3,) that of the new background; None where the
    ``matte`` (H, W) has no soft edge.
    """
    rows, columns = (np.flatnonzero((matte > 0).any(axis)) for axis in (1, 0))
    if not len(rows):
        return None
    about = tuple(slice(max(0, at[0] - _ABOUT), at[-1] + _ABOUT + 1) for at in (rows, columns))
    light, matte = light[about], matte[about]
    soft = (matte > _BETWEEN[0]) & (matte < _BETWEEN[1])
    if np.count_nonzero(soft) < _FEWEST:
        return None
    m = matte[..., None]
    over = ((own + behind * (1 - m))[soft][None] for own in (light * m, despill(light, matte)))
    with_spill, without = (layer_to_display(np.ascontiguousarray(one), space) for one in over)
    return np.asarray((with_spill - without)[0].mean(0), np.float32)


def _name(tint: NDArray[np.float32]) -> str:
    """The colour of a rim that is off by ``tint`` (3,): the channel that stands out, or how light it is."""
    order = np.argsort(tint)
    if tint[order[2]] > 2 * max(float(tint[order[1]]), 0.0):
        return _NAMES[int(order[2])]
    return "bright" if tint.mean() > 0 else "dark"

"""The decision about grading the layer to the plate (``--match``)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..comp.match import Match, match_looks, measure_look
from ..footage import from_display, linearise, to_display
from .conditioning import backdrop_at
from .decision import Decision
from .preflight import Inputs
from .proxies import treated_matte
from .scene import Scene

Picture = NDArray[np.float32]

_FRAMES = 5
_BACKGROUND = 0.02


def choose_match(inputs: Inputs, scene: Scene) -> Decision[Match | None]:
    """The match of the layer with the plate, measured in a few frames over the shot; its value is None for none."""
    asked = inputs.job.settings.match
    if asked == "none":
        return Decision(None, "none was asked for")
    if scene.backdrop.value is None:
        warning = f"--match {asked} is left out: this model paints the place itself, and nothing of it is known before."
        return Decision(None, "none", (warning,))
    count, info = len(inputs.frames), inputs.plate.info
    chosen = sorted({round(i) for i in np.linspace(0, count - 1, min(_FRAMES, count)).tolist()})
    plates, backgrounds, layers = [], [], []
    for index in chosen:
        frame = inputs.frames.first + index
        plates.append(inputs.plate.read(frame).pixels)
        backgrounds.append(treated_matte(inputs, frame, scene.mend.value) < _BACKGROUND)
        layers.append(backdrop_at(scene, index, info.height, info.width)[0])
    everywhere = [np.ones(one.shape, bool) for one in backgrounds]
    plate = measure_look(
        [linearise(one, info.space) for one in plates],
        [to_display(one, info.space) for one in plates],
        backgrounds,
    )
    layer = measure_look([from_display(one, info.space) for one in layers], layers, everywhere)
    match = match_looks(plate, layer, layers, texture=asked == "all")
    return Decision(match, f"to the plate: {match}")

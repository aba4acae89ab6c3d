"""The decision about grading the layer to the plate (``--match``)."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..comp.match import Match, match_looks, measure_look
from ..footage import from_display, is_scene_linear, layer_to_display, to_display
from .conditioning import backdrop_at
from .decision import Decision
from .preflight import Inputs
from .proxies import treated_matte
from .scene import Scene

Picture = NDArray[np.float32]

_FRAMES = 5
_BACKGROUND, _ACTOR = 0.02, 0.99
_INNER = 2
"""Pixels from the actor's edge, of a thousand, that may still show what is behind them."""
_MIDDLE = 0.5
"""The display value at which exposures are compared: above it the view squeezes light more and more."""


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
    plates, backgrounds, actors, layers = [], [], [], []
    for index in chosen:
        frame = inputs.frames.first + index
        plates.append(to_display(inputs.plate.read(frame).pixels, info.space))
        matte = treated_matte(inputs, frame, scene.mend.value)
        backgrounds.append(matte < _BACKGROUND)
        actors.append(_inner(matte))
        layers.append(backdrop_at(scene, index, info.height, info.width)[0])
    everywhere = [np.ones(one.shape, bool) for one in backgrounds]
    plate = measure_look([_shown(one) for one in plates], plates, backgrounds, actors)
    layer = measure_look([_shown(one) for one in layers], layers, everywhere)
    match = match_looks(plate, layer, layers, texture=asked == "all")
    if is_scene_linear(info.space):
        match = _in_the_scene(match, layer.black, info.space)
    reason, warnings = f"to the plate: {match}", _of_a_part(inputs)
    if not plate.flat:
        return Decision(match, reason, warnings)
    left = "white, colours and defocus are" if asked == "all" else "white and colours are"
    warning = (
        f"--match {asked}: the plate's background is flat (a screen, or cut out) and does not tell its light: "
        f"the layer's black is matched to the actor's, its {left} left."
    )
    return Decision(
        match, f"{reason}; by the actor alone, since the plate's background is flat", (warning, *warnings)
    )


def _of_a_part(inputs: Inputs) -> tuple[str, ...]:
    """Another part of the plate has another look, and its layer another grade."""
    frames, whole = inputs.frames, inputs.plate.whole
    if frames == whole:
        return ()
    return (
        f"--match {inputs.job.settings.match} is measured in the frames {frames} of the plate's {whole}: others get "
        "another grade. Where parts are to join, render them in one, or grade 'unmatched'.",
    )


def _inner(matte: Picture) -> NDArray[np.bool_]:
    """(H, W) where nothing but the actor is seen."""
    reach = 2 * max(1, round(_INNER * max(matte.shape) / 1000)) + 1
    return np.asarray(cv2.erode((matte > _ACTOR).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0)


def _shown(display: Picture) -> Picture:
    """The light of a display, 0..1: in a scene's own, white is 128, and would be all that counts."""
    return from_display(display, "srgb")


def _in_the_scene(match: Match, black: Picture, space: str) -> Match:
    """A ``match`` of a display's light in the scene's: middle grey and the layer's ``black`` (3,) come to look so."""

    def scene(light: Picture) -> Picture:
        shown = np.clip(layer_to_display(np.maximum(light, 0)[None, :, None].repeat(3, -1), "srgb"), 0, 1)
        return from_display(shown, space)[0, :, 1]

    middle = _shown(np.full((1, 1, 3), _MIDDLE, np.float32))[0, 0]
    low, high = scene(black), scene(middle)
    low_made, high_made = (scene(match.gain * one + match.lift) for one in (black, middle))
    gain = (high_made - low_made) / np.maximum(high - low, 1e-3)
    return replace(match, gain=gain.astype(np.float32), lift=(low_made - gain * low).astype(np.float32))

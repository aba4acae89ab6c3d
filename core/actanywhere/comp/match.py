"""The layer matched to the plate, as a compositor grades a background under an actor: black and white point, balance,
defocus and grain.

Black and white point of each channel are rare pixels of the plate and of the layer: lift and gain bring the one onto
the other. The balance of the gain is that of what is bright in all channels, since a blue sky is no white. Defocus is
the blur that makes the layer's strongest edges as soft as those of the plate's background. Grain is added where the
plate has more of it. A flat background (a screen, a cut-out) tells neither white nor balance nor defocus: there the
actor's own black alone is matched, and grain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Flags = NDArray[np.bool_]
Colour = NDArray[np.float32]

_ENDS = (0.1, 99.0)
"""Percentiles that are black and white: highlights are fewer, and burn out."""
_PALE = (98.0, 99.8)
"""Percentiles of a pixel's darkest channel between which it is white, or grey in the light."""
_GAINS = (0.5, 2.0)
_BALANCE = 1.25
"""How far the gain of a channel may lie from the three channels' mean: more is another place, not another light."""
_LIFT = 0.05
_BLURS = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Standard deviations in pixels, at the size at which softness is measured."""
_SAME = 0.02
"""Difference in softness that nobody sees."""
_EDGES = 98.0
"""Percentile of the gradient above which a pixel is of a strong edge."""
_FLAT = 40.0
_WIDE = 1.5
_SIDE = 960
"""Width at which softness is measured: a larger picture is made smaller, so that its grain does not look like edges."""
_NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""Immerkaer: Fast noise variance estimation (1996): no picture's second difference both ways, but noise's."""
_GRAIN_SIZE = 0.6
_LEAST_GRAIN = 0.4 / 255
_FLAT_SIDE, _STEP, _STEPS = 480, 0.008, 0.1
"""Width at which a background is looked at, change from pixel to pixel that is more than light falling off, and the
share of pixels that change so at least in a place: 0.3 and more in 24 shots, 0 on screens.
"""
_RIM = 9
"""Pixels about the actor, at that width, that may be their edge or their shadow."""


@dataclass(frozen=True)
class Look:
    """``black``, ``white`` and ``pale``, what is bright in all channels, (3,) in light; ``softness`` 0..1; ``grain``
    (3,), a deviation in display 0..1.

    ``flat``: the background is a screen or a cut-out's, and ``black`` is the actor's.
    """

    black: Colour
    white: Colour
    pale: Colour
    softness: float
    grain: Colour
    flat: bool = False


@dataclass(frozen=True)
class Match:
    """``gain`` and ``lift`` (3,) in light; ``blur``, a share of the frame's width; ``grain`` (3,) in display 0..1."""

    gain: Colour
    lift: Colour
    blur: float = 0.0
    grain: Colour | None = None

    def apply(self, light: Picture, frame: int) -> Picture:
        """A scene-linear layer (H, W, 3), matched. The grain of a ``frame`` is always the same."""
        made = np.asarray(light * self.gain + self.lift, np.float32)
        if self.blur:
            made = np.asarray(cv2.GaussianBlur(made, (0, 0), self.blur * light.shape[1]), np.float32)
        made = np.asarray(np.maximum(made, np.minimum(light, 0)), np.float32)
        return made if self.grain is None else made + _grain(self.grain, made, frame)

    def __str__(self) -> str:
        """``gain 0.82 0.85 0.91, lift 0.004 0.004 0.006, defocus 0.12 % of the width, grain 1.2 of 255``."""
        parts = [
            "gain {:.2f} {:.2f} {:.2f}".format(*self.gain),
            "lift {:.3f} {:.3f} {:.3f}".format(*self.lift),
        ]
        if self.blur:
            parts.append(f"defocus {self.blur:.2%} of the width")
        if self.grain is not None:
            parts.append(f"grain {255 * float(self.grain.mean()):.1f} of 255")
        return ", ".join(parts)


def _grain(deviation: Colour, light: Picture, frame: int) -> Picture:
    noise = np.random.default_rng([frame & 0xFFFFFFFF, 7]).standard_normal(light.shape, np.float32)
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), _GRAIN_SIZE), np.float32)
    # A step on the display is a step in light that grows with it.
    slope = 2.2 * np.maximum(light, 1e-4) ** (1 - 1 / 2.2)
    return np.asarray(noise * (deviation / max(float(noise.std()), 1e-6)) * slope, np.float32)


def measure_look(
    light: Sequence[Picture],
    display: Sequence[Picture],
    background: Sequence[Flags],
    actor: Sequence[Flags] = (),
) -> Look:
    """How pictures look: each (H, W, 3) in light and on the display; softness and grain where ``background`` is.

    ``actor`` is where surely nothing but they are seen; without it no background is taken for flat.
    """
    if actor and np.median([_steps(p, w) for p, w in zip(display, background, strict=True)]) < _STEPS:
        return _look_of_the_actor(light, display, background, actor)
    small = np.concatenate([picture[::3, ::3].reshape(-1, 3) for picture in light])
    black, white = np.percentile(small, _ENDS, axis=0)
    least = small.min(1)
    low, high = np.percentile(least, _PALE)
    pale = small[(least >= low) & (least <= high)].mean(0)
    soft = [_softness(picture, where, 0.0) for picture, where in zip(display, background, strict=True)]
    grain = np.median([_noise(p, w) for p, w in zip(display, background, strict=True)], axis=0)
    return Look(
        np.asarray(black, np.float32),
        np.asarray(white, np.float32),
        np.asarray(pale, np.float32),
        float(np.median(soft)),
        np.asarray(grain, np.float32),
    )


def _look_of_the_actor(
    light: Sequence[Picture],
    display: Sequence[Picture],
    background: Sequence[Flags],
    actor: Sequence[Flags],
) -> Look:
    """What a plate before a flat background tells: the actor's black, without the screen's light, and the grain."""
    own = np.concatenate([picture[where] for picture, where in zip(light, actor, strict=True)])
    black = float(np.percentile(own, _ENDS[0], axis=0).min()) if len(own) else 0.0
    grain = np.zeros(3, np.float32)
    for where in (background, actor):
        if not grain.any():
            grain = np.median([_noise(p, w) for p, w in zip(display, where, strict=True)], axis=0)
    one = np.ones(3, np.float32)
    return Look(np.full(3, black, np.float32), one, one, 0.0, grain.astype(np.float32), True)


def match_looks(plate: Look, layer: Look, display: Sequence[Picture], texture: bool) -> Match:
    """How the layer, whose pictures (H, W, 3) are given on the ``display``, comes to look as the plate.

    With ``texture`` its defocus and grain too, else its grade alone.
    """
    known = layer if plate.flat else plate
    gain = _spans(known.white - plate.black, layer.white - layer.black)
    balance = np.log(_spans(known.pale - plate.black, layer.pale - layer.black))
    balance = np.clip(np.exp(balance - balance.mean()), 1 / _BALANCE, _BALANCE)
    gain = np.exp(np.log(np.clip(gain, *_GAINS)).mean()) * balance
    lift = np.clip(plate.black - gain * layer.black, -_LIFT, _LIFT)
    grade = Match(np.asarray(gain, np.float32), np.asarray(lift, np.float32))
    if not texture:
        return grade
    more = np.sqrt(np.maximum(plate.grain**2 - layer.grain**2, 0))
    grain = np.asarray(more, np.float32) if float(more.mean()) > _LEAST_GRAIN else None
    blur = 0.0 if plate.flat else _blur(plate.softness, display)
    return Match(grade.gain, grade.lift, blur, grain)


def _spans(plate: Colour, layer: Colour) -> Colour:
    """How many times as far it is from black to white."""
    return np.asarray(np.maximum(plate, 1e-3) / np.maximum(layer, 1e-3), np.float32)


def _blur(softness: float, display: Sequence[Picture]) -> float:
    """The blur, as a share of the width, that makes pictures as soft; 0 where they are softer already."""
    everywhere = [np.ones(picture.shape[:2], bool) for picture in display]

    def soft(sigma: float) -> float:
        found = [_softness(p, w, sigma) for p, w in zip(display, everywhere, strict=True)]
        return float(np.median(found))

    reached = np.maximum.accumulate([soft(sigma) for sigma in _BLURS])
    if softness <= reached[0] + _SAME:
        return 0.0
    sigma = float(np.interp(softness, reached, _BLURS))
    return sigma / min(_SIDE, int(display[0].shape[1]))


def _softness(picture: Picture, where: Flags, sigma: float) -> float:
    """How much of the gradient of the strongest edges is left after a blur: little of crisp ones, most of soft ones."""
    scale = min(1.0, _SIDE / picture.shape[1])
    grey = np.asarray(cv2.resize(picture.mean(-1), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    inside = cv2.resize(where.astype(np.uint8), grey.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    if inside.sum() < 500:
        return 0.0
    if sigma:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma))
    sharp, blurred = _gradient(grey), _gradient(np.asarray(cv2.GaussianBlur(grey, (0, 0), _WIDE)))
    edge = inside & (sharp >= np.percentile(sharp[inside], _EDGES)) & (sharp > 1e-3)
    return float(blurred[edge].sum()) / float(sharp[edge].sum()) if edge.any() else 1.0


def _steps(picture: Picture, where: Flags) -> float:
    """The share of what is shown ``where`` it counts that changes from pixel to pixel; 1 where next to nothing does."""
    scale = min(1.0, _FLAT_SIDE / picture.shape[1])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    small = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.2), np.float32)
    inside = cv2.resize(where.astype(np.uint8), small.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    wide = np.asarray(cv2.dilate(1 - inside, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8))) == 0
    if wide.sum() < 500:
        return 1.0
    steps = np.max([_gradient(np.ascontiguousarray(small[..., k])) for k in range(3)], axis=0) / 8
    return float((steps[wide] > _STEP).mean())


def _gradient(grey: Picture) -> Picture:
    return np.asarray(
        np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)), np.float32
    )


def _noise(picture: Picture, where: Flags) -> Colour:
    """(3,) the deviation of the noise in the flattest part."""
    soft = np.asarray(cv2.GaussianBlur(picture, (0, 0), 2.0))
    slope = _gradient(soft.mean(-1))
    # Neither black nor white: both are clipped, and show no grain.
    sound = where & (soft.min(-1) > 0.05) & (soft.max(-1) < 0.95)
    if sound.sum() < 500:
        return np.zeros(3, np.float32)
    flat = sound & (slope <= np.percentile(slope[sound], _FLAT))
    response = np.abs(cv2.filter2D(picture, cv2.CV_32F, _NOISE))[flat]
    return np.asarray(np.median(response, axis=0) / 0.6745 / 6, np.float32)

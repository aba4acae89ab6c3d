"""What a frame shows brighter than its clean plate, and than that gets by itself."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .clean_plate import CleanFrame
from .displaced import without_displaced
from .shot_frames import Flags, Plane, ShotFrames, linear
from .steady import Feet, away_from

REACH = 1.25
"""How far from the actor it is looked for, in heights of theirs; it fades over the last half."""
LOW = 0.5
"""And how high above their feet: it comes off the ground or the water."""
BESIDE = 2
"""Pixels about the actor, in a frame of 360 rows and fewer, that are still theirs."""
RIM = 0.03
"""Share of the frame's height over which it fades towards what no frame shows, and its colour goes on."""
SURE = 0.25
_SMOOTH = 2.0
"""Blur, in pixels of a frame of 360 rows, of what is compared."""
_LEAST, _OVER_NOISE, _OVER_SPREAD = 0.06, 1.5, 1.5
"""Smallest logarithm of light that is something; over the noise, and over what the place does by itself."""
_DARK = 0.35
"""Share of the bright that may be dark beside it: more is an edge that lies aside."""
_THIN = 0.008
"""Share of the frame's height: what is thinner is an edge."""
_FEWEST, _BLACK = 200, 0.006
_FAINT = 0.004


@dataclass(frozen=True)
class Look:
    """A frame beside its clean plate (h, w, 3), as light. ``over`` (h, w) 0..1: how surely it is brighter than the
    place gets by itself; ``free`` (h, w) where that is known; ``away`` (h, w) pixels from the actor.
    """

    clean: Plane
    over: Plane
    free: Flags
    away: Plane


def look_beside(shot: ShotFrames, index: int, clean: CleanFrame, feet: Feet) -> Look:
    """What a frame shows brighter than its clean plate, and than that gets by itself."""
    scale, plate, actor = shot.size[0] / 360, linear(shot.rgb[index]), shot.actor(index)
    away = away_from(actor)
    free = ~clean.hole & (away > max(BESIDE, BESIDE * scale))
    weight = free.astype(np.float32)
    norm = np.maximum(cv2.GaussianBlur(weight, (0, 0), _SMOOTH * scale), 1e-3)
    bright, usual = (
        cv2.GaussianBlur(light * weight[..., None], (0, 0), _SMOOTH * scale) / norm[..., None]
        for light in (plate, clean.light)
    )
    ratio = np.log((bright + _BLACK) / (usual + _BLACK))
    far = free & (away > REACH * feet.tall / 2)
    known = ratio[far] if far.sum() >= _FEWEST else ratio[free]
    if len(known) < _FEWEST:
        return Look(clean.light, np.zeros(free.shape, np.float32), np.zeros_like(free), away)
    ratio -= np.median(known, axis=0)  # the light of the whole plate drifts
    noise = 1.4826 * float(np.median(np.abs(known - np.median(known, axis=0)), axis=0).max())
    spread = cv2.GaussianBlur(cv2.dilate(clean.spread, np.ones((3, 3), np.uint8)), (0, 0), 3 * scale)
    limit = max(_OVER_NOISE * noise, _LEAST) + _OVER_SPREAD * spread
    # Dust may be no brighter than the ground, and of another colour: no shadow raises a channel.
    above, below = ratio.max(-1), -ratio.mean(-1)
    dark, light = (
        cv2.GaussianBlur(np.maximum(side, 0) * weight, (0, 0), 4.3 * scale) for side in (below, above)
    )
    over = np.clip(above / limit - 0.5, 0, 1) * (free & (dark < _DARK * light + _FAINT))
    # It fades towards what no frame shows free.
    unseen = cv2.distanceTransform((~clean.hole | actor).astype(np.uint8), cv2.DIST_L2, 3)
    over *= np.clip(unseen / (RIM * shot.size[0]), 0, 1)
    thin = 2 * max(1, round(_THIN * shot.size[0] / 2)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (thin, thin))
    solid = cv2.morphologyEx((over > SURE).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    over = np.where(cv2.dilate(solid, kernel) > 0, over, 0).astype(np.float32)
    return Look(clean.light, without_displaced(over, plate, clean.light, free, scale), free, away)

"""What of the place is water, and moves by itself; else what is said of water that stands still."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..camera.fit import Matrix
from ..camera.water import Water
from ..seeing.protocol import RegionMap
from ..seeing.readers import Readers
from .place import Place
from .preflight import Inputs

Picture = NDArray[np.float32]

_MUCH = 0.05
"""Share of the condition picture from which on its water is told, and moves where a network is sure of it."""
_SURE, _MARGIN = 0.8, 0.01
"""How sure a network is of water that moves, and by which share of the picture's height less of it does."""
_SMALL, _SOFT, _LEVEL, _ALIKE = 160, 1.5, 0.7, 7
"""What an artist's mask says nothing of is told by what it is like: on so many pixels of the longer side, blurred by so
much, and by so many of the likest pixels, where all of the height counts as much as so much of a colour's range."""
_KNOWN, _HIDDEN = 0.99, 0.01
"""What counts as all of a pixel, and as nothing of it."""
_FPS = 24.0
"""Of a plate that says none."""


def move_water(
    inputs: Inputs, place: Place, readers: Readers, plate_moves: bool
) -> tuple[Place, str, tuple[str, ...]]:
    """The place with its water moving, what is said of that (empty where none moves), and what to warn of.

    ``plate_moves``: the ground at the actor's feet is not found again from frame to frame of the plate.
    """
    settings, reads = inputs.job.settings, inputs.engine.facts.reads
    if place.backdrop is None or place.standpoint is None:
        given = "--water auto" if inputs.water is None else f"The water mask {settings.water_mask}"
        idle = f"{given} has no effect: no camera moves the picture."
        return place, "", (idle,) * (inputs.water is not None or settings.water == "auto")
    regions = place.standpoint.regions
    repainted = settings.life > 0 and "life" in reads
    whole, onto = place.condition, np.eye(3)
    if place.picture is not None:
        whole, onto = place.picture.picture, place.picture.surroundings.from_condition
    if inputs.water is not None:
        mask: Picture | None = mask_of_place(inputs.water, place.backdrop.subject, whole, onto)
        source = "your mask"
    else:
        unasked = settings.water != "auto" or repainted
        mask = None if unasked or _share(regions) < _MUCH else _by_regions(readers.regions_of(whole))
        source = "" if regions is None else regions.source
    if mask is not None:
        horizon, fps = place.standpoint.picture, inputs.plate.info.fps
        row = None
        if horizon is not None:
            row = float(
                onto[1, 1] * ((horizon.high + horizon.low) / 2 * len(place.condition) - 0.5) + onto[1, 2]
            )
        seconds = 1 / (_FPS if fps is None else float(fps))
        ways = settings.water_speed, settings.water_direction
        water = Water(whole, mask, onto, row, inputs.frames.first, seconds, *ways)
        if water.moves:
            said = f"{float(mask.mean()):.0%} of the place, by {source}"
            return replace(place, backdrop=place.backdrop.flowing(water)), said, ()
        if inputs.water is not None:
            narrow = (
                f"The water mask {settings.water_mask} has no effect: what it marks is too narrow to move."
            )
            return place, "", (narrow,)
    if settings.water == "auto":
        return place, "", (_unmoved(regions, repainted),)
    return place, "", warn_of_still_water(regions, plate_moves, settings.life, reads)


def _unmoved(regions: RegionMap | None, repainted: bool) -> str:
    """What to say where the water that a network tells was to move, and none does."""
    if repainted:
        return "--water auto has no effect: --life repaints what moves."
    if regions is None:
        why = "no network here tells what is water (actanywhere models pull vision gets one)"
    elif (share := _share(regions)) < _MUCH:
        why = f"{share:.1%} of the condition picture is water (by {regions.source}), less than {_MUCH:.0%}"
    else:
        why = f"{regions.source} is sure of too little of it"
    return f"--water auto: no water moves, since {why}. --water-mask MASK says what is water."


def warn_of_still_water(
    water: RegionMap | None, plate_moves: bool, life: float, reads: frozenset[str]
) -> tuple[str, ...]:
    """What to warn of where water stands still, by the regions of the condition that show ``water``.

    Where no network tells them, ``plate_moves`` does: the ground at the actor's feet is not found again there.
    ``reads`` are the settings that the engine reads, of which ``life`` repaints parts of the picture.
    """
    if life > 0 and "life" in reads:
        return ()
    if (share := _share(water)) >= _MUCH and water is not None:
        seen = f"{share:.0%} of the condition picture is water (by {water.source}), which stands still in the layer"
    elif water is None and plate_moves:
        seen = (
            "In the plate the ground at the actor's feet is not found again from frame to frame, as on water or where "
            "the camera sweeps over it; water in the condition picture, if it shows any, stands still"
        )
    else:
        return ()
    repainted = (
        "--life 0.4 --alive MASK" if "life" in reads else "a model that does (--model vace-14b --life 0.4)"
    )
    moved = "--water-mask MASK" if water is None else "--water auto, or --water-mask MASK"
    return (
        f"{seen}, as smoke, leaves and crowds do. To let water move: {moved}. To repaint them: {repainted}.",
    )


def _share(regions: RegionMap | None) -> float:
    return 0.0 if regions is None else float(regions.of("water").mean())


def _by_regions(regions: RegionMap | None) -> Picture | None:
    """(h, w) 1 where a network is sure of water, and of what is beside."""
    if regions is None:
        return None
    sure = (regions.of("water") > _SURE).astype(np.uint8)
    side = 2 * max(1, round(_MARGIN * len(sure))) + 1
    return np.asarray(cv2.erode(sure, np.ones((side, side), np.uint8)), np.float32)


def mask_of_place(mask: Picture, hole: Picture | None, whole: Picture, onto: Matrix) -> Picture:
    """The mask (hc, wc) of the condition as one of the ``whole`` place (h, w, 3), onto which the condition is laid.

    Behind who goes (``hole``) and beyond the condition's borders it is water that is like the mask's water, in colour
    and height, and not like the rest.
    """
    height, width = whole.shape[:2]
    known = np.ones_like(mask) if hole is None else (hole < _HIDDEN).astype(np.float32)
    placed, told = (cv2.warpAffine(one, onto[:2], (width, height)) for one in (mask, known))
    if told.min() > _KNOWN:
        return np.asarray(placed, np.float32)
    scale = min(1.0, _SMALL / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    colours, water, seen = (
        cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (whole, placed, told)
    )
    level = np.broadcast_to(np.linspace(0, _LEVEL, size[1], dtype=np.float32)[:, None], water.shape)
    like = np.dstack([cv2.GaussianBlur(colours, (0, 0), _SOFT), level])
    sure = seen > _KNOWN
    if not sure.any():
        return np.asarray(placed, np.float32)
    nearest = cv2.ml.KNearest.create()
    nearest.train(like[sure], cv2.ml.ROW_SAMPLE, (water[sure] > _KNOWN).astype(np.float32))
    found = np.where(sure, water, 0).astype(np.float32)
    _, _, likest, _ = nearest.findNearest(like[~sure], min(_ALIKE, int(sure.sum())))
    found[~sure] = likest.min(1)
    wide = cv2.resize(cv2.medianBlur(found, 5), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.where(told > _KNOWN, placed, wide).astype(np.float32)

"""Black bars of the plate, which are no part of its picture."""

from __future__ import annotations

import numpy as np

from ..footage import Rim, find_rim
from .clip import Clip


def bars_of(clip: Clip) -> Rim | None:
    """The black bars of every frame of the plate: what is dark in all of them, at opposite sides; None: it has none."""
    brightest = np.array(clip.rgb[0])
    for index in clip.indices():
        np.maximum(brightest, clip.rgb[index], out=brightest)
    rim = find_rim(brightest)
    return rim if rim is not None and rim.black else None


def warn_of_bars(clip: Clip) -> tuple[str, ...]:
    """A warning where the plate has black bars in every frame."""
    rim = bars_of(clip)
    if rim is None:
        return ()
    height, width = clip.size
    depths = {
        "top": rim.top / height,
        "bottom": rim.bottom / height,
        "left": rim.left / width,
        "right": rim.right / width,
    }
    sides = ", ".join(f"{share:.0%} at the {side}" for side, share in depths.items() if share)
    return (
        f"plate: it has black bars ({sides}). They are taken for picture: the place is painted over them, and the "
        "camera may hold on to their edges. Crop plate and matte, or keep the bars by a matte of them (--keep-front).",
    )

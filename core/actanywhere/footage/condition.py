"""The picture of the place wanted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..contract.shot import Condition, ImageSequence, Matte
from .colour import to_display
from .matte import open_matte
from .plate import PlateInfo, open_plate
from .stills import place

__all__ = ["read_condition", "read_still_matte"]

Pixels = NDArray[np.float32]


def read_condition(condition: Condition, warnings: list[str] | None = None) -> Pixels:
    """The condition as a display sees it: (H, W, 3) float32, 0..1, its display window.

    Of a sequence or a movie the first picture is taken. What was assumed is added to ``warnings``. Raises
    ``FootageError``.
    """
    with open_plate(ImageSequence(condition.path, colour=condition.colour)) as plate:
        frame = plate.read(plate.frames.first)
        if warnings is not None:
            warnings += plate.warnings
            if len(plate.frames) > 1:
                warnings.append(f"{condition.path}: the first of {len(plate.frames)} pictures is taken.")
        return np.ascontiguousarray(to_display(_displayed(frame.pixels, plate.info), plate.info.space))


def read_still_matte(path: str, condition: Condition) -> Pixels:
    """The matte of a subject painted into a condition: (H, W) float32, 0..1, of the condition's own size.

    Read as ``Matte(path)`` is, and refused as it is (another size, values outside of 0..1).
    """
    with open_plate(ImageSequence(condition.path)) as plate, open_matte(Matte(path), plate) as matte:
        return np.ascontiguousarray(_displayed(matte.read(matte.frames.first), plate.info))


def _displayed(pixels: Pixels, info: PlateInfo) -> Pixels:
    return place(pixels, info.data_window, info.display_window)

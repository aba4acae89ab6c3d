"""A layer's frame, written in one call."""

from __future__ import annotations

from typing import Any

import numpy as np

from actanywhere.footage import write_exr_frame
from actanywhere.footage.plate import PlateInfo


def write_layer_frame(
    path: str,
    background: np.ndarray,
    alpha: np.ndarray,
    comp: np.ndarray,
    comp_alpha: np.ndarray,
    info: PlateInfo,
    attributes: dict[str, Any],
    name: str = "generated_bg",
) -> int:
    """Gives how many values were clamped; pictures are (H, W, 3) in the layer's space, alphas (H, W)."""
    own = " ".join(f"{name}.{one}" for one in "RGB")
    planes = {"R G B": comp, "A": comp_alpha, own: background, f"{name}.A": alpha}
    return write_exr_frame(path, planes, info, attributes)

"""A camera track on disk: the JSON that hosts write and the engine reads (docs/track.md), its layout numbered.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Sequence, Tuple

from .schema import Upgrade, numbered, upgraded

_UPGRADES: Tuple[Upgrade, ...] = ()


def track_text(width: int, height: int, transforms: Mapping[int, Sequence[float]]) -> str:
    """The file of a 2-D track. ``width``, ``height``: the plate's raster in pixels.

    ``transforms`` gives for each frame nine numbers, row by row: from a view that all frames share to the frame, in
    pixels from the top left corner, y down.
    """
    rows = {str(frame): [float(value) for value in transforms[frame]] for frame in sorted(transforms)}
    return json.dumps(
        with_track_number({"width": width, "height": height, "transforms": rows}), indent=1, sort_keys=True
    )


def cameras_text(width: int, height: int, cameras: Mapping[int, Tuple[Sequence[float], float]]) -> str:
    """The file of a 3-D camera. ``width``, ``height``: the plate's raster in pixels.

    ``cameras`` gives for each frame sixteen numbers, camera to world row by row, y up, and the focal length in rows.
    """
    rows = {
        str(frame): {"matrix": [float(value) for value in matrix], "focal_pixels": float(focal)}
        for frame, (matrix, focal) in sorted(cameras.items())
    }
    data = {"kind": "cameras", "width": width, "height": height, "frames": rows}
    return json.dumps(with_track_number(data), indent=1, sort_keys=True)


def with_track_number(data: Dict[str, Any]) -> Dict[str, Any]:
    """The data of a track or of cameras with the number of its layout."""
    return numbered(data, _UPGRADES)


def track_of_any_layout(data: Any, path: str) -> Any:
    """The data of a track file as today's; no object stays what it is. Raises ``LaterVersion`` and ``JobError``."""
    return upgraded(data, path, _UPGRADES)

"""A camera track on disk: the JSON that hosts write and the engine reads (docs/track.md), its layout numbered.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Sequence, Tuple

from .schema import Upgrade, numbered, upgraded

__all__ = ["track_of_any_layout", "track_text", "with_track_number"]

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


def with_track_number(data: Dict[str, Any]) -> Dict[str, Any]:
    """The data of a track or of cameras with the number of its layout."""
    return numbered(data, _UPGRADES)


def track_of_any_layout(data: Any, path: str) -> Any:
    """The data of a track file as today's; no object stays what it is. Raises ``LaterVersion`` and ``JobError``."""
    return upgraded(data, path, _UPGRADES)

"""The settings of the files that are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple

from ..fields import several, text


@dataclass(frozen=True)
class FilesSettings:
    """What is written."""

    layer: str = text(
        "generated_bg", "Name of the layer (channel group) that holds the background.", group="files"
    )
    format: Tuple[str, ...] = several(
        ("exr",),
        "What to write: exr always; png and mov add display files of the comp.",
        {"exr": "", "png": "", "mov": ""},
        group="files",
        affects_layer=False,
    )

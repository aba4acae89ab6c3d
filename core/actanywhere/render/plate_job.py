"""The job of a clean plate or a camera solve: a plate and its matte, with no condition."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..contract.settings import Settings
from ..contract.shot import FrameRange, ImageSequence, Matte


@dataclass(frozen=True)
class PlateJob:
    """A plate, its matte, and the folder that is written. ``frames`` None: all that the plate has."""

    plate: ImageSequence
    matte: Matte
    output: str
    frames: FrameRange | None = None
    settings: Settings = field(default_factory=Settings)

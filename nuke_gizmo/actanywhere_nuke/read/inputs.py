"""The rendered inputs: where they are, and whether they are complete.

A folder of inputs is named by a digest of what it was rendered from, so that takes share it, nothing is rendered
twice, and a change upstream gives another folder and never touches the frames of an older take.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Dict, Tuple

from ..contract.errors import FootageError, JobError, LaterVersion
from ..contract.files import write_text
from ..contract.schema import Upgrade, numbered, upgraded
from ..contract.shot import FrameRange
from .exr import Box, Header, read_header
from .naming import file_pattern

__all__ = ["Rendering", "check", "finish", "is_whole", "raster_of"]

_MANIFEST = "inputs.json"
_UPGRADES: Tuple[Upgrade, ...] = ()


@dataclass(frozen=True)
class Rendering:
    """One input to be rendered: by the Write of that name, frames ``frames``, into ``folder``.

    ``channels`` are those that the files must have. ``source`` is the text whose digest names the folder.
    """

    kind: str
    write: str
    folder: str
    frames: FrameRange
    channels: Tuple[str, ...]
    source: str

    @property
    def pattern(self) -> str:
        """The files, as core reads them."""
        return file_pattern(self.folder, self.kind, "####")

    @property
    def nuke_pattern(self) -> str:
        """The files, as a Write names them."""
        return file_pattern(self.folder, self.kind, "%04d")

    def file(self, frame: int) -> str:
        """The file of one frame."""
        return self.nuke_pattern.replace("%04d", f"{frame:04d}")


def is_whole(rendering: Rendering) -> bool:
    """Whether it was rendered to the end before, and every file is still there. Raises ``LaterVersion``."""
    try:
        path = os.path.join(rendering.folder, _MANIFEST)
        with open(path, encoding="utf-8") as stream:
            frames = upgraded(json.load(stream), path, _UPGRADES)["frames"]
    except LaterVersion:
        raise
    except (OSError, ValueError, KeyError, TypeError, JobError):
        return False
    return frames == str(rendering.frames) and all(
        os.path.isfile(rendering.file(frame)) for frame in rendering.frames
    )


def check(rendering: Rendering) -> Dict[int, Header]:
    """The header of every frame. Raises ``FootageError`` naming the frame that is missing, cut off or not as asked."""
    headers = {}
    for frame in rendering.frames:
        path = rendering.file(frame)
        if not os.path.isfile(path):
            raise FootageError(
                f"{path} (frame {frame}) was not rendered.",
                f"Look at the {rendering.kind} input at that frame: does it have an error?",
            )
        headers[frame] = header = read_header(path)
        lacking = [name for name in rendering.channels if name not in header.channels]
        if lacking:
            raise FootageError(
                f"{path} (frame {frame}) has the channels {', '.join(header.channels) or '(none)'}, "
                f"not {', '.join(lacking)}.",
                f"Look at the {rendering.kind} input: choose a channel that it has.",
            )
    return headers


def finish(rendering: Rendering, facts: Dict[str, Any]) -> None:
    """Write down that the folder is whole, and what it was rendered from (``facts``, JSON-ready)."""
    data = dict(facts, frames=str(rendering.frames), kind=rendering.kind, rendered_from=rendering.source)
    text = json.dumps(numbered(data, _UPGRADES), indent=1, sort_keys=True)
    write_text(os.path.join(rendering.folder, _MANIFEST), text)


def raster_of(headers: Dict[int, Header]) -> Tuple[Box, Box, float]:
    """The plate's raster as core has it (around the data windows of all frames), the format, and its pixel aspect."""
    windows = [header.data for header in headers.values()]
    raster = windows[0]
    for window in windows[1:]:
        raster = raster.union(window)
    first = next(iter(headers.values()))
    return raster, first.display, first.pixel_aspect

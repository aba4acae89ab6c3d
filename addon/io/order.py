"""An order: the job, and what a second Blender has to draw before the engine can start; JSON both ways."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

from ..core.job import Job

__all__ = ["Drawing", "Order"]

_FILE, _DONE = "order.json", "drawn"


@dataclass(frozen=True)
class Drawing:
    """Something that only Blender can draw. ``options`` are those of its ``kind`` (see blender/draw.py).

    ``stem`` names the files in the order's folder: ``matte`` gives ``matte.1001.exr``.
    """

    kind: str
    stem: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """``folder`` takes what is drawn, for scene frames ``first`` to ``last``; a job frame is a scene frame
    plus ``shift``. ``job`` already names the files that will be drawn.
    """

    job: Job
    folder: str
    scene: str
    first: int
    last: int
    shift: int
    drawings: tuple[Drawing, ...] = ()

    @property
    def drawn(self) -> bool:
        """Whether everything that must be drawn has been."""
        return not self.drawings or os.path.exists(os.path.join(self.folder, _DONE))

    def write(self, folder: str) -> None:
        """Write the order down in a folder: its own, for the second Blender, or the take's."""
        os.makedirs(folder, exist_ok=True)
        data = dict(vars(self), job=self.job.to_dict(), drawings=[asdict(d) for d in self.drawings])
        with open(os.path.join(folder, _FILE), "w", encoding="utf-8") as file:
            json.dump(data, file, indent=1)

    @classmethod
    def read(cls, folder: str) -> Order:
        """The order that was written into ``folder``. Raises ``OSError`` when there is none."""
        with open(os.path.join(folder, _FILE), encoding="utf-8") as file:
            data = json.load(file)
        data["job"] = Job.from_dict(data["job"])
        data["drawings"] = tuple(Drawing(**drawing) for drawing in data["drawings"])
        return cls(**data)

    def mark_drawn(self) -> None:
        """Note that everything has been drawn."""
        with open(os.path.join(self.folder, _DONE), "w", encoding="utf-8"):
            pass

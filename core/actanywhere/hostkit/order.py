"""An order: the job, and what the host must render before the engine can start; JSON both ways.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Dict, Tuple

from ..contract.errors import JobError, LaterVersion
from ..contract.files import make_folder, write_text
from ..contract.job import Job
from ..contract.schema import Upgrade, numbered, upgraded

_FILE, _DONE = "order.json", "drawn"
_UPGRADES: Tuple[Upgrade, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """Something that only the host can draw. ``options`` are those of its ``kind``, which the host knows.

    ``stem`` names the files in the order's folder: ``matte`` gives ``matte.1001.exr``.
    """

    kind: str
    stem: str
    options: Dict[str, Any] = field(default_factory=dict)


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
    drawings: Tuple[Drawing, ...] = ()

    @property
    def drawn(self) -> bool:
        """Whether everything that must be drawn has been."""
        return not self.drawings or os.path.exists(os.path.join(self.folder, _DONE))

    def write(self, folder: str) -> None:
        """Write the order down in a folder: its own, for who draws, or the take's. Raises ``OutputError``."""
        data = dict(vars(self), job=self.job.to_dict(), drawings=[asdict(d) for d in self.drawings])
        data = numbered(data, _UPGRADES)
        make_folder(folder)
        write_text(os.path.join(folder, _FILE), json.dumps(data, indent=1))

    @classmethod
    def read(cls, folder: str) -> Order:
        """The order that was written into ``folder``. Raises ``JobError`` when there is none, or a damaged one."""
        path = os.path.join(folder, _FILE)
        try:
            with open(path, encoding="utf-8") as stream:
                data = upgraded(json.load(stream), path, _UPGRADES)
            data["job"] = Job.from_dict(data["job"])
            data["drawings"] = tuple(Drawing(**drawing) for drawing in data["drawings"])
            kinds = [type(data[name]) for name in ("folder", "scene", "first", "last", "shift")]
            if kinds != [str, str, int, int, int]:
                raise TypeError("folder and scene must be text, first, last and shift whole numbers")
            return cls(**data)
        except OSError as error:
            raise JobError(
                f"{path}: {error.strerror}.",
                "Choose a take that was made here, or generate a new one.",
            ) from error
        except LaterVersion:
            raise
        except (ValueError, KeyError, TypeError, JobError) as error:
            raise JobError(
                f"{path} is damaged: {str(error).rstrip('.')}.",
                "Remove the take, and generate a new one.",
            ) from error

    @classmethod
    def of_take(cls, take: str) -> Order:
        """The order of the take in folder ``take``, as ``read`` gives it, with take and drawings where they lie now.

        The project may have been moved since; what was drawn lies beside the take.
        """
        order = cls.read(take)
        folder = os.path.join(os.path.dirname(take), os.path.basename(order.folder))

        def now(path: str) -> str:
            drawn = os.path.dirname(path) == order.folder
            return os.path.join(folder, os.path.basename(path)) if drawn else path

        shot = order.job.shot
        shot = replace(
            shot,
            plate=replace(shot.plate, path=now(shot.plate.path)),
            matte=replace(shot.matte, path=now(shot.matte.path)),
            condition=replace(
                shot.condition,
                path=now(shot.condition.path),
                matte=now(shot.condition.matte),
                scribble=now(shot.condition.scribble),
                extended=now(shot.condition.extended),
            ),
            track=now(shot.track),
        )
        settings = order.job.settings.with_files(now)
        return replace(
            order, job=replace(order.job, shot=shot, settings=settings, output=take), folder=folder
        )

    def mark_drawn(self) -> None:
        """Note that everything has been drawn."""
        with open(os.path.join(self.folder, _DONE), "w", encoding="utf-8"):
            pass

"""The errors that an artist sees: each with a message and a remedy.

Every error that a person can act on is one of these. The message names the file, the frame and what was
found there; ``remedy`` says the one thing to try. Anything else that is raised is a bug and keeps its
traceback.

    ActAnywhereError
    ├── JobError          a setting or a job file that cannot be rendered
    │   └── LaterVersion  a file that a later version of this software wrote
    ├── FootageError      a plate, matte, condition or movie that cannot be read
    ├── ModelError        a model folder that is missing, incomplete, corrupted or does not fit
    ├── OutputError       a folder that cannot be written, or that holds another job's layer
    │   └── FolderBusy    a folder that another render is writing into now
    ├── WorkerError       the worker process could not be started, or died
    └── Cancelled         the artist stopped it; finished frames are kept

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

from typing import Any, Dict

__all__ = [
    "ActAnywhereError",
    "Cancelled",
    "FolderBusy",
    "FootageError",
    "JobError",
    "LaterVersion",
    "ModelError",
    "OutputError",
    "WorkerError",
    "error_from_dict",
]


class ActAnywhereError(Exception):
    """An error with a remedy. ``str()`` gives the message; show ``remedy`` beside it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        # What it quotes of files and names may be no text that can be shown.
        self.message = message.encode("utf-8", "replace").decode("utf-8")
        self.remedy = remedy.encode("utf-8", "replace").decode("utf-8")
        super().__init__(self.message)

    def to_dict(self) -> Dict[str, Any]:
        """The error as it crosses a process boundary: ``kind``, ``message``, ``remedy``."""
        return {"kind": type(self).__name__, "message": self.message, "remedy": self.remedy}


class JobError(ActAnywhereError):
    """A setting or a job file that cannot be rendered."""


class LaterVersion(JobError):
    """A file that a later version of this software wrote: it is not understood, and never taken for damaged."""


class FootageError(ActAnywhereError):
    """A plate, matte, condition or movie that cannot be read, or that does not fit the others."""


class ModelError(ActAnywhereError):
    """A model folder that is missing, incomplete, corrupted or does not fit."""


class OutputError(ActAnywhereError):
    """A folder that cannot be written, or that holds another job's layer."""


class FolderBusy(OutputError):
    """A folder that another render is writing into now; later it can be had."""


class WorkerError(ActAnywhereError):
    """The worker process could not be started, or died."""


class Cancelled(ActAnywhereError):
    """The artist stopped the job. Finished frames are kept, and the same job continues from them."""


_KINDS = {
    kind.__name__: kind
    for kind in (
        ActAnywhereError,
        JobError,
        LaterVersion,
        FootageError,
        ModelError,
        OutputError,
        FolderBusy,
        WorkerError,
        Cancelled,
    )
}


def error_from_dict(data: Dict[str, Any]) -> ActAnywhereError:
    """The error that ``to_dict`` described; an unknown ``kind`` gives the base class."""
    kind = _KINDS.get(str(data.get("kind")), ActAnywhereError)
    return kind(str(data.get("message", "")), str(data.get("remedy", "")))

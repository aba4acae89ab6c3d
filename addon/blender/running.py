"""The one session that may run in this Blender, and the worker that outlives it with its model loaded."""

from __future__ import annotations

import os
from typing import Any

import bpy

from ..core.errors import JobError, WorkerError
from ..core.launch import Worker, worker_command
from ..io.engine import engine_python
from ..io.session import Session

__all__ = [
    "abandon",
    "close_worker",
    "current",
    "engine",
    "engine_command",
    "finish",
    "own_environment",
    "preferences",
    "require_idle",
    "scene_name",
    "start",
    "the_worker",
]


class _State:
    """What lives as long as the extension is enabled."""

    session: Session | None = None
    scene: str = ""
    worker: Worker | None = None
    command: list[str] | None = None


def preferences() -> Any:
    """The extension's preferences."""
    package = __package__.rpartition(".")[0]
    return bpy.context.preferences.addons[package].preferences


def current() -> Session | None:
    """The session that runs, if one does."""
    return _State.session


def scene_name() -> str:
    """The scene that the running session is for."""
    return _State.scene


def start(session: Session, scene: Any) -> None:
    """Make it the running session."""
    _State.session, _State.scene = session, scene.name


def require_idle() -> None:
    """Raises ``JobError`` while a session runs."""
    if _State.session is not None:
        raise JobError("ActAnywhere is rendering already.", "Wait for its end, or cancel it.")


def finish() -> None:
    """The session is over: forget it, and the worker too unless it is to be kept."""
    _State.session = None
    if not preferences().keep_engine:
        close_worker()


def own_environment() -> str:
    """The folder of the engine's own environment, outside of Blender and of the extension."""
    package = __package__.rpartition(".")[0]
    return os.path.join(bpy.utils.extension_path_user(package, create=True), "engine")


def engine() -> str:
    """The engine's Python, or empty: then it is looked for on the PATH."""
    return engine_python(bpy.path.abspath(preferences().python), own_environment())


def engine_command(*words: str) -> list[str]:
    """The command that runs ``actanywhere`` with these words. Raises ``WorkerError`` when there is no engine."""
    try:
        return [*worker_command(engine())[:-1], *words]
    except WorkerError as error:
        raise WorkerError(
            "The engine is not installed.",
            "In Preferences > Add-ons > ActAnywhere, create its environment, or choose one that is there.",
        ) from error


def the_worker() -> Worker:
    """The worker, with the engine that the preferences name. Raises ``WorkerError``."""
    command = engine_command("worker")
    if _State.worker is None or _State.command != command:
        close_worker()
        _State.worker, _State.command = Worker(command), command
    return _State.worker


def close_worker() -> None:
    """End the worker's process, if there is one, at once."""
    if _State.worker is not None:
        _State.worker.close(0)
        _State.worker = None


def abandon() -> None:
    """Stop everything at once: the file is closed, Blender quits, or the extension is disabled."""
    if _State.session is not None:
        _State.session.abandon()
        _State.session = None
    close_worker()

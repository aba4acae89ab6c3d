"""The one session that may run in this Blender, and the worker that outlives it with its model loaded."""

from __future__ import annotations

import os
from typing import Any

import bpy

from ..contract.errors import JobError
from ..contract.launch import Worker
from ..hostkit.controls import BUSY
from ..hostkit.engine import Engine, engine_python
from ..hostkit.session import Session

__all__ = [
    "abandon",
    "close_worker",
    "current",
    "engine",
    "finish",
    "leave",
    "listen",
    "own_environment",
    "preferences",
    "require_idle",
    "say",
    "scene",
    "start",
    "the_worker",
]


_OTHER_ENGINE = (
    "In Preferences > Add-ons > ActAnywhere, create the engine's environment, or choose one that is there."
)


class _State:
    """What lives as long as the extension is enabled."""

    session: Session | None = None
    scene: int = 0
    worker: Worker | None = None
    command: list[str] | None = None
    timer: Any = None
    spoken: set[str] = set()  # workspaces whose status bar shows our words


def preferences() -> Any:
    """The extension's preferences."""
    package = __package__.rpartition(".")[0]
    return bpy.context.preferences.addons[package].preferences


def current() -> Session | None:
    """The session that runs, if one does."""
    return _State.session


def scene() -> Any:
    """The scene that the running session is for, whatever it is called by now; None when it is gone."""
    return next((each for each in bpy.data.scenes if each.session_uid == _State.scene), None)


def start(session: Session, scene: Any) -> None:
    """Make it the running session."""
    _State.session, _State.scene = session, scene.session_uid


def listen(operator: Any, window: Any) -> None:
    """Have a window's timer call the operator's ``modal``, until ``leave``."""
    with bpy.context.temp_override(window=window):
        _State.timer = bpy.context.window_manager.event_timer_add(0.1, window=window)
        bpy.context.window_manager.modal_handler_add(operator)


def say(workspace: Any, text: str) -> None:
    """Put words into the status bar of the workspace that is shown."""
    workspace.status_text_set(text)
    _State.spoken.add(workspace.name)


def leave() -> None:
    """Nothing of a session stays in the window: no timer, and no words in any workspace's status bar."""
    if _State.timer is not None:
        bpy.context.window_manager.event_timer_remove(_State.timer)
        _State.timer = None
    for workspace in bpy.data.workspaces:
        if workspace.name in _State.spoken:
            with bpy.context.temp_override(workspace=workspace):
                workspace.status_text_set(None)
    _State.spoken.clear()


def require_idle() -> None:
    """Raises ``JobError`` while a session runs."""
    if _State.session is not None:
        raise JobError("ActAnywhere is rendering already.", BUSY)


def finish() -> None:
    """The session is over: forget it, and the worker too unless it is to be kept."""
    _State.session = None
    if not preferences().keep_engine:
        close_worker()


def own_environment() -> str:
    """The folder of the engine's own environment, outside of Blender and of the extension."""
    package = __package__.rpartition(".")[0]
    return os.path.join(bpy.utils.extension_path_user(package, create=True), "engine")


def engine() -> Engine:
    """The engine that the preferences name, else the first that is there."""
    return Engine(engine_python(bpy.path.abspath(preferences().python), own_environment()), _OTHER_ENGINE)


def the_worker() -> Worker:
    """The worker, with the engine that the preferences name. Raises ``WorkerError``."""
    command = engine().command("worker")
    if _State.worker is None or _State.command != command:
        close_worker()
        _State.worker, _State.command = Worker(command, remedy=_OTHER_ENGINE), command
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
    leave()
    close_worker()

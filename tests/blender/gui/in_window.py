"""Runs in Blender's window: times everything of ours, and does what it is asked.

ACTANYWHERE_GIVEN names a JSON file with ``engine`` and ``talk``, a folder. Python that appears there as
``ask.py`` is run from a timer; what it puts into ``answer`` goes to ``answer.json``.
"""

from __future__ import annotations

import functools
import json
import os
import time
import traceback
from collections.abc import Callable
from typing import Any

import bpy

MODULE = "bl_ext.user_default.actanywhere"

#: What our code took on the main thread, by class and method: milliseconds by the clock, and of the processor.
took: dict[str, list[tuple[float, float]]] = {}
#: What the session heard from the engine, and when (time.time()).
events: list[tuple[float, str]] = []


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Blender counts a function's parameters and passes just as many."""

    def run(*arguments: Any) -> Any:
        begin, worked = time.perf_counter(), time.thread_time()
        try:
            return function(*arguments)
        finally:
            spent = time.perf_counter() - begin, time.thread_time() - worked
            took.setdefault(name, []).append((spent[0] * 1000, spent[1] * 1000))

    def two(self: Any, context: Any) -> Any:
        return run(self, context)

    def three(self: Any, context: Any, event: Any) -> Any:
        return run(self, context, event)

    return functools.wraps(function)(three if function.__code__.co_argcount == 3 else two)


def time_ours() -> None:
    """Wrap every method of ours that Blender calls."""
    for name in dir(bpy.types):
        kind = getattr(bpy.types, name)
        if not getattr(kind, "__module__", "").startswith(MODULE):
            continue
        for method in ("invoke", "execute", "modal", "draw", "poll", "cancel"):
            owner = next((c for c in kind.__mro__ if method in vars(c)), None)
            if owner is None or not owner.__module__.startswith(MODULE):
                continue
            plain = vars(owner)[method]
            if isinstance(plain, (classmethod, staticmethod)):
                continue
            if not hasattr(plain, "__wrapped__"):
                setattr(owner, method, timed(f"{owner.__name__}.{method}", plain))


def watch_session() -> None:
    """Note when a session hears something, and time its steps."""
    from importlib import import_module

    session = import_module(MODULE + ".hostkit.session").Session
    hear = session._hear

    def heard(self: Any, progress: Any) -> None:
        events.append((time.time(), f"{progress.stage} {progress.fraction:.3f}"))
        hear(self, progress)

    session._hear = heard


def serve(talk: str) -> float:
    ask = os.path.join(talk, "ask.py")
    if os.path.exists(ask):
        with open(ask, encoding="utf-8") as file:
            code = file.read()
        os.remove(ask)
        names: dict[str, Any] = {"bpy": bpy, "took": took, "events": events, "answer": None}
        names.update(time_ours=time_ours, watch_session=watch_session)
        try:
            exec(compile(code, "ask.py", "exec"), names)
            said = {"answer": names["answer"]}
        except BaseException:
            said = {"fell": traceback.format_exc()}
        with open(os.path.join(talk, "answer.new"), "w", encoding="utf-8") as file:
            json.dump(said, file)
        os.rename(os.path.join(talk, "answer.new"), os.path.join(talk, "answer.json"))
    return 0.05


def main() -> None:
    with open(os.environ["ACTANYWHERE_GIVEN"], encoding="utf-8") as file:
        given = json.load(file)
    bpy.context.preferences.view.show_splash = False
    bpy.context.preferences.addons[MODULE].preferences.python = given["engine"]
    time_ours()
    watch_session()
    bpy.app.timers.register(functools.partial(serve, given["talk"]), persistent=True)


main()

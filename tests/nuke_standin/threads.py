"""Calls from other threads, and how Nuke treats them. Valid Python 3.7."""

from __future__ import annotations

import threading
from typing import Any, Callable, List

from tests.nuke_standin.session import SESSION


def executeInMainThread(call: Any, args: Any = (), kwargs: Any = None) -> None:
    """Later, on the main thread. From the main thread itself a real Nuke can hang: a fault."""
    if SESSION.on_main and SESSION.gui:
        SESSION.fault("executeInMainThread was called from the main thread")
    SESSION.calls.put(lambda: _swallowing(call, args, kwargs))


def executeInMainThreadWithResult(call: Any, args: Any = (), kwargs: Any = None) -> Any:
    """On the main thread, and wait. An exception is swallowed, and None comes back."""
    if SESSION.on_main:
        SESSION.fault("executeInMainThreadWithResult was called from the main thread: Nuke hangs")
        raise SystemExit("hang")
    done = threading.Event()
    box: List[Any] = [None]

    def run() -> None:
        box[0] = _swallowing(call, args, kwargs)
        done.set()

    SESSION.calls.put(run)
    done.wait()
    return box[0]


def _swallowing(call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    args = args if isinstance(args, tuple) else (args,)
    try:
        return call(*args, **(kwargs or {}))
    except Exception as error:
        SESSION.swallowed.append(error)
        return None

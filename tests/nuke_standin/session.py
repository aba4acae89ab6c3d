"""One sitting in front of the stand-in: what is open, what it was told, and what a real one would have punished.

``faults`` is the heart of it: a hang, a node touched off the main thread, an endless ``knobChanged``. A play that
leaves one behind has failed, whatever else it shows. Valid Python 3.7.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

__all__ = ["SESSION", "Session", "checked"]


class Session:
    """The state of a Nuke. ``gui`` False is ``nuke -t``."""

    def __init__(self) -> None:
        self.begin()

    def begin(self, gui: bool = True, version: Tuple[int, int] = (13, 2)) -> None:
        """A new sitting, on the thread that asks."""
        self.gui, self.version = gui, version
        self.main = threading.get_ident()
        self.faults: List[str] = []
        self.swallowed: List[BaseException] = []
        self.said: List[str] = []  # message, alert, critical, ask: what the artist reads
        self.answers: List[Any] = []  # to ask, getInput and the like, in order
        self.printed: List[str] = []
        self.calls: "queue.Queue[Callable[[], None]]" = queue.Queue()
        self.root: Any = None
        self.groups: List[Any] = []
        self.this: List[Tuple[Any, Any]] = []  # (node, knob) of the callbacks that are running
        self.tasks: List[Any] = []
        self.cancel_renders_after: Optional[int] = None  # frames
        self.cancel_error: Callable[[], BaseException] = lambda: RuntimeError("Cancelled")
        self.cancel_tasks: Callable[[Any], bool] = lambda task: False
        self.rendered: List[Dict[str, Any]] = []  # the renders, as they were asked for
        self.executing = False
        self.engine: List[str] = []  # the command that runs pictures.py
        self.layers: Dict[str, List[str]] = {}
        self.menus: Dict[str, Any] = {}
        self.callbacks: Dict[str, List[Any]] = {}
        self.plugin_path: List[str] = []
        self.clipboard = ""
        self.undo: List[str] = []  # what Ctrl-Z would take back, oldest first: full names of knobs
        self.undo_off = 0

    @property
    def on_main(self) -> bool:
        """Whether this is the thread that may touch nodes."""
        return threading.get_ident() == self.main

    def fault(self, words: str) -> None:
        """Note what a real Nuke would punish, once."""
        if words not in self.faults:
            self.faults.append(words)

    def spin(self, until: Callable[[], bool], seconds: float = 600.0) -> bool:
        """The event loop of the GUI: run what other threads asked for, until ``until`` or the time is over."""
        end = time.monotonic() + seconds
        while not until():
            try:
                self.calls.get(True, 0.02)()
            except queue.Empty:
                if time.monotonic() > end:
                    return False
        return True


SESSION = Session()


def checked(cls: Any) -> Any:
    """Class decorator: a public method that is called off the main thread is a fault."""

    def wrap(name: str, method: Any) -> Any:
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            if getattr(self, "_gone", False):
                raise ValueError("A PythonObject is not attached to a node")
            if not SESSION.on_main:
                SESSION.fault("%s.%s was called off the main thread" % (cls.__name__, name))
            return method(self, *args, **kwargs)

        call.__name__, call.__doc__ = name, method.__doc__
        return call

    for name, method in list(vars(cls).items()):
        if callable(method) and (not name.startswith("_") or name == "__getitem__"):
            setattr(cls, name, wrap(name, method))
    return cls

"""Commands of the engine under a progress bar while Nuke stays free; in a terminal they block."""

from __future__ import annotations

import threading
from typing import Callable

import nuke

from ..contract.errors import ActAnywhereError, Cancelled
from ..draw.wording import say
from ..hostkit.session import Session
from ..show import showing

__all__ = ["follow", "run_aside"]


def run_aside(node: nuke.Node, title: str, session: Session, ended: Callable[[], None]) -> None:
    """Run it; ``ended`` is called in the main thread when it is over, and may raise what the artist is to be told."""
    if nuke.GUI:
        follow(title, session, lambda: _end(node, ended))
        return
    try:
        session.run(lambda now: print(f"ActAnywhere {now.words}", flush=True))
    finally:
        ended()


def follow(title: str, session: Session, then: Callable[[], None]) -> None:
    """Run it under a progress bar, in a thread of its own; ``then`` is called in the main thread when it is over."""
    threading.Thread(target=_follow, args=(title, session, then), daemon=True).start()


def _follow(title: str, session: Session, then: Callable[[], None]) -> None:
    task = nuke.ProgressTask(f"ActAnywhere: {title}")
    while not session.over:
        if session.step(0.2):
            task.setProgress(int(100 * session.fraction))
            task.setMessage(session.words)
        if task.isCancelled() and not session.stopping:
            session.cancel()
    del task  # the bar goes with it
    nuke.executeInMainThread(then)


def _end(node: nuke.Node, ended: Callable[[], None]) -> None:
    try:
        ended()
    except ActAnywhereError as error:
        showing.log(node, say(error))
        if not isinstance(error, Cancelled):
            nuke.message(say(error))

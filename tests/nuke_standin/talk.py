"""What Nuke says to the artist, and the artist to Nuke. Valid Python 3.7."""

from __future__ import annotations

from typing import Any

from tests.nuke_standin.session import SESSION


class ProgressTask:
    """A bar with a cancel button. Any thread may use it."""

    def __init__(self, name: str = "") -> None:
        self._name, self._messages = name, []  # type: Any
        self._percent = 0
        SESSION.tasks.append(self)

    def setMessage(self, message: str) -> None:
        self._messages.append(text(message))

    def setProgress(self, percent: int) -> None:
        if not isinstance(percent, int):
            raise TypeError("an integer is required")
        self._percent = percent

    def isCancelled(self) -> bool:
        return bool(SESSION.cancel_tasks(self))


class Undo:
    """``with nuke.Undo(): ...``."""

    def __init__(self, name: str = "") -> None:
        self._name = name

    def __enter__(self) -> Undo:
        return self

    def __exit__(self, type: Any, value: Any, traceback: Any) -> Any:
        return None

    @classmethod
    def begin(cls, *_: Any) -> None:
        pass

    @classmethod
    def end(cls) -> None:
        pass

    @classmethod
    def disable(cls) -> None:
        SESSION.undo_off += 1

    @classmethod
    def enable(cls) -> None:
        SESSION.undo_off -= 1

    @classmethod
    def name(cls, *_: Any) -> None:
        pass


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a str is required, not %s" % type(value).__name__)
    return value


def message(prompt: str) -> None:
    """A window that waits: it must not open off the main thread, nor in a terminal."""
    if not SESSION.on_main:
        SESSION.fault("nuke.message was called off the main thread")
    if not SESSION.gui:
        SESSION.fault("nuke.message was called without a GUI")
    SESSION.said.append(text(prompt))


def alert(prompt: str) -> None:
    message(prompt)


def critical(prompt: str) -> None:
    message(prompt)


def ask(prompt: str) -> bool:
    message(prompt)
    return bool(SESSION.answers.pop(0)) if SESSION.answers else False


def choice(title: str, prompt: str, options: Any, default: int = 0) -> Any:
    message("\n".join([text(title), text(prompt)] + [text(option) for option in options]))
    return SESSION.answers.pop(0) if SESSION.answers else None


def askWithCancel(prompt: str) -> bool:
    return ask(prompt)


def getInput(prompt: str, default: str = "") -> Any:
    message(prompt)
    return SESSION.answers.pop(0) if SESSION.answers else None


def getFilename(message: str, *_: Any, **__: Any) -> Any:
    SESSION.said.append(message)
    return SESSION.answers.pop(0) if SESSION.answers else None


def tprint(*args: Any, sep: str = " ", end: str = "\n", file: Any = None) -> None:
    print(*args, sep=sep, end=end, file=file)


def warning(message: str) -> None:
    SESSION.printed.append(message)


def error(message: str) -> None:
    SESSION.printed.append(message)


def debug(message: str) -> None:
    SESSION.printed.append(message)

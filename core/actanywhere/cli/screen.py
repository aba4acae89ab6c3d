"""The progress of a render on screen: a bar, plain lines in a log, or JSON lines."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, TextIO

from tqdm import tqdm

from ..contract.errors import ActAnywhereError
from ..contract.job import Progress, Result
from ..hostkit.progress import clock
from .shared_warnings import SharedWarnings

__all__ = [
    "BarScreen",
    "JsonScreen",
    "LineScreen",
    "QuietScreen",
    "Screen",
    "begin",
    "choose_screen",
    "clock",
    "state_of",
    "timed",
]

_LINE_EVERY = 15.0
_WARNING = "warning: "


class Screen(Protocol):
    """Where progress, result and errors of one shot after the other are shown."""

    def progress(self, shot: str, progress: Progress) -> None:
        """How far the shot is."""

    def result(self, shot: str, result: Result) -> None:
        """The shot is finished."""

    def error(self, shot: str, error: ActAnywhereError) -> None:
        """The shot failed, or was stopped."""

    def note(self, text: str) -> None:
        """A line besides: the cancel that was heard, a shot that begins."""

    def clear(self) -> None:
        """Nothing moves any more: what moved is taken away."""

    def warn(self, shot: str, warning: str) -> None:
        """A warning of one of several shots, told by ``tell_warnings``."""

    def tell_warnings(self) -> None:
        """Each warning that was not told of all the shots that it holds for, once, with these."""


def choose_screen(as_json: bool, quiet: bool) -> Screen:
    """JSON lines on stdout, nothing but errors, a bar on a terminal, or lines in a log."""
    if as_json:
        return JsonScreen()
    if quiet:
        return QuietScreen()
    return BarScreen() if _terminal_has_room() else LineScreen()


def begin(screen: Screen, name: str, stage: str = "starting") -> None:
    """The first line of a command, before anything heavy is loaded or read."""
    screen.progress(name, Progress(stage, 0, 0, "", 0.0))


def timed(screen: Screen, name: str) -> Callable[[Progress], None]:
    """Shows the progress of ``name``; the time left, where nobody says it, is told by what is done."""
    began = time.monotonic()

    def report(progress: Progress) -> None:
        done = progress.fraction
        if progress.seconds_left is None and done > 0:
            progress = replace(progress, seconds_left=(time.monotonic() - began) * (1 - done) / done)
        screen.progress(name, progress)

    return report


def _terminal_has_room() -> bool:
    try:
        return sys.stderr.isatty() and os.get_terminal_size(sys.stderr.fileno()).columns > 40
    except (OSError, ValueError):
        return False


def state_of(progress: Progress) -> str:
    """``3/12 steps, 0:10 left``; empty where nothing is counted."""
    parts = [f"{progress.done}/{progress.total} {progress.unit}"] if progress.total else []
    if progress.seconds_left is not None:
        parts.append(f"{clock(progress.seconds_left)} left")
    return ", ".join(parts)


class QuietScreen:
    """Errors alone, on stderr."""

    def progress(self, shot: str, progress: Progress) -> None:
        """Nothing."""

    def result(self, shot: str, result: Result) -> None:
        """Nothing."""

    def error(self, shot: str, error: ActAnywhereError) -> None:
        """The message, and the remedy under it."""
        print(f"{shot}: {error.message}" if shot else error.message, file=sys.stderr)
        if error.remedy:
            print(f"  -> {error.remedy}", file=sys.stderr)

    def note(self, text: str) -> None:
        """Nothing."""

    def clear(self) -> None:
        """Nothing."""

    def warn(self, shot: str, warning: str) -> None:
        """Nothing."""

    def tell_warnings(self) -> None:
        """Nothing."""


class LineScreen(QuietScreen):
    """Lines for a log: every stage, every message, and a sign of life now and then."""

    def __init__(self) -> None:
        self._stages: dict[
            str, tuple[str, float]
        ] = {}  # of each shot that renders: its stage, and when it was shown
        self._shown: dict[str, set[str]] = {}
        self._warnings = SharedWarnings()

    def progress(self, shot: str, progress: Progress) -> None:
        """A line when the stage changes, when there is a message, or when the last is long ago."""
        self._tell(shot, progress.message)
        now = time.monotonic()
        stage, last = self._stages.get(shot, ("", 0.0))
        if progress.stage != stage or now - last > _LINE_EVERY:
            self._stages[shot] = progress.stage, now
            text = f"{shot}: {100 * progress.fraction:3.0f} % {progress.stage} {state_of(progress)}"
            self.note(text.rstrip())

    def result(self, shot: str, result: Result) -> None:
        """What was written, how, and what the artist has to know and was not told on the way."""
        self._stages.pop(shot, None)
        for warning in result.warnings:
            self._tell(shot, _WARNING + warning)
        self._shown.pop(shot, None)
        print(
            "{}: frames {}, camera {} ({})".format(
                shot, result.frames, result.camera, result.decided("camera").reason
            )
        )
        print(result.layer, flush=True)

    def _tell(self, shot: str, message: str) -> None:
        """A message of a shot, once."""
        if message.startswith(_WARNING):
            if self._warnings.is_new(shot, message[len(_WARNING) :]):
                self.note(f"{shot}: {message}")
            return
        shown = self._shown.setdefault(shot, set())
        if message and message not in shown:
            shown.add(message)
            self.note(f"{shot}: {message}")

    def warn(self, shot: str, warning: str) -> None:
        """It is kept until ``tell_warnings``."""
        self._warnings.hear(shot, warning)

    def tell_warnings(self) -> None:
        """A line for each, that names the shots."""
        for line in self._warnings.untold():
            self.note(line)

    def note(self, text: str) -> None:
        """The line, on stderr."""
        print(text, file=sys.stderr, flush=True)


class BarScreen(LineScreen):
    """A bar for each shot that renders, with the stage, frames or steps, and the time left; messages pass above."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream or sys.stderr
        self._bars: dict[str, Any] = {}

    def progress(self, shot: str, progress: Progress) -> None:
        """Move the bar."""
        text = f"{shot}: {progress.stage}  {state_of(progress)}"
        if shot not in self._bars:
            look = {
                "bar_format": "{percentage:3.0f}%|{bar:24}| {desc}",
                "dynamic_ncols": True,
                "leave": False,
            }
            self._bars[shot] = tqdm(total=1.0, desc=text, file=self._stream, **look)
        self._tell(shot, progress.message)
        bar = self._bars[shot]
        bar.n = min(max(progress.fraction, bar.n), 1.0)
        bar.set_description_str(text)

    def result(self, shot: str, result: Result) -> None:
        """Take the bar away and say what was written."""
        self._close(shot)
        super().result(shot, result)

    def error(self, shot: str, error: ActAnywhereError) -> None:
        """Take the bar away and say what went wrong."""
        self._close(shot)
        super().error(shot, error)

    def note(self, text: str) -> None:
        """The line, above the bars."""
        if self._bars:
            tqdm.write(text, file=self._stream)
        else:
            print(text, file=self._stream, flush=True)

    def clear(self) -> None:
        """Take the bars away."""
        for shot in list(self._bars):
            self._close(shot)

    def _close(self, shot: str) -> None:
        bar = self._bars.pop(shot, None)
        if bar is not None:
            bar.close()


class JsonScreen:
    """One JSON object a line on stdout: event, shot, and the progress, result, error or text."""

    def progress(self, shot: str, progress: Progress) -> None:
        """``{"event": "progress", "shot", "progress"}``."""
        self._say("progress", shot, progress=progress.to_dict())

    def result(self, shot: str, result: Result) -> None:
        """``{"event": "result", "shot", "result"}``."""
        self._say("result", shot, result=result.to_dict())

    def error(self, shot: str, error: ActAnywhereError) -> None:
        """``{"event": "error", "shot", "error": {kind, message, remedy}}``."""
        self._say("error", shot, error=error.to_dict())

    def note(self, text: str) -> None:
        """``{"event": "note", "text"}``."""
        print(json.dumps({"event": "note", "text": text}), flush=True)

    def clear(self) -> None:
        """Nothing."""

    def warn(self, shot: str, warning: str) -> None:
        """Nothing: each event has the warnings of its shot."""

    def tell_warnings(self) -> None:
        """Nothing."""

    def _say(self, event: str, shot: str, **what: Any) -> None:
        print(json.dumps({"event": event, "shot": shot, **what}), flush=True)

"""A child process that runs one command: its output is polled, and it never outlives its host.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections import deque
from typing import Deque, Dict, List, Optional

from ..contract.errors import WorkerError
from ..contract.interpreter import end_group, own_group


class Errand:
    """A running command. ``poll`` returns at once; ``status`` is None until it has ended.

    The child's standard input is a pipe that closes when the host goes, however it goes. ``environment`` is laid
    over the host's own. Raises ``WorkerError`` when it cannot be started.
    """

    def __init__(self, command: List[str], environment: Optional[Dict[str, str]] = None) -> None:
        self.command = command
        self.status: Optional[int] = None
        self.tail: Deque[str] = deque(maxlen=40)
        self._lines: queue.Queue[Optional[str]] = queue.Queue()
        surroundings = dict(os.environ)
        surroundings.pop("PYTHONHOME", None)
        surroundings.update(environment or {})
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=surroundings,
                **own_group(),
            )
        except OSError as error:
            raise WorkerError(
                f"{command[0]} cannot be started: {error.strerror}.", "Check that this program exists."
            ) from error
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in iter(stream.readline, b""):
                self._lines.put(line.decode("utf-8", "replace").rstrip())
        self._lines.put(None)

    def poll(self, wait: float = 0.0) -> List[str]:
        """The lines since the last call, waiting at most ``wait`` seconds for the first."""
        lines: List[str] = []
        try:
            line = self._lines.get(wait > 0, wait or None)
            while line is not None:
                lines.append(line)
                self.tail.append(line)
                line = self._lines.get_nowait()
            self._ended()
        except queue.Empty:
            pass
        return lines

    def wait(self) -> List[str]:
        """Every line until the end; blocks."""
        lines: List[str] = []
        while self.status is None:
            lines += self.poll(0.2)
        return lines

    def kill(self) -> None:
        """End it and all that it started, at once."""
        if self.status is None:
            end_group(self._process)
            self._ended()

    def _ended(self) -> None:
        self.status = self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()

"""The Python that has the engine: the command that starts it, and the environment it starts in.

Standard library alone, valid Python 3.7: hosts carry a copy of this file.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import Any, Dict, List

from .errors import WorkerError

# -P: a json.py that lies in the host's current folder is not what the worker imports.
_WORKER = ("-P", "-m", "actanywhere", "worker")


def worker_command(python: str = "") -> List[str]:
    """The command that starts a worker: that of ``python`` if given, else of the first installation found.

    Looked for in this order: the interpreter named by the variable ACTANYWHERE_PYTHON, the interpreter that
    runs this very code if the whole package lies beside it, ``actanywhere`` on the PATH. Raises WorkerError.
    """
    chosen = python or os.environ.get("ACTANYWHERE_PYTHON", "")
    if chosen:
        return [chosen, *_WORKER]
    if os.path.exists(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "worker.py")):
        return [sys.executable, *_WORKER]
    script = shutil.which("actanywhere")
    if script is None:
        raise WorkerError(
            "ActAnywhere is not installed where this application can find it.",
            "Install it as its README says, and set ACTANYWHERE_PYTHON to the Python that has it.",
        )
    return [script, "worker"]


def environment_of(program: str, extra: Dict[str, str]) -> Dict[str, str]:
    """The host's own, without what points another Python at the libraries of the one inside the host.

    In glibc, one heap for all threads: less memory by a fifth, and no more time, where threads work on large arrays.
    """
    environment = dict(os.environ)
    if program != sys.executable:
        environment.pop("PYTHONHOME", None)
        environment.pop("PYTHONPATH", None)
    environment.setdefault("MALLOC_ARENA_MAX", "1")
    environment.update(extra)
    return environment


def own_group() -> Dict[str, Any]:
    """What ``Popen`` takes, to start a child that Ctrl-C in the host's terminal does not reach."""
    if os.name == "nt":
        return {"creationflags": 0x08000000 | 0x00000200}  # no window, own process group
    return {"start_new_session": True}


def end_group(process: subprocess.Popen[bytes]) -> int:
    """End such a child and all that it started, at once; its exit status."""
    try:
        if os.name == "nt":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass  # it is gone already
    return process.wait()

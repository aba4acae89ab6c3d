"""What a Nuke says of itself. Valid Python 3.7."""

from __future__ import annotations

import sys
from typing import Any

from tests.nuke_standin.session import SESSION

EXE_PATH = sys.executable


class CancelledError(Exception):
    """The artist cancelled."""


class GlobalsEnvironment:
    """``nuke.env``."""

    def __getitem__(self, name: str) -> Any:
        major, minor = SESSION.version
        return {
            "gui": SESSION.gui,
            "interactive": SESSION.gui,
            "NukeVersionMajor": major,
            "NukeVersionMinor": minor,
            "NukeVersionString": "%d.%dv1" % (major, minor),
            "ExecutablePath": EXE_PATH,
            "WIN32": sys.platform == "win32",
            "MACOS": sys.platform == "darwin",
            "LINUX": sys.platform.startswith("linux"),
            "nc": False,
            "studio": False,
        }[name]

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default


env = GlobalsEnvironment()

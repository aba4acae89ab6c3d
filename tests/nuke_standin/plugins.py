"""Plug-in folders and callbacks. Valid Python 3.7."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, List

from tests.nuke_standin.session import SESSION


def pluginAddPath(args: Any, addToSysPath: bool = True) -> None:
    """Put a folder in front of the path, run its init.py, and its menu.py in the GUI."""
    for folder in [args] if isinstance(args, str) else args:
        if folder in SESSION.plugin_path:
            SESSION.fault("%s is added by its own init.py: Nuke runs that again, without end" % folder)
            continue
        SESSION.plugin_path.insert(0, folder)
        if addToSysPath:
            sys.path.insert(0, folder)
        for name in ("init.py", "menu.py") if SESSION.gui else ("init.py",):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, encoding="utf-8") as stream:
                    code = compile(stream.read(), path, "exec")
                exec(code, {"__name__": "__main__", "__file__": path})


pluginAppendPath = pluginAddPath


def pluginPath() -> List[str]:
    return list(SESSION.plugin_path)


def _keep(name: str) -> Callable[..., None]:
    def add(call: Any, args: Any = (), kwargs: Any = None, nodeClass: str = "*", node: Any = None) -> None:
        SESSION.callbacks.setdefault(name, []).append((call, args, kwargs or {}, nodeClass))

    return add


addOnCreate, addOnUserCreate, addOnScriptLoad = (
    _keep("onCreate"),
    _keep("onUserCreate"),
    _keep("onScriptLoad"),
)
addOnScriptSave, addOnScriptClose = _keep("onScriptSave"), _keep("onScriptClose")
addOnDestroy, addKnobChanged = _keep("onDestroy"), _keep("knobChanged")

"""What the second Blender runs: ``blender -b -P second_main.py -- FOLDER`` draws the order in FOLDER."""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading

import bpy


def _end_with_host() -> None:
    """The host holds the other end of standard input: when it goes, so does this."""
    sys.stdin.buffer.read()
    os._exit(1)


def main() -> int:
    """Draw; gives the exit status."""
    here = os.path.dirname(os.path.abspath(__file__))
    addon = os.path.dirname(here)
    sys.path[:] = [os.path.dirname(addon)] + [
        path for path in sys.path if os.path.abspath(path or ".") != here
    ]
    package = os.path.basename(addon)
    draw = importlib.import_module(package + ".second.drawing")
    errors = importlib.import_module(package + ".contract.errors")
    folder = sys.argv[sys.argv.index("--") + 1]
    try:
        copy = os.path.join(folder, "copy.blend")
        if os.path.exists(copy):
            bpy.ops.wm.open_mainfile(filepath=copy, load_ui=False)
        draw.draw(folder)
    except errors.ActAnywhereError as error:
        said = {"error": error.message, "remedy": error.remedy}
        print("\n" + json.dumps({"actanywhere": said}), flush=True)
    return 0


if __name__ == "__main__":
    threading.Thread(target=_end_with_host, daemon=True).start()
    status = 1
    try:
        status = main()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)

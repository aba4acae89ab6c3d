"""Starts the second Blender on a copy of the open file, for what an order needs.

The file that the artist works in is never rendered, changed or blocked for it.
"""

from __future__ import annotations

import os
import sys

import bpy

from ..contract.errors import OutputError
from ..hostkit.errand import Errand
from ..hostkit.order import Order

__all__ = ["draw_in_second_blender"]

# What is drawn from pictures on disk alone.
_WITHOUT_FILE = ("layer",)

_MAIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "main.py")


def draw_in_second_blender(order: Order) -> Errand | None:
    """Start to draw the order; None if there is nothing to draw. Raises ``OutputError`` and ``WorkerError``."""
    if order.drawn:
        return None
    copy = os.path.join(order.folder, "copy.blend")
    order.write(order.folder)
    try:
        if any(drawing.kind not in _WITHOUT_FILE for drawing in order.drawings):
            bpy.ops.wm.save_as_mainfile(filepath=copy, copy=True, relative_remap=True)
    except RuntimeError as error:
        raise OutputError(
            f"{copy}: a copy of the file cannot be written: {error}.",
            "Choose another folder for the takes.",
        ) from error
    return Errand(_command(order))


def _command(order: Order) -> list[str]:
    """Blender itself, or, where Blender is a module, the Python that has it."""
    if bpy.app.binary_path:
        online = [] if bpy.app.online_access else ["--offline-mode"]
        return [bpy.app.binary_path, "-b", "-noaudio", *online, "-P", _MAIN, "--", order.folder]
    return [sys.executable, _MAIN, "--", order.folder]

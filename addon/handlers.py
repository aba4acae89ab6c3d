"""Handlers for loading and saving a .blend."""

import os
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .contract.errors import ActAnywhereError
from .contract.takes import last_stopped, list_takes
from .operators import running
from .read.asking import shot_name, takes_root
from .show.takes import refresh_takes

__all__ = ["register", "unregister"]


@persistent
def _before_load(*_: Any) -> None:
    """The file is being closed: what runs for it ends; its finished frames stay."""
    running.abandon()


@persistent
def _after_load(*_: Any) -> None:
    """Read the takes; where one was stopped on the way, the panel offers to continue it."""
    for scene in bpy.data.scenes:
        group = scene.actanywhere
        group.message = group.remedy = ""
        if not bpy.data.filepath or not os.path.isdir(takes_root(scene)):
            continue
        refresh_takes(scene)  # the file may have been saved before they were begun
        try:
            stopped = last_stopped(list_takes(takes_root(scene), shot_name(scene)))
        except ActAnywhereError:
            continue
        if stopped is not None:
            group.message = f"Take {stopped.number} was not finished."
            group.remedy = "Continue goes on from its finished frames."


def register() -> None:
    """Listen."""
    bpy.app.handlers.load_pre.append(_before_load)
    bpy.app.handlers.load_post.append(_after_load)


def unregister() -> None:
    """Listen no more."""
    bpy.app.handlers.load_pre.remove(_before_load)
    bpy.app.handlers.load_post.remove(_after_load)

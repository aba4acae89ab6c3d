# SPDX-License-Identifier: GPL-3.0-or-later
"""ActAnywhere in Blender: a new, moving world behind the actor, as a layer in the comp.

Two rooms: ``io`` (host-neutral: files, child processes, the course of a job) and ``blender`` (the scene to an
Order, takes back into the scene). ``core`` holds copies of the engine's standard-library modules, put there by
build_addon.py; the engine itself runs in a process and an environment of its own.
"""

from .blender import registry


def register() -> None:
    """Called by Blender when the extension is enabled."""
    registry.register()


def unregister() -> None:
    """Called by Blender when it is disabled, and when Blender quits."""
    registry.unregister()

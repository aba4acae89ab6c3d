# SPDX-License-Identifier: GPL-3.0-or-later
"""ActAnywhere in Blender: a new, moving world behind the actor, as a layer in the comp.

``read`` reads the scene, ``draw`` draws the panels, ``show`` brings takes back; ``operators`` are the buttons, and
``second`` is what a second Blender draws. ``contract`` and ``hostkit`` are those of the engine's source, put there by
build_addon.py; the engine itself runs in a process and an environment of its own.
"""

from . import registry


def register() -> None:
    """Called by Blender when the extension is enabled."""
    registry.register()


def unregister() -> None:
    """Called by Blender when it is disabled, and when Blender quits."""
    registry.unregister()

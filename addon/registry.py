"""Registers and unregisters everything that the extension adds to Blender."""

import bpy

from . import handlers
from .draw import panels, preferences, previews, properties
from .operators import clean_plate, farm, generate, matte, pick, running, take_operators
from .read import shown

__all__ = ["register", "unregister"]

_CLASSES = (
    *preferences.CLASSES,
    *generate.CLASSES,
    *take_operators.CLASSES,
    *clean_plate.CLASSES,
    *matte.CLASSES,
    *farm.CLASSES,
    *pick.CLASSES,
    *shown.CLASSES,
    *panels.CLASSES,
)


def register() -> None:
    """Classes, properties and handlers."""
    properties.register()
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    handlers.register()


def unregister() -> None:
    """Everything that runs is stopped first."""
    running.abandon()
    handlers.unregister()
    previews.clear()
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
    properties.unregister()

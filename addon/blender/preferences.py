"""The engine: found or not, where, and what its doctor says."""

import bpy
from bpy.props import BoolProperty, StringProperty

__all__ = ["CLASSES"]

_PACKAGE = __package__.rpartition(".")[0]


class ACTANYWHERE_preferences(bpy.types.AddonPreferences):
    """Where the engine is, and how it may be made."""

    bl_idname = _PACKAGE

    python: StringProperty(
        name="Engine",
        subtype="FILE_PATH",
        description="A Python (or its environment's folder) that has ActAnywhere. Empty: the engine's own "
        "environment, or the first installation that is found",
    )
    wheels: StringProperty(
        name="Wheels",
        subtype="DIR_PATH",
        description="A folder of wheels to install from, for a machine that is not online",
    )
    consent: BoolProperty(
        name="Download the engine's libraries (about 1 GB, with a GPU 5 GB) from the Python Package Index",
        description="Nothing else is ever downloaded, and nothing of yours is sent",
    )
    keep_engine: BoolProperty(
        name="Keep the Engine Running",
        default=True,
        description="Keep the model loaded between renders. Off: its memory is given back after each",
    )


CLASSES = (ACTANYWHERE_preferences,)

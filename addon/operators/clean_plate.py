"""The clean plate of the shot: made by the engine from the plate's other frames, and taken as the setting's file."""

import os
import shutil
from typing import Any

import bpy

from ..contract.takes import new_folder_beside
from ..draw.wording import shown
from ..hostkit.clean_plate import clean_plate_step, made_clean_plate
from ..hostkit.session import Session
from ..read.asking import Asked, build_errand_order, shot_name, takes_root
from ..read.plate import find_plate
from ..versions import as_stored
from . import running
from .generate import drawing_steps
from .run import Runner, labelled

__all__ = ["CLASSES"]


@labelled("make_clean_plate")
class ACTANYWHERE_OT_make_clean_plate(Runner, bpy.types.Operator):
    """Write the plate without the actor and their shadow"""

    bl_options = {"UNDO"}

    def begin(self, scene: Any) -> Session:
        """Plate and matte as for a take; nothing else is asked for."""
        asked, engine = Asked(scene), running.engine()
        engine.command("cleanplate")
        plate = find_plate(scene, asked)
        self.folder = new_folder_beside(takes_root(scene), shot_name(scene, plate), "clean")
        try:
            order = build_errand_order(scene, asked, plate, self.folder, reads_matte=True)
        except Exception:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return Session([], before=[*drawing_steps(order), clean_plate_step(engine, order.job)])

    def end(self, scene: Any, session: Session) -> None:
        """It is the shot's clean plate from now on; what was stopped or refused leaves nothing."""
        try:
            if session.error is None:
                pattern, notes = made_clean_plate(session.lines)
                scene.actanywhere.settings.clean_plate = as_stored(pattern)
                self.report({"INFO"}, f"{os.path.basename(pattern)} ({shown('; '.join(notes))})")
        except Exception:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        if session.error is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


CLASSES = (ACTANYWHERE_OT_make_clean_plate,)

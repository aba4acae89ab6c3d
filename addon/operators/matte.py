"""The actor's matte from the plate alone: made by the engine, and taken as the shot's."""

import os
import shutil
from typing import Any

import bpy

from ..draw.wording import shown
from ..hostkit.matte import Pointed, finished_matte, matte_folder, matte_step, misread
from ..hostkit.order import Order
from ..hostkit.session import Session
from ..read.asking import Asked, build_errand_order, frame_range, shot_name, takes_root
from ..read.plate import Plate, find_plate
from ..settings import read_settings
from ..show.takes import show_sheet
from ..versions import as_stored
from . import running
from .generate import drawing_steps
from .run import Runner, labelled

__all__ = ["CLASSES"]


@labelled("make_matte")
class ACTANYWHERE_OT_make_matte(Runner, bpy.types.Operator):
    """Follow the actor and write a matte of them"""

    bl_options = {"UNDO"}

    def begin(self, scene: Any) -> Session:
        """The plate alone is asked for; no matte, and no place."""
        asked, engine = Asked(scene), running.engine()
        engine.command("matte")
        plate = find_plate(scene, asked)
        self.order = _order(scene, asked, plate)
        self.pointed = Pointed(asked.matte_box, asked.matte_point, asked.matte_point_off, plate.shift)
        making = matte_step(engine, self.order.job, self.pointed)
        return Session([], before=[*drawing_steps(self.order), making])

    def end(self, scene: Any, session: Session) -> None:
        """It is the shot's matte from now on."""
        made = finished_matte(session, self.order.job, self.pointed)
        group = scene.actanywhere
        notes = list(made.notes)
        for name, value in misread(read_settings(group.settings)).items():
            setattr(group.settings, name, value)
            notes.append(f"{name.replace('_', ' ')} is set back: it would misread this matte")
        group.matte_source, group.matte_path = "FILES", as_stored(made.pattern)
        group.use_matte_start, group.matte_channel = False, "A"  # its numbers are the plate's
        show_sheet(made.sheet, "ActAnywhere matte")
        self.report({"INFO"}, f"{os.path.basename(made.pattern)} ({shown('; '.join(notes))})")


def _order(scene: Any, asked: Asked, plate: Plate) -> Order:
    frames, (first, last) = plate.frames, frame_range(scene, asked, plate)
    said = (
        f"{frames.pattern} {frames.colour} {frames.movie_start} {plate.drawing} {first}-{last} {plate.shift}"
    )
    files = frames.files.values() if frames.files else [frames.pattern]
    folder = matte_folder(takes_root(scene), shot_name(scene, plate), said, files)
    if plate.drawing is not None:
        # What the scene or the strip shows may be another picture by now: it is drawn, and followed, again.
        shutil.rmtree(folder, ignore_errors=True)
    return build_errand_order(scene, asked, plate, folder, reads_matte=False)


CLASSES = (ACTANYWHERE_OT_make_matte,)

"""Generate, continue, wedge and cancel."""

import contextlib
import dataclasses
import os
import shutil
from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty

from ..contract.errors import ActAnywhereError, FootageError, JobError
from ..contract.takes import list_takes, missing_frames, new_take, read_take, remove_take, wedge, write_job
from ..io.errand import Errand
from ..io.order import Order
from ..io.session import Session, Step
from . import running
from .asking import Asked, build_order, shot_name, takes_root
from .bring import background_steps, bring_back
from .plate import find_plate
from .run import Runner
from .second import draw_in_second_blender
from .settings import call_properties
from .takes import refresh_takes, show_wedge

__all__ = ["CLASSES"]


def _new_order(scene: Any, operator: Any) -> Order:
    """An order in a take of its own, which is taken away again when something is missing."""
    asked = Asked(scene, operator)
    plate = find_plate(scene, asked)
    root = takes_root(scene)
    if not bpy.data.filepath:
        scene.actanywhere.takes_root = (
            root  # or the takes would be out of sight once the file is saved elsewhere
        )
    take = new_take(root, shot_name(scene, plate))
    prepared = os.path.join(os.path.dirname(take), "prepared_" + os.path.basename(take)[5:])
    try:
        return build_order(scene, asked, operator, plate, take, prepared)
    except ActAnywhereError:
        shutil.rmtree(prepared, ignore_errors=True)
        os.rmdir(take)
        raise


def _drawing_steps(order: Order) -> list[Step]:
    if order.drawn:
        return []
    return [Step("Drawing the sources in a second Blender", 0.5, lambda: draw_in_second_blender(order))]


def _word(name: str, description: str) -> Any:
    """Of a call alone: Blender would lay what one call said over the panel in the next."""
    return StringProperty(name=name, description=description, options={"SKIP_SAVE"})


class ACTANYWHERE_OT_generate(Runner, bpy.types.Operator):
    """Render the background for the shot, as a new take"""

    bl_idname = "actanywhere.generate"
    bl_label = "Generate"
    bl_options = {"UNDO"}

    __annotations__ = {
        "plate": _word("Plate", "Files or movie, instead of the panel's plate"),
        "matte": _word("Matte", "Files or movie, instead of the panel's matte"),
        "matte_channel": _word("Matte Channel", "A channel of the matte's files, or else of the plate's own"),
        "condition": _word("Condition", "Picture, instead of the panel's"),
        "frames": _word("Frames", "Scene frames, FIRST-LAST"),
        **call_properties(),
    }

    def begin(self, scene: Any) -> Session:
        """One order, one take."""
        worker = running.the_worker()
        order = _new_order(scene, self)
        write_job(order.job)
        order.write(order.job.output)
        return Session(
            [order], worker, _drawing_steps(order), background_steps([order], scene.actanywhere.bring_back)
        )

    def end(self, scene: Any, session: Session) -> None:
        """The layer goes where the panel says."""
        _forget_refused(session)
        _bring(scene, session)


class ACTANYWHERE_OT_resume(Runner, bpy.types.Operator):
    """Continue a take that was stopped: its finished frames are kept"""

    bl_idname = "actanywhere.resume"
    bl_label = "Continue"
    bl_options = {"UNDO"}

    __annotations__ = {
        "take": IntProperty(
            name="Take", description="0: the newest one that is unfinished", options={"SKIP_SAVE"}
        )
    }

    def begin(self, scene: Any) -> Session:
        """The take's own order again."""
        worker = running.the_worker()
        listed = [read_take(item.folder) for item in scene.actanywhere.takes]
        takes = listed or list_takes(takes_root(scene), shot_name(scene))
        unfinished = [take for take in takes if take.state == "unfinished" and self.take in (0, take.number)]
        if not unfinished:
            which = "Take %d of this shot is not" % self.take if self.take else "No take of this shot is"
            raise JobError("%s unfinished." % which, "Generate a new one.")
        order = Order.of_take(unfinished[-1].folder)
        return Session(
            [order], worker, _drawing_steps(order), background_steps([order], scene.actanywhere.bring_back)
        )

    def end(self, scene: Any, session: Session) -> None:
        """As after Generate."""
        _bring(scene, session)


class ACTANYWHERE_OT_wedge(Runner, bpy.types.Operator):
    """Render the shot with several seeds, and make a contact sheet to pick from"""

    bl_idname = "actanywhere.wedge"
    bl_label = "Wedge"
    bl_options = {"UNDO"}

    __annotations__ = {
        "count": IntProperty(
            name="Takes", default=0, description="0: as the panel says", options={"SKIP_SAVE"}
        )
    }

    def begin(self, scene: Any) -> Session:
        """One order with several seeds."""
        worker = running.the_worker()
        first = _new_order(scene, None)
        jobs = wedge(first.job, self.count or scene.actanywhere.wedge_count)
        orders = [dataclasses.replace(first, job=job) for job in jobs]
        for order in orders:
            order.write(order.job.output)
        folders = [job.output for job in jobs]
        sheet = os.path.join(os.path.dirname(folders[0]), "wedge_%s.png" % os.path.basename(folders[0])[5:])

        def contact_sheet() -> Errand:
            return running.engine_errand(
                running.engine_command("review", "--wedge", *folders, "--output", sheet)
            )

        self.sheet = sheet
        return Session(orders, worker, _drawing_steps(first), [Step("Contact sheet", 0.1, contact_sheet)])

    def end(self, scene: Any, session: Session) -> None:
        """The sheet is shown; the artist picks."""
        _forget_refused(session)
        refresh_takes(scene, session.orders[0].job.shot.name)
        if session.error is None:
            show_wedge(self.sheet)


class ACTANYWHERE_OT_cancel(bpy.types.Operator):
    """Stop. Finished frames are kept, and the take can be continued"""

    bl_idname = "actanywhere.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """While something runs."""
        return running.current() is not None

    def execute(self, context: Any) -> set[str]:
        """Ask for the end; the session's own operator sees it."""
        session = running.current()
        if session is not None:
            session.cancel()
        return {"FINISHED"}


def _forget_refused(session: Session) -> None:
    """What was refused before its first frame leaves no take: there is something to correct in the panel first."""
    if not isinstance(session.error, (JobError, FootageError)):
        return
    takes = [read_take(order.job.output) for order in session.orders]
    if not any(take.frames_done for take in takes):
        with contextlib.suppress(ActAnywhereError):
            for take in takes:
                remove_take(take)
        shutil.rmtree(session.orders[0].folder, ignore_errors=True)


def _bring(scene: Any, session: Session) -> None:
    order = session.orders[0]
    try:
        if session.error is None:
            bring_back(scene, order, scene.actanywhere.bring_back)
    finally:
        refresh_takes(scene, order.job.shot.name)


def unfinished_takes(scene: Any) -> list[int]:
    """Numbers of the takes that were stopped on the way. Raises ``ActAnywhereError`` without a plate."""
    takes = list_takes(takes_root(scene), shot_name(scene))
    return [take.number for take in takes if take.job is not None and missing_frames(take)]


CLASSES = (ACTANYWHERE_OT_generate, ACTANYWHERE_OT_resume, ACTANYWHERE_OT_wedge, ACTANYWHERE_OT_cancel)

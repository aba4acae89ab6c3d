"""The operators Generate, Continue, Wedge and Cancel."""

import dataclasses
import os
import shutil
from typing import Any

import bpy
from bpy.props import IntProperty, StringProperty

from ..contract.errors import JobError
from ..contract.job import Job
from ..contract.takes import last_stopped, list_takes, new_take, read_take, wedge
from ..hostkit.engine import engine_errand
from ..hostkit.order import Order
from ..hostkit.session import Session, Step
from ..read.asking import Asked, build_order, shot_name, takes_root
from ..read.plate import find_plate
from ..second.start import draw_in_second_blender
from ..settings import call_properties
from ..show.bring import background_steps, bring_back
from ..show.takes import refresh_takes, show_sheet
from . import running
from .run import Runner, labelled

__all__ = ["CLASSES", "drawing_steps", "new_orders"]


def new_orders(scene: Any, operator: Any = None, count: int = 1) -> list[Order]:
    """Orders with seeds one after the other, each in a take of its own. What fails on the way leaves no take."""
    asked = Asked(scene, operator)
    plate = find_plate(scene, asked)
    root = takes_root(scene)
    if not bpy.data.filepath:
        # Or the takes would be out of sight once the file is saved elsewhere.
        scene.actanywhere.takes_root = root
    take = new_take(root, shot_name(scene, plate))
    prepared = os.path.join(os.path.dirname(take), "prepared_" + os.path.basename(take)[5:])
    jobs: list[Job] = []
    try:
        order = build_order(scene, asked, operator, plate, take, prepared)
        jobs = wedge(order.job, count)
        orders = [dataclasses.replace(order, job=job) for job in jobs]
        for each in orders:
            each.write(each.job.output)
        return orders
    except Exception:
        shutil.rmtree(prepared, ignore_errors=True)
        for folder in {take, *(job.output for job in jobs)}:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def drawing_steps(order: Order) -> list[Step]:
    """What has to be drawn before the engine can start."""
    if order.drawn:
        return []
    return [Step("Drawing the sources in a second Blender", 0.5, lambda: draw_in_second_blender(order))]


def _word(name: str, description: str) -> Any:
    """Of a call alone: Blender would lay what one call said over the panel in the next."""
    return StringProperty(name=name, description=description, options={"SKIP_SAVE"})


def _words() -> dict[str, Any]:
    """What a call may say otherwise than the panel."""
    return {
        "plate": _word("Plate", "Files or movie, instead of the panel's plate"),
        "matte": _word("Matte", "Files or movie, instead of the panel's matte"),
        "matte_channel": _word("Matte Channel", "A channel of the matte's files, or else of the plate's own"),
        "condition": _word("Condition", "Picture, instead of the panel's"),
        "scribble": _word("Scribble", "Strokes over the picture, instead of the panel's"),
        "extended": _word("Extended Picture", "The place as it was completed, instead of the panel's"),
        "frames": _word("Frames", "Scene frames, FIRST-LAST"),
        **call_properties(),
    }


@labelled("generate")
class ACTANYWHERE_OT_generate(Runner, bpy.types.Operator):
    """Render the background for the shot, as a new take"""

    bl_options = {"UNDO"}

    __annotations__ = _words()

    def begin(self, scene: Any) -> Session:
        """One order, one take."""
        worker = running.the_worker()
        self.orders = new_orders(scene, self)
        after = background_steps(self.orders, scene.actanywhere.bring_back)
        return Session([self.orders[0].job], worker, drawing_steps(self.orders[0]), after, fresh=True)

    def end(self, scene: Any, session: Session) -> None:
        """The layer goes where the panel says."""
        _tidy(session, self.orders)
        _bring(scene, session, self.orders[0])


@labelled("continue_take")
class ACTANYWHERE_OT_resume(Runner, bpy.types.Operator):
    """Continue a take that was stopped: its finished frames are kept"""

    bl_options = {"UNDO"}

    __annotations__ = {
        "take": IntProperty(
            name="Take", description="0: the one that was stopped last", options={"SKIP_SAVE"}
        )
    }

    def begin(self, scene: Any) -> Session:
        """The take's own order again."""
        worker = running.the_worker()
        listed = [read_take(item.folder) for item in scene.actanywhere.takes]
        takes = listed or list_takes(takes_root(scene), shot_name(scene))
        take = last_stopped([take for take in takes if self.take in (0, take.number)])
        if take is None:
            which = "No take of this shot is unfinished."
            if self.take:
                which = f"Take {self.take} of this shot cannot be continued: it is finished, or not there."
            unreadable = [each.problem for each in takes if each.problem and self.take in (0, each.number)]
            raise JobError(" ".join([which, *unreadable]), "Generate a new one.")
        self.orders = [Order.of_take(take.folder)]
        after = background_steps(self.orders, scene.actanywhere.bring_back)
        return Session([self.orders[0].job], worker, drawing_steps(self.orders[0]), after)

    def end(self, scene: Any, session: Session) -> None:
        """As after Generate."""
        _bring(scene, session, self.orders[0])


@labelled("wedge")
class ACTANYWHERE_OT_wedge(Runner, bpy.types.Operator):
    """Render the shot with several seeds, and make a contact sheet to pick from"""

    bl_options = {"UNDO"}

    __annotations__ = {
        "count": IntProperty(
            name="Takes", default=0, description="0: as the panel says", options={"SKIP_SAVE"}
        ),
        **_words(),
    }

    def begin(self, scene: Any) -> Session:
        """One order with several seeds."""
        worker, engine = running.the_worker(), running.engine()
        self.orders = new_orders(scene, self, self.count or scene.actanywhere.wedge_count)
        folders = [order.job.output for order in self.orders]
        sheet = os.path.join(os.path.dirname(folders[0]), f"wedge_{os.path.basename(folders[0])[5:]}.png")
        self.sheet = sheet
        steps = [
            Step(
                "Contact sheet",
                0.1,
                lambda: engine_errand(engine.command("review", "--wedge", *folders, "--output", sheet)),
            )
        ]
        jobs = [order.job for order in self.orders]
        return Session(jobs, worker, drawing_steps(self.orders[0]), steps, fresh=True)

    def end(self, scene: Any, session: Session) -> None:
        """The sheet is shown; the artist picks."""
        _tidy(session, self.orders)
        refresh_takes(scene, self.orders[0].job.shot.name)
        if session.error is None:
            show_sheet(self.sheet, "ActAnywhere wedge")


@labelled("cancel")
class ACTANYWHERE_OT_cancel(bpy.types.Operator):
    """Stop. Finished frames are kept, and the take can be continued"""

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


def _tidy(session: Session, orders: list[Order]) -> None:
    """What was drawn for takes that came to nothing goes with them."""
    if len(session.dropped) == len(orders):
        shutil.rmtree(orders[0].folder, ignore_errors=True)


def _bring(scene: Any, session: Session, order: Order) -> None:
    try:
        if session.error is None:
            bring_back(scene, order, scene.actanywhere.bring_back)
    finally:
        refresh_takes(scene, order.job.shot.name)


CLASSES = (ACTANYWHERE_OT_generate, ACTANYWHERE_OT_resume, ACTANYWHERE_OT_wedge, ACTANYWHERE_OT_cancel)

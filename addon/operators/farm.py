"""Writes the shot as a farm's job bundle: planned by the engine, confirmed, and written as a waiting take."""

import shutil
from typing import Any

import bpy
from bpy.props import StringProperty

from ..contract.takes import new_folder_beside
from ..draw.wording import shown
from ..hostkit.controls import control
from ..hostkit.farm import can_submit, made_bundle, plan_step, planned, write_farm_list, write_step
from ..hostkit.session import Session
from ..read.asking import takes_root
from ..show.takes import refresh_takes
from . import running
from .generate import drawing_steps, new_orders
from .run import Runner, labelled

__all__ = ["CLASSES"]


@labelled("farm_bundle")
class ACTANYWHERE_OT_farm_bundle(Runner, bpy.types.Operator):
    """Write a job bundle for a render farm"""

    __annotations__ = {
        "folder": StringProperty(
            name="Folder",
            description="Of what was planned, to be written now. Empty: plan it",
            options={"SKIP_SAVE", "HIDDEN"},
        )
    }
    asks = False

    def invoke(self, context: Any, event: Any) -> set[str]:
        """In a window what was planned is shown, and asked for."""
        self.asks = not (bpy.app.background or self.folder)
        return super().invoke(context, event)

    def begin(self, scene: Any) -> Session:
        """Without ``folder``: a take as Generate makes it, drawn and planned."""
        engine = running.engine()
        engine.command("batch")
        self.made, self.taken = self.folder, []
        if self.folder:
            return Session([], before=[write_step(engine, self.folder)])
        (order,) = new_orders(scene)
        self.taken = [order.job.output, order.folder]
        try:
            self.made = new_folder_beside(takes_root(scene), order.job.shot.name, "farm")
            self.taken.append(self.made)
            write_farm_list(self.made, [order.job])
        except Exception:
            self._leave_nothing()
            raise
        steps = [*drawing_steps(order), plan_step(engine, self.made)]
        return Session([], before=steps if self.asks else [*steps, write_step(engine, self.made)])

    def end(self, scene: Any, session: Session) -> None:
        """What was refused or stopped leaves nothing."""
        try:
            if session.error is not None:
                self._leave_nothing()
                return
            plan = [] if self.folder else self._planned(session)
            if self.asks:
                _ask(plan, self.made)
            else:
                self.report({"INFO"}, "; ".join([*plan, made_bundle(self.made, session.lines)]))
        finally:
            refresh_takes(scene)

    def _planned(self, session: Session) -> list[str]:
        try:
            return [shown(line) for line in planned(session.lines)]
        except Exception:
            self._leave_nothing()
            raise

    def _leave_nothing(self) -> None:
        """Remove the folders of takes that were made for this; what the artist saw and confirmed stays."""
        for folder in self.taken:
            shutil.rmtree(folder, ignore_errors=True)


def _ask(plan: list[str], folder: str) -> None:
    """Before anything is written: what the shot needs, and one button."""

    def draw(menu: Any, context: Any) -> None:
        for line in plan:
            menu.layout.label(text=line)
        menu.layout.operator_context = "INVOKE_DEFAULT"
        text = "Write and Submit" if can_submit() else "Write"
        menu.layout.operator("actanywhere.farm_bundle", text=text).folder = folder

    bpy.context.window_manager.popup_menu(draw, title=control("farm_bundle").title)


CLASSES = (ACTANYWHERE_OT_farm_bundle,)

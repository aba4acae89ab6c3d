"""Takes: switch to one, compare two, remove one; and the layer into another place."""

import os
import shutil
from abc import abstractmethod
from typing import Any

import bpy
from bpy.props import EnumProperty, IntProperty

from ..contract.errors import ActAnywhereError, JobError
from ..contract.takes import Take, read_take, remove_take
from ..draw.properties import PLACES
from ..hostkit.controls import CHOOSE_TAKE
from ..hostkit.order import Order
from ..hostkit.session import Session
from ..settings import show_settings
from ..show.bring import background_steps, bring_back
from ..show.compare import compare_with
from ..show.solved_camera import make_camera
from ..show.takes import places_in_use, refresh_takes
from . import running
from .run import Runner, labelled, redraw, tell

__all__ = ["CLASSES"]


def _take() -> Any:
    return IntProperty(name="Take", description="0: the one chosen in the list", options={"SKIP_SAVE"})


def _find_take(scene: Any, number: int) -> Take:
    """The take of that number; 0 is the one chosen in the list. Raises ``JobError``."""
    group = scene.actanywhere
    if not number and 0 <= group.takes_index < len(group.takes):
        number = group.takes[group.takes_index].number
    for item in group.takes:
        if item.number == number:
            return read_take(item.folder)
    raise JobError(f"There is no take {number} of this shot.", CHOOSE_TAKE)


class _Placing(Runner):
    """Brings a take into places, writing the background by itself first where they need it."""

    @abstractmethod
    def order_and_places(self, scene: Any) -> tuple[Order, set[str]]:
        """What to bring where. Raises ``ActAnywhereError``."""

    def begin(self, scene: Any) -> Session:
        """Nothing is rendered."""
        self.order, self.places = self.order_and_places(scene)
        return Session([], after=background_steps([self.order], self.places))

    def end(self, scene: Any, session: Session) -> None:
        """The take goes into its places."""
        if session.error is None:
            bring_back(scene, self.order, self.places)
        refresh_takes(scene, self.order.job.shot.name)


class ACTANYWHERE_OT_take_use(_Placing, bpy.types.Operator):
    """Switch the scene to this take, wherever the layer is used; its settings come back into the panel"""

    bl_idname = "actanywhere.take_use"
    bl_label = "Use Take"
    bl_options = {"UNDO"}

    __annotations__ = {"take": _take()}

    def order_and_places(self, scene: Any) -> tuple[Order, set[str]]:
        """Where the layer is already, else where the panel says."""
        order = Order.of_take(_find_take(scene, self.take).folder)
        return order, places_in_use(scene, order) or set(scene.actanywhere.bring_back)

    def end(self, scene: Any, session: Session) -> None:
        """Settings too, the anchor as a scene frame again."""
        super().end(scene, session)
        group, settings = scene.actanywhere.settings, self.order.job.settings
        show_settings(group, settings)
        if settings.anchor is not None:
            group.anchor = settings.anchor - self.order.shift


class ACTANYWHERE_OT_bring_back(_Placing, bpy.types.Operator):
    """Bring the current take's layer into this place"""

    bl_idname = "actanywhere.bring_back"
    bl_label = "Bring Back"
    bl_options = {"UNDO"}

    __annotations__ = {"place": EnumProperty(name="Place", items=PLACES)}

    def order_and_places(self, scene: Any) -> tuple[Order, set[str]]:
        """The take in the scene, or the one chosen in the list."""
        order = Order.of_take(_find_take(scene, scene.actanywhere.current_take).folder)
        return order, {self.place}


class ACTANYWHERE_OT_take_compare(bpy.types.Operator):
    """Show this take beside the current one, split down the middle, in the compositor's viewer; again: end it"""

    bl_idname = "actanywhere.take_compare"
    bl_label = "Compare"
    bl_options = {"UNDO"}

    __annotations__ = {"take": _take()}

    def execute(self, context: Any) -> set[str]:
        """Toggle."""
        scene = context.scene
        try:
            compare_with(scene, Order.of_take(_find_take(scene, self.take).folder))
        except ActAnywhereError as error:
            return tell(self, scene, error)
        return {"FINISHED"}


@labelled("make_camera")
class ACTANYWHERE_OT_make_camera(bpy.types.Operator):
    """Make a camera of the take's solved camera"""

    bl_options = {"UNDO"}

    __annotations__ = {"take": _take()}

    def execute(self, context: Any) -> set[str]:
        """Keyed in every frame of the take."""
        scene = context.scene
        try:
            camera = make_camera(scene, Order.of_take(_find_take(scene, self.take).folder))
        except ActAnywhereError as error:
            return tell(self, scene, error)
        self.report({"INFO"}, camera.name)
        return {"FINISHED"}


@labelled("remove_take")
class ACTANYWHERE_OT_take_remove(bpy.types.Operator):
    """Delete this take's files. This cannot be undone"""

    __annotations__ = {"take": _take()}

    def invoke(self, context: Any, event: Any) -> set[str]:
        """Ask first."""
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, context: Any) -> set[str]:
        """The take, and what was drawn for it alone."""
        scene = context.scene
        try:
            running.require_idle()
            take = _find_take(scene, self.take)
            prepared = _prepared_for(take)
            remove_take(take)
        except ActAnywhereError as error:
            return tell(self, scene, error)
        refresh_takes(scene, take.job.shot.name if take.job else "")
        others = [_prepared_for(read_take(item.folder)) for item in scene.actanywhere.takes]
        if prepared and prepared not in others:
            shutil.rmtree(prepared, ignore_errors=True)
        redraw()
        return {"FINISHED"}


def _prepared_for(take: Take) -> str:
    try:
        folder = Order.of_take(take.folder).folder
    except ActAnywhereError:
        return ""
    return folder if os.path.basename(folder).startswith("prepared_") else ""


@labelled("refresh")
class ACTANYWHERE_OT_takes_refresh(bpy.types.Operator):
    """Read the takes from disk again"""

    def execute(self, context: Any) -> set[str]:
        """Read them."""
        refresh_takes(context.scene)
        redraw()
        return {"FINISHED"}


CLASSES = (
    ACTANYWHERE_OT_take_use,
    ACTANYWHERE_OT_bring_back,
    ACTANYWHERE_OT_take_compare,
    ACTANYWHERE_OT_make_camera,
    ACTANYWHERE_OT_take_remove,
    ACTANYWHERE_OT_takes_refresh,
)

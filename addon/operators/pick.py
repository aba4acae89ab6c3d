"""The picture of the place pointed at in the Image Editor: who else is in it, and what the frame shows of it."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import FloatVectorProperty

from ..contract.errors import ActAnywhereError, JobError
from ..hostkit.controls import control
from ..hostkit.pick import framed, with_box, with_point
from .run import redraw, tell

__all__ = ["CLASSES"]

_YELLOW = (1.0, 0.8, 0.1, 1.0)


class _Picker:
    """Modal in an Image Editor that shows the picture of the place; ``execute`` takes pixels, for scripts."""

    words = ""

    def invoke(self, context: Any, event: Any) -> set[str]:
        """From now on the mouse is ours."""
        try:
            self.area, self.size = _shown(context)
        except ActAnywhereError as error:
            return tell(self, context.scene, error)
        self.window = next(region for region in self.area.regions if region.type == "WINDOW")
        self.began: tuple[float, float] | None = None
        self.now = (0.0, 0.0)
        draw = self._draw if self.drags else None
        space = type(self.area.spaces.active)
        self.handler = space.draw_handler_add(draw, (), "WINDOW", "POST_PIXEL") if draw else None
        context.workspace.status_text_set(f"{self.words}   (Esc: stop)")
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """A press begins, and a release (of a box) ends it."""
        if event.type in ("ESC", "RIGHTMOUSE"):
            return self._leave(context, {"CANCELLED"})
        at = (event.mouse_x - self.window.x, event.mouse_y - self.window.y)
        inside = 0 <= at[0] < self.window.width and 0 <= at[1] < self.window.height
        if event.type == "MOUSEMOVE" and self.began is not None:
            self.now = at
            self.area.tag_redraw()
        elif event.type == "LEFTMOUSE" and event.value == "PRESS" and inside:
            self.began = self.now = at
        elif event.type == "LEFTMOUSE" and event.value == "RELEASE" and self.began is not None:
            self.now = at
            self.pixels = (*self._pixel(self.began), *self._pixel(self.now))[: len(self.pixels)]
            self._leave(context, set())
            return self.execute(context)
        elif not inside:
            return {"PASS_THROUGH"}
        return {"RUNNING_MODAL"}

    def cancel(self, context: Any) -> None:
        """Blender takes the operator away."""
        self._leave(context, set())

    def execute(self, context: Any) -> set[str]:
        """One more in the setting."""
        try:
            _, size = _condition_size(context.scene)
            self.add(context.scene.actanywhere.settings, size)
        except ActAnywhereError as error:
            return tell(self, context.scene, error)
        redraw()
        return {"FINISHED"}

    def _pixel(self, at: tuple[float, float]) -> tuple[float, float]:
        """From the region's pixels to the picture's, y down."""
        u, v = self.window.view2d.region_to_view(*at)
        return u * self.size[0], (1.0 - v) * self.size[1]

    def _leave(self, context: Any, said: set[str]) -> set[str]:
        if self.handler is not None:
            type(self.area.spaces.active).draw_handler_remove(self.handler, "WINDOW")
            self.handler = None
        context.workspace.status_text_set(None)
        self.area.tag_redraw()
        return said

    def _draw(self) -> None:
        if self.began is None:
            return
        import gpu
        from gpu_extras.batch import batch_for_shader

        (x, y), (u, v) = self.began, self.now
        shader = gpu.shader.from_builtin("UNIFORM_COLOR")
        corners = [(x, y, 0), (u, y, 0), (u, v, 0), (x, v, 0), (x, y, 0)]
        batch = batch_for_shader(shader, "LINE_STRIP", {"pos": corners})
        shader.uniform_float("color", _YELLOW)
        batch.draw(shader)


class ACTANYWHERE_OT_pick_box(_Picker, bpy.types.Operator):
    """Draw a box around whoever is to go"""

    bl_idname = "actanywhere.pick_box"
    bl_label = control("pick_box").title
    bl_description = control("pick_box").bare_tip
    bl_options = {"UNDO"}
    words = "Draw a box around whoever is to go"
    drags = True

    __annotations__ = {
        "pixels": FloatVectorProperty(size=4, description="Two corners, in pixels from the upper left corner")
    }

    def add(self, settings: Any, size: tuple[int, int]) -> None:
        """One box more."""
        settings.condition_box = with_box(
            settings.condition_box, tuple(self.pixels[:2]), tuple(self.pixels[2:]), size
        )


class ACTANYWHERE_OT_pick_point(_Picker, bpy.types.Operator):
    """Click on whoever is to go"""

    bl_idname = "actanywhere.pick_point"
    bl_label = control("pick_point").title
    bl_description = control("pick_point").bare_tip
    bl_options = {"UNDO"}
    words = "Click on whoever is to go"
    drags = False

    __annotations__ = {
        "pixels": FloatVectorProperty(size=2, description="In pixels from the upper left corner")
    }

    def add(self, settings: Any, size: tuple[int, int]) -> None:
        """One point more."""
        settings.condition_point = with_point(settings.condition_point, tuple(self.pixels), size)


class ACTANYWHERE_OT_pick_place(_Picker, bpy.types.Operator):
    """Draw a box around what the frame is to show"""

    bl_idname = "actanywhere.pick_place"
    bl_label = control("pick_place").title
    bl_description = control("pick_place").bare_tip
    bl_options = {"UNDO"}
    words = "Draw a box around what the frame is to show"
    drags = True

    __annotations__ = {
        "pixels": FloatVectorProperty(size=4, description="Two corners, in pixels from the upper left corner")
    }

    def add(self, settings: Any, size: tuple[int, int]) -> None:
        """In place of what was said before."""
        settings.place = framed(tuple(self.pixels[:2]), tuple(self.pixels[2:]))


def _condition_size(scene: Any) -> tuple[Any, tuple[int, int]]:
    """The picture of the place, and its width and height."""
    group = scene.actanywhere
    if group.condition_source != "IMAGE" or group.condition_image is None:
        raise JobError(
            "The picture of the place is not an image.",
            "Choose an image under Condition, or give the pixels under Who else is in the picture.",
        )
    image = group.condition_image
    return image, (int(image.size[0]), int(image.size[1]))


def _shown(context: Any) -> tuple[Any, tuple[int, int]]:
    """The Image Editor that shows the picture of the place: this one, or another of the window."""
    image, size = _condition_size(context.scene)
    areas = [context.area, *context.screen.areas]
    for area in [each for each in areas if each is not None and each.type == "IMAGE_EDITOR"]:
        if area.spaces.active.image == image:
            return area, size
    raise JobError(
        "No Image Editor shows the picture of the place.", f"Show '{image.name}' in one, and try again."
    )


CLASSES = (ACTANYWHERE_OT_pick_box, ACTANYWHERE_OT_pick_point, ACTANYWHERE_OT_pick_place)

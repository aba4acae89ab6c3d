"""What is pointed at in an editor: who is meant in the plate; who else is in the picture of the place, and what of it
the frame shows.
"""

from __future__ import annotations

import os
from typing import Any

import bpy
from bpy.props import FloatVectorProperty, IntProperty

from ..contract.errors import ActAnywhereError, JobError
from ..hostkit.pick import framed, with_box, with_point
from ..read.asking import Asked
from ..read.footage import clip_frames
from ..read.plate import Plate, find_plate
from .run import labelled, redraw, tell

__all__ = ["CLASSES"]

_YELLOW = (1.0, 0.8, 0.1, 1.0)


class _Picker:
    """Modal in an editor that shows what is pointed at; ``execute`` takes pixels, for scripts.

    It gives ``shown`` (the editor, and width and height of what it shows) and ``add``, both of which may raise. Its
    docstring stands in the status bar.
    """

    bl_options = {"UNDO"}

    def invoke(self, context: Any, event: Any) -> set[str]:
        """From now on the mouse is ours."""
        try:
            self.area, self.size = self.shown(context)
        except ActAnywhereError as error:
            return tell(self, context.scene, error)
        self.window = next(region for region in self.area.regions if region.type == "WINDOW")
        self.began: tuple[float, float] | None = None
        self.now = (0.0, 0.0)
        draw = self._draw if self.drags else None
        space = type(self.area.spaces.active)
        self.handler = space.draw_handler_add(draw, (), "WINDOW", "POST_PIXEL") if draw else None
        context.workspace.status_text_set(f"{self.__doc__}   (Esc: stop)")
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
            self.released(context)
            return self.execute(context)
        elif not inside:
            return {"PASS_THROUGH"}
        return {"RUNNING_MODAL"}

    def released(self, context: Any) -> None:
        """Besides the pixels, what else was to be seen at that moment."""

    def cancel(self, context: Any) -> None:
        """Blender takes the operator away."""
        self._leave(context, set())

    def execute(self, context: Any) -> set[str]:
        """One more in the setting."""
        try:
            self.add(context.scene)
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


_POINT, _BOX = (
    FloatVectorProperty(size=size, description=f"{what} pixels from the upper left corner")
    for size, what in ((2, "In"), (4, "Two corners, in"))
)


class _Box:
    drags = True

    __annotations__ = {"pixels": _BOX}

    def more(self, said: str, size: tuple[int, int], frame: int | None = None) -> str:
        """With a box more."""
        return with_box(said, tuple(self.pixels[:2]), tuple(self.pixels[2:]), size, frame)


class _Point:
    drags = False

    __annotations__ = {"pixels": _POINT}

    def more(self, said: str, size: tuple[int, int], frame: int | None = None) -> str:
        """With a point more."""
        return with_point(said, tuple(self.pixels), size, frame)


class _OnPlace(_Picker):
    """On the picture of the place: in the setting ``field``."""

    field = ""

    def shown(self, context: Any) -> tuple[Any, tuple[int, int]]:
        """An Image Editor: this one, or another of the window."""
        image, size = _condition(context.scene)
        for area in _areas(context, "IMAGE_EDITOR"):
            if area.spaces.active.image == image:
                return area, size
        raise JobError(
            "No Image Editor shows the picture of the place.", f"Show '{image.name}' in one, and try again."
        )

    def add(self, scene: Any) -> None:
        """One more."""
        settings, (_, size) = scene.actanywhere.settings, _condition(scene)
        setattr(settings, self.field, self.more(getattr(settings, self.field), size))


class _OnPlate(_Picker):
    """On the plate, in the frame that is shown: in the panel's text ``field``, with the scene's frame."""

    field = ""

    __annotations__ = {
        "frame": IntProperty(
            name="Frame", description="Of the scene; not given: the current one", options={"SKIP_SAVE"}
        )
    }

    def shown(self, context: Any) -> tuple[Any, tuple[int, int]]:
        """A Movie Clip or Image Editor: this one, or another of the window."""
        self.plate = plate = find_plate(context.scene, Asked(context.scene))
        for area in _areas(context, "CLIP_EDITOR", "IMAGE_EDITOR"):
            if _frame_in(area.spaces.active, plate, context.scene) is not None:
                return area, plate.frames.size
        raise JobError(
            "No Movie Clip or Image Editor shows a frame of the plate.",
            "Show the plate in one, as it is (neither stabilised nor undistorted), or give the pixels in the panel.",
        )

    def released(self, context: Any) -> None:
        """The frame that the editor shows."""
        frame = _frame_in(self.area.spaces.active, self.plate, context.scene)
        if frame is not None:
            self.frame = frame

    def add(self, scene: Any) -> None:
        """One more."""
        plate = find_plate(scene, Asked(scene))
        frame = self.frame if self.properties.is_property_set("frame") else scene.frame_current
        if not plate.frames.first <= frame <= plate.frames.last:
            raise JobError(
                f"The plate has no frame {frame}: it has {plate.frames.first}-{plate.frames.last}.",
                "Go to one that it has.",
            )
        said = getattr(scene.actanywhere, self.field)
        setattr(scene.actanywhere, self.field, self.more(said, plate.frames.size, frame))


@labelled("pick_matte_box")
class ACTANYWHERE_OT_pick_matte_box(_Box, _OnPlate, bpy.types.Operator):
    """Draw a box around all of the actor"""

    field = "matte_box"


@labelled("pick_matte_point")
class ACTANYWHERE_OT_pick_matte_point(_Point, _OnPlate, bpy.types.Operator):
    """Click on the actor"""

    field = "matte_point"


@labelled("pick_matte_point_off")
class ACTANYWHERE_OT_pick_matte_point_off(_Point, _OnPlate, bpy.types.Operator):
    """Click on what is not the actor's"""

    field = "matte_point_off"


@labelled("pick_box")
class ACTANYWHERE_OT_pick_box(_Box, _OnPlace, bpy.types.Operator):
    """Draw a box around who to remove"""

    field = "condition_box"


@labelled("pick_point")
class ACTANYWHERE_OT_pick_point(_Point, _OnPlace, bpy.types.Operator):
    """Click on who to remove"""

    field = "condition_point"


@labelled("pick_place")
class ACTANYWHERE_OT_pick_place(_Box, _OnPlace, bpy.types.Operator):
    """Draw a box around what the frame is to show"""

    field = "place"

    def more(self, said: str, size: tuple[int, int], frame: int | None = None) -> str:
        """In place of what was said before."""
        return framed(tuple(self.pixels[:2]), tuple(self.pixels[2:]))


def _areas(context: Any, *kinds: str) -> list[Any]:
    """The editors of the window of these kinds, the one that the button is in first."""
    areas = (context.area, *context.screen.areas)
    return [area for area in areas if area is not None and area.type in kinds]


def _condition(scene: Any) -> tuple[Any, tuple[int, int]]:
    """The picture of the place, and its width and height."""
    group = scene.actanywhere
    if group.condition_source != "IMAGE" or group.condition_image is None:
        raise JobError(
            "The picture of the place is not an image.",
            "Choose an image under Condition, or give the pixels under Who else is in the picture.",
        )
    image = group.condition_image
    return image, (int(image.size[0]), int(image.size[1]))


def _frame_in(space: Any, plate: Plate, scene: Any) -> int | None:
    """The scene frame of the plate's picture that an editor shows; None where it shows no such picture as it is."""
    if space.type == "CLIP_EDITOR":
        clip = space.clip
        if clip is None or space.show_stable or space.clip_user.use_render_undistorted:
            return None
        if clip == plate.clip:
            return int(scene.frame_current)
        frames = clip_frames(clip, "plate")
        return _frame_of(frames.files.get(scene.frame_current, frames.pattern), plate, scene)
    image = space.image
    if image is None or not image.filepath:
        return None
    shown = image.filepath_from_user(image_user=space.image_user)
    return _frame_of(bpy.path.abspath(shown, library=image.library), plate, scene)


def _frame_of(path: str, plate: Plate, scene: Any) -> int | None:
    frames, path = plate.frames, os.path.normpath(path)
    if frames.is_movie:
        return int(scene.frame_current) if path == os.path.normpath(frames.pattern) else None
    return next((frame for frame, file in frames.files.items() if os.path.normpath(file) == path), None)


CLASSES = (
    ACTANYWHERE_OT_pick_box,
    ACTANYWHERE_OT_pick_point,
    ACTANYWHERE_OT_pick_place,
    ACTANYWHERE_OT_pick_matte_box,
    ACTANYWHERE_OT_pick_matte_point,
    ACTANYWHERE_OT_pick_matte_point_off,
)

"""Running a session from an operator: modal in a window, blocking in background mode and from scripts."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

import bpy

from ..contract.errors import ActAnywhereError, Cancelled
from ..draw import previews
from ..draw.wording import shown, spoken
from ..hostkit.controls import control
from ..hostkit.session import Session
from . import running

__all__ = ["Runner", "labelled", "redraw", "tell"]

_Operator = TypeVar("_Operator", bound=Any)


def redraw() -> None:
    """Have every area drawn again that shows the panel."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in (
                "CLIP_EDITOR",
                "NODE_EDITOR",
                "IMAGE_EDITOR",
                "SEQUENCE_EDITOR",
                "VIEW_3D",
                "PREFERENCES",
            ):
                area.tag_redraw()


def tell(operator: Any, scene: Any, error: ActAnywhereError) -> set[str]:
    """Show an error in the panel and report it; gives what an operator returns then."""
    scene.actanywhere.message, scene.actanywhere.remedy = shown(error.message), shown(error.remedy)
    kind = "INFO" if isinstance(error, Cancelled) else "ERROR"
    operator.report({kind}, spoken(error))
    redraw()
    return {"CANCELLED"}


def labelled(name: str) -> Callable[[_Operator], _Operator]:
    """Gives an operator its name in Blender, by its class, and the label and tooltip of that control."""

    def label(operator: _Operator) -> _Operator:
        operator.bl_idname = "actanywhere." + operator.__name__.partition("_OT_")[2]
        operator.bl_label, operator.bl_description = control(name).title, control(name).bare_tip
        return operator

    return label


class Runner:
    """An operator that runs a session. It gives ``begin`` (which may raise) and ``end``, both on the main thread.

    Not an ``ABC``: Blender's operators have a metaclass of their own.
    """

    @abstractmethod
    def begin(self, scene: Any) -> Session:
        """The session to run, its takes already on disk. Raises ``ActAnywhereError``."""

    @abstractmethod
    def end(self, scene: Any, session: Session) -> None:
        """Bring what was rendered into the scene; ``session.error`` may be set. Raises ``ActAnywhereError``."""

    def fail(self, scene: Any, error: ActAnywhereError) -> set[str]:
        """What happens with an error: the panel shows it."""
        return tell(self, scene, error)

    def execute(self, context: Any) -> set[str]:
        """Blocks until the layer is there: for scripts and background mode."""
        scene = context.scene
        try:
            session = self._start(scene)
            try:
                with contextlib.suppress(ActAnywhereError):  # the session keeps it, for what follows
                    session.run(lambda _: None)
            except BaseException:  # Ctrl-C, or a bug: nothing may be left running
                running.abandon()
                raise
            return self._finish(scene, session)
        except ActAnywhereError as error:
            return self.fail(scene, error)

    def invoke(self, context: Any, event: Any) -> set[str]:
        """In a window: returns at once and goes on from a timer."""
        if bpy.app.background:
            return self.execute(context)
        try:
            session = self._start(context.scene)
            try:
                session.step()  # what takes a moment (a copy of the file) belongs to the click
                running.listen(self, _window_that_stays(context))
            except BaseException:  # a bug: nothing may be left running
                running.abandon()
                raise
        except ActAnywhereError as error:
            return self.fail(context.scene, error)
        redraw()
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Each tick takes what is there, and returns."""
        session = running.current()
        scene = running.scene()
        if session is None or scene is None:
            running.abandon()
            return {"CANCELLED"}
        if event.type == "ESC" and event.value == "PRESS":
            session.cancel()
        elif event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            news = session.step()
        except Exception:  # a bug: it keeps its traceback, and leaves nothing running
            running.abandon()
            raise
        if news:
            running.say(context.workspace, f"ActAnywhere: {session.text}   (Esc: stop)")
            redraw()
        if not session.over:
            return {"PASS_THROUGH"}
        running.leave()
        try:
            return self._finish(scene, session)
        except ActAnywhereError as error:
            return self.fail(scene, error)

    def cancel(self, context: Any) -> None:
        """Blender takes the operator away: the file or the window is being closed."""
        running.abandon()

    def _start(self, scene: Any) -> Session:
        running.require_idle()
        scene.actanywhere.message = scene.actanywhere.remedy = ""
        session = self.begin(scene)
        running.start(session, scene)
        return session

    def _finish(self, scene: Any, session: Session) -> set[str]:
        running.finish()
        previews.clear()
        self.end(scene, session)
        redraw()
        if session.error is not None:
            raise session.error
        return {"FINISHED"}


def _window_that_stays(context: Any) -> Any:
    """The window that the click was in; not the preferences', which may be closed while something runs."""
    if not context.window.screen.is_temporary:
        return context.window
    others = [window for window in context.window_manager.windows if not window.screen.is_temporary]
    return others[0] if others else context.window

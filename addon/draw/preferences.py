"""The preferences: finding, installing and testing the engine, and its networks."""

import os
import shutil
import sys
import tempfile
from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ..contract.errors import ActAnywhereError, JobError
from ..hostkit.engine import Finding, creation_commands, engine_errand, read_findings
from ..hostkit.networks import (
    VISION,
    Network,
    list_step,
    networks_row,
    pull_error,
    pull_step,
    read_networks,
    still_to_get,
)
from ..hostkit.session import Session, Step
from ..operators import running
from ..operators.run import Runner, redraw
from ..versions import path_property
from .panels import lines
from .wording import shown, spoken

__all__ = ["CLASSES", "state"]

_PACKAGE = __package__.rpartition(".")[0]
_SOURCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "engine")
_ICONS = {"ok": "CHECKMARK", "warn": "ERROR", "FAIL": "CANCEL"}
_SHOWN = ("actanywhere", "gpu", "model", "memory")


class _State:
    """What is known of the engine since Blender was started."""

    findings: tuple[Finding, ...] = ()
    networks: tuple[Network, ...] = ()
    error: ActAnywhereError | None = None
    trial: str = ""


state = _State()


class _EngineRunner(Runner):
    """An operator on the engine: its errors are shown in the preferences."""

    def fail(self, scene: Any, error: ActAnywhereError) -> set[str]:
        """Keep it for the preferences, and report it."""
        state.error = error
        self.report({"ERROR"}, spoken(error))
        redraw()
        return {"CANCELLED"}


def _doctor_step() -> Step:
    return Step(
        "Examining the engine",
        0.2,
        lambda: engine_errand(running.engine().command("doctor", "--json")),
        (0, 1),
    )


def _keep_findings(session: Session) -> None:
    if session.error is None:
        state.findings = tuple(read_findings(session.lines))
        state.networks = tuple(read_networks(session.lines))
        if not state.findings:
            raise JobError(
                f"The engine does not answer: {' '.join(session.lines[-3:])}",
                "Choose another one, or create its environment.",
            )


class ACTANYWHERE_OT_engine_look(_EngineRunner, bpy.types.Operator):
    """Look for the engine, and have it examine this machine"""

    bl_idname = "actanywhere.engine_look"
    bl_label = "Examine"

    def begin(self, scene: Any) -> Session:
        """Its own doctor, in its own process."""
        state.error, state.findings = None, ()
        running.engine().command("doctor", "--json")
        return Session([], before=[_doctor_step(), list_step(running.engine())])

    def end(self, scene: Any, session: Session) -> None:
        """Keep what it found."""
        _keep_findings(session)


class ACTANYWHERE_OT_engine_create(_EngineRunner, bpy.types.Operator):
    """Create the engine's own environment, outside of Blender, and install the engine into it"""

    bl_idname = "actanywhere.engine_create"
    bl_label = "Create Environment"

    def begin(self, scene: Any) -> Session:
        """Only with consent, or from a folder of wheels."""
        state.error, state.findings = None, ()
        chosen = running.preferences()
        wheels = os.path.normpath(bpy.path.abspath(chosen.wheels)) if chosen.wheels else ""
        if not wheels and not chosen.consent:
            raise JobError(
                "Nothing is downloaded without your consent.", "Tick the box, or give a folder of wheels."
            )
        folder = running.own_environment()
        commands = creation_commands(sys.executable, folder, _SOURCE, wheels, bpy.app.online_access)
        titles = ("Creating the environment", "Copying the engine", "Installing the engine", "Tidying up")
        steps = [
            Step(
                title,
                10.0 if command is commands[2] else 0.3,
                lambda command=command: engine_errand(command),  # type: ignore[misc]
            )
            for title, command in zip(titles, commands, strict=True)
        ]
        running.close_worker()
        return Session([], before=[*steps, _doctor_step()])

    def end(self, scene: Any, session: Session) -> None:
        """Keep what the new engine's doctor found; half an environment is taken away."""
        if session.error is not None:
            shutil.rmtree(running.own_environment(), ignore_errors=True)
        else:
            running.preferences().python = ""  # the one that was chosen before would win over the new one
            bpy.context.preferences.is_dirty = True
        _keep_findings(session)


class ACTANYWHERE_OT_networks_get(_EngineRunner, bpy.types.Operator):
    """Download the recommended networks, which see who stands in the picture, where and how far, or a model"""

    bl_idname = "actanywhere.networks_get"
    bl_label = "Get the Networks"

    wanted: StringProperty(name="Wanted", default=VISION, options={"SKIP_SAVE"})

    def begin(self, scene: Any) -> Session:
        """Only where Blender may go online; in a process of its own, which goes on from what has come."""
        state.error = None
        if not bpy.app.online_access:
            raise JobError(
                "Blender may not go online, so nothing is downloaded.",
                "Allow online access in Preferences > System > Network, or have a studio's folder of models in "
                "ACTANYWHERE_MODELS.",
            )
        engine = running.engine()
        return Session([], before=[pull_step(engine, [self.wanted]), list_step(engine)])

    def end(self, scene: Any, session: Session) -> None:
        """Keep what is here now; say what could not be had."""
        state.networks = tuple(read_networks(session.lines)) or state.networks
        error = pull_error(session.lines)
        if error is not None:
            raise error


class ACTANYWHERE_OT_self_test(_EngineRunner, bpy.types.Operator):
    """Render the example shot that comes with the engine"""

    bl_idname = "actanywhere.self_test"
    bl_label = "Self-Test"

    def begin(self, scene: Any) -> Session:
        """The engine's own demo, as a preview."""
        state.error, state.trial = None, ""
        self.folder = tempfile.mkdtemp(prefix="actanywhere_")
        command = running.engine().command("demo", "--preview", "--output", self.folder)
        return Session([], before=[Step("Rendering the example", 1.0, lambda: engine_errand(command))])

    def end(self, scene: Any, session: Session) -> None:
        """Say where it can be looked at."""
        if session.error is None:
            frames = [name for name in os.listdir(self.folder) if name.endswith(".exr")]
            state.trial = f"The example was rendered: {len(frames)} frames in {self.folder}"


class ACTANYWHERE_preferences(bpy.types.AddonPreferences):
    """Where the engine is, and how it may be made."""

    bl_idname = _PACKAGE

    python: path_property(
        name="Engine",
        subtype="FILE_PATH",
        description="A Python (or its environment's folder) that has ActAnywhere. Empty: the variable "
        "ACTANYWHERE_PYTHON, the engine's own environment, or the first installation on the PATH",
    )
    wheels: path_property(
        name="Wheels",
        subtype="DIR_PATH",
        description="A folder of wheels to install from, for a machine that is not online. On one that is: "
        "pip download -d FOLDER setuptools EXTENSION/engine",
    )
    consent: BoolProperty(
        name="Download the engine's libraries from the Python Package Index (1 GB, on Linux 5 GB)",
        description="Nothing else is ever downloaded, and nothing of yours is sent",
    )
    keep_engine: BoolProperty(
        name="Keep the Engine Running",
        default=True,
        description="Keep the model loaded between renders. Off: its memory is given back after each",
    )

    def draw(self, context: Any) -> None:
        """Found or not, and what to do about it."""
        layout = self.layout
        _draw_engine(layout.box(), context)
        if state.networks:
            _draw_networks(layout.box())
        layout.prop(self, "python")
        layout.prop(self, "keep_engine")
        box = layout.box()
        column = box.column(align=True)
        column.label(text="The engine's own environment, outside of Blender:", icon="PACKAGE")
        column.label(text=running.own_environment(), icon="BLANK1")
        box.prop(self, "wheels")
        row = box.row()
        row.enabled = bpy.app.online_access and not self.wheels
        row.prop(self, "consent")
        if not bpy.app.online_access and not self.wheels:
            box.label(text="Blender may not go online: give a folder of wheels.", icon="INFO")
        box.operator("actanywhere.engine_create", icon="IMPORT")


def _draw_networks(box: Any) -> None:
    """The row: what is here, what is not, and a button that gets it."""
    missing = still_to_get(state.networks)
    box.label(text=networks_row(state.networks), icon="INFO" if missing else "CHECKMARK")
    column = box.column(align=True)
    for network in state.networks:
        if network.state != "absent" or network in missing:
            column.label(text=str(network), icon="CHECKMARK" if network.state == "here" else "DOT")
    if not missing:
        return
    row = box.row()
    row.enabled = bpy.app.online_access and running.current() is None
    row.operator("actanywhere.networks_get", icon="IMPORT")
    if not bpy.app.online_access:
        box.label(text="Blender may not go online: see docs/models.md for a folder of models.", icon="INFO")


def _draw_engine(box: Any, context: Any) -> None:
    session = running.current()
    try:
        box.label(text=f"Engine: {running.engine().command()[0]}", icon="CHECKMARK")
    except ActAnywhereError as error:
        box.label(text=error.message, icon="CANCEL")
    if session is not None:
        box.label(text=session.text, icon="TIME")
        box.operator("actanywhere.cancel", icon="CANCEL")
    else:
        row = box.row()
        row.operator("actanywhere.engine_look", icon="VIEWZOOM")
        row.operator("actanywhere.self_test", icon="PLAY")
    box = box.column(align=True)
    if state.error is not None:
        for text, icon in ((state.error.message, "ERROR"), (state.error.remedy, "INFO")):
            for number, line in enumerate(lines(shown(text), context)):
                box.label(text=line, icon="BLANK1" if number else icon)
    if state.trial:
        box.label(text=state.trial, icon="CHECKMARK")
    for finding in state.findings:
        if finding.status != "ok" or finding.name.split(" ")[0] in _SHOWN:
            text = f"{finding.name}: {finding.found}"
            box.label(text=text, icon=_ICONS.get(finding.status, "DOT"))
            if finding.remedy:
                box.label(text=shown(finding.remedy), icon="BLANK1")


CLASSES = (
    ACTANYWHERE_preferences,
    ACTANYWHERE_OT_engine_look,
    ACTANYWHERE_OT_engine_create,
    ACTANYWHERE_OT_networks_get,
    ACTANYWHERE_OT_self_test,
)

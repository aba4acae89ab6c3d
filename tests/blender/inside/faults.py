"""What goes wrong, and what the artist is told. With the engine that paints at once; see ``double.py``."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import bpy
import desk

Given = dict[str, Any]


def fall(given: Given, name: str, **wanted: Any) -> dict[str, Any]:
    """Generate, and what the panel says when it has failed."""
    said: dict[str, Any] = {}
    begin = time.monotonic()
    try:
        said.update(desk.generate(given, name, **wanted))
    except RuntimeError as error:
        said["raised"] = str(error)
    panel = bpy.context.scene.actanywhere
    said.update(message=panel.message, remedy=panel.remedy, seconds=time.monotonic() - begin)
    said["folders"] = frames_in(given, name)
    return said


def frames_in(given: Given, name: str) -> dict[str, list[str]]:
    root = os.path.join(given["work"], "takes", name)
    found = sorted(os.listdir(root)) if os.path.isdir(root) else []
    return {take: exrs(os.path.join(root, take)) for take in found if take.startswith("take_")}


def exrs(folder: str) -> list[str]:
    return sorted(name for name in os.listdir(folder) if name.endswith(".exr") and not name.startswith("."))


def shot(given: Given, plate: str = "") -> dict[str, Any]:
    clip = desk.clip(plate or given["footage"]["plate"])
    matte = {"matte_source": "FILES", "matte_path": given["footage"]["matte"]}
    return {"plate_source": "CLIP", "plate_clip": clip, **matte}


def after(seconds: float, act: Callable[[], Any]) -> None:
    """Do something on the main thread while Generate blocks it."""
    signal.signal(signal.SIGALRM, lambda number, frame: act())
    signal.setitimer(signal.ITIMER_REAL, seconds)


def children() -> list[int]:
    """Processes that we have started and that still run."""
    mine = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                    state, parent = file.read().rsplit(")", 1)[1].split()[:2]
            except OSError:
                continue
            if int(parent) == os.getpid() and state != "Z":
                mine.append(int(entry))
    return mine


def when_frames(given: Given, name: str, count: int, act: Callable[[], Any]) -> None:
    """Do something as soon as so many frames are there."""

    def look() -> None:
        if sum(map(len, frames_in(given, name).values())) >= count:
            act()
        else:
            after(0.05, look)

    after(0.05, look)


def scene_cancel_and_continue(given: Given) -> Any:
    wanted = shot(given)
    when_frames(given, "slow-cancel", 2, lambda: bpy.ops.actanywhere.cancel())
    said = fall(given, "slow-cancel", **wanted)
    folder = os.path.join(given["work"], "takes", "slow-cancel", "take_001")
    times = {name: os.stat(os.path.join(folder, name)).st_mtime_ns for name in exrs(folder)}
    states = [take.finished for take in bpy.context.scene.actanywhere.takes]
    resumed = sorted(bpy.ops.actanywhere.resume())
    try:
        bpy.ops.actanywhere.resume(take=1)
        again = ""
    except RuntimeError as error:
        again = str(error)
    bpy.context.scene.actanywhere.message = ""
    kept = [os.stat(os.path.join(folder, name)).st_mtime_ns == then for name, then in times.items()]
    panel = bpy.context.scene.actanywhere
    told = {"states": states, "resumed": resumed, "kept": kept, "message": panel.message, "again": again}
    return {**said, "after": frames_in(given, "slow-cancel"), **told, "cancelled": said["message"]}


def scene_two_stopped(given: Given) -> Any:
    """Two takes are stopped, and no take is named: the one that was stopped last goes on."""
    stop = bpy.ops.actanywhere.cancel
    when_frames(given, "slow-two", 2, lambda: stop())
    fall(given, "slow-two", **shot(given))
    there = sum(map(len, frames_in(given, "slow-two").values()))
    when_frames(given, "slow-two", there + 2, lambda: stop())
    before = fall(given, "slow-two", **shot(given))["folders"]
    resumed = sorted(bpy.ops.actanywhere.resume())
    return {"before": before, "resumed": resumed, "after": frames_in(given, "slow-two")}


def scene_worker_killed(given: Given) -> Any:
    said = fall(given, "die-once", **shot(given))
    resumed = sorted(bpy.ops.actanywhere.resume())
    return {**said, "resumed": resumed, "after": frames_in(given, "die-once")}


def scene_engine_missing(given: Given) -> Any:
    chosen = bpy.context.preferences.addons["bl_ext.user_default.actanywhere"].preferences
    chosen.python = os.path.join(given["work"], "no", "python")
    try:
        return fall(given, "engine-missing", **shot(given))
    finally:
        chosen.python = given["engine"]


def scene_engine_half_made(given: Given) -> Any:
    """Blender was closed while the engine's own environment was being made: there is a Python, and no engine."""
    chosen = bpy.context.preferences.addons["bl_ext.user_default.actanywhere"].preferences
    module = sys.modules["bl_ext.user_default.actanywhere.operators.running"]
    half = os.path.join(module.own_environment(), "bin")
    os.makedirs(half)
    os.symlink(sys.executable, os.path.join(half, "python"))
    chosen.python, path = "", os.environ["PATH"]
    os.environ["PATH"] = half
    try:
        return fall(given, "engine-half", **shot(given))
    finally:
        chosen.python, os.environ["PATH"] = given["engine"], path
        shutil.rmtree(os.path.dirname(half))


def scene_engine_that_is_none(given: Given) -> Any:
    """A Python without ActAnywhere."""
    chosen = bpy.context.preferences.addons["bl_ext.user_default.actanywhere"].preferences
    script = os.path.join(given["work"], "bare python")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec "{shutil.which("python3")}" -S -I "$@"\n')
    os.chmod(script, 0o755)
    chosen.python = script
    try:
        return fall(given, "engine-none", **shot(given))
    finally:
        chosen.python = given["engine"]


def scene_missing_frames(given: Given) -> Any:
    folder = os.path.join(given["work"], "holes")
    shutil.copytree(os.path.dirname(given["footage"]["plate"]), folder)
    os.remove(os.path.join(folder, "plate.1003.png"))
    os.remove(os.path.join(folder, "plate.1004.png"))
    desk.size(bpy.context.scene)
    matte = {"matte_source": "FILES", "matte_path": given["footage"]["matte"]}
    plate = {"plate_source": "FILES", "plate_path": os.path.join(folder, "plate.1001.png")}
    return fall(given, "missing-frames", **plate, **matte)


def scene_matte_of_other_numbers(given: Given) -> Any:
    desk.size(bpy.context.scene)
    return fall(given, "other-numbers", **shot(given, given["footage"]["movie"]))


def scene_matte_with_a_gap(given: Given) -> Any:
    folder = os.path.join(given["work"], "matte with a gap")
    shutil.copytree(os.path.dirname(given["footage"]["matte"]), folder)
    path = os.path.join(folder, os.path.basename(given["footage"]["matte"]))
    os.remove(path.replace("1001", "1003"))
    wanted = {**shot(given, given["footage"]["movie"]), "use_matte_start": True, "matte_start": 1}
    return fall(given, "matte-gap", **{**wanted, "matte_path": path})


def scene_nothing_chosen(given: Given) -> Any:
    return fall(given, "nothing", plate_source="CLIP")


def scene_no_matte(given: Given) -> Any:
    wanted = {**shot(given), "matte_source": "MASK", "matte_mask": None}
    return fall(given, "no-matte", **wanted)


def scene_alpha_of_a_plate_without(given: Given) -> Any:
    return fall(given, "no-alpha", **{**shot(given), "matte_source": "ALPHA"})


def scene_frames_beyond_the_plate(given: Given) -> Any:
    wanted = {**shot(given), "range_source": "CUSTOM", "first": 4, "last": 9}
    return fall(given, "beyond", **wanted)


def engine_create(given: Given, **chosen: Any) -> dict[str, Any]:
    """Ask for the engine's own environment; what the preferences say, and what is on disk after that."""
    module = sys.modules["bl_ext.user_default.actanywhere.draw.preferences"]
    preferences = bpy.context.preferences.addons["bl_ext.user_default.actanywhere"].preferences
    before = preferences.python, bpy.context.preferences.system.use_online_access
    bpy.context.preferences.system.use_online_access = chosen.pop("online")
    for name, value in chosen.items():
        setattr(preferences, name, value)
    try:
        bpy.ops.actanywhere.engine_create()
        raise AssertionError("it was created")
    except RuntimeError as error:
        raised = str(error)
    finally:
        preferences.python, bpy.context.preferences.system.use_online_access = before
        preferences.wheels, preferences.consent = "", False
    folder = os.path.join(given["resources"], "extensions", ".user", "user_default", "actanywhere", "engine")
    error = module.state.error
    return {
        "message": error.message,
        "remedy": error.remedy,
        "raised": raised,
        "left": os.path.exists(folder),
    }


def scene_create_without_consent(given: Given) -> Any:
    return engine_create(given, online=True, consent=False)


def scene_create_offline(given: Given) -> Any:
    return engine_create(given, online=False, consent=True)


def scene_create_from_no_folder(given: Given) -> Any:
    return engine_create(given, online=False, wheels=os.path.join(given["work"], "no wheels"))


def scene_create_from_empty_folder(given: Given) -> Any:
    """A real environment, and the real pip, which finds nothing to install."""
    empty = os.path.join(given["work"], "wheels")
    os.makedirs(empty)
    return engine_create(given, online=False, wheels=empty)


def scene_unsaved_file(given: Given) -> Any:
    """Nobody has said where takes go and the file has no name: they go where the extension may write."""
    panel = bpy.context.scene.actanywhere
    for name, value in shot(given).items():
        setattr(panel, name, value)
    panel.condition_image = bpy.data.images.load(given["footage"]["place"])
    panel.shot_name = "unsaved"
    said = sorted(bpy.ops.actanywhere.generate())
    return {"said": said, "take": panel.takes[-1].folder, "resources": given["resources"]}


def scene_message_goes_when_it_works(given: Given) -> Any:
    before = fall(given, "works", plate_source="CLIP")
    after_all = fall(given, "works", **shot(given))
    return {"before": before["message"], "after": after_all["message"], "remedy": after_all["remedy"]}


def scene_no_process_is_left(given: Given) -> Any:
    """After all of the above; the worker may be kept until the extension goes."""
    import addon_utils

    before = len(children())
    addon_utils.disable("bl_ext.user_default.actanywhere", default_set=False)
    time.sleep(0.5)
    return {"before": before, "left": len(children())}

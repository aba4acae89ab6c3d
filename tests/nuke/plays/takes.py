"""Plays of takes: rendered, stopped, killed, chosen, compared, renamed while they render. Valid Python 3.7."""

from __future__ import annotations

import os
import shutil
import signal
from typing import Any, Dict, List

import nuke

from tests.nuke.plays.hands import (
    STAGE,
    channels,
    hold,
    new_node,
    new_script,
    ours,
    render_out,
    shown,
    stop,
    wait,
)
from tests.nuke_standin.session import SESSION


def generate() -> Dict[str, Any]:
    """From the menu to the layer in the stream, with proxy on; the state as knobs change; a second take; a re-open."""
    new_script()
    node = new_node()
    nuke.root()["proxy"].setValue(True)
    before = shown(node)
    plain = channels(node, STAGE["frames"][0])
    node["generate"].execute()
    # What comes back is put up by the main thread, which has had no turn yet: a button that waited would have done it.
    said = {"before": before, "plain": plain, "free": not node["taken"].value()}
    said["whole"] = wait(node)
    said.update(after=shown(node), proxy=nuke.root()["proxy"].value(), rendered=list(SESSION.rendered))
    nuke.root()["proxy"].setValue(False)
    first = STAGE["frames"][0]
    said["channels"] = channels(node, first)
    for show in ("layer", "plate", "comp"):
        node["show"].setValue(show)
        said[show] = render_out(node, show, first)
    said["beyond"] = channels(node, STAGE["frames"][1] + 5)
    node["seed"].setValue(3)
    said["stale"] = node["state"].value()
    node["seed"].setValue(0)
    said["fresh"] = node["state"].value()
    said["disabled"] = [node.node(name)["disable"].value() for name in ("write_plate", "write_matte")]
    said["messages"] = [task._messages for task in SESSION.tasks]
    return dict(said, **_again(node))


def _again(node: Any) -> Dict[str, Any]:
    """A second take; the first one chosen in the list; the script saved, opened, and looked at again."""
    count = len(SESSION.rendered)
    node["seed"].setValue(5)
    node["generate"].execute()
    wait(node)
    said = {"rendered_again": len(SESSION.rendered) - count, "takes": node["take"].values()}
    said["second"] = node["layer_file"].value()
    node["take"].setValue(node["take"].values()[1])
    said.update(first=node["layer_file"].value(), chosen=node["state"].value())
    node["use_settings"].execute()
    said.update(put_back=node["seed"].value(), put_back_state=node["state"].value())
    path = nuke.scriptName()
    nuke.scriptSaveAs(path)
    nuke.scriptOpen(path)
    again = ours()
    said.update(reopened=shown(again), rendered_on_open=len(SESSION.rendered) - count)
    again._tell("showPanel")
    said.update(found=again["take"].values(), looked_at=shown(again))
    said["reopened_channels"] = channels(again, STAGE["frames"][0])
    return said


def cancel() -> Dict[str, Any]:
    """Cancel on Nuke's own progress bar, in the middle; then Continue take."""
    new_script()
    node = new_node(preview=False)
    said = stop(node)
    node["take"].setValue(node["take"].values()[-1])
    node["continue_take"].execute()
    wait(node)
    said["continued"] = shown(node)
    return said


def own_engine() -> Dict[str, Any]:
    """The knob ``model`` names a folder, and that an engine of the studio's own."""
    new_script()
    node = new_node(model=STAGE["model"], camera="still", shadow="none", preview=False)
    node["generate"].execute()
    said: Dict[str, Any] = {"whole": wait(node), "after": shown(node), "said": list(SESSION.said)}
    said["channels"] = channels(node, STAGE["frames"][0])
    node["show"].setValue("layer")
    return dict(said, layer=render_out(node, "layer", STAGE["frames"][0]))


def kill() -> Dict[str, Any]:
    """The system kills the engine; the artist reads it, and the next Generate works with a new one."""
    from actanywhere_nuke.operators import generate as work

    new_script()
    node = new_node()
    held = hold()
    node["generate"].execute()
    seen = SESSION.spin(lambda: bool(held))
    os.kill(held[0], signal.SIGKILL)
    whole = wait(node)
    said = {"seen": seen, "whole": whole, "said": list(SESSION.said), "busy": work.TURNS.busy}
    SESSION.said.clear()
    node["generate"].execute()
    wait(node)
    said.update(after=shown(node), said_after=list(SESSION.said))
    return said


def wedge() -> Dict[str, Any]:
    """Two seeds and their contact sheet; then the node is deleted while another take renders."""
    new_script()
    node = new_node(wedge_count=2)
    node["wedge"].execute()
    said: Dict[str, Any] = {"whole": SESSION.spin(lambda: bool(node["sheet"].value()))}
    said.update(takes=node["take"].values(), sheet=node["sheet"].value(), log=node["log"].value())
    node["take"].setValue(node["take"].values()[-1])
    said["stale"] = node["state"].value()
    node["use_settings"].execute()
    said.update(seed=node["seed"].value(), fresh=node["state"].value())
    before = len(nuke.allNodes("Read"))
    node["open_sheet"].execute()
    said["reads"] = len(nuke.allNodes("Read")) - before
    held = hold()
    node["generate"].execute()
    said["seen"] = SESSION.spin(lambda: bool(held))
    nuke.delete(node)  # while its take renders
    os.kill(held[0], signal.SIGCONT)
    said["deleted"] = wait(new_node())
    said["said"] = list(SESSION.said)
    return said


def renamed() -> Dict[str, Any]:
    """While a take renders the node is renamed, the script saved under another name, and a copy tries to interfere."""
    new_script()
    node = new_node()
    node["write_job"].execute()
    copy = new_node()
    for name in ("take_folder", "layer_file", "take_label"):
        copy[name].setValue(node[name].value())
    held = hold()
    node["continue_take"].execute()
    said: Dict[str, Any] = {"seen": SESSION.spin(lambda: bool(held))}
    SESSION.answers.append(True)
    copy["remove_take"].execute()
    copy["continue_take"].execute()
    said.update(refused=list(SESSION.said), kept=os.path.isdir(node["take_folder"].value()))
    SESSION.said.clear()
    node.setName("Place")
    nuke.scriptSaveAs(os.path.join(STAGE["work"], "another.nk"))
    node["generate"].execute()
    said["again"] = list(SESSION.said)
    node["cancel"].execute()
    os.kill(held[0], signal.SIGCONT)
    return dict(said, whole=wait(node), log=node["log"].value())


def looks() -> Dict[str, Any]:
    """How often the tree at the inputs is walked when a knob changes; what is greyed out follows each."""
    from actanywhere_nuke.read import asking as reading

    new_script()
    node = new_node()
    walked: List[Any] = []
    describe = reading.describe
    reading.describe = lambda *what: [walked.append(what), describe(*what)][1]
    said: Dict[str, Any] = {}
    for name, value in (
        ("seed", 2),
        ("shadow", "given"),
        ("use_steps", True),
        ("use_condition_frame", True),
        ("condition_frame", 1002),
        ("range", "custom"),
    ):
        walked.clear()
        node[name].setValue(value)
        said[name] = len(walked)
    said["enabled"] = [name for name in ("shadow_side", "steps", "first") if node[name].enabled()]
    return dict(said, state=node["state"].value())


def camera() -> Dict[str, Any]:
    """Make camera: of a take without a solve, then with one, twice; something else is selected meanwhile."""
    new_script()
    node = new_node()
    node["write_job"].execute()
    node["make_camera"].execute()
    said: Dict[str, Any] = {"without": list(SESSION.said)}
    stem = node["layer_file"].value().replace(".####.exr", "")
    shutil.copy(STAGE["work"] + "/solved.nk", stem + "_camera.nk")
    node.setSelected(True)
    for _ in range(2):
        node["make_camera"].execute()
    cameras = nuke.allNodes("Camera2")
    said["made"] = [[one.name(), one.input(0) is None] for one in cameras]
    first, last = STAGE["frames"]
    said["values"] = [
        [cameras[0][name].getValueAt(frame, k) for name in ("translate", "rotate") for k in range(3)]
        + [cameras[0][name].getValueAt(frame) for name in ("focal", "haperture", "vaperture")]
        for frame in range(first, last + 1)
    ]
    return said

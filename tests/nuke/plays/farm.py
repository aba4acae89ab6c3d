"""Plays of other machines and other sittings: a job for a farm, a script opened again, a terminal. Valid Python 3.7."""

from __future__ import annotations

import os
from typing import Any, Dict

import nuke

from tests.nuke.plays.hands import STAGE, channels, new_node, new_script, ours, shown, wait
from tests.nuke_standin.session import SESSION


def farm() -> Dict[str, Any]:
    """A job for another machine: nothing is rendered here but the inputs; frames are picked up as they come."""
    path = new_script()
    node = new_node()
    node["write_job"].execute()
    said: Dict[str, Any] = {"command": node["farm_command"].value(), "state": node["state"].value()}
    said["tasks"] = len(SESSION.tasks)
    nuke.scriptSaveAs(path)
    return said


def farm_bundle() -> Dict[str, Any]:
    """The button: refused, looked at and left, and written; ``deadline`` stands for the farm's own command."""
    new_script()
    node, other = new_node(), new_node()
    other["shot_name"].setValue("other")
    for one in (node, other):
        one.setSelected(True)
    command = os.path.join(STAGE["work"], "bin", "deadline")
    os.makedirs(os.path.dirname(command))
    with open(command, "w", encoding="utf-8") as stream:
        stream.write('#!/bin/sh\nprintf "%s\\n" "$@" > "$(dirname "$0")/asked"\n')
    os.chmod(command, 0o755)
    os.environ["PATH"] = os.path.dirname(command) + os.pathsep + os.environ["PATH"]
    takes = os.path.join(STAGE["work"], "actanywhere")

    def press(*answers: bool) -> Dict[str, Any]:
        SESSION.said.clear()
        SESSION.answers[:] = answers
        before = node["log"].value()
        node["farm_bundle"].execute()
        words = ("farm bundle:", "No bundle", "no model")
        SESSION.spin(lambda: any(word in node["log"].value()[len(before) :] for word in words), 120)
        there = {
            name: sorted(os.listdir(os.path.join(takes, name)))
            for name in ("other", "sh010_comp_ActAnywhere1")
        }
        return {"said": list(SESSION.said), "there": there}

    said = {"left": press(False), "written": press(True)}
    said["shown"] = [one["take_folder"].value() for one in (node, other)]
    with open(os.path.join(STAGE["work"], "bin", "asked"), encoding="utf-8") as stream:
        said["asked"] = stream.read().splitlines()
    other["model"].setValue(os.path.join(STAGE["work"], "no model"))
    return dict(said, refused=press())


def gizmo() -> Dict[str, Any]:
    """The gizmo in a script that is saved and opened again: its knobs come back, its inside is as it was shipped."""
    path = new_script()
    nuke.toNode("plate").setSelected(True)
    node = nuke.createNode("ActAnywhere", "", False)
    for index, name in ((1, "roto"), (2, "place")):
        node.setInput(index, nuke.toNode(name))
    for name, value in (("engine", STAGE["engine"]), ("matte_channel", "roto.alpha"), ("layer", "place_bg")):
        node[name].setValue(value)
    node["write_job"].execute()
    before = shown(node)
    nuke.scriptSaveAs(path)
    SESSION.layers.clear()  # another day
    nuke.scriptOpen(path)
    node = ours()
    copies = [node.node("layer_copy")[name].value() for name in ("from0", "to3")]
    said = dict(before=before, after=shown(node), copies=copies, said=list(SESSION.said))
    with open(path, encoding="utf-8") as stream:
        said["inside"] = "read_layer" in stream.read()
    return dict(said, layers=nuke.layers(), matte=node["matte_channel"].value())


def picked_up() -> Dict[str, Any]:
    """The script of ``farm`` again, after the other machine is done."""
    nuke.scriptOpen(os.path.join(STAGE["work"], "sh010_comp_v001.nk"))
    node = ours()
    node._tell("showPanel")
    return dict(shown(node), channels=channels(node, STAGE["frames"][0]))


def partial() -> Dict[str, Any]:
    """The script of ``farm`` once more, after a frame was lost: Continue take renders what is missing."""
    nuke.scriptOpen(os.path.join(STAGE["work"], "sh010_comp_v001.nk"))
    node = ours()
    node._tell("showPanel")
    said = {"missing": node["state"].value()}
    node["continue_take"].execute()
    whole = wait(node)
    return dict(said, whole=whole, state=node["state"].value(), said=list(SESSION.said))


def terminal() -> Dict[str, Any]:
    """``nuke -t``: blocks, prints, and gives an exit status."""
    from actanywhere_nuke.operators.terminal import main as in_terminal

    path = new_script()
    new_node()
    nuke.scriptSaveAs(path)
    first = STAGE["frames"][0]
    words = [path, "--frames=%d-%d" % (first, first + 1)]
    said: Dict[str, Any] = {"done": in_terminal(words)}
    said.update(shown(ours()), wrong=in_terminal([path, "Nobody"]), usage=in_terminal([]))
    ours()["engine"].setValue("/gone/bin/python")
    nuke.scriptSaveAs(path)
    said["no_engine"] = in_terminal(words)
    ours()["engine"].setValue(STAGE["engine"])
    nuke.scriptSaveAs(path)
    SESSION.cancel_renders_after = 1
    said["stopped"] = in_terminal([path, "--frames=%d-%d" % (first, first + 2)])
    return said

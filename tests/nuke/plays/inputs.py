"""Plays of what goes in: inputs, files, knobs, tracks, menus, and what is refused. Valid Python 3.7."""

from __future__ import annotations

import json
import os
import shutil
from typing import Any, Callable, Dict, List

import nuke

from tests.nuke.plays.hands import STAGE, channels, job, new_node, new_script, stop, wait
from tests.nuke_standin.session import SESSION

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def by_hand() -> Dict[str, Any]:
    """The plate's own channel as matte, a picture from a file, buttons, menus; nothing but inputs is rendered."""
    new_script()
    plate, roto = nuke.toNode("plate"), nuke.toNode("roto")
    both = nuke.nodes.Copy(name="both", inputs=[plate, roto], from0="roto.alpha", to0="roto.alpha")
    node = new_node()
    said: Dict[str, Any] = {"panel": node.shown()}
    for index, source in enumerate((both, None, None)):
        node.setInput(index, source)
    node["condition_file"].setValue(STAGE["work"] + "/footage/place.exr")
    nuke.frame(STAGE["frames"][1])
    node["anchor_here"].execute()
    node["use_steps"].setValue(True)
    nuke.root()["proxy"].setValue(True)
    SESSION.undo.clear()
    node["write_job"].execute()
    said.update(undo=list(SESSION.undo), proxy=nuke.root()["proxy"].value(), job=job(node))
    node["use_steps"].setValue(False)
    SESSION.undo.clear()
    node["use_settings"].execute()
    said.update(undone=list(SESSION.undo), steps=node["use_steps"].value())
    node["cancel"].execute()
    said.update(log=node["log"].value(), enabled=node["steps"].enabled(), greyed=not node["first"].enabled())
    node["refresh"].execute()
    for answer in (False, True):
        SESSION.answers.append(answer)
        node["remove_take"].execute()
        said["removed" if answer else "kept"] = node["take"].values()
    return dict(said, **_menus())


def _menus() -> Dict[str, Any]:
    """The menu's other entries."""
    said = {}
    menu = nuke.menu("Nodes").menu("ActAnywhere")
    for node in nuke.allNodes():
        node.setSelected(False)
    for name, answers in (
        ("Help", []),
        ("Generate selected", []),
        ("Engine...", ["/gone/bin/python"]),
        ("Engine...", [STAGE["engine"]]),
        ("Doctor", []),
        ("Networks...", [""]),
    ):
        SESSION.said.clear()
        SESSION.answers[:] = answers
        menu.findItem(name).invoke()
        said[" ".join([name, *answers])] = SESSION.said[-1]
    return {"menus": said}


def alive() -> Dict[str, Any]:
    """A roto of what is alive at the fifth input: without life it is told to do nothing, with it the job has it."""
    new_script()
    node = new_node(alive="water.####.png", prompt="a wet street at dusk")
    node.setInput(4, nuke.toNode("roto"))
    node["alive_channel"].setValue("roto.alpha")
    node["write_job"].execute()
    said: Dict[str, Any] = {"idle": job(node)["settings"]["alive"], "log": node["log"].value()}
    node["life"].setValue(0.4)
    node["write_job"].execute()
    return dict(said, job=job(node))


def others() -> Dict[str, Any]:
    """A roto at the sixth input says who else is in the picture of the place, at the picture's frame."""
    new_script()
    node = new_node(use_condition_frame=True, condition_frame=STAGE["frames"][0] + 2)
    node.setInput(5, nuke.toNode("roto"))
    node["others_channel"].setValue("roto.alpha")
    node["write_job"].execute()
    return {"job": job(node), "log": node["log"].value()}


def told() -> Dict[str, Any]:
    """A picture whose kind is given, of somebody or nobody: what the node says of the take."""
    new_script()
    node = new_node(condition_kind=STAGE["kind"], shadow="none", camera="still")
    node["generate"].execute()
    return {"whole": wait(node), "shown": channels(node, STAGE["frames"][0]), "notes": node["notes"].value()}


def generates() -> Dict[str, Any]:
    """A model out of the list, a prompt and life; two frames, stopped while it paints and continued; what is told."""
    new_script()
    first = STAGE["frames"][0]
    wanted = {"life": 0.4, "prompt": "a wet street at dusk", "use_quality": True, "quality": "draft"}
    small = {"use_size": True, "size": 64, "use_steps": True, "steps": 2, "use_guidance": True, "guidance": 1}
    node = new_node(
        preview=False, range="custom", first=first, last=first + 1, device="cpu", **wanted, **small
    )
    node.setInput(4, nuke.toNode("roto"))
    node["alive_channel"].setValue("roto.alpha")
    SESSION.answers[:] = [2, False, 1]
    node["choose_model"].execute()
    said: Dict[str, Any] = {"large": node["model"].value(), "asked": list(SESSION.said)}
    SESSION.said.clear()
    node["choose_model"].execute()
    said.update(listed=list(SESSION.said), model=node["model"].value())
    SESSION.said.clear()
    said["stopped"] = stop(node, "Painting")
    node["take"].setValue(node["take"].values()[-1])
    said["between"] = node["state"].value()
    node["continue_take"].execute()
    said.update(whole=wait(node), state=node["state"].value())
    return dict(
        said, log=node["log"].value(), notes=node["notes"].value(), job=job(node), shown=channels(node, first)
    )


def upstream() -> Dict[str, Any]:
    """How many inputs are rendered when something changes: by picture, and not by number of presses."""
    new_script()
    below = new_node()
    below["write_job"].execute()
    nuke.toNode("plate").setSelected(False)
    below.setSelected(True)
    node = new_node(output_folder="elsewhere")
    node.setInput(0, below)
    below["taken"].setValue(False)  # its frames are not there; the plate goes through
    said: Dict[str, Any] = {}

    def count(what: str) -> None:
        before = len(SESSION.rendered)
        node["write_job"].execute()
        said[what] = [one["node"].split(".")[-1] for one in SESSION.rendered[before:]]

    root = nuke.root()
    count("first")
    count("nothing")
    nuke.toNode("plate")["version"].setValue(3)
    nuke.toNode("plate").setXYpos(7, 7)
    count("a reload")
    below["cancel"].execute()
    below["seed"].setValue(9)
    count("the log and the seed of a node of ours upstream")
    below["disable"].setValue(True)
    count("a node upstream switched off")
    root["format"].setValue("128 64 0 0 128 64 1 wide")
    count("the project's format")
    for name, value in (("colorManagement", "OCIO"), ("OCIO_config", "aces_1.2")):
        root[name].setValue(value)
    root["workingSpaceLUT"].setValue("ACES - ACEScg")
    count("the project's colour")
    return dict(said, colour=job(node)["shot"]["plate"]["colour"], said=list(SESSION.said))


def tracked() -> Dict[str, Any]:
    """The camera from a Tracker, a CornerPin, a Transform and a Camera: the job of each, and its track."""
    new_script()
    first, last = STAGE["frames"]
    with open(os.path.join(HERE, "tracks.nk"), encoding="utf-8") as stream:
        nuke.scriptReadText(stream.read())
    said: Dict[str, Any] = {}
    for name in ("Tracker1", "CornerPin1", "Transform1", "Camera1"):
        node = new_node(camera="tracked", range="custom", first=first, last=last)
        node.setInput(3, nuke.toNode(name))
        node["write_job"].execute()
        asked = job(node)
        with open(asked["shot"]["track"], encoding="utf-8") as stream:
            said[name] = {"job": asked, "track": json.load(stream)}
        nuke.delete(node)
    moved = "1 0 0 {curve x1001 0 2 4 6} 0 1 0 0 0 0 1 0 0 0 0 1"
    for name, knob, value in (
        ("Camera1", "projection_mode", "orthographic"),
        ("CornerPin1", "transform_matrix", moved),
        ("Tracker1", "disable", "true"),
    ):
        node = new_node(camera="tracked", range="custom", first=first, last=last)
        node.setInput(3, nuke.toNode(name))
        nuke.toNode(name)[knob].fromScript(value)
        SESSION.said.clear()
        node["write_job"].execute()
        said[knob] = list(SESSION.said)
        nuke.delete(node)
    return said


def checked() -> Dict[str, Any]:
    """Every knob of a setting with values that cannot be, and Generate pressed: what the artist reads."""
    new_script()
    node = new_node(preview=False)
    said = []
    for name, value in STAGE["bad"]:
        before = node[name].value()
        use = node.knob("use_" + name)
        if use is not None:
            use.setValue(True)
        node[name].setValue(value)
        SESSION.said.clear()
        node["generate"].execute()
        said.append(list(SESSION.said))
        node[name].setValue(before)
        if use is not None:
            use.setValue(False)
    SESSION.said.clear()
    folder = STAGE["work"] + "/actanywhere"
    return {"told": said, "rendered": list(SESSION.rendered), "made": os.path.isdir(folder)}


def errors() -> Dict[str, Any]:
    """What an artist forgets: each ends in one message with a remedy, and Nuke goes on."""
    said: Dict[str, Any] = {}
    as_was: List[bool] = []

    def attempt(name: str, **knobs: Any) -> None:
        node = new_node(**knobs)
        spoil.get(name, lambda node: None)(node)
        SESSION.said.clear()
        nuke.root()["proxy"].setValue(True)
        node["generate"].execute()
        wait(node)
        said[name] = list(SESSION.said)
        writes = [one for one in node.nodes() if one.Class() == "Write"]
        as_was.append(nuke.root()["proxy"].value() and all(one["disable"].value() for one in writes))
        SESSION.cancel_renders_after = None
        nuke.delete(node)

    def no_folder(node: Any) -> None:
        nuke.root()["name"]._text = ""

    def cancelled(node: Any) -> None:
        SESSION.cancel_renders_after = 1

    spoil: Dict[str, Callable[[Any], Any]] = {
        "no plate": lambda node: node.setInput(0, None),
        "no condition": lambda node: node.setInput(2, None),
        "render cancelled": cancelled,
        "never saved": no_folder,
    }
    new_script()
    attempt("no plate")
    attempt("no condition")
    attempt("no engine", engine="/gone/bin/python")
    attempt("end before beginning", range="custom", first=20, last=10)
    attempt("frames that are not there", range="custom", first=1, last=3, output_folder="elsewhere")
    attempt("render cancelled", output_folder="cancelled")
    attempt("never saved")
    return dict(said, as_was=as_was)


def beside() -> Dict[str, Any]:
    """A box and a point set in the Viewer, strokes and an extended picture as files."""
    new_script()
    node = new_node()
    place = STAGE["work"] + "/footage/place.exr"
    said: Dict[str, Any] = {}
    for box in ([10, 20, 60, 50], [-40, -10, 6, 90]):
        node["box_drawn"].setValue(box)
        node["pick_box"].execute()
    node["box_drawn"].setValue([-10, 4, 50, 34])
    node["pick_place"].execute()
    said["place"] = node["place"].value()
    node["point_drawn"].setValue([5.5, 60])
    node["pick_point"].execute()
    node["point_drawn"].setValue([5, 90])
    node["pick_point"].execute()
    said.update(outside=list(SESSION.said), box=node["condition_box"].value())
    said["point"] = node["condition_point"].value()
    for name in ("scribble", "extended"):
        node[name].setValue(place)
    node["write_job"].execute()
    said["job"] = job(node)
    SESSION.said.clear()
    node["extended"].setValue("gone.png")
    node["write_job"].execute()
    return dict(said, gone=list(SESSION.said))


def clean_plate() -> Dict[str, Any]:
    """The button, with Nuke free meanwhile; once more; and once stopped on Nuke's bar."""
    new_script()
    node = new_node()
    node.setInput(2, None)
    before = nuke.allNodes("Read")
    folder = STAGE["work"] + "/actanywhere/sh010_comp_ActAnywhere1"

    def press() -> bool:
        count = len(SESSION.swallowed) + node["log"].value().count("\n")
        node["make_clean_plate"].execute()
        return SESSION.spin(lambda: len(SESSION.swallowed) + node["log"].value().count("\n") > count)

    node["make_clean_plate"].execute()
    said: Dict[str, Any] = {"free": not node["clean_plate"].value()}
    said["whole"] = SESSION.spin(lambda: bool(node["clean_plate"].value() or SESSION.said), 120)
    said.update(clean=node["clean_plate"].value(), log=node["log"].value(), said=list(SESSION.said))
    reads = [one for one in nuke.allNodes("Read") if one not in before]
    said["reads"] = [[one["file"].value(), one.firstFrame(), one.lastFrame()] for one in reads]
    said["messages"] = SESSION.tasks[-1]._messages
    said["rendered"] = [one["node"].split(".")[-1] for one in SESSION.rendered]
    press()
    said["again"] = sorted(os.listdir(folder))
    SESSION.cancel_tasks = lambda task: True
    press()
    said.update(stopped=sorted(os.listdir(folder)), stopped_log="Stopped" in node["log"].value())
    return said


def matte() -> Dict[str, Any]:
    """Make matte: stopped on Nuke's bar as soon as the actor was found, then made; with another point, made anew."""
    new_script()
    node = new_node(invert_matte=True)
    for index in (1, 2):
        node.setInput(index, None)
    first = STAGE["frames"][0]
    takes = STAGE["work"] + "/actanywhere/sh010_comp_ActAnywhere1"
    said: Dict[str, Any] = {"before": node["matte_channel"].value()}

    def press(until: Callable[[], bool]) -> bool:
        node["make_matte"].execute()
        said.setdefault("free", node.input(1) is None and not SESSION.said)
        return SESSION.spin(until, 300)

    def found() -> List[str]:
        return [name for _, _, names in os.walk(takes) for name in names if name.endswith(".npz")]

    nuke.frame(first + 2)
    node["matte_box_drawn"].setValue([20, 2, 60, 52])
    node["pick_matte_box"].execute()
    node["matte_point_drawn"].setValue([5.5, 60])
    node["pick_matte_point_off"].execute()
    said.update(box=node["matte_box"].value(), off=node["matte_point_off"].value())
    SESSION.cancel_tasks = lambda task: bool(found())
    said["stopped"] = press(lambda: "Stopped" in node["log"].value()) and node.input(1) is None
    said.update(stopped_said=list(SESSION.said), kept=len(found()), stopped_log=node["log"].value())
    SESSION.cancel_tasks = lambda task: False
    SESSION.undo.clear()
    said["whole"] = press(lambda: node.input(1) is not None or bool(SESSION.said))
    read = node.input(1)
    said.update(name=read.name(), file=read["file"].value(), raw=read["raw"].value())
    said.update(span=[read.firstFrame(), read.lastFrame()], channel=node["matte_channel"].value())
    said.update(undo=list(SESSION.undo), inverted=node["invert_matte"].value(), log=node["log"].value())
    said["rendered"] = [one["node"].split(".")[-1] for one in SESSION.rendered]
    said["messages"] = SESSION.tasks[-1]._messages
    count, reads = len(node["log"].value()), len(nuke.allNodes("Read"))
    node["matte_point_drawn"].setValue([40, 25])
    node["pick_matte_point"].execute()
    press(lambda: "matte: " in node["log"].value()[count:])
    said.update(anew=node["log"].value()[count:], reads=len(nuke.allNodes("Read")) - reads)
    node.setInput(2, nuke.toNode("place"))
    node["write_job"].execute()
    return dict(said, folders=sorted(os.listdir(takes)), job=job(node), said=list(SESSION.said))


def no_matte() -> Dict[str, Any]:
    """Without a plate, without a network, with one that is damaged: what the artist reads; nothing is left."""
    new_script()
    node = new_node()
    node.setInput(1, None)
    said: Dict[str, Any] = {}

    def press(name: str) -> None:
        SESSION.said.clear()
        node["make_matte"].execute()
        SESSION.spin(lambda: bool(SESSION.said), 120)
        said[name] = list(SESSION.said)

    plate = node.input(0)
    node.setInput(0, None)
    press("no plate")
    SESSION.said.clear()
    node["pick_matte_box"].execute()
    said["no plate to point at"] = list(SESSION.said)
    node.setInput(0, plate)
    press("damaged")
    shutil.rmtree(os.path.dirname(STAGE["network"]))
    press("none")
    takes = STAGE["work"] + "/actanywhere/sh010_comp_ActAnywhere1"
    return dict(said, left=os.path.isdir(takes) and os.listdir(takes), matte=node.input(1) is None)

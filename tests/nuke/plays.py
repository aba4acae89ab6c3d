"""What an artist does with the node, played in the stand-in for Nuke: one play a process, its outcome printed as JSON.

    python3.7 -m tests.nuke.plays < stage.json

``stage.json``: ``play`` (a function's name below), ``plugin`` (the folder as unzipped), ``work``, ``engine`` (a Python
that has ActAnywhere), ``renderer`` (a Python with OpenImageIO, for the stand-in's own pictures), ``gui``, ``version``,
and ``frames`` [first, last] of the shot in ``work``. Valid Python 3.7.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import Any, Callable, Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))
from tests.nuke_standin import ON_PATH  # noqa: E402

sys.path.insert(0, str(ON_PATH))

import nuke  # noqa: E402

from tests.nuke_standin.session import SESSION  # noqa: E402

STAGE: Dict[str, Any] = {}


def new_script(name: str = "sh010_comp_v001.nk") -> str:
    """A saved script with a project of 96x64, frames 1 to 100, and the footage of the shot."""
    nuke.scriptClear()
    root = nuke.root()
    root["format"].setValue("96 64 0 0 96 64 1 small")
    path = os.path.join(STAGE["work"], name)
    first, last = STAGE["frames"]
    for kind in ("plate", "roto"):
        file = STAGE["work"] + "/footage/%s.####.exr" % kind
        nuke.nodes.Read(name=kind, file=file, first=first, last=last, raw=True)
    nuke.nodes.Read(name="place", file=STAGE["work"] + "/footage/place.exr", first=1, last=1, raw=True)
    nuke.scriptSaveAs(path)
    return path


def new_node(**knobs: Any) -> Any:
    """A node from the menu, connected, with the engine chosen."""
    nuke.toNode("plate").setSelected(True)
    if SESSION.gui:
        nuke.menu("Nodes").menu("ActAnywhere").findItem("ActAnywhere").invoke()
    else:
        nuke.nodePaste(STAGE["plugin"] + "/ActAnywhere.nk")
    node = nuke.selectedNode()
    node.setInput(1, nuke.toNode("roto"))
    node.setInput(2, nuke.toNode("place"))
    usual = {"engine": STAGE["engine"], "preview": True, "matte_channel": "roto.alpha"}
    for name, value in dict(usual, **knobs).items():
        node[name].setValue(value)
    return node


def ours() -> Any:
    """The ActAnywhere node of the script."""
    return [node for node in nuke.allNodes() if node.knob("actanywhere")][0]


def wait(node: Any) -> bool:
    """The artist does something else until nothing of the node runs and all that was handed over is done.

    A job that is stopped before it begins comes last in the engine's queue: when its listener has heard, so have the
    others, however slow the machine.
    """
    from actanywhere_nuke.desk.installation import engine
    from actanywhere_nuke.host import generate
    from actanywhere_nuke.hostkit.session import Session
    from actanywhere_nuke.hostkit.turns import Listener

    heard = threading.Event()

    class Last(Listener):
        def wants_stop(self) -> bool:
            return True

        def ended(self, session: Session) -> None:
            heard.set()

    generate.TURNS.submit(Session([]), engine(STAGE["engine"]).command("worker"), Last())
    return SESSION.spin(lambda: heard.is_set() and SESSION.calls.empty() and not generate.is_running(node))


def hold() -> List[int]:
    """The engine stands still as soon as Nuke's bar has a message of its own: nothing here hangs on who is faster.

    Its process is in the list then; SIGCONT lets it go on.
    """
    held: List[int] = []

    def look(task: Any) -> bool:
        if [one for one in task._messages if "Starting" not in one] and not held:
            process = _children()[0]
            os.kill(process, signal.SIGSTOP)
            held.append(process)
        return False

    SESSION.cancel_tasks = look
    return held


def shown(node: Any) -> Dict[str, Any]:
    """What the artist sees on the node."""
    names = ("take", "state", "layer_file", "taken", "take_first", "take_last", "show", "log", "sheet")
    return {name: node[name].value() for name in names}


def channels(node: Any, frame: int) -> List[str]:
    """The channels that come out at a frame."""
    nuke.frame(frame)
    return sorted(node.channels())


def render_out(node: Any, name: str, frame: int, **knobs: Any) -> str:
    """The node's output at a frame, as an artist's own Write writes it: all channels, float, raw."""
    path = "%s/out/%s.####.exr" % (STAGE["work"], name)
    values = dict(channels="all", raw=True, datatype="32 bit float", create_directories=True, file=path)
    write = nuke.nodes.Write(inputs=[node], **dict(values, **knobs))
    nuke.execute(write, frame, frame)
    nuke.delete(write)
    return path.replace("####", "%04d" % frame)


# -- the plays -------------------------------------------------------------------------------------------


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
    held = hold()
    node["generate"].execute()
    said: Dict[str, Any] = {"seen": SESSION.spin(lambda: bool(held))}
    asked: List[Any] = []
    SESSION.cancel_tasks = lambda task: not asked.append(task)  # True, always
    SESSION.spin(lambda: len(asked) > 1)  # the engine has been told after the first time
    os.kill(held[0], signal.SIGCONT)
    said.update(whole=wait(node), log=node["log"].value())
    said.update(said=list(SESSION.said), state=node["state"].value())
    SESSION.cancel_tasks = lambda task: False
    node["take"].setValue(node["take"].values()[-1])
    node["continue_take"].execute()
    wait(node)
    said["continued"] = shown(node)
    return said


def kill() -> Dict[str, Any]:
    """The system kills the engine; the artist reads it, and the next Generate works with a new one."""
    from actanywhere_nuke.host import generate as work

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


def _children() -> List[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as stream:
                    words = stream.read().rpartition(")")[2].split()
                with open("/proc/%s/cmdline" % name, "rb") as line:
                    command = line.read()
            except OSError:
                continue
            if int(words[1]) == os.getpid() and b"actanywhere" in command:
                found.append(int(name))
    return found


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
    said.update(undo=list(SESSION.undo), proxy=nuke.root()["proxy"].value(), job=_job(node))
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


def _job(node: Any) -> Any:
    with open(node["take_folder"].value() + "/job.json", encoding="utf-8") as stream:
        return json.load(stream)


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
    return dict(said, colour=_job(node)["shot"]["plate"]["colour"], said=list(SESSION.said))


def looks() -> Dict[str, Any]:
    """How often the tree at the inputs is walked when a knob changes; what is greyed out follows each."""
    from actanywhere_nuke.host import reading

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


def farm() -> Dict[str, Any]:
    """A job for another machine: nothing is rendered here but the inputs; frames are picked up as they come."""
    path = new_script()
    node = new_node()
    node["write_job"].execute()
    said: Dict[str, Any] = {"command": node["farm_command"].value(), "state": node["state"].value()}
    said["tasks"] = len(SESSION.tasks)
    nuke.scriptSaveAs(path)
    return said


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


def tracked() -> Dict[str, Any]:
    """The camera from a Tracker, a CornerPin and a Transform: the job's track file of each."""
    from actanywhere_nuke.desk.plan import plan
    from actanywhere_nuke.host import reading, rendering

    new_script()
    first, last = STAGE["frames"]
    with open(os.path.join(HERE, "tracks.nk"), encoding="utf-8") as stream:
        nuke.scriptReadText(stream.read())
    said: Dict[str, Any] = {}
    for name in ("Tracker1", "CornerPin1", "Transform1"):
        node = new_node(camera="tracked", range="custom", first=first, last=last)
        node.setInput(3, nuke.toNode(name))
        planned = plan(reading.ask(node))
        rendering.render_inputs(node, planned)
        with open(planned.track, encoding="utf-8") as stream:
            said[name] = json.load(stream)
        nuke.delete(node)
    return said


def terminal() -> Dict[str, Any]:
    """``nuke -t``: blocks, prints, and gives an exit status."""
    from actanywhere_nuke.host.terminal import main as in_terminal

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


def main() -> None:
    """Play what the stage on standard input asks for."""
    STAGE.update(json.load(sys.stdin))
    SESSION.begin(gui=STAGE["gui"], version=tuple(STAGE["version"]))
    SESSION.engine = STAGE["renderer"]
    nuke.scriptClear() if SESSION.root else None
    SESSION.root = nuke.Root()
    nuke.pluginAddPath(STAGE["plugin"])
    said = globals()[STAGE["play"]]()
    said["faults"] = SESSION.faults
    said["swallowed"] = [repr(error) for error in SESSION.swallowed]
    print("SAID " + json.dumps(said), flush=True)


if __name__ == "__main__":
    main()

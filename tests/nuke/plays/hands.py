"""What an artist's hands do in the stand-in for Nuke: a script, a node, waiting, looking. Valid Python 3.7.

``STAGE`` is what ``__main__`` was given.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import Any, Dict, List

import nuke

from tests.nuke_standin.session import SESSION

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
    from actanywhere_nuke.hostkit.session import Session
    from actanywhere_nuke.hostkit.turns import Listener
    from actanywhere_nuke.operators import generate
    from actanywhere_nuke.operators.installation import engine

    heard = threading.Event()

    class Last(Listener):
        def wants_stop(self) -> bool:
            return True

        def ended(self, session: Session) -> None:
            heard.set()

    generate.TURNS.submit(Session([]), engine(STAGE["engine"]).command("worker"), Last())
    return SESSION.spin(lambda: heard.is_set() and SESSION.calls.empty() and not generate.is_running(node))


def hold(at: str = "") -> List[int]:
    """The engine stands still as soon as Nuke's bar has a message of its own, with ``at`` in it: nothing here hangs on
    who is faster.

    Its process is in the list then; SIGCONT lets it go on.
    """
    held: List[int] = []

    def look(task: Any) -> bool:
        if [one for one in task._messages if "Starting" not in one and at in one] and not held:
            process = children()[0]
            os.kill(process, signal.SIGSTOP)
            held.append(process)
        return False

    SESSION.cancel_tasks = look
    return held


def stop(node: Any, at: str = "") -> Dict[str, Any]:
    """Generate, and cancel on Nuke's bar while the engine stands at a message with ``at`` in it; what is told."""
    held = hold(at)
    node["generate"].execute()
    said: Dict[str, Any] = {"seen": SESSION.spin(lambda: bool(held))}
    asked: List[Any] = []
    SESSION.cancel_tasks = lambda task: not asked.append(task)  # True, always
    SESSION.spin(lambda: len(asked) > 1)  # the engine has been told after the first time
    os.kill(held[0], signal.SIGCONT)
    said.update(whole=wait(node), log=node["log"].value(), said=list(SESSION.said))
    SESSION.cancel_tasks = lambda task: False
    return said


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


def children() -> List[int]:
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


def job(node: Any) -> Any:
    with open(node["take_folder"].value() + "/job.json", encoding="utf-8") as stream:
        return json.load(stream)

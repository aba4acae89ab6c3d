"""``nuke.execute`` and what hangs on it: the graph at a frame, worked out by a process that has OpenImageIO.

The process stands for Nuke's own C++: the Python inside Nuke has neither numpy nor OpenImageIO, and this half keeps
to that, so that it runs under the Pythons of real Nukes. Valid Python 3.7.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any, Dict, List, Optional

from tests.nuke_standin.arrays import Array_Knob, BBox_Knob, XY_Knob
from tests.nuke_standin.curves import file_at
from tests.nuke_standin.knobs import Enumeration_Knob, EvalString_Knob
from tests.nuke_standin.session import SESSION

__all__ = ["described", "execute", "sampled"]

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_PASS = ("Dot", "NoOp", "Output", "Write", "Viewer", "FrameRange")
_DRAWN = ("Read", "Constant", "Copy", "Remove", "Shuffle", "AddChannels", "Merge2")


def execute(node: Any, first: int, last: int, incr: int = 1, *_: Any, **__: Any) -> None:
    """Render a Write. Blocks; raises RuntimeError when something fails, and what a cancel raises when cancelled."""
    if not SESSION.on_main:
        SESSION.fault("nuke.execute was called off the main thread")
    if SESSION.executing:
        raise RuntimeError("I'm already executing something else")
    if isinstance(node, str):
        node = SESSION.root.node(node)
    if node.Class() != "Write" or not node["file"].value():
        raise RuntimeError("%s: nothing to execute" % node.name())
    if node["disable"].value():
        raise RuntimeError("%s: cannot be executed, it is disabled" % node.name())
    frames = list(range(first, last + 1, incr))
    stop = SESSION.cancel_renders_after
    proxy = SESSION.root.proxy()
    SESSION.rendered.append({"node": node.fullName(), "frames": frames, "proxy": proxy})
    SESSION.executing = True
    try:
        _callback(node, "beforeRender")
        _work(
            "write", [_order(node, frame, proxy) for frame in frames[: len(frames) if stop is None else stop]]
        )
        if stop is not None and stop < len(frames):
            raise SESSION.cancel_error()
        _callback(node, "afterRender")
    finally:
        SESSION.executing = False


def described(node: Any) -> Dict[str, Any]:
    """``channels``, ``size`` and ``aspect`` of what a node gives at the current frame."""
    order = {"ops": []}  # type: Dict[str, Any]
    order["node"] = _plan(node, SESSION.root._frame(), order["ops"], {})
    return dict(_work("describe", [order])[0])


def sampled(node: Any, channel: str, x: float, y: float) -> float:
    """A channel at a point, y up, at the current frame."""
    order = {"ops": [], "channel": channel, "x": x, "y": y}  # type: Dict[str, Any]
    order["node"] = _plan(node, SESSION.root._frame(), order["ops"], {})
    return float(_work("sample", [order])[0]["value"])


def _callback(node: Any, name: str) -> None:
    if node[name].value():
        node._run_python(node[name].value(), node[name])


def _order(write: Any, frame: int, proxy: bool) -> Dict[str, Any]:
    knobs = {name: _value(knob, frame) for name, knob in write.knobs().items()}
    path = file_at(str(knobs["proxy"] if proxy and knobs["proxy"] else knobs["file"]), frame)
    if not os.path.isdir(os.path.dirname(path)):
        if knobs["create_directories"] != 1.0:
            raise RuntimeError("%s: the folder of %s does not exist" % (write.name(), path))
        os.makedirs(os.path.dirname(path))
    order = {"ops": [], "file": path, "scale": 1.0}  # type: Dict[str, Any]
    if proxy:
        order["scale"] = float(SESSION.root["proxy_scale"].value() or 0.5)
    order["node"] = _plan(write.input(0), frame, order["ops"], {})
    for name in ("channels", "datatype", "compression", "raw", "colorspace", "file_type", "autocrop"):
        order[name] = knobs[name]
    return order


def _plan(node: Any, frame: float, ops: List[Any], done: Dict[Any, int]) -> int:
    """The number of the operation that gives the picture of ``node`` at ``frame``."""
    while True:  # through what changes no picture
        if node is None:
            return _put(ops, {"op": "black", "size": _root_size()})
        cls = node.Class()
        if cls == "Input":
            node = node._parent._outer(node)
        elif cls in ("Group", "Gizmo"):
            node = node.output()
        elif cls == "Switch" and not _off(node):
            node = node.input(int(node["which"].getValueAt(frame)))
        elif cls == "FrameHold" and not _off(node):
            held = node["first_frame"].value() or node["firstFrame"].value()
            node, frame = node.input(0), float(held)
        elif cls == "TimeOffset" and not _off(node):
            node, frame = node.input(0), frame - float(node["time_offset"].value())
        elif cls in _PASS or _off(node):
            node = node.input(0)
        else:
            break
    if (node, frame) in done:
        return done[node, frame]
    if cls not in _DRAWN:
        raise RuntimeError("%s: this stand-in draws no %s" % (node.name(), cls))
    op = {"op": cls, "name": node.name(), "knobs": {n: _value(k, frame) for n, k in node.knobs().items()}}
    op["in"] = [_plan(source, frame, ops, done) for source in node._inputs]
    if cls == "Read":
        _read(node, frame, op)
    op["size"] = _root_size()
    done[node, frame] = _put(ops, op)
    return done[node, frame]


def _read(node: Any, frame: float, op: Dict[str, Any]) -> None:
    first, last = int(node["first"].value()), int(node["last"].value())
    held = min(max(int(frame), first), last)
    if held != frame:
        how = node["before" if frame < first else "after"].value()
        if how == "black":
            op.update(op="black", size=_root_size())
            return
        if how == "error":
            raise RuntimeError("%s: frame %d is out of range" % (node.name(), frame))
    path = file_at(str(op["knobs"]["file"]), held)
    if not os.path.isfile(path):
        how = node["on_error"].value()
        if how in ("error", ""):
            node._failed = True
            raise RuntimeError("%s: No such file or directory: %s" % (node.name(), path))
        op.update(op="black", size=_root_size())
        return
    node._failed = False
    op["file"] = path


def _put(ops: List[Any], op: Dict[str, Any]) -> int:
    ops.append(op)
    return len(ops) - 1


def _off(node: Any) -> bool:
    return str(node["disable"]._text) == "true"


def _root_size() -> List[float]:
    words = str(SESSION.root["format"]._text).split()
    return [float(word) for word in words[:2]] + [1.0] if len(words) > 1 else [64.0, 48.0, 1.0]


def _value(knob: Any, frame: Optional[float]) -> Any:
    if isinstance(knob, (XY_Knob, BBox_Knob)):
        return knob._text
    if isinstance(knob, Array_Knob):
        return float(knob._at(frame, 0))
    if isinstance(knob, Enumeration_Knob):
        return knob._read()
    if isinstance(knob, EvalString_Knob) and knob._name in ("file", "proxy"):
        return knob._evaluated()
    return knob._text


def _work(what: str, orders: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    if not orders:
        return []
    environment = dict(os.environ)
    environment.pop("PYTHONHOME", None)
    environment["PYTHONPATH"] = _ROOT
    done = subprocess.run(
        SESSION.engine + ["-m", "tests.nuke_standin.pictures", what],
        input=json.dumps(orders).encode("utf-8"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=_ROOT,
        env=environment,
    )
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RuntimeError(lines[-1] if lines else "the render process died")
    return list(json.loads(done.stdout.decode("utf-8")))

"""The script that is open, and what is done to it. Valid Python 3.7."""

from __future__ import annotations

from typing import Any, List

from tests.nuke_standin import nodes as kinds
from tests.nuke_standin import script
from tests.nuke_standin.curves import number, split
from tests.nuke_standin.render import execute as render_write
from tests.nuke_standin.render import sampled
from tests.nuke_standin.session import SESSION


def _here() -> Any:
    return SESSION.groups[-1] if SESSION.groups else SESSION.root


def root() -> Any:
    return SESSION.root


def toNode(s: str) -> Any:
    if s in ("root", "Root"):
        return SESSION.root
    return SESSION.root.node(s[5:] if s.startswith("root.") else s)


def exists(s: str) -> bool:
    return toNode(s) is not None


def allNodes(filter: str = "", group: Any = None, recurseGroups: bool = False) -> List[Any]:
    found: List[Any] = []
    for node in (group or _here()).nodes():
        found += [node] if not filter or node.Class() == filter else []
        if recurseGroups and hasattr(node, "nodes"):
            found += allNodes(filter, node, True)
    return found


def selectedNodes(filter: str = "") -> List[Any]:
    return [node for node in _here().nodes() if node.isSelected() and filter in ("", node.Class())]


def selectedNode() -> Any:
    chosen = selectedNodes()
    if not chosen:
        raise ValueError("no node selected")
    return chosen[0]


def createNode(typ: str, knobs: str = "", inpanel: bool = True) -> Any:
    chosen = selectedNodes()
    node = kinds.make(typ, _here()) if typ in kinds.DEFAULTS else _from_plugin(typ)
    words = split(knobs)
    for name, value in zip(words[::2], words[1::2]):
        node[name].fromScript(value)
    if chosen and node.Class() not in ("Read", "Input", "Constant"):
        node.setInput(0, chosen[0])
    return node


def _from_plugin(name: str) -> Any:
    return script.from_plugin(name, _here())


def delete(n: Any) -> None:
    n._parent._children.remove(n)
    n._gone = True
    for node in n._parent._children:
        node._inputs = [None if source is n else source for source in node._inputs]


def nodePaste(s: str) -> Any:
    text = SESSION.clipboard
    if s != "%clipboard%":
        with open(s, encoding="utf-8") as stream:
            text = stream.read()
    chosen = selectedNodes()
    made = script.paste(text, _here(), chosen[0] if chosen else None)
    for node in _here().nodes():
        node.setSelected(node in made)
    return made[-1] if made else None


def scriptReadFile(s: str) -> None:
    with open(s, encoding="utf-8") as stream:
        script.paste(stream.read(), _here())


def scriptReadText(s: str) -> None:
    script.paste(s, _here())


scriptSource = scriptReadFile


def scriptClear(*_: Any) -> None:
    for node in SESSION.root._children:
        node._gone = True
    SESSION.root = kinds.Root()
    SESSION.groups = []


def scriptOpen(filename: str) -> None:
    scriptClear()
    scriptReadFile(filename)
    SESSION.root["name"]._text = filename
    for call, args, kwargs, _node_class in SESSION.callbacks.get("onScriptLoad", []):
        call(*args, **kwargs)


def scriptSaveAs(filename: str, overwrite: int = -1) -> None:
    with open(filename, "w", encoding="utf-8") as stream:
        stream.write(script.written(SESSION.root))
    SESSION.root["name"]._text = filename


def scriptName() -> str:
    if not SESSION.root["name"]._text:
        raise RuntimeError("the script has no name")
    return str(SESSION.root["name"]._text)


def frame(f: Any = None) -> int:
    if f is not None:
        SESSION.root._knobs["frame"]._text = repr(int(f))
    return int(SESSION.root._frame())


def layers(node: Any = None) -> List[str]:
    if node is not None:
        return sorted({name.split(".")[0] for name in node.channels()})
    return ["rgb", "rgba", "alpha", "depth", "forward", "backward"] + list(SESSION.layers)


def channels(node: Any = None) -> List[str]:
    if node is not None:
        return list(node.channels())
    return ["rgba.%s" % c for c in ("red", "green", "blue", "alpha")] + sum(SESSION.layers.values(), [])


def views() -> List[str]:
    return ["main"]


def expression(s: str) -> float:
    return number(SESSION.root["frame"], "{%s}" % s, None)


def filename(node: Any, i: int = 0) -> Any:
    return node["file"].getEvaluatedValue() or None


def execute(nameOrNode: Any, start: int, end: int, incr: int = 1, *rest: Any, **more: Any) -> None:
    render_write(nameOrNode, start, end, incr, *rest, **more)


def sample(node: Any, channel: str, x: float, y: float, *_: Any) -> float:
    return sampled(node, channel, x, y)


def thisNode() -> Any:
    return SESSION.this[-1][0] if SESSION.this else _here()


def thisKnob() -> Any:
    return SESSION.this[-1][1] if SESSION.this else None


def thisGroup() -> Any:
    return _here()


def thisParent() -> Any:
    return thisNode().parent()


def thisRoot() -> Any:
    return SESSION.root


class Layer:
    """``nuke.Layer("bg", ["bg.red", ...])`` declares a layer."""

    def __init__(self, name: str, channels: List[str]) -> None:
        short = [channel if "." in channel else "%s.%s" % (name, channel) for channel in channels]
        SESSION.layers[str(name)] = short


class Nodes:
    """``nuke.nodes.Read(file=...)``: a node that is connected to nothing."""

    def __getattr__(self, item: str) -> Any:
        def build(**values: Any) -> Any:
            node = kinds.make(item, _here())
            for name, value in values.items():
                if name == "inputs":
                    node._inputs = list(value)
                elif name == "name":
                    node.setName(value)
                elif isinstance(value, str):
                    node[name].fromScript(value)
                else:
                    node[name].setValue(value)
            return node

        return build


nodes = Nodes()


SESSION.root = kinds.Root()

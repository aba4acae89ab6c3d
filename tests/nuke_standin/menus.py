"""Menus and toolbars: what was put in, and the pressing of it. Valid Python 3.7."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from tests.nuke_standin.session import SESSION

__all__ = ["Menu", "MenuItem", "ToolBar", "menu", "toolbar"]


class MenuItem:
    """An entry."""

    def __init__(self, name: str, command: Any = None, shortcut: str = "", tooltip: str = "") -> None:
        self._name, self._command, self._shortcut, self._tooltip = name, command, shortcut, tooltip

    def name(self) -> str:
        return self._name

    def shortcut(self) -> str:
        return self._shortcut

    def invoke(self) -> None:
        """Choose it: text is run in ``__main__``, as Nuke does."""
        import __main__

        if callable(self._command):
            self._command()
        else:
            exec(compile(self._command, "<menu %s>" % self._name, "exec"), vars(__main__))


class _Holder:
    def __init__(self, name: str) -> None:
        self._name = name
        self._items: Dict[str, Any] = {}

    def name(self) -> str:
        return self._name

    def addMenu(self, name: str, *_: Any, **__: Any) -> Any:
        first, _slash, rest = name.partition("/")
        inner = self._items.setdefault(first, Menu(first))
        return inner.addMenu(rest) if rest else inner

    def addCommand(self, name: str, command: Any = "", shortcut: Any = "", **more: Any) -> Any:
        first, _slash, rest = name.partition("/")
        if rest:
            return self.addMenu(first).addCommand(rest, command, shortcut, **more)
        unknown = set(more) - {"icon", "tooltip", "index", "readonly", "node", "shortcutContext", "tag"}
        if unknown:
            raise TypeError("addCommand: %s" % sorted(unknown))
        self._items[first] = MenuItem(first, command, shortcut or "", more.get("tooltip", ""))
        return self._items[first]

    def addSeparator(self, *_: Any) -> None:
        self._items["-%d" % len(self._items)] = MenuItem("-")

    def items(self) -> List[Any]:
        return list(self._items.values())

    def menu(self, name: str) -> Optional[Any]:
        return self.findItem(name)

    def findItem(self, name: str) -> Optional[Any]:
        first, _slash, rest = name.partition("/")
        found = self._items.get(first)
        return found.findItem(rest) if rest and found is not None else found


class Menu(_Holder, MenuItem):
    """A menu."""

    def __init__(self, name: str) -> None:
        MenuItem.__init__(self, name)
        _Holder.__init__(self, name)


class ToolBar(_Holder):
    """The bar at the side."""


def menu(name: str) -> Any:
    """A menu of the main window: Nuke, Nodes, ... Without a GUI there is none."""
    if not SESSION.gui:
        raise RuntimeError("there are no menus without a GUI")
    if name not in ("Nuke", "Nodes", "Viewer", "Pane", "Properties", "Animation", "Axis"):
        return None
    return SESSION.menus.setdefault(name, Menu(name))


def toolbar(name: str, create: bool = True) -> Any:
    """The toolbar Nodes."""
    if not SESSION.gui:
        raise RuntimeError("there are no toolbars without a GUI")
    return SESSION.menus.setdefault(name, ToolBar(name))

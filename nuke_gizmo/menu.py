"""Nuke reads this where there is an interface: the menu, and the Tab key, make the node."""

from actanywhere_nuke.host import menu

menu.install()

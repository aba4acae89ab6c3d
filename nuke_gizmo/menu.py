"""Nuke reads this where there is an interface: the menu, and the Tab key, make the node."""

from actanywhere_nuke.operators import menu

menu.install()

"""Nuke reads this in every mode, with and without an interface. It finds the gizmo here; nothing is started."""

import os

import nuke

nuke.pluginAddPath(os.path.dirname(os.path.abspath(__file__)).replace("\\", "/"))

"""Nuke reads this in every mode, with and without an interface: the plug-in can be imported; nothing is started."""

import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))
if _FOLDER not in sys.path:
    sys.path.append(_FOLDER)

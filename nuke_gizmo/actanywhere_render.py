"""A take from a terminal:  nuke -t actanywhere_render.py SCRIPT.nk [NODE] [--frames=1001-1010]

Nuke takes a bare range at the end of its command line for itself, hence ``--frames=``. The exit status is 0 when the
layer is done, 2 when the input was bad, 1 when the engine failed, 130 when it was stopped.
"""

import os
import sys

# Not every Nuke says __file__ to a script that it runs.
sys.path.insert(0, os.path.dirname(os.path.abspath(globals().get("__file__", sys.argv[0]))))

from actanywhere_nuke.operators.terminal import main  # noqa: E402

sys.exit(main(sys.argv[1:]))

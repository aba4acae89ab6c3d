"""A stand-in for Nuke's Python, made from what is public; nothing in it was executed in Nuke. The README says which.

``ON_PATH`` is the folder that a test puts on ``sys.path``: ``import nuke`` finds the stand-in then. Valid Python 3.7.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["ON_PATH"]

ON_PATH = Path(__file__).resolve().parent / "on_path"

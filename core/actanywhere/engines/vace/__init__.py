"""Wan VACE behind the engine's seam: public weights that paint what is unknown of a moving picture.

``layout``, ``qualities``, ``memory``, ``options`` and ``control`` need NumPy alone; torch and diffusers come in with
``opening``, after everything that can be wrong was checked.
"""

from pathlib import Path

from .engine import VaceEngine

__all__ = ["VaceEngine", "engine_of"]


def engine_of(folder: Path) -> VaceEngine:
    """The engine in ``folder``, its files looked at. Raises ``ModelError``."""
    return VaceEngine(folder)

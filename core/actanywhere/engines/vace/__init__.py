"""The engine Wan VACE: public weights that paint what a moved picture does not show.

``layout``, ``qualities``, ``memory``, ``options`` and ``control`` need NumPy alone; torch and diffusers come in with
``opening``, after everything that can be wrong was checked.
"""

from pathlib import Path

from .engine import VaceEngine

__all__ = ["VaceEngine", "engine_of"]


def engine_of(folder: Path) -> VaceEngine:
    """The engine in ``folder``, its files looked at. Raises ``ModelError``."""
    return VaceEngine(folder)

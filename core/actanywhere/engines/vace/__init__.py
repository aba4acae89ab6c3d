"""Wan VACE behind the engine's seam: public weights that paint what is unknown of a moving picture.

``layout``, ``qualities``, ``memory`` and ``told`` are NumPy and the standard library; torch and diffusers come in with
``parts``, after everything that can be wrong was checked.
"""

from .engine import VaceEngine

__all__ = ["VaceEngine"]

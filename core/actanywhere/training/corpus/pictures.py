"""Real pictures as worlds."""

from __future__ import annotations


class PictureLibrary:
    """Panoramas, stills and movies."""

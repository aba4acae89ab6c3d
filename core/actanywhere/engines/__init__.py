"""Engines: what paints the place, behind one small protocol in picture space; one folder an engine."""

from __future__ import annotations

"""The user's folders for this software: data, and a cache that can be made again."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def data_folder() -> Path:
    """The folder for data, where the system keeps that of applications."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "actanywhere"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "actanywhere"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "actanywhere"


def cache_folder() -> Path:
    """The folder for what can be made again: ACTANYWHERE_CACHE, or where the system keeps caches."""
    if os.environ.get("ACTANYWHERE_CACHE"):
        return Path(os.environ["ACTANYWHERE_CACHE"])
    if sys.platform == "win32":
        return data_folder() / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "actanywhere"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "actanywhere"

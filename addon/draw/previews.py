"""Small pictures of finished frames for the panel; Blender reads them in the background."""

from typing import Any

import bpy.utils.previews

__all__ = ["clear", "icon_of"]


class _Shown:
    """The one collection of previews."""

    pictures: Any = None


def icon_of(path: str) -> int:
    """The icon that shows the picture in a file."""
    if _Shown.pictures is None:
        _Shown.pictures = bpy.utils.previews.new()
    if path not in _Shown.pictures:
        _Shown.pictures.load(path, path, "IMAGE")
    return int(_Shown.pictures[path].icon_id)


def clear() -> None:
    """Give them all back."""
    if _Shown.pictures is not None:
        bpy.utils.previews.remove(_Shown.pictures)
        _Shown.pictures = None

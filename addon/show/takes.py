"""The list of takes in the panel."""

from typing import Any

import bpy

from ..contract.errors import ActAnywhereError
from ..contract.takes import list_takes
from ..draw.wording import shown
from ..hostkit.order import Order
from ..hostkit.status import notes_of, summary_of
from ..read.asking import shot_name, takes_root
from ..versions import as_stored, compositor_tree, sequencer_scene, strips_of
from .compositor import shot_nodes

__all__ = ["places_in_use", "refresh_takes", "show_sheet"]


def refresh_takes(scene: Any, name: str = "") -> None:
    """Read the takes of the shot called ``name`` (empty: the panel's) from disk; none where there is no plate.

    The current take is the one that the shot's layer shows.
    """
    group = scene.actanywhere
    group.takes.clear()
    group.current_take = 0
    try:
        name = name or shot_name(scene)
        takes = list_takes(takes_root(scene), name)
    except ActAnywhereError:
        return
    layer = bpy.data.images.get(f"{name} layer")
    in_scene = layer.get("actanywhere_take", 0) if layer is not None else 0
    group.current_take = in_scene if any(take.number == in_scene for take in takes) else 0
    for take in takes:
        item = group.takes.add()
        item.name = f"take_{take.number:03d}"
        item.number, item.folder = take.number, take.folder
        item.finished = take.state == "finished"
        item.seed = take.job.settings.seed if take.job else 0
        item.summary = summary_of(take)
        item.notes = shown("\n".join(notes_of(take)))


def places_in_use(scene: Any, order: Order) -> set[str]:
    """Where the shot's layer is already."""
    shot = order.job.shot.name
    tree = compositor_tree(scene, make=False)
    image = bpy.data.images.get(f"{shot} background")
    camera = scene.camera.data if scene.camera else None
    behind = [entry.image for entry in camera.background_images] if camera else []
    found = {
        "COMPOSITOR": tree is not None and shot_nodes(tree, order, make=False) is not None,
        "STRIP": any(s.get("actanywhere_shot") == shot for s in strips_of(sequencer_scene(scene))),
        "CLIP": f"{shot} background" in bpy.data.movieclips,
        "CAMERA": image is not None and image in behind,
        "PLANE": f"{shot} background plane" in bpy.data.objects,
    }
    return {place for place, there in found.items() if there}


def show_sheet(sheet: str, name: str) -> None:
    """Load a contact sheet, and show it in an image editor without a plate in it, else in a window of its own."""
    image = bpy.data.images.get(name)
    if image is None:
        image = bpy.data.images.load(sheet)
        image.name = name
    image.filepath = as_stored(sheet)
    image.reload()
    area = _image_editor()
    if area is not None:
        area.spaces.active.image = image


def _shows_a_still(area: Any) -> bool:
    """An image editor with a plate in it is left alone: the artist points at it."""
    image = area.spaces.active.image if area.type == "IMAGE_EDITOR" else None
    return area.type == "IMAGE_EDITOR" and (image is None or image.source not in ("SEQUENCE", "MOVIE"))


def _image_editor() -> Any:
    windows = bpy.context.window_manager.windows
    areas = [area for window in windows for area in window.screen.areas if _shows_a_still(area)]
    if areas or bpy.app.background:
        return areas[0] if areas else None
    bpy.ops.wm.window_new()
    area = windows[-1].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    return area

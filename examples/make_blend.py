"""The example shot as a .blend, ready for Generate: plate, matte and condition chosen, the panel open.

    blender -b -P examples/make_blend.py -- example.blend

The ActAnywhere extension has to be enabled in that Blender. The file points to the footage in this repository.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy

EXAMPLE = Path(__file__).resolve().parents[1] / "core" / "actanywhere" / "example"


def make(output: Path) -> None:
    """Write the file. Raises ``RuntimeError`` when the extension is not enabled."""
    if not hasattr(bpy.types.Scene, "actanywhere"):
        raise RuntimeError("Enable the ActAnywhere extension first: Edit > Preferences > Add-ons.")
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    for thing in list(bpy.data.objects):
        if thing.type != "CAMERA":
            bpy.data.objects.remove(thing)
    clip = bpy.data.movieclips.load(str(EXAMPLE / "plate" / "tos_bridge.1001.jpg"))
    render = scene.render
    render.resolution_x, render.resolution_y = clip.size
    render.fps = 24
    scene.frame_start, scene.frame_end = 1, clip.frame_duration
    scene.frame_set(1)
    scene.active_clip = clip
    _choose(scene.actanywhere, clip)
    _show(clip)
    output.parent.mkdir(parents=True, exist_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(output.resolve()))
    bpy.ops.file.make_paths_relative()
    scene.actanywhere.matte_path = bpy.path.relpath(scene.actanywhere.matte_path)
    bpy.ops.wm.save_mainfile()


def _choose(panel: Any, clip: Any) -> None:
    """What an artist clicks together in the panel."""
    panel.shot_name = "bridge"
    panel.plate_source, panel.plate_clip = "CLIP", clip
    panel.matte_source = "FILES"
    panel.matte_path = str(EXAMPLE / "matte" / "tos_bridge_matte.1001.png")
    panel.condition_source = "IMAGE"
    panel.condition_image = bpy.data.images.load(str(EXAMPLE / "condition.jpg"))


def _show(clip: Any) -> None:
    """The clip editor in the largest area of the first window, its sidebar open."""
    screen = bpy.context.window_manager.windows[0].screen
    area = max(screen.areas, key=lambda each: each.width * each.height)
    area.type = "CLIP_EDITOR"
    space = area.spaces.active
    space.clip = clip
    space.show_region_ui = True
    space.show_region_toolbar = False


if __name__ == "__main__":
    given = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    make(Path(given[0] if given else "example.blend"))

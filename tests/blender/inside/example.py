"""The example .blend, made by its script and rendered as it is, with the engine that paints at once."""

from __future__ import annotations

import os
import runpy
import warnings
from pathlib import Path
from typing import Any

import bpy

Given = dict[str, Any]


def scene_example(given: Given) -> Any:
    path = os.path.join(given["work"], "example.blend")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        runpy.run_path(given["script"], run_name="examples")["make"](Path(path))
    bpy.ops.wm.open_mainfile(filepath=path)
    clip = bpy.data.movieclips[0]
    panel = bpy.context.scene.actanywhere
    relative = [clip.filepath, panel.matte_path, panel.condition_image.filepath]
    bpy.ops.actanywhere.generate(frames="1-2")
    said = [str(one.message) for one in warned]
    files = [image.filepath for image in bpy.data.images if image.source == "SEQUENCE"]
    size = os.path.getsize(path)
    return {"take": panel.takes[-1].folder, "relative": [*relative, *files], "size": size, "warned": said}

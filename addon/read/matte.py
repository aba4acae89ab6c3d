"""The matte chosen in the panel, and what Blender has to render for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..contract.errors import FootageError, JobError
from ..contract.numbering import compact
from ..contract.shot import Matte
from ..versions import compositor_tree
from .footage import align, clip_frames, path_frames
from .plate import Plate

__all__ = ["FoundMatte", "find_alive", "find_matte", "mask_drawing", "plate_start"]


@dataclass(frozen=True)
class FoundMatte:
    """``matte`` for the engine; ``drawing`` is (kind, options) of what a second Blender draws first, or None."""

    matte: Matte
    drawing: tuple[str, dict[str, Any]] | None = None


def find_matte(scene: Any, asked: Any, plate: Plate, first: int, last: int, folder: str) -> FoundMatte:
    """The matte for scene frames ``first`` to ``last``. Raises ``FootageError`` and ``JobError``."""
    source = asked.matte_source
    if source in ("ALPHA", "CHANNEL"):
        if source == "CHANNEL" and not asked.matte_channel:
            raise JobError("No channel is named for the matte.", "Type its full name, such as roto.actor.A.")
        if source == "ALPHA" and plate.drawing and plate.drawing[0] == "render":
            _check_transparent(asked.plate_scene or scene)
        return FoundMatte(Matte("", "A" if source == "ALPHA" else asked.matte_channel, plate_start(plate)))
    if source in ("CLIP", "FILES"):
        return _footage(asked, plate, first, last, folder)
    drawn = Matte(os.path.join(folder, "matte.####.exr"))
    return FoundMatte(drawn, _DRAWN[source](scene, asked, plate))


def find_alive(asked: Any, plate: Plate) -> tuple[str, dict[str, Any]] | None:
    """(kind, options) of the mask of what is alive, where one is chosen; it comes before the file."""
    if asked.alive_mask is None:
        return None
    return mask_drawing(asked.alive_mask, plate.frames.size, "Draw what lives: water, leaves, light.")


def mask_drawing(mask: Any, size: tuple[int, int], remedy: str) -> tuple[str, dict[str, Any]]:
    """(kind, options) of a mask in a picture of ``size`` (width, height). Raises ``JobError`` where none is drawn."""
    if not any(len(layer.splines) for layer in mask.layers if not layer.hide_render):
        raise JobError(f"The mask '{mask.name}' has no spline that is rendered.", remedy)
    return "mask", {"mask": mask.name, "size": list(size)}


def plate_start(plate: Plate) -> int | None:
    """Where a movie plate's first picture stands, in job frames; None: its files have their numbers."""
    return plate.frames.movie_start + plate.shift if plate.frames.is_movie else None


def _footage(asked: Any, plate: Plate, first: int, last: int, folder: str) -> FoundMatte:
    if asked.matte_source == "CLIP":
        if asked.matte_clip is None:
            raise FootageError("No movie clip is chosen as the matte.", "Choose or open one as the matte.")
        frames = clip_frames(asked.matte_clip, "matte")
    else:
        start = asked.matte_start if asked.use_matte_start else None
        frames = path_frames(asked.matte_path, start, "auto", "matte")
        if start is None and not frames.is_movie:
            # Without a word about where they stand, the numbers are the plate's own.
            asked_for = range(first + plate.shift, last + plate.shift + 1)
            if frames.files and not any(number in frames.files for number in asked_for):
                raise FootageError(
                    f"{frames.pattern}: the files are numbered {compact(sorted(frames.files))}, and the plate's frames "
                    f"are {compact(asked_for)}.",
                    "Tick Starts At below the matte, and give the scene frame at which its first picture stands.",
                )
            return FoundMatte(Matte(frames.pattern, asked.matte_channel))
    path, start = align(frames, first, last, plate.shift, folder, "matte")
    return FoundMatte(Matte(path, asked.matte_channel, start))


def _mask(scene: Any, asked: Any, plate: Plate) -> tuple[str, dict[str, Any]]:
    if asked.matte_mask is None:
        raise JobError(
            "No mask is chosen as the matte.", "Choose or draw one in the Movie Clip Editor, Mask."
        )
    return mask_drawing(asked.matte_mask, plate.frames.size, "Draw the actor's outline.")


def _node(scene: Any, asked: Any, plate: Plate) -> tuple[str, dict[str, Any]]:
    tree = compositor_tree(scene, make=False)
    node = tree.nodes.get(asked.matte_node) if tree else None
    if node is None:
        raise JobError(
            f"The compositor has no node called '{asked.matte_node}'.",
            "Choose the keying node in the panel.",
        )
    enabled = [socket.name for socket in node.outputs if socket.enabled]
    wanted = asked.matte_socket or ("Matte" if "Matte" in enabled else enabled[0] if enabled else "")
    if wanted not in enabled:
        raise JobError(
            f"Node '{node.name}' has no output '{wanted}'.",
            f"It has: {', '.join(enabled) or 'none'}.",
        )
    return "node", {
        "scene": scene.name,
        "node": node.name,
        "socket": wanted,
        "size": list(plate.frames.size),
    }


def _index(scene: Any, asked: Any, plate: Plate) -> tuple[str, dict[str, Any]]:
    rendered = asked.matte_scene or asked.plate_scene or scene
    return "render", {"scene": rendered.name, "what": asked.matte_source, "index": asked.matte_index}


def _cryptomatte(scene: Any, asked: Any, plate: Plate) -> tuple[str, dict[str, Any]]:
    rendered = asked.matte_scene or asked.plate_scene or scene
    names = [name.strip() for name in asked.matte_names.split(",") if name.strip()]
    missing = [name for name in names if name not in rendered.objects]
    if not names or missing:
        raise JobError(
            "Scene '{}' has no object '{}'.".format(rendered.name, "', '".join(missing))
            if names
            else "No object is named for the Cryptomatte.",
            "Name the actor's objects, with commas between them.",
        )
    return "render", {"scene": rendered.name, "what": "CRYPTOMATTE", "names": names}


def _check_transparent(scene: Any) -> None:
    if not scene.render.film_transparent:
        raise JobError(
            f"The render of scene '{scene.name}' has no alpha: its film is not transparent.",
            "Turn on Render > Film > Transparent, or choose another matte.",
        )


_DRAWN = {
    "MASK": _mask,
    "NODE": _node,
    "OBJECT_INDEX": _index,
    "MATERIAL_INDEX": _index,
    "CRYPTOMATTE": _cryptomatte,
}

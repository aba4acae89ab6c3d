"""The inputs to EXR, through the Writes inside the node: full size, raw values, overscan and pixel aspect kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Dict, Iterator, Tuple

import nuke

from ..contract.errors import ActAnywhereError, Cancelled, FootageError
from ..contract.files import make_folder, write_text
from ..read.asking import inner, script_path
from ..read.exr import Header
from ..read.inputs import Rendering, check, finish, is_whole, raster_of
from ..read.plan import Plan
from ..read.track import track_json
from ..show.showing import quiet

__all__ = ["render_inputs"]


def render_inputs(node: nuke.Node, plan: Plan) -> int:
    """Render what of the plan's inputs is not there yet; gives how many were rendered. Blocks, as Nuke's Writes do.

    Raises ``Cancelled``, ``FootageError`` naming input and frame, ``OutputError``.
    """
    todo = [one for one in plan.renderings if not is_whole(one)]
    with quiet(node), _full_size():
        for one in todo:
            make_folder(one.folder)
            _execute(inner(node, one.write), one)
            check(one)
            finish(one, _facts())
    if plan.moves is not None:
        headers: Dict[int, Header] = check(plan.plate)
        write_text(plan.track, track_json(plan.moves, *raster_of(headers)))
    return len(todo)


@contextmanager
def _full_size() -> Iterator[None]:
    """Writes render at the proxy's scale while it is on: off, and as it was afterwards."""
    proxy = nuke.root()["proxy"]
    was = proxy.value()
    proxy.setValue(False)
    try:
        yield
    finally:
        proxy.setValue(was)


def _execute(write: nuke.Node, one: Rendering) -> None:
    """Run one Write. It is switched off again whatever happens, so that nobody else renders it."""
    write["file"].setValue(one.nuke_pattern)
    write["disable"].setValue(False)
    try:
        # Of a stereo project the first view is rendered; a OneView before the node chooses another.
        nuke.execute(write, one.frames.first, one.frames.last, 1, nuke.views()[:1])
    except (RuntimeError, nuke.CancelledError) as error:
        raise _told(error, one) from error
    finally:
        write["disable"].setValue(True)


def _told(error: Exception, one: Rendering) -> ActAnywhereError:
    if isinstance(error, nuke.CancelledError) or "cancel" in str(error).lower():
        return Cancelled(f"Stopped while the {one.kind} was rendered.")
    return FootageError(
        f"The {one.kind} input cannot be rendered (frames {one.frames}): {error}",
        "Look at that input in a viewer, at those frames.",
    )


def _facts() -> Dict[str, str]:
    known: Tuple[Tuple[str, str], ...] = (("nuke", nuke.NUKE_VERSION_STRING), ("script", script_path()))
    return dict(known)

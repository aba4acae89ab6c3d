"""What the node's buttons and callbacks call. Errors end here: in a message, or, in a terminal, with the caller."""

from __future__ import annotations

from typing import Callable, Dict, Tuple

import nuke

from ..contract.errors import ActAnywhereError, Cancelled, JobError
from ..contract.settings import setting_fields
from ..contract.takes import remove_take
from ..draw.panel import enabled, panel
from ..draw.wording import say
from ..hostkit.controls import BUSY, CHOOSE_TAKE
from ..hostkit.pick import framed, with_box, with_point
from ..hostkit.solved_camera import camera_file
from ..hostkit.widgets import USE, values_of, widgets, widgets_of
from ..read.asking import inner, is_complete, text
from ..read.naming import slashes
from ..show import showing
from . import clean_plate, farm, generate, matte
from .networks import choose_model

__all__ = ["created", "knob_changed", "press"]

_Size = Tuple[int, int]

# Changes of these grey something out.
_GREYING = frozenset(
    ["range", *(f.only_with[0] for f in setting_fields() if f.only_with is not None)]
    + [knob.name for knob in panel() if knob.name.startswith(USE)]
)
# Changes of these say nothing about the picture that the node asks for.
_SILENT = frozenset(
    "take show state notes log log_tab help_tab batch_tab advanced_tab actanywhere_tab sheet farm_command wedge_count "
    "engine on_error box_drawn point_drawn matte_tab matte_box matte_point matte_point_off matte_box_drawn "
    "matte_point_drawn".split()
) | {widget.name for f in setting_fields() if not f.affects_layer for widget in widgets_of(f)}
# Changes of these say nothing of what hangs at the inputs.
_SETTINGS = frozenset(widget.name for widget in widgets())
_ASKING = frozenset(knob.name for knob in panel()) - _SILENT


def press(name: str) -> None:
    """A button of the node that Nuke says is this one. With an interface errors are shown; else they are raised."""
    node = nuke.thisNode()
    try:
        _BUTTONS[name](node)
    except Cancelled as error:
        showing.log(node, error.message)
        if not nuke.GUI:
            raise
    except ActAnywhereError as error:
        showing.log(node, say(error))
        if not nuke.GUI:
            raise
        nuke.message(say(error))


def created(node: nuke.Node) -> None:
    """A node was made, pasted or loaded: what hangs on its own knobs is put right. No disk is looked at."""
    if not is_complete(node):
        return
    with showing.quiet(node):
        label = text(node, "take_label")
        if label:
            showing.list_labels(node, [label], label)
        # A Group's inside is saved with it; a gizmo's is as it was shipped.
        if isinstance(node, nuke.Gizmo) and node["taken"].value():
            showing.set_layer(node, text(node, "take_layer"))
        _enable(node)


def knob_changed(node: nuke.Node, knob: nuke.Knob) -> None:
    """A knob, an input or the panel changed."""
    name = knob.name()
    if not nuke.GUI or showing.is_quiet(node) or not is_complete(node):
        return
    if name == "inputChange" and not node.shown():
        return  # nobody looks; and a script that is being read must not wait for disks
    with showing.quiet(node):
        if name == "take":
            _choose(node)
        elif name in ("showPanel", "output_folder", "shot_name"):
            showing.refresh(node)
        elif name == "inputChange" or name in _ASKING:
            if name in _GREYING:
                _enable(node)
            showing.show_state(node, look=name not in _SETTINGS)


def _enable(node: nuke.Node) -> None:
    """Grey out what has no effect."""
    for name, on in enabled(lambda knob: node[knob].value()).items():
        node[name].setEnabled(on)


def _choose(node: nuke.Node) -> None:
    chosen = str(node["take"].value())
    # What a line says of its take may have changed on disk since: its number has not.
    lines = showing.listed(node)
    take = next((take for line, take in lines.items() if _same_take(line, chosen)), None)
    showing.show_take(node, take)
    showing.refresh(node)


def _same_take(line: str, other: str) -> bool:
    one, two = line.partition(" of "), other.partition(" of ")
    return one[0].split()[:2] == two[0].split()[:2] and one[2] == two[2]


def _cancel(node: nuke.Node) -> None:
    if not generate.cancel(node):
        showing.log(node, "nothing is running")


def _use_settings(node: nuke.Node) -> None:
    take = showing.shown_take(node)
    if take is None or take.job is None:
        raise JobError("No take is chosen.", CHOOSE_TAKE)
    with showing.quiet(node, undone=True):
        for name, value in values_of(take.job.settings).items():
            node[name].setValue(value)
    _enable(node)
    showing.show_state(node)


def _remove(node: nuke.Node) -> None:
    take = showing.shown_take(node)
    if take is None:
        raise JobError("No take is chosen.", CHOOSE_TAKE)
    if generate.is_running(node) or generate.is_rendering(take.folder):
        raise JobError("It is rendering.", BUSY)
    if nuke.GUI and not nuke.ask(f"Delete {slashes(take.folder)} and all of its frames from disk?"):
        return
    showing.show_take(node, None)
    remove_take(take)
    showing.log(node, f"deleted: {take.folder}")
    showing.refresh(node)


def _make_camera(node: nuke.Node) -> None:
    take = showing.shown_take(node)
    if take is None:
        raise JobError("No take is chosen.", CHOOSE_TAKE)
    path = camera_file(take, ".nk")
    with node.parent():
        for other in nuke.selectedNodes():
            other.setSelected(False)
        camera = nuke.nodePaste(slashes(path))
    if camera is not None:
        camera.setXYpos(node.xpos() + 150, node.ypos())
        showing.log(node, f"camera: {camera.name()}")


def _here(use: str, name: str) -> Callable[[nuke.Node], None]:
    def put(node: nuke.Node) -> None:
        node[use].setValue(True)
        node[name].setValue(nuke.frame())

    return put


def _pick_point(node: nuke.Node) -> None:
    size = _size(node, "condition_or_file")
    point = _point(node, "point_drawn", size)
    _add(node, "condition_point", with_point(text(node, "condition_point"), point, size))


def _pick_box(node: nuke.Node) -> None:
    size = _size(node, "condition_or_file")
    one, other = _corners(node, "box_drawn", size)
    _add(node, "condition_box", with_box(text(node, "condition_box"), one, other, size))


def _pick_place(node: nuke.Node) -> None:
    _add(node, "place", framed(*_corners(node, "box_drawn", _size(node, "condition_or_file"))))


def _pick_matte_box(node: nuke.Node) -> None:
    size = _plate_size(node)
    one, other = _corners(node, "matte_box_drawn", size)
    _add(node, "matte_box", with_box(text(node, "matte_box"), one, other, size, nuke.frame()))


def _pick_matte_point(name: str) -> Callable[[nuke.Node], None]:
    def pick(node: nuke.Node) -> None:
        size = _plate_size(node)
        point = _point(node, "matte_point_drawn", size)
        _add(node, name, with_point(text(node, name), point, size, nuke.frame()))

    return pick


def _point(node: nuke.Node, knob: str, size: _Size) -> Tuple[float, float]:
    """Of a point in the Viewer, in pixels of the picture: Nuke counts y upwards from the bottom of the format."""
    x, y = (float(node[knob].getValueAt(nuke.frame(), i)) for i in (0, 1))
    return x, size[1] - y


def _corners(node: nuke.Node, knob: str, size: _Size) -> Tuple[Tuple[float, float], Tuple[float, float]]:
    """Of a box in the Viewer, in pixels of the picture, y down."""
    x, y, r, t = (float(node[knob].getValueAt(nuke.frame(), i)) for i in range(4))
    return (x, size[1] - t), (r, size[1] - y)


def _plate_size(node: nuke.Node) -> _Size:
    if node.input(0) is None:
        raise JobError("No plate is connected.", "Connect the photographed frames to the input 'plate'.")
    return _size(node, "plate")


def _size(node: nuke.Node, name: str) -> _Size:
    """Width and height of the format that a node inside has."""
    shown = inner(node, name).format()
    return shown.width(), shown.height()


def _add(node: nuke.Node, name: str, said: str) -> None:
    with showing.quiet(node, undone=True):
        node[name].setValue(said)
    showing.show_state(node)


def _refresh(node: nuke.Node) -> None:
    showing.reload(node)
    showing.refresh(node)


def _open_sheet(node: nuke.Node) -> None:
    path = text(node, "sheet")
    if not path:
        raise JobError("There is no contact sheet yet.", "Render a wedge first.")
    with node.parent():
        read = nuke.nodes.Read(file=path)
        read.setXYpos(node.xpos() + 150, node.ypos())


_BUTTONS: Dict[str, Callable[[nuke.Node], object]] = {
    "generate": generate.generate,
    "cancel": _cancel,
    "continue_take": generate.continue_take,
    "use_settings": _use_settings,
    "refresh": _refresh,
    "remove_take": _remove,
    "make_camera": _make_camera,
    "condition_here": _here("use_condition_frame", "condition_frame"),
    "anchor_here": _here("use_anchor", "anchor"),
    "wedge": generate.render_wedge,
    "open_sheet": _open_sheet,
    "write_job": generate.write_farm_job,
    "choose_model": choose_model,
    "farm_bundle": farm.farm_bundle,
    "make_clean_plate": clean_plate.make_clean_plate,
    "make_matte": matte.make_matte,
    "pick_matte_box": _pick_matte_box,
    "pick_matte_point": _pick_matte_point("matte_point"),
    "pick_matte_point_off": _pick_matte_point("matte_point_off"),
    "pick_point": _pick_point,
    "pick_box": _pick_box,
    "pick_place": _pick_place,
}

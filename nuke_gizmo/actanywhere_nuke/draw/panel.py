"""The node's knobs, tab after tab."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

from ..contract.settings import GROUPS
from ..contract.shot import CONDITION_KINDS
from ..hostkit.controls import control
from ..hostkit.widgets import effective
from ..read.colour import WORKING_SPACES
from ..read.ranges import RANGES
from ..read.track import MEANS
from .knobs import (
    BOOL,
    BOX,
    BUTTON,
    CHOICE,
    FILE,
    INT,
    LINES,
    LINK,
    POINT,
    STRING,
    TAB,
    TEXT,
    Knob,
    setting_knobs,
)

__all__ = ["HELP", "SHOWN", "enabled", "panel"]

#: What the output switch offers, in the order of the internal Switch's inputs.
SHOWN = ("comp", "layer", "plate")
# Groups of settings that have a place of their own in the main tab.
_ELSEWHERE = ("take", "matte", "camera")

HELP = """ActAnywhere: a new, moving world behind the actor, as a layer in the comp.

1. Connect the plate, and the matte (1 on the actor). Without a matte
   input, choose the plate's channel that holds it.
2. Connect a picture of the place to 'condition', or give a file.
3. Generate. Nuke stays free while a process of its own renders; Cancel
   keeps the frames that are finished.

The layer comes back as channels beside your plate (generated_bg), and the
knob 'output' says what is in rgba. Every Generate is a take of its own;
nothing is overwritten and nothing renders by itself.

The inputs are written once as EXR, full size, in the values of your working
space, and again only when what is connected has changed. The engine lies
in a Python of its own (INSTALL.txt): name that Python under
Advanced > engine, or with the variable ACTANYWHERE_PYTHON."""


_ALIVE_CHANNEL = Knob(
    "alive_channel",
    LINK,
    "alive channel",
    "The channel of the input 'alive' that is 1 on what lives: water, leaves, light. What is connected there comes "
    "before the file.",
    text="alive_alpha.from0",
)


_OTHERS_CHANNEL = Knob(
    "others_channel",
    LINK,
    "others channel",
    "The channel of the input 'others' that is 1 on who else is in the picture of the place: a roto over that picture, "
    "of its size, taken at the frame of the condition. It comes before the file.",
    text="others_alpha.from0",
)


_CHOOSE_MODEL = Knob(
    "choose_model",
    BUTTON,
    "list",
    "The models that there are, what each needs, and whether it is here; one that is not can be got.",
    beside=True,
)


def panel() -> List[Knob]:
    """All knobs, tab after tab, in the order in which they are shown."""
    return [*_main(), *_matte(), *_advanced(), *_batch(), *_log_and_help(), *_hidden()]


def enabled(value: Callable[[str], Any]) -> Dict[str, bool]:
    """Knob -> whether it has an effect now, for those of which that changes; ``value`` gives a knob's."""
    found = {name: value("range") == "custom" for name in ("first", "last")}
    found["condition_frame"] = bool(value("use_condition_frame"))
    return dict(found, **effective(value))


def _shared(name: str, code: int, more: str = "", called: str = "", **options: Any) -> Knob:
    """A knob of a control that Blender has too, as ``called`` in the host kit; ``more`` is a sentence of Nuke's own."""
    one = control(called or name)
    label = one.button if code == BUTTON else one.label
    if name == "generate":
        label = f"<b>{label}</b>"
    return Knob(name, code, label, one.tip_with(more) if more else one.tip, **options)


def _heading(name: str, label: str) -> Knob:
    return Knob(name, TEXT, f"<b>{label}</b>")


def _main() -> List[Knob]:
    return [
        Knob("actanywhere_tab", TAB, "ActAnywhere"),
        Knob(
            "matte_channel",
            LINK,
            "matte channel",
            "The channel that is 1 on the actor: of the input 'matte', or of the plate where none is connected. Any "
            "layer and channel.",
            text="matte_alpha.from0",
        ),
        *setting_knobs("matte"),
        *_condition(),
        *_frames_and_camera(),
        *_take(),
        *_result(),
    ]


def _condition() -> List[Knob]:
    return [
        _heading("condition_heading", "Condition"),
        Knob(
            "condition_file",
            FILE,
            "picture",
            "A picture of the place wanted, read as a Read of this project reads it. What is connected to the input "
            "'condition' comes before it.",
        ),
        _shared(
            "condition_kind",
            CHOICE,
            " ".join("{}: {}.".format(*kind) for kind in CONDITION_KINDS.items()),
            items=tuple(CONDITION_KINDS),
        ),
        Knob(
            "use_condition_frame",
            BOOL,
            "frame of the input",
            "The frame at which the branch at 'condition' is taken. Off: the first of the range.",
        ),
        Knob("condition_frame", INT, "", "The frame of the condition's branch.", "1001", beside=True),
        Knob("condition_here", BUTTON, "current", "Take the current frame.", beside=True),
    ]


def _frames_and_camera() -> List[Knob]:
    return [
        _heading("camera_heading", "Frames and camera"),
        Knob(
            "range",
            CHOICE,
            "range",
            "input: the frames of the plate. global: the project's. custom: first and last.",
            items=RANGES,
        ),
        _shared("first", INT, "For the range 'custom'.", value="1001"),
        _shared("last", INT, "For the range 'custom'.", value="1100", beside=True),
        *setting_knobs("camera"),
        Knob("anchor_here", BUTTON, "current", "Take the current frame.", beside=True),
        Knob(
            "track_means",
            CHOICE,
            "track is a",
            "What the CornerPin or Transform at the input 'track' does: match-move takes a still picture along with "
            "the plate, stabilise holds the plate still. A Tracker's points need no such word.",
            items=MEANS,
        ),
    ]


def _take() -> List[Knob]:
    return [
        _heading("take_heading", "Take"),
        *setting_knobs("take"),
        _shared(
            "output_folder",
            FILE,
            "The rendered inputs lie beside them. Empty: 'actanywhere' beside the script.",
            called="takes_folder",
        ),
        _shared("shot_name", STRING, "Empty: the script's name without its version, and the node's."),
        _shared("generate", BUTTON, flags=("+STARTLINE",)),
        _shared("cancel", BUTTON, beside=True),
        _shared("continue_take", BUTTON, beside=True),
    ]


def _result() -> List[Knob]:
    return [
        _heading("result_heading", "Result"),
        Knob("take", CHOICE, "take", "The take that the node shows. All are kept.", items=("none",)),
        _shared("refresh", BUTTON, beside=True),
        Knob(
            "use_settings",
            BUTTON,
            "Use its settings",
            "Set the knobs as they were for this take: its seed after a wedge, for example.",
            flags=("+STARTLINE",),
        ),
        _shared("remove_take", BUTTON, beside=True),
        _shared("make_camera", BUTTON, "It lies beside the node.", beside=True),
        Knob(
            "show",
            CHOICE,
            "output",
            "What is in rgba: the comp, the generated layer alone, or the plate. The layer's own channels are always "
            "there.",
            items=SHOWN,
        ),
        Knob(
            "state",
            TEXT,
            "state",
            "Whether the take is what knobs and inputs ask for now.",
            text="No take yet.",
        ),
        Knob("notes", TEXT, "decided", "What the take's render decided, and why; and its warnings."),
    ]


def _matte() -> List[Knob]:
    """Who is meant, pointed at in the Viewer: their handles are seen while this tab is open."""
    handle = "Its handle is in the Viewer while this tab is open; look at the plate."
    said = "Frames are the plate's."
    return [
        Knob("matte_tab", TAB, "Matte"),
        Knob("matte_box_drawn", BOX, "box", handle, "100 100 400 400"),
        _shared("pick_matte_box", BUTTON, "Takes the box above.", flags=("+STARTLINE",)),
        Knob("matte_point_drawn", POINT, "point", handle, "100 100"),
        _shared("pick_matte_point", BUTTON, "Takes the point above.", flags=("+STARTLINE",)),
        _shared("pick_matte_point_off", BUTTON, "Takes the point above.", beside=True),
        _shared("matte_box", STRING, said),
        _shared("matte_point", STRING, said),
        _shared("matte_point_off", STRING, said),
        _shared(
            "make_matte", BUTTON, "A Read of it is connected to the input 'matte'.", flags=("+STARTLINE",)
        ),
    ]


def _advanced() -> List[Knob]:
    rest: List[Knob] = []
    for group, title in GROUPS.items():
        if group not in _ELSEWHERE:
            rest += [_heading(f"{group}_settings", title), *setting_knobs(group)]
            rest += _beside(group)
    rest.insert([knob.name for knob in rest].index("model") + 1, _CHOOSE_MODEL)
    return [
        Knob("advanced_tab", TAB, "Advanced"),
        *rest,
        _heading("colour_heading", "Colour and engine"),
        Knob(
            "working_space",
            CHOICE,
            "working space",
            "The colour space of Nuke's stream, in which the inputs are written. auto: as the project's settings say.",
            items=WORKING_SPACES,
        ),
        Knob(
            "on_error",
            LINK,
            "missing frames",
            "What the node shows where a frame of the take is not there yet.",
            text="read_layer.on_error",
        ),
        Knob(
            "engine",
            FILE,
            "engine",
            "The Python that has ActAnywhere installed, for this node alone. Empty: the one chosen in the menu "
            "ActAnywhere > Engine, else ACTANYWHERE_PYTHON, else 'actanywhere' on the PATH.",
        ),
    ]


def _beside(group: str) -> List[Knob]:
    """What stands below a group of settings."""
    if group == "generate":
        return [_ALIVE_CHANNEL]
    if group == "shadow":
        return [
            _shared(
                "make_clean_plate", BUTTON, "A Read of it is made beside the node.", flags=("+STARTLINE",)
            )
        ]
    if group == "condition":
        handle = "Its handle is in the Viewer while this panel is open; look at the picture at the input 'condition'."
        return [
            Knob("box_drawn", BOX, "box", handle, "100 100 400 400"),
            _shared("pick_box", BUTTON, "Takes the box above.", flags=("+STARTLINE",)),
            _shared("pick_place", BUTTON, "Takes the box above.", beside=True),
            Knob("point_drawn", POINT, "point", handle, "100 100"),
            _shared("pick_point", BUTTON, "Takes the point above.", flags=("+STARTLINE",)),
            _OTHERS_CHANNEL,
            _shared("condition_matte", FILE),
            _shared("scribble", FILE),
            _shared("extended", FILE),
        ]
    return []


def _batch() -> List[Knob]:
    return [
        Knob("batch_tab", TAB, "Batch"),
        _heading("wedge_heading", "Wedge of seeds"),
        _shared("wedge_count", INT, value="4"),
        _shared("wedge", BUTTON, beside=True),
        Knob("sheet", FILE, "contact sheet", "The last wedge's contact sheet."),
        Knob(
            "open_sheet", BUTTON, "Read it", "Make a Read of the contact sheet beside the node.", beside=True
        ),
        _heading("farm_heading", "Farm"),
        Knob(
            "write_job",
            BUTTON,
            "Write job",
            "Render the inputs and write a take's job.json, to be rendered on another machine with the command below. "
            "The node shows the frames as they come.",
            flags=("+STARTLINE",),
        ),
        Knob("farm_command", STRING, "command", "What the other machine runs."),
        _shared(
            "farm_bundle", BUTTON, "Of all selected nodes, where this is one of them.", flags=("+STARTLINE",)
        ),
    ]


def _log_and_help() -> List[Knob]:
    return [
        Knob("log_tab", TAB, "Log"),
        Knob(
            "log",
            LINES,
            "",
            "What was done, and what was said about it.",
            flags=("+STARTLINE",),
        ),
        Knob("help_tab", TAB, "Help"),
        Knob("help_text", TEXT, "", text=HELP, flags=("+STARTLINE",)),
    ]


def _hidden() -> List[Knob]:
    """What the node remembers of its take, so that an opened script shows it without looking at a disk."""
    unseen = ("+INVISIBLE",)
    return [
        Knob("actanywhere", STRING, value="1", flags=unseen),
        Knob("take_folder", STRING, flags=unseen),
        Knob("take_label", STRING, flags=unseen),
        Knob("layer_file", STRING, flags=unseen),
        Knob("take_layer", STRING, value="generated_bg", flags=unseen),
        Knob("take_first", INT, value="1", flags=unseen),
        Knob("take_last", INT, value="1", flags=unseen),
        Knob("taken", BOOL, flags=unseen),
    ]

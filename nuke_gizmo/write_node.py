"""Writes ``ActAnywhere.nk`` (a Group to open and read) from ``Settings``; ``pack.py`` makes the gizmo of it.

python nuke_gizmo/write_node.py            write it
python nuke_gizmo/write_node.py --check    exit status 1 when the file is not what would be written
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

HERE = Path(__file__).resolve().parent

NODE_HELP = (
    "A new, moving world behind the actor, as a layer in the comp. Connect plate, matte and a picture of the place, "
    "and press Generate."
)
MISSING = (
    "The ActAnywhere plug-in is not installed in this Nuke. The node shows its take; it cannot render one."
)
LAYER = "generated_bg"
COLOURS = ("red", "green", "blue", "alpha")
TILE = "0x3f6f8fff"

#: name, value as it stands in the file
Knobs = Sequence[Tuple[str, str]]


def panel() -> List[Any]:
    """The knobs, from the packed plug-in (its copy of the core is what the node will run with)."""
    sys.path.insert(0, str(HERE))
    import pack

    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, str(pack.pack(Path(folder))))
        from actanywhere_nuke.draw.panel import panel as knobs

        del sys.path[:2]
        return list(knobs())


def quoted(text: str) -> str:
    """A text as Nuke's files have it: what Tcl would act on is escaped."""
    for letter in '\\"[{}$':
        text = text.replace(letter, "\\" + letter)
    return '"{}"'.format(text.replace("\n", "\\n"))


def word(text: str) -> str:
    """A text, quoted where it is more than one plain word."""
    plain = text.replace("_", "").replace(".", "").replace("-", "")
    return text if plain.isalnum() and plain.isascii() else quoted(text)


def button(name: str) -> str:
    """What a button runs."""
    return (
        "import nuke\n"
        "try:\n"
        "    from actanywhere_nuke.operators import buttons\n"
        "except ImportError:\n"
        f"    nuke.message({MISSING!r})\n"
        "else:\n"
        f"    buttons.press({name!r})"
    )


def callback(call: str) -> str:
    """What a callback runs; a Nuke without the plug-in (on a farm) shows the take and says nothing."""
    return (
        "import nuke\n"
        "try:\n"
        "    from actanywhere_nuke.operators import buttons\n"
        "except ImportError:\n"
        "    pass\n"
        "else:\n"
        f"    buttons.{call}"
    )


def user_knob(knob: Any) -> List[str]:
    """The lines of one knob of the panel."""
    parts = [f"{knob.code} {knob.name}"]
    if knob.label or knob.code not in (20,):
        parts.append("l %s" % (word(knob.label) if knob.label else '""'))
    if knob.tip:
        parts.append(f"t {quoted(knob.tip)}")
    parts += ["-STARTLINE"] if knob.beside else []
    parts += list(knob.flags)
    if knob.code == 6 and not knob.beside and not knob.flags:
        parts.append("+STARTLINE")
    if knob.items:
        parts.append(f"M {{{' '.join(word(item) for item in knob.items)}}}")
    text = button(knob.name) if knob.code == 22 else knob.text
    if knob.code == 41:
        parts.append(f"T {text}")
    elif text or knob.code == 22:
        parts.append(f"T {quoted(text)}")
    if knob.code == 7 and knob.limits:
        parts.append("R {:g} {:g}".format(*knob.limits))
    lines = [f" addUserKnob {{{' '.join(parts)}}}"]
    return [*lines, f" {knob.name} {word(knob.value)}"] if knob.value else lines


class Graph:
    """The nodes inside, one after the other; every one is given a name on the stack."""

    def __init__(self) -> None:
        self.lines: List[str] = []

    def node(
        self, kind: str, name: str, at: Tuple[int, int], inputs: Sequence[str], knobs: Knobs = ()
    ) -> None:
        """One node; ``inputs`` are names of earlier ones, the first is input 0."""
        self.lines += [f"push $N{one}" for one in reversed(inputs)]
        given: Dict[str, str] = dict(knobs)
        body = [] if len(inputs) == 1 else [f"inputs {len(inputs)}"]
        body += ["{} {}".format(*pair) for pair in given.items()]
        body += [f"name {name}", f"xpos {at[0]}", f"ypos {at[1]}"]
        self.lines += [f" {kind} {{", *("  " + line for line in body), " }", f"set N{name} [stack 0]"]


def graph() -> List[str]:
    """What is inside: inputs, the export's Writes, the layer's Read, the output switch."""
    g = Graph()
    for number, name in enumerate(("plate", "matte", "condition", "track", "alive", "others")):
        g.node("Input", name, (number * 220, 0), (), [("number", str(number))] if number else [])
    which = '{{"\\[exists parent.input1] ? 0 : 1"}}'
    g.node("Switch", "matte_or_plate", (220, 120), ("matte", "plate"), [("which", which)])
    alpha = [("from0", "rgba.alpha"), ("to0", "rgba.alpha")]
    g.node("Copy", "matte_alpha", (220, 200), ("matte_or_plate", "matte_or_plate"), alpha)
    g.node("Copy", "alive_alpha", (880, 200), ("alive", "alive"), alpha)
    g.node("Copy", "others_alpha", (1100, 200), ("others", "others"), alpha)
    g.node("Read", "read_condition", (660, 120), (), _picture())
    which = '{{"\\[exists parent.input2] ? 0 : 1"}}'
    g.node("Switch", "condition_or_file", (440, 200), ("condition", "read_condition"), [("which", which)])
    for name, source, channels, x in (
        ("write_plate", "plate", "rgb", -440),
        ("write_matte", "matte_alpha", "alpha", 220),
        ("write_condition", "condition_or_file", "rgb", 440),
        ("write_alive", "alive_alpha", "alpha", 880),
        ("write_others", "others_alpha", "alpha", 1100),
    ):
        g.node("Write", name, (x, 320), (source,), _write(channels))
    g.node("Read", "read_layer", (-440, 400), (), _read())
    g.lines.append(f"add_layer {{{LAYER} {' '.join(f'{LAYER}.{c}' for c in COLOURS)}}}")
    # Copy: input 0 is what is kept, input 1 is what the channels come from.
    g.node("Copy", "layer_copy", (-220, 480), ("plate", "read_layer"), _copy(LAYER, LAYER))
    g.node("Copy", "comp_copy", (-330, 580), ("layer_copy", "read_layer"), _copy("rgba", "rgba"))
    g.node("Copy", "show_layer_copy", (-110, 580), ("layer_copy", "layer_copy"), _copy(LAYER, "rgba"))
    shown = ("comp_copy", "show_layer_copy", "layer_copy")
    g.node("Switch", "show_switch", (-220, 680), shown, [("which", "{{parent.show}}")])
    here = '{{"parent.taken && frame >= parent.take_first && frame <= parent.take_last"}}'
    g.node("Switch", "take_switch", (0, 780), ("plate", "show_switch"), [("which", here)])
    g.node("Output", "Output1", (0, 880), ("take_switch",))
    return g.lines


def _write(channels: str) -> Knobs:
    """Raw values, float, and never rendered by anybody but the plug-in (nuke -x renders what is not disabled)."""
    return [
        ("channels", channels),
        ("raw", "true"),
        ("file_type", "exr"),
        ("datatype", '"32 bit float"'),
        ("disable", "true"),
    ]


def _read() -> Knobs:
    first, last = "{{parent.take_first}}", "{{parent.take_last}}"
    return [
        ("file_type", "exr"),
        ("file", '"\\[value parent.layer_file]"'),
        ("first", first),
        ("last", last),
        ("before", "black"),
        ("after", "black"),
        ("origfirst", first),
        ("origlast", last),
        ("origset", "true"),
        ("on_error", "error"),
        ("raw", "true"),
    ]


def _picture() -> Knobs:
    """The condition's file, read as any other picture of the project is: colour by its rules, one frame for all."""
    return [
        ("file", '"\\[value parent.condition_file]"'),
        ("before", "hold"),
        ("after", "hold"),
        ("origset", "true"),
        ("on_error", "error"),
    ]


def _copy(source: str, target: str) -> Knobs:
    return [
        pair
        for i, colour in enumerate(COLOURS)
        for pair in ((f"from{i}", f"{source}.{colour}"), (f"to{i}", f"{target}.{colour}"))
    ]


def body(knobs: List[Any]) -> List[str]:
    """The node itself."""
    lines = [
        "Group {",
        " inputs 6",
        " name ActAnywhere1",
        f" help {quoted(NODE_HELP)}",
        f" onCreate {quoted(callback('created(nuke.thisNode())'))}",
        f" knobChanged {quoted(callback('knob_changed(nuke.thisNode(), nuke.thisKnob())'))}",
        f" tile_color {TILE}",
        f" label {quoted('[value take_label]')}",
    ]
    for knob in knobs:
        lines += user_knob(knob)
    return [*lines, "}", *graph(), "end_group"]


def group_text() -> str:
    """``ActAnywhere.nk``: pasted, its first input is the selected node."""
    head = [
        "set cut_paste_input [stack 0]",
        "version 13.2 v8",
        *["push 0"] * 5,
        "push $cut_paste_input",
    ]
    return "\n".join([*head, *body(panel())]) + "\n"


def main(words: Sequence[str]) -> int:
    """Write, or with ``--check`` compare."""
    path, text = HERE / "ActAnywhere.nk", group_text()
    same = path.is_file() and path.read_text(encoding="utf-8") == text
    if "--check" in words:
        print(f"{path.name}: {'as generated' if same else 'differs: run write_node.py'}")
        return int(not same)
    if not same:
        path.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

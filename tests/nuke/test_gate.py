"""Real Tcl reads the Group and the gizmo that we ship, and finds nothing that Nuke would stumble over."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("tkinter", reason="this Python has no Tcl")

from tests.nuke.conftest import SHIPPED, packer
from tests.nuke.gate import faults, python_of
from tests.nuke_standin.nk import NkError, NkNode, read

GROUP = (SHIPPED / "ActAnywhere.nk").read_text(encoding="utf-8")
GIZMO = packer().gizmo_of(GROUP)
BOTH = pytest.mark.parametrize(("text", "root"), [(GROUP, "Group"), (GIZMO, "Gizmo")], ids=["Group", "gizmo"])


def group(text: str) -> NkNode:
    (node,) = [node for node in read(text).nodes if node.cls in ("Group", "Gizmo")]
    return node


@BOTH
def test_nothing_is_wrong_with_what_we_ship(text: str, root: str) -> None:
    assert faults(text, root) == []


@BOTH
def test_an_artist_finds_the_inputs_in_this_order(text: str, root: str) -> None:
    inputs = [child.name for child in group(text).children if child.cls == "Input"]
    assert inputs == ["plate", "matte", "condition", "track", "alive", "others"]


@BOTH
def test_the_plate_passes_through_until_there_is_a_take(text: str, root: str) -> None:
    node = group(text)
    (output,) = [child for child in node.children if child.cls == "Output"]
    switch = output.inputs[0]
    assert switch is not None and switch.cls == "Switch" and "parent.taken" in switch.knobs["which"]
    first = switch.inputs[0]
    assert first is not None and (first.cls, first.name) == ("Input", "plate")
    assert node.knobs.get("taken", "false") == "false"


@BOTH
def test_no_internal_write_renders_on_its_own_when_a_farm_renders_the_script(text: str, root: str) -> None:
    writes = [child for child in group(text).children if child.cls == "Write"]
    assert len(writes) == 5
    for write in writes:
        assert write.knobs["disable"] == "true"
        assert write.knobs["raw"] == "true", "values of the working space, untouched"
        assert write.knobs["channels"] in ("rgb", "alpha"), "Write.channels is rgb unless it is said"


@BOTH
def test_every_button_says_what_is_missing_when_the_plug_in_is_not_installed(text: str, root: str) -> None:
    buttons = [user for user in group(text).user if user.code == 22]
    assert len(buttons) >= 10
    for button in buttons:
        assert "except ImportError" in button.options["T"] and "nuke.message" in button.options["T"]


@BOTH
def test_every_knob_that_an_artist_sees_has_a_tooltip(text: str, root: str) -> None:
    seen = [u for u in group(text).user if u.code not in (20, 26) and "+INVISIBLE" not in u.flags]
    assert len(seen) > 40
    assert [user.name for user in seen if len(user.options.get("t", "")) < 10] == []


def test_the_group_can_be_pasted_over_what_is_selected() -> None:
    plate = NkNode("Read", [("name", "plate_read")], [])
    (node,) = [node for node in read(GROUP, [plate]).nodes if node.cls == "Group"]
    assert [source and source.name for source in node.inputs] == ["plate_read"] + [None] * 5


def test_the_gizmo_and_the_group_are_one_node() -> None:
    one, other = group(GROUP), group(GIZMO)
    (take,) = [user for user in other.user if user.name == "take"]
    # A script must not name a line of the list that the gizmo, as it is shipped, does not have.
    assert take.flags == ["+DO_NOT_WRITE"]
    take.flags = []
    assert [(u.code, u.name, u.options, u.flags) for u in one.user] == [
        (u.code, u.name, u.options, u.flags) for u in other.user
    ]
    assert [(c.cls, c.pairs) for c in one.children] == [(c.cls, c.pairs) for c in other.children]


def test_the_gate_reads_python_in_many_places() -> None:
    where = dict(python_of(group(GROUP)))
    assert {"generate", "cancel", "knobChanged", "onCreate"} <= set(where)


def swap(old: str, new: str, count: int = 1) -> tuple[str, str, int]:
    return (old, new, count)


MUTANTS = {
    "an unknown knob code": (swap("addUserKnob {3 seed", "addUserKnob {33 seed"), "code 33 is unknown"),
    "an unknown flag": (swap("+INVISIBLE", "+INVISBLE"), "flag +INVISBLE is unknown"),
    "an unknown option": (swap("l seed t ", "l seed q "), "is no option"),
    "a knob twice": (swap("{3 seed l seed", "{3 overlap l seed"), "overlap is declared twice"),
    "a knob of Nuke's own": (swap("{3 seed l seed", "{3 xpos l seed"), "xpos is declared twice, or is one of"),
    "a value for no knob": (swap("\n seed 0\n", "\n sed 0\n"), "Group has no knob sed"),
    "a value that is not offered": (swap("\n camera auto\n", "\n camera drone\n"), "which it does not offer"),
    "an empty pulldown": (swap("M {comp layer plate}", "M {}"), "without entries"),
    "a broken link": (swap("T matte_alpha.from0", "T matte_alpa.from0"), "which is not there"),
    "a link to no knob": (swap("T matte_alpha.from0", "T matte_alpha.form0"), "which is not there"),
    "an expression of no knob": (swap("{{parent.show}}", "{{parent.shown}}"), "the group has no knob shown"),
    "an input that is not there": (swap("parent.input1", "parent.input7"), "the group has no knob input7"),
    "an Output of nothing": (swap("push $Ntake_switch\n Output", "push 0\n Output"), "is not connected"),
    "no Output": (swap(" Output {", " Dot {"), "0 Outputs"),
    "a gap in the inputs": (swap("  number 2\n", "  number 5\n"), "the inputs are numbered"),
    "a layer that is not declared": (swap("add_layer", "#add_layer"), "before its add_layer"),
    "a layer that is declared too late": (swap("Output1", "Output1", 0), "before its add_layer"),
    "a channel that its layer lacks": (swap("from0 generated_bg.red", "from0 generated_bg.read"), "has not"),
    "a raw bracket": (swap("\\[value parent", "[value parent"), "raw [ in line"),
    "Python that is none": (swap("import nuke\\ntry:", "import nuke\\ntry"), "is not Python 3.7"),
    "Python that 3.7 lacks": (swap("T \"import nuke\\n", "T \"(n := 1)\\nimport nuke\\n"), "is not Python 3.7"),
    "a foreign import": (swap("import nuke\\ntry:", "import numpy\\ntry:"), "imports numpy"),
    "Qt": (swap("from actanywhere_nuke.operators", "from PySide2"), "imports PySide2"),
    "a button that does nothing": (swap("", "", 0), "a button that does nothing"),
    "two nodes of one name": (swap("name comp_copy", "name layer_copy"), "two nodes are called layer_copy"),
    "a node of no Nuke": (swap(" Copy {", " Copie {"), "Copie is not one of those"),
    "a knob that its class lacks": (swap("  raw true\n", "  rawer true\n"), "has no knob rawer"),
    "no end": (swap("end_group", ""), "has no end_group"),
    "one end too many": (swap("end_group", "end_group\nend_group"), "end_group without a group"),
    "a brace too few": (swap("  name comp_copy\n", "  name comp_copy }\n"), ""),
    "a node from nowhere": (swap("  inputs 0\n  name plate", "  inputs 1\n  name plate"), "takes an input"),
    "a wire from nowhere": (swap("push $Nread_layer", "push $Nread_lair"), "cannot be evaluated"),
    "a program that is run": (swap("end_group", "end_group\nexec touch gone"), "cannot be evaluated"),
}  # fmt: skip


def mutated(name: str, text: str) -> str:
    if name == "a layer that is declared too late":
        line = re.search(r"^add_layer .*\n", text, re.MULTILINE)
        assert line
        return text.replace(line.group(), "").replace("end_group", line.group() + "end_group")
    if name == "a button that does nothing":
        return re.sub(r'(\{22 refresh .*? T ").*?("\})', r"\1\2", text, count=1)
    old, new, count = MUTANTS[name][0]
    return text.replace(old, new, count)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_gate_sees(name: str) -> None:
    bad = mutated(name, GROUP)
    assert bad != GROUP
    found = faults(bad, "Group")
    assert found and any(MUTANTS[name][1] in fault for fault in found), found


def test_the_generator_gives_the_file_that_we_ship(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SHIPPED))
    import write_node  # type: ignore[import-not-found]

    assert write_node.group_text() == GROUP


def test_tcl_itself_refuses_what_is_not_tcl() -> None:
    with pytest.raises(NkError, match="missing close-brace"):
        read("Group {\n name a\n")

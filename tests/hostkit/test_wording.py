"""No host names a flag of the command line: what core says, as Blender and Nuke show it, names what the panel has."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from actanywhere.hostkit.widgets import widgets
from actanywhere.hostkit.wording import SHARED, in_panel_words
from actanywhere.seeing.other_actor import find_other_actor
from actanywhere.seeing.protocol import Hint, Picture, Subject

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core/actanywhere"
HOSTS = {"Blender": ROOT / "addon", "Nuke": ROOT / "nuke_gizmo/actanywhere_nuke"}
#: Rooms whose texts stay in a terminal, and what builds commands.
ELSEWHERE = {"cli", "farm", "training", "evaluation", "hostkit", "doctor.py", "shotlist.py", "spreadsheet.py"}
FLAG = re.compile(r"(?<![\w-])--([a-z][a-z-]+)")
#: What no host asks for: a model that is assembled or exported, a sheet that is asked for by itself.
IN_A_TERMINAL = {"columns", "output", "text", "vae", "write-job"}
#: What nvidia-smi is asked.
OF_OTHERS = {"id", "query-gpu"}


def texts() -> Iterator[tuple[str, str]]:
    """Every text of core that names a flag, and where it stands; ``{}`` for what is put in."""
    for path in sorted(CORE.rglob("*.py")):
        place = path.relative_to(CORE)
        if place.parts[0] in ELSEWHERE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]
        inside = [one for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for one in node.values]
        for node in ast.walk(tree):
            if node not in told and node not in inside and (text := written(node)) and FLAG.search(text):
                yield f"{place}:{node.lineno}", text  # type: ignore[attr-defined]


def written(node: ast.AST) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    constants = [part.value if isinstance(part, ast.Constant) else "{}" for part in parts]
    return "".join(constants) if all(isinstance(one, str) for one in constants) else ""


@pytest.fixture(scope="module", params=HOSTS)
def shown(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """What the host makes of a text; it carries contract and hostkit with it, as when it is packed."""
    name = f"carrying_{request.param}"
    for inner, folder in (
        ("", HOSTS[request.param]),
        (".draw", HOSTS[request.param] / "draw"),
        (".contract", CORE / "contract"),
        (".hostkit", CORE / "hostkit"),
    ):
        sys.modules[name + inner] = ModuleType(name + inner)
        sys.modules[name + inner].__path__ = [str(folder)]
    host: Callable[[str], str] = importlib.import_module(f"{name}.draw.wording").shown
    return host


@pytest.mark.parametrize(("place", "text"), list(texts()))
def test_a_text_of_core_names_no_flag_in_a_host(place: str, text: str, shown: Callable[[str], str]) -> None:
    typed = re.compile(r"\b(actanywhere|pip install) [^;]*")
    assert not FLAG.search(typed.sub("", shown(text))), shown(text)


def test_who_is_found_in_a_background_is_told_with_the_control_that_settles_it(
    shown: Callable[[str], str],
) -> None:
    mask = np.zeros((40, 60), np.float32)
    mask[10:30, 20:30] = 1

    class Network:
        name = "a network"

        def find(self, picture: Picture, hint: Hint | None = None) -> list[Subject]:
            return [Subject(mask, 0.9, "a network")]

    (warning,) = find_other_actor(
        np.zeros((40, 60, 3), np.float32), "background", subjects=Network()
    ).warnings
    assert "8.3 % of it at 20,10,10,20" in warning
    assert "ind' of the condition to composite to take them out" in shown(warning)


def test_every_flag_that_a_text_names_is_in_the_panel() -> None:
    """As a setting, a control that both hosts have, or in the host's own words."""
    settings = {widget.setting.replace("_", "-") for widget in widgets()}
    named: set[str] = set()
    for _, text in texts():
        in_panel_words(text, lambda flag: named.add(flag) or flag)  # type: ignore[func-returns-value]
    seen = {"plate", "matte", "track", "frames"}  # parts of Blender's panel
    for folder in HOSTS.values():
        own = re.findall(r'^    "([a-z-]+)":', (folder / "draw/wording.py").read_text(), re.MULTILINE)
        assert named - settings - set(SHARED) - set(own) - seen - OF_OTHERS == IN_A_TERMINAL


def test_what_is_to_be_typed_keeps_its_flags() -> None:
    text = "Give --horizon; or actanywhere models import FILE --as isnet. Else --device cpu."
    said = "Give HORIZON; or actanywhere models import FILE --as isnet. Else DEVICE cpu."
    assert in_panel_words(text, str.upper) == said

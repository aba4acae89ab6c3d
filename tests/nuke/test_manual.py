"""The manual says what is so: pictures drawn from the node that we ship, files that are there, honest claims."""

from __future__ import annotations

import re
import shlex

import pytest

pytest.importorskip("tkinter", reason="this Python has no Tcl")

from actanywhere.cli.parser import build_parser
from tests.nuke.draw import PICTURES, ROOT, pictures

MANUAL = (ROOT / "docs" / "nuke.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["nuke_panel.svg", "nuke_inside.svg"])
def test_the_picture_is_drawn_from_the_node_that_we_ship_and_says_that_it_is_drawn(name: str) -> None:
    drawn = (PICTURES / name).read_text(encoding="utf-8")
    assert drawn == pictures()[name], "run: python -m tests.nuke.draw"
    assert "Not a screenshot" in drawn


def test_every_file_that_the_manual_points_to_is_there() -> None:
    targets = [t for t in re.findall(r"\]\(([^)#\s]+)\)", MANUAL) if not t.startswith("http")]
    assert targets
    for target in targets:
        assert (ROOT / "docs" / target).exists(), target


def test_the_engine_understands_the_manuals_command() -> None:
    commands = re.findall(r"^actanywhere (.*)$", MANUAL, re.MULTILINE)
    assert commands
    for command in commands:
        build_parser().parse_args(shlex.split(command))


def test_readme_and_manual_say_that_no_nuke_has_run_it() -> None:
    assert "Not executed in Nuke yet" in MANUAL
    assert "not executed in Nuke" in README

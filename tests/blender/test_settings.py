"""Blender's API and panel answer to every setting as the command line does, and what they refuse leaves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actanywhere.contract.settings import Settings, setting_fields
from tests import settings_table as table
from tests.blender.conftest import Blender, Facts

ONLY_WITH = {f.name: dict([f.only_with]) for f in setting_fields() if f.only_with is not None}
GOOD: list[tuple[str, Any]] = table.good()
REFUSED: list[tuple[str, Any]] = [*table.bad(), *table.moot()]


@pytest.fixture(scope="module")
def facts(blender: Blender, double: Path) -> Facts:
    good = [(name, value, ONLY_WITH.get(name, {})) for name, value in GOOD]
    return blender.play("settings", engine=str(double), good=good, bad=table.bad(), refused=REFUSED)


def test_what_cannot_be_is_refused_in_the_command_lines_words_and_leaves_no_take(facts: Facts) -> None:
    said = facts["refused"]
    assert said["generate"] == said["wedge"] == [table.of_the_command_line(*one) for one in REFUSED]
    assert said["panel"] == [table.of_the_command_line(*one) for one in table.bad()]
    assert said["left"] == [] and said["takes"] == [] and said["listed"] == 0


def test_what_the_command_line_takes_blender_takes(facts: Facts) -> None:
    said = facts["taken"]
    for (name, value), call, panel in zip(GOOD, said["call"], said["panel"], strict=True):
        wanted = getattr(Settings().given({**ONLY_WITH.get(name, {}), name: value}), name)
        wanted = list(wanted) if isinstance(wanted, tuple) else wanted
        assert call == pytest.approx(wanted), name
        assert panel is None or panel == pytest.approx(wanted), name

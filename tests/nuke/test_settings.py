"""Nuke's knobs answer to every setting as the command line does, before anything is rendered."""

from __future__ import annotations

from tests import settings_table as table
from tests.nuke.conftest import Stage


def test_what_cannot_be_is_refused_in_the_command_lines_words_and_nothing_is_rendered(stage: Stage) -> None:
    said = stage.play("checked", bad=table.bad())
    told = [" ".join(messages).replace("\n\n", " ") for messages in said["told"]]
    assert told == [table.of_the_command_line(*one) for one in table.bad()]
    assert said["rendered"] == [] and not said["made"]

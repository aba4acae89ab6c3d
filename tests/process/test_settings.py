"""Every setting is checked by the contract, whichever way it comes."""

from __future__ import annotations

from typing import Any

import pytest

from actanywhere.contract.errors import JobError
from actanywhere.contract.fields import CHOICE, SEVERAL, SWITCH
from actanywhere.contract.job import Job
from actanywhere.contract.settings import GROUPS, Settings, setting_fields
from actanywhere.hostkit.widgets import effective, settings_of, values_of, widgets
from tests import settings_table as table


def only_with(name: str) -> dict[str, Any]:
    field = next(f for f in setting_fields() if f.name == name)
    return {} if field.only_with is None else dict([field.only_with])


@pytest.mark.parametrize(("name", "value"), table.good())
def test_what_the_command_line_takes_flat_lists_and_json_take(name: str, value: Any) -> None:
    flat = Settings().given({**only_with(name), name: str(value)})
    assert Settings().given({**only_with(name), name: value}) == flat
    job = {"shot": {"name": "s", "plate": {"path": "p"}, "condition": {"path": "c"}}, "output": "o"}
    said = {f.name: getattr(flat, f.name) for f in setting_fields()}
    assert Job.from_dict({**job, "settings": said}).settings == flat
    if not only_with(name):
        assert table.of_the_command_line(name, value) == ""


@pytest.mark.parametrize(("name", "value"), table.bad())
def test_what_cannot_be_is_refused_in_the_same_words_by_flags_lists_and_json(name: str, value: Any) -> None:
    said = table.of_the_command_line(name, value)
    assert name in said or repr(str(value)) in said
    for make in (lambda: Settings().given({name: value}), lambda: Settings(**{name: value})):
        with pytest.raises(JobError) as caught:
            make()
        assert f"{caught.value.message} {caught.value.remedy}" == said


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [(f.name, "nonsense", f.allowed) for f in setting_fields() if f.kind not in (SWITCH, "text")],
)
def test_a_word_that_is_no_value_is_refused_with_what_is_allowed(name: str, text: str, allowed: str) -> None:
    said = table.of_the_command_line(name, text)
    assert f"settings.{name} is " in said and f"it must be {allowed}." in said


@pytest.mark.parametrize(("name", "value"), table.moot())
def test_a_setting_without_effect_is_refused(name: str, value: Any) -> None:
    assert "has no effect unless" in table.of_the_command_line(name, value)


def test_every_setting_is_a_widget_in_a_group_and_the_untouched_widgets_are_the_defaults() -> None:
    begun = {widget.name: widget.begin for widget in widgets()}
    assert settings_of(begun.__getitem__) == Settings()
    assert {widget.setting for widget in widgets()} == {f.name for f in setting_fields()}
    assert {widget.group for widget in widgets()} == set(GROUPS), (
        "a group without a title, or without settings"
    )


@pytest.mark.parametrize(("name", "value"), table.good())
def test_what_the_widgets_hold_is_what_was_put_into_them(name: str, value: Any) -> None:
    wanted = Settings().given({**only_with(name), name: value})
    held = {widget.name: widget.begin for widget in widgets()}
    held.update(values_of(wanted))
    assert settings_of(held.__getitem__) == wanted
    assert effective(held.__getitem__).get(name, True)


def test_every_setting_has_help_and_every_choice_is_one_of_its_own() -> None:
    for f in setting_fields():
        assert f.help and f.about.endswith(".") and f.group in GROUPS, f.name
        assert bool(f.choices) == (f.kind in (CHOICE, SEVERAL)), f.name
        assert not f.optional or f.begin is not None or f.kind not in ("whole", "number"), f.name

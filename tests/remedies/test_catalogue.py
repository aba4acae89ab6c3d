"""No remedy without somebody who followed it, and none that names what is not there."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from actanywhere.cli.parser import build_parser
from actanywhere.models.registry import all_entries
from tests.remedies.catalogue import remedies
from tests.remedies.test_follow import ROWS

ROOT = Path(__file__).resolve().parents[2]
SAID = remedies()

#: Remedies that nobody can follow in a test, and why.
NOT_FOLLOWED = {
    "It was changed in its repository or on its mirror; do not use it before you know why.": "tells to wait",
    "Get that file: {}": "the published file itself, by its checksum, is what it asks for",
}


def test_every_remedy_is_followed_by_a_test_or_is_listed_with_a_reason() -> None:
    followed = {row.remedy for row in ROWS}
    assert sorted(set(SAID) - followed - set(NOT_FOLLOWED)) == []
    assert sorted((followed | set(NOT_FOLLOWED)) - set(SAID)) == [], "nothing says these any more"


@pytest.mark.parametrize("remedy", sorted(one for one in SAID if "actanywhere " in one))
def test_a_command_that_a_remedy_names_is_one(remedy: str) -> None:
    names = {entry.name for entry in all_entries()}
    for line in re.findall(r"actanywhere ((?:[a-z]+|--\w+|\{\}|[A-Z]+|[\w.-]+)(?: [\w.{}-]+)*)", remedy):
        words = shlex.split(line.rstrip("."))
        if words[0] not in ("render", "doctor", "models", "export", "train"):
            continue
        for pulled in words[2:] if words[:2] == ["models", "pull"] else []:
            assert pulled == "{}" or pulled in names, remedy
        with_names = [word if word != "{}" else "vitmatte-small" for word in words]
        if words[0] in ("doctor", "models"):
            build_parser().parse_args(with_names)


def test_flags_files_extras_and_variables_that_remedies_name_are_there() -> None:
    told = " ".join(SAID)
    parser = build_parser()
    helps = " ".join(_all_helps(parser))
    for flag in set(re.findall(r"--[a-z][a-z-]+", told)) - {"--no-index"}:
        assert flag in helps, flag
    for page in set(re.findall(r"docs/\w+\.md|examples/\w+\.py", told)):
        assert (ROOT / page).is_file(), page
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra in set(re.findall(r"actanywhere\[(\w+)\]", told)):
        assert extra in extras, extra
    read = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "core").rglob("*.py"))
    for variable in set(re.findall(r"ACTANYWHERE_[A-Z]+", told)):
        assert f'"{variable}"' in read, variable


def _all_helps(parser: object) -> list[str]:
    import argparse

    found = []
    pending = [parser]
    while pending:
        one = pending.pop()
        assert isinstance(one, argparse.ArgumentParser)
        found.append(one.format_help())
        for action in one._actions:
            if isinstance(action, argparse._SubParsersAction):
                pending += list(action.choices.values())
    return found

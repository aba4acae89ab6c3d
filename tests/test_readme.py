"""The README's commands are a test: what it tells a reader to type, the software understands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from actanywhere.cli.parser import build_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```[a-z]*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PROSE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def commands() -> list[str]:
    """Every command line in the code blocks, with continued lines joined and && taken apart."""
    lines = "\n".join(BLOCKS).replace("\\\n", " ").splitlines()
    without_comments = [re.sub(r"(^|\s)#\s.*$", "", line) for line in lines]
    return [part.strip() for line in without_comments for part in line.split("&&") if part.strip()]


OURS = [command for command in commands() if command.startswith("actanywhere ")]


def test_the_two_lines_at_the_top_are_all_the_set_up_there_is() -> None:
    before = README[: README.index("```")]
    assert len(before.strip().splitlines()) <= 4
    lines = [re.sub(r"\s+#\s.*$", "", line) for line in BLOCKS[0].strip().splitlines()]
    assert lines == [
        "python3 -m venv .venv && . .venv/bin/activate && pip install '.[cpu]' && actanywhere demo",
        "pip install '.[test]' && pytest -n 2 --dist loadfile",
    ]


def test_ci_runs_the_readmes_test_command_as_it_stands() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "( pip install '.[test]' && pytest -n 2 --dist loadfile )" in ci.splitlines()


def test_the_readme_shows_every_command() -> None:
    shown = {shlex.split(command)[1] for command in OURS}
    assert {"demo", "render", "batch", "review", "doctor"} <= shown


@pytest.mark.parametrize("command", OURS)
def test_the_software_understands_the_command_of_the_readme(command: str) -> None:
    words = shlex.split(command)[1:]
    parser = build_parser()
    if "--help" in words:
        with pytest.raises(SystemExit, match=r"^0$"):
            parser.parse_args(words)
    else:
        parser.parse_args(words)


@pytest.mark.parametrize("name", PROSE)
def test_every_file_that_the_prose_points_to_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (ROOT / target).exists(), target

"""Each promise in docs/promises.md has its test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"\| `(?P<file>[\w/]+\.py)` `(?P<test>test_\w+)` \|$")


def rows() -> list[str]:
    lines = (ROOT / "docs/promises.md").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("| ")][1:]


def names_in(path: Path) -> set[str]:
    made = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in made if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_row_names_a_test_that_is_there() -> None:
    assert len(rows()) > 20
    for row in rows():
        found = ROW.search(row)
        assert found, f"names no test: {row}"
        assert found["test"] in names_in(ROOT / "tests" / found["file"]), row


def test_every_test_of_this_suite_is_a_promise() -> None:
    told = {found["test"] for row in rows() if (found := ROW.search(row))}
    ours = set().union(*(names_in(path) for path in Path(__file__).parent.glob("test_*.py")))
    assert ours - told == names_in(Path(__file__))

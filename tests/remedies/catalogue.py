"""Every remedy that core can give, read out of its source: wherever an error is made, its second argument.

What is put in when it is said is ``{}``. A remedy that is handed on (a parameter, an attribute, another error's own) is
found where it is written: what is bound or given to a name of ``remedy``, and what a function gives that is called in
its place.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from actanywhere.contract import errors

CORE = Path(__file__).resolve().parents[2] / "core/actanywhere"
KINDS = set(errors.__all__) - {"error_from_dict"}
HANDED = {"remedy", "again", "other_folder"}
ADVICE = {"get_again", "missing_network"}


def remedies() -> dict[str, list[str]]:
    """Remedy to the places (``room/module.py:line``) that give it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(CORE.rglob("*.py")):
        if path.name == "doctor.py":  # what it finds are no errors; tests/process/test_doctor.py has them
            continue
        for line, words in _Module(ast.parse(path.read_text(encoding="utf-8"))).remedies():
            found[words].append(f"{path.relative_to(CORE)}:{line}")
    return dict(found)


def pattern(remedy: str) -> re.Pattern[str]:
    """What matches the remedy as it is said."""
    return re.compile(".+".join(map(re.escape, remedy.split("{}"))), re.DOTALL)


class _Module:
    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._constants = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        self._functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}

    def remedies(self) -> Iterator[tuple[int, str]]:
        for node in ast.walk(self._tree):
            for value in _written(node):
                yield from ((value.lineno, words) for words in self._words(value) if words)

    def _words(self, value: ast.expr) -> list[str]:
        """The texts that an expression may be; none where it is handed on from elsewhere."""
        if isinstance(value, ast.IfExp):
            return [*self._words(value.body), *self._words(value.orelse)]
        if isinstance(value, ast.BoolOp):
            return [words for one in value.values for words in self._words(one)]
        if isinstance(value, ast.Name) and value.id in self._constants:
            return self._words(self._constants[value.id])
        if isinstance(value, ast.BinOp):
            ends = self._words(value.right) or ["{}"]
            return [start + end for start in self._words(value.left) for end in ends]
        if isinstance(value, ast.JoinedStr):
            return ["".join(one.value if isinstance(one, ast.Constant) else "{}" for one in value.values)]
        if isinstance(value, ast.Call):
            if isinstance(value.func, ast.Attribute) and value.func.attr == "format":
                return [re.sub(r"{\w*}", "{}", words) for words in self._words(value.func.value)]
            made = self._functions.get(_name(value.func))
            given = (
                [] if made is None else [one.value for one in ast.walk(made) if isinstance(one, ast.Return)]
            )
            return [words for one in given if one is not None for words in self._words(one)]
        return [value.value] if isinstance(value, ast.Constant) else []


def _written(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions of remedies in a node."""
    if isinstance(node, ast.Call):
        if _name(node.func) in KINDS and len(node.args) > 1:
            yield node.args[1]
        yield from (word.value for word in node.keywords if word.arg == "remedy")
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if _name(target) in HANDED and node.value is not None:
            yield node.value
    elif isinstance(node, (ast.FunctionDef, ast.Lambda)):
        if _name(node).endswith("_remedy") or _name(node) in ADVICE:
            given = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
            yield from (one for one in given if one is not None)
        named = [*node.args.args[len(node.args.args) - len(node.args.defaults) :], *node.args.kwonlyargs]
        for argument, value in zip(named, [*node.args.defaults, *node.args.kw_defaults], strict=True):
            if value is not None and argument.arg in HANDED:
                yield value


def _name(node: ast.AST) -> str:
    return str(getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "name", ""))

"""What the public type stubs (types-nuke) know of Nuke's Python."""

from __future__ import annotations

import ast
from functools import cache
from importlib import metadata
from pathlib import Path


@cache
def trees() -> tuple[ast.Module, ...]:
    """The stubs that make up the module ``nuke``."""
    folder = Path(str(metadata.distribution("types-nuke").locate_file("nuke-stubs")))
    wanted = (
        "_nuke",
        "callbacks",
        "executeInMain",
        "overrides",
        "utils",
        "colorspaces",
        "scripts",
        "__init__",
    )
    return tuple(ast.parse((folder / f"{name}.pyi").read_text(encoding="utf-8")) for name in wanted)


@cache
def names() -> frozenset[str]:
    """Every public name of the module ``nuke``."""
    found: set[str] = set()
    for tree in trees():
        for item in tree.body:
            if isinstance(item, ast.ClassDef | ast.FunctionDef):
                found.add(item.name)
            elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                found.add(item.target.id)
            elif isinstance(item, ast.Assign):
                found |= {target.id for target in item.targets if isinstance(target, ast.Name)}
            elif isinstance(item, ast.ImportFrom):
                found |= {alias.asname or alias.name for alias in item.names} - {"*"}
    return frozenset(name for name in found if not name.startswith("_"))


@cache
def members(cls: str) -> frozenset[str]:
    """Every public member of a class, with those of its bases."""
    found: set[str] = set()
    for tree in trees():
        for item in tree.body:
            if isinstance(item, ast.ClassDef) and item.name == cls:
                found |= {part.name for part in item.body if isinstance(part, ast.FunctionDef)}
                for part in item.body:
                    if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                        found.add(part.target.id)
                for base in item.bases:
                    found |= members(base.id) if isinstance(base, ast.Name) else set()
    return frozenset(name for name in found if not name.startswith("_"))


@cache
def untyped() -> frozenset[str]:
    """Functions and classes of ``nuke`` whose arguments the stubs leave open, so that mypy checks none of them."""
    found: set[str] = set()
    for tree in trees():
        for item in tree.body:
            if isinstance(item, ast.FunctionDef) and _open(item, method=False):
                found.add(item.name)
            elif isinstance(item, ast.ClassDef):
                inits = [p for p in item.body if isinstance(p, ast.FunctionDef) and p.name == "__init__"]
                if any(_open(init, method=True) for init in inits):
                    found.add(item.name)
    return frozenset(found)


def _open(function: ast.FunctionDef, method: bool) -> bool:
    arguments = function.args.args[1 if method else 0 :]
    return function.args.vararg is not None or any(one.annotation is None for one in arguments)

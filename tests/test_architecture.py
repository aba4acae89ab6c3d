"""The rooms of the house, and what may never be in them."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import actanywhere

CORE = Path(actanywhere.__file__).parent
ROOT = Path(__file__).parents[1]
MODULES = sorted(path for path in CORE.rglob("*.py"))
#: Folders that the hosts carry.
CARRIED = ("contract", "hostkit")
HOST_SIDE = [path for path in MODULES if path.relative_to(CORE).parts[0] in CARRIED]


def room(path: Path) -> str:
    return str(path.relative_to(CORE))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(level, module) of every import, wherever it stands; level 0 is absolute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module:
                yield node.level, node.module
            else:
                yield from ((node.level, alias.name) for alias in node.names)


def python_3_7() -> str | None:
    """A real Python 3.7, on the PATH or among pyenv's, if there is one."""
    found = [shutil.which("python3.7"), *map(str, Path.home().glob(".pyenv/versions/3.7*/bin/python"))]
    for python in filter(None, found):
        answer = subprocess.run(
            [python, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True
        )
        if answer.stdout.strip() == b"(3, 7)":
            return python
    return None


def test_imports_run_one_way_between_the_rooms() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", done.stdout), done.stdout


@pytest.mark.parametrize("path", HOST_SIDE, ids=room)
def test_a_host_can_carry_the_module_without_anything_but_the_standard_library(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    for level, module in imports(ast.parse(source, feature_version=(3, 7))):
        folders = path.relative_to(CORE).parts[:-1]
        if level:
            within = (*folders[: len(folders) - level + 1], *module.split("."))
            assert within[0] in CARRIED, f"{room(path)} imports {module}"
        else:
            assert module.split(".")[0] in sys.stdlib_module_names, f"{room(path)} imports {module}"


def test_the_oldest_host_has_all_that_the_modules_call() -> None:
    command = [str(Path(sys.executable).with_name("vermin")), "--no-tips", "--target=3.7-", "--violations"]
    done = subprocess.run([*command, *map(str, HOST_SIDE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_host_side_modules_import_in_a_real_python_3_7(tmp_path: Path) -> None:
    python = python_3_7()
    if python is None:
        pytest.skip("no Python 3.7 on this machine")
    package = tmp_path / "carried"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in CARRIED:
        shutil.copytree(CORE / name, package / name)
    names = [".".join(path.relative_to(CORE).with_suffix("").parts) for path in HOST_SIDE]
    say = "; ".join(f"import carried.{name}" for name in names if not name.endswith("__init__"))
    done = subprocess.run(
        [python, "-W", "error", "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {say}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_host_side_modules_loads_no_library() -> None:
    say = (
        "import sys, actanywhere.contract.launch, actanywhere.contract.takes; "
        "print([name for name in ('numpy', 'torch', 'cv2', 'av', 'OpenImageIO') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", say], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_module_imports_a_part_of_opencv() -> None:
    """While OpenCV loads in another thread it is no package, and such an import fails now and then."""
    found = [
        f"{room(path)}: {module}"
        for path in MODULES
        for level, module in imports(ast.parse(path.read_text(encoding="utf-8")))
        if level == 0 and module.startswith("cv2.")
    ]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=room)
def test_nothing_is_read_or_written_as_a_pickle(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for _, module in imports(tree):
        assert module.split(".")[0] not in {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            call = ast.unparse(node.func)
            assert call not in {"torch.load", "torch.save"}, f"{path.name}:{node.lineno}"
            allows = [k for k in node.keywords if k.arg == "allow_pickle" and ast.unparse(k.value) != "False"]
            assert not allows, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=room)
def test_a_module_is_a_noun_of_the_trade_and_short_enough_to_read(path: Path) -> None:
    words = set(re.split(r"[_/.]", room(path)))
    assert not words & {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert not re.search(r"""["'(]/(?:root|home|work|Users|mnt)/""", text), "a path of somebody's machine"

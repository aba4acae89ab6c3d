"""What `pip install .` brings, and that it is what the code needs."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import actanywhere

ROOT = Path(__file__).parents[1]
TREE = ROOT / "core" / "actanywhere"
INSTALLED = Path(actanywhere.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
MIB = 2**20


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


@cache
def third_party_imports() -> dict[str, dict[str, bool]]:
    """Import name -> {file: whether it stands at the top of the module}."""
    found: dict[str, dict[str, bool]] = {}
    for path in TREE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = {id(node) for node in tree.body}
        for node in ast.walk(tree):
            modules: list[str] = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                modules = [node.module]
            for module in (
                {name.split(".")[0] for name in modules} - sys.stdlib_module_names - {"actanywhere"}
            ):
                files = found.setdefault(module, {})
                file = str(path.relative_to(TREE))
                files[file] = files.get(file, False) or id(node) in top
    return found


def test_without_blender_the_build_says_that_the_zip_is_good(tmp_path: Path) -> None:
    if importlib.util.find_spec("bpy") is not None:
        pytest.skip("this Python has Blender")
    words = [sys.executable, str(ROOT / "build_addon.py"), "--output", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    (built,) = tmp_path.glob("*blender*.zip")
    lines = done.stdout.splitlines()
    assert lines[0] == str(built) and done.stderr == ""
    assert lines[1].startswith("The zip is whole and can be installed.") and "left out" in lines[1]
    assert zipfile.ZipFile(built).testzip() is None


@cache
def installed() -> Mapping[str, list[str]]:
    """Import name -> the distributions it comes with: reading them all takes seconds."""
    return metadata.packages_distributions()


def distribution_of(module: str) -> set[str]:
    known = {"onnxruntime": {"onnxruntime", "onnxruntime-gpu"}}  # of two, at most one is installed
    return known.get(module) or {canonicalize_name(d) for d in installed().get(module, [])}


def test_every_import_of_the_core_is_a_declared_dependency() -> None:
    """PyTorch and what comes with it are an extra: only the rooms that run networks with it import it at once."""
    core, torch = names(PROJECT["dependencies"]), names(EXTRAS["torch"])
    extra = torch.union(
        *(names(EXTRAS[name]) for name in ("train", "vace", "cpu", "gpu", "heic", "export", "solve", "edit"))
    )
    undeclared = []
    for module, files in third_party_imports().items():
        for file, at_top in files.items():
            allowed = core
            if file.startswith(("engines/", "evaluation/")):
                allowed = core | torch | names(EXTRAS["vace"])
            if not at_top or file.startswith("training/"):
                allowed = core | extra
            if not distribution_of(module) & allowed:
                undeclared.append(f"{file}: {module}")
    assert third_party_imports()
    assert not undeclared


def test_every_declared_dependency_is_imported_by_the_core() -> None:
    imported = set().union(*(distribution_of(module) for module in third_party_imports()))
    assert (
        names(PROJECT["dependencies"] + EXTRAS["torch"] + EXTRAS["train"])
        - imported
        - {"actanywhere", "scipy"}
        == set()
    )


def test_torch_is_one_exact_version_so_that_no_machine_gets_a_surprise() -> None:
    (torch,) = [line for line in map(Requirement, EXTRAS["torch"]) if line.name == "torch"]
    assert str(torch.specifier).startswith("==")


def test_no_extra_takes_two_builds_of_one_library() -> None:
    for extra in EXTRAS.values():
        wanted = names(PROJECT["dependencies"] + extra)
        assert not {"onnxruntime", "onnxruntime-gpu"} <= wanted
        opencv = [name for name in wanted if name.startswith("opencv-")]
        assert opencv == ["opencv-contrib-python-headless"], "they overwrite each other's files"


def test_every_extra_the_readme_promises_exists() -> None:
    promised = {"cpu", "gpu", "torch", "vace", "train", "export", "heic", "solve", "edit"}
    assert set(EXTRAS) == promised | {"test", "blender"}
    readme = (ROOT / "README.md").read_text(encoding="utf-8") + "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")
    )
    assert not [name for name in promised if f"[{name}" not in readme and f",{name}]" not in readme]


def test_the_version_is_the_same_everywhere() -> None:
    assert metadata.version("actanywhere") == actanywhere.__version__ == PROJECT["version"]
    assert f"## [{actanywhere.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_installed_package_holds_every_file_of_the_source_tree() -> None:
    ours = {p.relative_to(TREE) for p in TREE.rglob("*") if p.is_file() and p.suffix != ".pyc"}
    missing = {str(path) for path in ours if not (INSTALLED / path).is_file()}
    assert not missing, "reinstall: pip install ."


def test_the_starter_model_and_the_example_shot_come_with_the_package_and_are_small() -> None:
    model = [p for p in (INSTALLED / "models" / "starter").rglob("*") if p.is_file()]
    example = [p for p in (INSTALLED / "example").rglob("*") if p.is_file()]
    assert any(p.suffix == ".safetensors" for p in model)
    assert example
    sizes = {p: p.stat().st_size for p in model + example}
    assert max(sizes.values()) < 16 * MIB
    assert sum(sizes.values()) < 64 * MIB


@pytest.mark.parametrize(
    "command", [[str(Path(sys.executable).with_name("actanywhere"))], [sys.executable, "-m", "actanywhere"]]
)
def test_the_command_is_there_and_names_what_it_can_do(command: list[str]) -> None:
    done = subprocess.run([*command, "--help"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in ("demo", "render", "batch", "review", "doctor", "worker"):
        assert name in done.stdout


def test_the_licences_are_whole_and_the_credits_are_given() -> None:
    apache = (ROOT / "LICENSES" / "Apache-2.0.txt").read_text(encoding="utf-8")
    gpl = (ROOT / "LICENSES" / "GPL-3.0-or-later.txt").read_text(encoding="utf-8")
    assert (ROOT / "LICENSE").read_text(encoding="utf-8") == apache
    assert "END OF TERMS AND CONDITIONS" in apache
    assert "GNU GENERAL PUBLIC LICENSE" in gpl
    assert "Version 3, 29 June 2007" in gpl
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for credit in ("mango.blender.org", "www.bigbuckbunny.org", "Poly Haven", "licenses/by/3.0"):
        assert credit in notice

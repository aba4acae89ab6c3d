"""The zip that an artist unzips."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from tests.nuke.conftest import packer

TREE = Path(__file__).parents[2] / "core" / "actanywhere"


def test_the_same_sources_give_the_same_zip(tmp_path: Path) -> None:
    one, other = (packer().zip_nuke(tmp_path / name).read_bytes() for name in ("one.zip", "other.zip"))
    assert one == other


def test_the_zip_is_one_folder_with_all_that_an_artist_needs(tmp_path: Path) -> None:
    names = set(zipfile.ZipFile(packer().zip_nuke(tmp_path / "nuke.zip")).namelist())
    assert {name.split("/")[0] for name in names} == {"ActAnywhere"}
    files = (
        "init.py menu.py ActAnywhere.nk ActAnywhere.gizmo smoke.py actanywhere_render.py INSTALL.txt LICENSE"
    )
    assert {f"ActAnywhere/{name}" for name in files.split()} <= names
    for folder in ("contract", "hostkit"):
        carried = [path.relative_to(TREE).as_posix() for path in (TREE / folder).rglob("*.py")]
        assert carried and {f"ActAnywhere/actanywhere_nuke/{name}" for name in carried} <= names
    assert not [name for name in names if "__pycache__" in name or "test" in name.lower()]


def test_no_file_holds_a_path_of_somebodys_machine(packed: Path) -> None:
    texts = [path for path in packed.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(texts) > 30
    for path in texts:
        found = re.search(r"""["'(\s]/(?:root|home|work|Users|mnt)/""", path.read_text(encoding="utf-8"))
        assert not found, path.name


def test_nukes_files_use_forward_slashes_and_unix_lines(packed: Path) -> None:
    for name in ("ActAnywhere.nk", "ActAnywhere.gizmo"):
        data = (packed / name).read_bytes()
        assert b"\r" not in data and data.endswith(b"\n") and data.decode("ascii")

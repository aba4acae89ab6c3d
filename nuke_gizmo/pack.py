"""The folder that a Nuke artist unzips, from this one: what hosts carry of the core is nested in it.

``build_addon.py`` makes the zip with ``zip_nuke``; tests lay the same folder out with ``pack`` and import from that.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import List

__all__ = ["CARRIED", "FOLDER", "gizmo_of", "pack", "zip_nuke"]

HERE = Path(__file__).resolve().parent
CORE = HERE.parent / "core" / "actanywhere"

#: What the plug-in carries of the core, as it is: standard library alone, Python 3.7.
CARRIED = ("contract", "hostkit")
#: The folder in the zip; its parent may be called anything.
FOLDER = "ActAnywhere"

_FILES = ("init.py", "menu.py", "actanywhere_render.py", "ActAnywhere.nk", "INSTALL.txt")
_OPTIONAL = ("smoke.py",)
# A fixed moment, so that the same sources give the same zip to the byte.
_MOMENT = (2026, 1, 1, 0, 0, 0)


def pack(into: Path) -> Path:
    """Lay ``ActAnywhere/`` out in a folder and give its path; it must not be there yet."""
    root = into / FOLDER
    plugin, skipped = root / "actanywhere_nuke", shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(str(HERE / "actanywhere_nuke"), str(plugin), ignore=skipped)
    for name in CARRIED:
        shutil.copytree(str(CORE / name), str(plugin / name), ignore=skipped)
    for name in _FILES:
        shutil.copy(str(HERE / name), str(root / name))
    for name in _OPTIONAL:
        if (HERE / name).is_file():
            shutil.copy(str(HERE / name), str(root / name))
    shutil.copy(str(HERE.parent / "LICENSE"), str(root / "LICENSE"))
    gizmo = gizmo_of((HERE / "ActAnywhere.nk").read_text(encoding="utf-8"))
    (root / "ActAnywhere.gizmo").write_bytes(gizmo.encode("utf-8"))
    return root


def gizmo_of(group: str) -> str:
    """``ActAnywhere.gizmo``, the same node for studios that want their scripts to name a class, from the Group's text.

    A gizmo's list of takes is filled again when it is loaded: a script must not name a take that is not in it.
    """
    head, body = group.split("Group {\n", 1)
    version = head.split("version ", 1)[1].split("\n", 1)[0]
    body = body.replace(" name ActAnywhere1\n", "", 1).replace(" M {none}}", " +DO_NOT_WRITE M {none}}", 1)
    return "#! nuke -nx\nversion " + version + "\nGizmo {\n" + body


def zip_nuke(path: Path) -> Path:
    """Write the zip that an artist installs; the same sources give the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        root = pack(Path(folder))
        files: List[Path] = sorted(one for one in root.rglob("*") if one.is_file())
        with zipfile.ZipFile(str(path), "w", zipfile.ZIP_DEFLATED) as target:
            for one in files:
                entry = zipfile.ZipInfo(one.relative_to(folder).as_posix(), _MOMENT)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                target.writestr(entry, one.read_bytes())
    return path

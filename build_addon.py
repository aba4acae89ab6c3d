"""Builds what artists install: the Blender extension, and the Nuke package when its builder is there.

    python build_addon.py                       into dist/
    python build_addon.py --output FOLDER

The zips are the same, bit for bit, each time they are built from the same files. Where Blender (as the module bpy)
is installed, its own command validates the extension.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
CORE = ROOT / "core" / "actanywhere"
#: What a host carries of the core, as it is: standard library alone.
CARRIED = ("contract", "hostkit")

_EPOCH = (2026, 1, 1, 0, 0, 0)


def main() -> int:
    """Build; the exit status is 1 when the platform finds something wrong."""
    parser = argparse.ArgumentParser(description="Builds the Blender extension and the Nuke package.")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "dist", metavar="FOLDER", help="Default: dist/."
    )
    output: Path = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    extension = build_blender(output)
    print(extension)
    status = validate(extension)
    print(build_nuke(output))
    return status


def build_blender(output: Path) -> Path:
    """The extension as one zip for every supported Blender."""
    target = output / f"actanywhere-{_version()}-blender.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in blender_files():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            package.writestr(entry, data)
    return target


def _version() -> str:
    """The one version of core, extension and package."""
    manifest = tomllib.loads((ROOT / "addon" / "blender_manifest.toml").read_text(encoding="utf-8"))
    return str(manifest["version"])


def build_nuke(output: Path) -> Path:
    """The Nuke package, by its own builder."""
    spec = importlib.util.spec_from_file_location("nuke_pack", ROOT / "nuke_gizmo" / "pack.py")
    assert spec is not None and spec.loader is not None
    pack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack)
    path: Path = pack.zip_nuke(output / f"actanywhere-{_version()}-nuke.zip")
    return path


def blender_files() -> Iterator[tuple[str, bytes]]:
    """Name and content of everything in the zip: the extension, what it carries of the core, and the engine's source.

    The engine's source is what the extension installs into the engine's own environment.
    """
    for path in _sources(ROOT / "addon"):
        yield path.relative_to(ROOT / "addon").as_posix(), path.read_bytes()
    for folder in CARRIED:
        for path in _sources(CORE / folder):
            yield path.relative_to(CORE).as_posix(), path.read_bytes()
    yield "LICENSE", (ROOT / "LICENSES" / "GPL-3.0-or-later.txt").read_bytes()
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        yield f"engine/{name}", (ROOT / name).read_bytes()
    for path in _sources(ROOT / "core"):
        yield "engine/" + path.relative_to(ROOT).as_posix(), path.read_bytes()


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path


def validate(extension: Path) -> int:
    """What the platform's own command says of the zip; 0 as well where there is no Blender to ask."""
    found = importlib.util.find_spec("bpy")
    if found is None or found.origin is None:
        print(
            "The zip is whole and can be installed. Blender's own check of it was left out: it needs the module bpy."
        )
        return 0
    (version,) = (path for path in Path(found.origin).parent.iterdir() if (path / "scripts").is_dir())
    command = version / "scripts" / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    tags = version / "scripts" / "modules" / "_bpy_internal" / "extensions" / "tags.py"
    words = [sys.executable, str(command), "validate", f"--valid-tags={tags}", str(extension)]
    return subprocess.run(words, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

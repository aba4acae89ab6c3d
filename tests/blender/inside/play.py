"""Runs in Blender's own Python: installs the extension as a user does, plays scenes, writes down what was so.

    python play.py SCENES.py GIVEN.json FACTS.json

GIVEN has ``zip``, ``resources`` (a folder for Blender's preferences and extensions), ``engine`` (the interpreter
of the engine), ``work`` (a folder to write into) and ``footage`` (paths by name). SCENES.py has functions
that begin with ``scene_`` and take GIVEN; each starts from an empty file and returns what can be written
as JSON. FACTS gets them by name, or the traceback. Blender's Python has no pytest: the tests judge the facts.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

MODULE = "bl_ext.user_default.actanywhere"


def install(given: dict[str, Any]) -> None:
    """The zip, into a fresh user repository, enabled, and pointed to the engine."""
    import bpy

    bpy.ops.extensions.package_install_files(
        filepath=given["zip"], repo="user_default", enable_on_install=True
    )
    bpy.context.preferences.addons[MODULE].preferences.python = given["engine"]


def fresh() -> None:
    """An empty file, with preferences and extensions as they are."""
    import bpy

    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


def play(scenes: Path, given: dict[str, Any]) -> dict[str, Any]:
    """What every scene says, or how it fell."""
    spec = importlib.util.spec_from_file_location(scenes.stem, scenes)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    facts: dict[str, Any] = {}
    for name, scene in list(vars(module).items()):
        if not name.startswith("scene_"):
            continue
        try:
            fresh()
            facts[name[6:]] = {"facts": scene(given)}
        except BaseException:
            facts[name[6:]] = {"fell": traceback.format_exc()}
    return facts


def main(scenes: str, given_path: str, facts_path: str) -> int:
    """All scenes of one file. Blender ends hard: a leftover of ours must not hang or crash it at exit."""
    given = json.loads(Path(given_path).read_text(encoding="utf-8"))
    os.environ["BLENDER_USER_RESOURCES"] = given["resources"]
    sys.path.insert(0, str(Path(__file__).parent))
    if given.get("install", True):
        install(given)
    facts = play(Path(scenes), given)
    Path(facts_path).write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    code = 1
    try:
        code = main(*sys.argv[1:])
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

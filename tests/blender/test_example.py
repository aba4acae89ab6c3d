"""The example .blend is made by its script, and one click renders it."""

from __future__ import annotations

from pathlib import Path

from actanywhere.contract.takes import read_take
from tests.blender.conftest import ROOT, Blender


def test_the_example_renders_as_it_is_opened(blender: Blender, double: Path) -> None:
    script = str(ROOT / "examples" / "make_blend.py")
    said = blender.play("example", engine=str(double), script=script)["example"]
    assert len(said["relative"]) > 3, "clip, matte, picture, and the layer's image node"
    assert all(path.startswith("//") for path in said["relative"]), said["relative"]
    assert said["warned"] == []
    assert said["size"] < 5e6
    take = read_take(said["take"])
    assert take.state == "finished" and take.frames_done == [1001, 1002]

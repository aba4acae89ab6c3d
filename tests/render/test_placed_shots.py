"""Real shots whose ground, sky and things were roughly marked by hand: where the actor stands, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from actanywhere.contract.job import Job
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, FrameRange, ImageSequence, Matte, Shot
from actanywhere.engines.protocol import Watch
from actanywhere.render.preflight import open_inputs
from actanywhere.render.scene import Scene, read_scene
from actanywhere.seeing.protocol import RegionMap
from actanywhere.seeing.readers import Readers
from tests.seeing.staged import marked

SHOTS = Path(__file__).resolve().parents[3] / "shared" / "shots"


def seen(name: str, plate: str, condition: RegionMap, frames: str, shadow: str, tmp_path: Path) -> Scene:
    """The scene of a shot whose condition's regions are known."""
    if not (SHOTS / name).is_dir():
        pytest.skip(f"the shot {name} is not here")
    matte = next((SHOTS / name / "matte").iterdir()).name
    shot = Shot(
        name,
        ImageSequence(str(SHOTS / name / plate)),
        Matte(str(SHOTS / name / "matte" / f"{matte.rsplit('.', 2)[0]}.####.png")),
        Condition(str(SHOTS / name / "condition.png"), kind="background"),
        FrameRange.parse(frames),
    )
    readers = Readers({})
    settings = Settings(camera="still", shadow=shadow)
    with open_inputs(Job(shot, str(tmp_path / "out"), settings)) as inputs:
        place = inputs.condition.pixels
        readers.regions_of = lambda picture: condition if picture is place else None  # type: ignore[method-assign]
        return read_scene(inputs, Watch(), readers)


def test_a_kite_flyer_comes_down_from_the_bench_onto_the_grass(tmp_path: Path) -> None:
    park = marked(
        (1041, 1499),
        "foliage",
        ("sky", [(0, 0), (1, 0), (1, 0.27), (0, 0.3)]),
        ("ground", [(0, 0.88), (1, 0.88), (1, 1), (0, 1)]),
        ("thing", [(0.19, 0.47), (0.8, 0.47), (0.81, 0.95), (0.73, 0.82), (0.26, 0.82), (0.19, 0.95)]),
    )
    scene = seen("kite_walk", "plate/kite_walk.####.jpg", park, "1050-1056", "none", tmp_path)
    assert -0.2 <= scene.placement.value.y <= -0.1 and scene.placement.value.scale == 1
    assert "feet stand on its ground" in scene.placement.reason


def test_who_hangs_in_the_sky_is_left_there_without_a_shadow_and_told(tmp_path: Path) -> None:
    sky = marked((256, 256), "sky", ("upright", [(0, 0.79), (1, 0.8), (1, 1), (0, 1)]))
    scene = seen("man_ballon", "plate.mp4", sky, "1001-1016", "auto", tmp_path)
    assert not scene.placement.value.moved
    assert any("hang in the air" in one for one in scene.warnings)
    assert scene.shadow.value is None and "over the sky of the condition picture" in scene.shadow.reason

"""A model that says it is too small to invent places and moves is given both before it paints."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.models.manifest import write_manifest
from actanywhere.render.preflight import open_inputs
from tests.render.stage import HEIGHT, WIDTH, background_of, render, stage_shot


@pytest.fixture(scope="module")
def assisted(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network with ``assisted`` in its model.json."""
    folder = tmp_path_factory.mktemp("assisted") / "model"
    shutil.copytree(model, folder)
    facts = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**facts, "assisted": True}))
    write_manifest(folder)
    return folder


def sharpness(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture, axis=1)).mean() / (picture.mean() + 1e-3))


def test_where_the_camera_leaves_the_picture_the_place_goes_on_as_sharp_as_it_was(
    tmp_path: Path, model: Path, assisted: Path
) -> None:
    shot = stage_shot(tmp_path / "pan", pan=(-10.0, 0.0))
    border = {}
    for name, folder in (("bare", model), ("assisted", assisted)):
        job = shot.job(folder, name, camera="plate", band=0.02, anchor=1001)
        render(job)
        border[name] = background_of(Path(job.output) / "shot_generated_bg.1006.exr")[:, -36:-4]
    assert border["assisted"].shape == (HEIGHT, 32, 3)
    inside = background_of(tmp_path / "pan" / "assisted" / "shot_generated_bg.1006.exr")[:, : WIDTH // 3]
    assert sharpness(border["bare"]) < 0.5 * sharpness(inside)
    assert sharpness(border["assisted"]) > 0.7 * sharpness(inside)


def test_a_subjects_camera_is_led_by_what_the_actor_tells_and_says_so(tmp_path: Path, assisted: Path) -> None:
    shot = stage_shot(tmp_path / "subject")
    job = shot.job(assisted, camera="subject")
    result = render(job)
    assert result.camera == "subject"
    assert "stands on" in result.decided("camera").reason or "drift" in result.decided("camera").reason
    assert result.decided("shutter").reason.startswith("the place moves by the actor, and not as the plate's")
    frames = [background_of(Path(job.output) / f"shot_generated_bg.{n}.exr") for n in (1001, 1006)]
    assert all(sharpness(frame[4:20, 50:90]) > 0.01 for frame in frames)
    assert np.abs(frames[0] - frames[1]).mean() > 1e-4


def test_shading_says_how_strongly_what_is_painted_shows_and_the_model_recommends_it(
    tmp_path: Path, assisted: Path
) -> None:
    shot = stage_shot(tmp_path / "shading")
    calm = tmp_path / "calm"
    shutil.copytree(assisted, calm)
    facts = json.loads((calm / "model.json").read_text())
    (calm / "model.json").write_text(json.dumps({**facts, "shading": 0.0}))
    write_manifest(calm)

    def painted(folder: Path, name: str, shading: float | None) -> np.ndarray:
        job = shot.job(folder, name, camera="plate", shading=shading)
        render(job)
        return background_of(Path(job.output) / "shot_generated_bg.1003.exr")

    none, half, full, double = (
        painted(assisted, f"at_{shading}", shading) for shading in (0.0, 0.5, 1.0, 2.0)
    )
    change = [float(np.abs(one - none).mean()) for one in (half, full, double)]
    assert 0 < change[0] < change[1] < change[2]
    np.testing.assert_array_equal(painted(calm, "calm", None), none)
    np.testing.assert_array_equal(painted(calm, "calm_but", 1.0), full)


def test_a_shading_over_no_moved_picture_is_warned_of(tmp_path: Path, model: Path, assisted: Path) -> None:
    shot = stage_shot(tmp_path / "bare")

    def warned(folder: Path, camera: str, shading: float | None) -> bool:
        job = shot.job(folder, f"{folder.parent.name}_{camera}_{shading}", camera=camera, shading=shading)
        return any("blurred colours" in warning for warning in render(job).warnings)

    assert warned(model, "subject", 0.0)
    assert not warned(model, "subject", 1.0) and not warned(model, "subject", None)
    assert not warned(model, "still", 0.0) and not warned(assisted, "subject", 0.0)


def test_a_preview_that_is_no_cheaper_is_told(tmp_path: Path, model: Path) -> None:
    job = stage_shot(tmp_path / "shot").job(model, preview=True)

    def told(**settings: object) -> bool:
        with open_inputs(replace(job, settings=replace(job.settings, **settings))) as inputs:
            return any("no cheaper take" in warning for warning in inputs.warnings)

    assert not told() and told(steps=1) and not told(steps=1, preview=False)

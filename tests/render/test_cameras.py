"""Who leads the camera, as it is seen in the layer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.camera.widened import Wider
from actanywhere.contract.job import Job
from actanywhere.contract.shot import Condition
from actanywhere.engines.protocol import Watch
from actanywhere.render.preflight import open_inputs
from actanywhere.render.scene import read_scene
from actanywhere.seeing.readers import Readers
from tests.footage.pictures import write_still
from tests.render.stage import (
    HEIGHT,
    WIDTH,
    Staged,
    background_of,
    render,
    stage_shot,
    texture,
    tiny_model,
    write_matte,
    write_plate,
)

PAN = (2.0, 0.0)
ACTOR = (12.0, 52.0, 7.0)  # away from where motion is measured


@pytest.fixture
def panned(tmp_path: Path) -> Staged:
    """Six frames whose background moves two pixels to the right a frame."""
    # Smooth, so that the tiny model's coarse autoencoder does not break it into blocks.
    place = texture(np.random.default_rng(21), 128, 192, 16.0)
    return stage_shot(tmp_path / "pan", pan=PAN, condition=place, actor=ACTOR)


def motion(job: Job, first: int, last: int) -> tuple[int, int]:
    """Whole pixels (x, y) by which most of the layer's background moves from one frame to the other."""
    before, after = (
        np.log(background_of(Path(job.output) / f"shot_generated_bg.{frame}.exr").mean(axis=2) + 0.02)
        for frame in (first, last)
    )
    reach = 9
    middle = before[reach:-reach, reach:-reach]

    def apart(shift: tuple[int, int]) -> float:
        x, y = shift
        there = after[reach + y : after.shape[0] - reach + y, reach + x : after.shape[1] - reach + x]
        return float(np.median(np.abs(there - middle)))

    return min(((x, y) for x in range(-reach, reach + 1) for y in range(-reach, reach + 1)), key=apart)


def test_the_layer_follows_the_plates_camera(panned: Staged, model: Path) -> None:
    job = panned.job(model, camera="plate", band=0.02)
    result = render(job)
    assert result.camera == "plate" and "features on the background" in result.decided("camera").reason
    assert motion(job, 1002, 1005) == (6, 0)


def test_a_still_camera_does_not_move_though_the_plate_does(panned: Staged, model: Path) -> None:
    job = panned.job(model, camera="still", band=0.02)
    assert render(job).camera == "still"
    assert motion(job, 1002, 1005) == (0, 0)


def test_auto_takes_the_plate_where_its_background_can_be_tracked_and_says_why(
    panned: Staged, model: Path
) -> None:
    result = render(panned.job(model, camera="auto"))
    assert result.camera == "plate"
    assert (
        "features on the background" in result.decided("camera").reason
        and "agree" in result.decided("camera").reason
    )


@pytest.mark.parametrize("screen", [(0.5, 0.5, 0.5), (0.1, 0.7, 0.2)])
def test_auto_leaves_the_camera_to_the_network_on_a_grey_or_green_screen(
    tmp_path: Path, model: Path, screen: tuple[float, float, float]
) -> None:
    flat = np.full((HEIGHT + 96, WIDTH + 96, 3), screen, np.float32)
    result = render(stage_shot(tmp_path / "screen", background=flat).job(model, camera="auto"))
    assert result.camera == "subject"
    assert "flat" in result.decided("camera").reason


def test_the_condition_fits_the_frame_at_the_anchor(panned: Staged, model: Path) -> None:
    places = {}
    for anchor in (1001, 1006):
        job = panned.job(model, f"anchor{anchor}", camera="plate", band=0.02, anchor=anchor)
        render(job)
        places[anchor] = background_of(Path(job.output) / f"shot_generated_bg.{anchor}.exr")[6:42, 30:90]
    still = panned.job(model, "still", camera="still", band=0.02)
    render(still)
    fits = background_of(Path(still.output) / "shot_generated_bg.1001.exr")[6:42, 30:90]
    for place in places.values():
        assert np.median(np.abs(place - fits) / (fits + 0.02)) < 0.05


def composite_shot(tmp_path: Path, pan: float = 0.0) -> Staged:
    """A shot whose condition shows the actor of frame 1003 in another place, 12 pixels further right."""
    shot = stage_shot(tmp_path / "composite", kind="png", actor=(40.0, 34.0, 15.0), pan=(pan, 0.0))
    place = texture(np.random.default_rng(33), HEIGHT, WIDTH, 6.0)
    matte = np.roll(shot.mattes[1003], 12, axis=1)[..., None]
    painted = np.float32(place + matte * (np.roll(shot.plates[1003], 12, axis=1) - place))
    write_still(shot.folder / "place.png", painted, "uint16")
    condition = Condition(str(shot.folder / "place.png"))
    return replace(shot, shot=replace(shot.shot, condition=condition))


def test_an_actor_painted_into_the_condition_is_found_and_not_used_twice(tmp_path: Path, model: Path) -> None:
    from actanywhere.engines.protocol import Watch
    from actanywhere.render.conditioning import condition_frame
    from actanywhere.render.preflight import open_inputs
    from actanywhere.render.scene import read_scene

    shot = composite_shot(tmp_path)
    job = shot.job(model)
    warnings = render(job).warnings
    found = [warning for warning in warnings if "painted into the condition" in warning]
    assert found and "frame 1003" in found[0]
    with open_inputs(job) as inputs:
        scene = read_scene(inputs, Watch())
        # What is unknown in frame 1001 reaches from its own actor to the right, over the painted one.
        seen = condition_frame(scene, job.settings, 0).seen
    columns = np.linspace(0, WIDTH, seen.shape[1], endpoint=False)
    middle = seen[round(34 / HEIGHT * seen.shape[0])]
    assert (middle[(columns > 26) & (columns < 67)] == 0).all()
    assert middle[columns > 74].all() and middle[columns < 14].all()


def test_who_a_picture_was_finished_around_stays_on_their_place_and_with_an_anchor_all_does(
    tmp_path: Path,
) -> None:
    shot = composite_shot(tmp_path, pan=-4.0)

    def widened(staged: Staged, anchor: int | None) -> Wider:
        with open_inputs(staged.job("starter", camera="plate", anchor=anchor)) as inputs:
            return read_scene(inputs, Watch(), Readers({})).placement.value.wider

    found = widened(shot, None)
    assert found and found.stretch <= 1.5
    theirs = np.arange(38, 67) / WIDTH  # a disc of 15 about column 52
    np.testing.assert_array_equal(found.across(theirs), theirs)
    plain = replace(shot.shot, condition=replace(shot.shot.condition, kind="background"))
    assert not widened(replace(shot, shot=plain), 1003)


def test_a_background_condition_is_not_searched_for_the_actor(tmp_path: Path, model: Path) -> None:
    shot = composite_shot(tmp_path)
    condition = replace(shot.shot.condition, kind="background")
    shot = replace(shot, shot=replace(shot.shot, condition=condition))
    assert not any("painted into" in warning for warning in render(shot.job(model)).warnings)


def test_a_plates_camera_that_cannot_be_relied_on_is_warned_of(tmp_path: Path, model: Path) -> None:
    flat = np.full((HEIGHT + 96, WIDTH + 96, 3), 0.5, np.float32)
    result = render(stage_shot(tmp_path / "flat", background=flat).job(model, camera="plate"))
    assert result.camera == "plate"
    assert any("cannot be relied on" in warning and "flat" in warning for warning in result.warnings)


def test_a_shot_too_long_to_be_solved_unasked_is_rendered_with_the_plates_camera(
    panned: Staged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a stand-in for 400 frames: what is not planned as a stage must not be told either."""
    monkeypatch.setattr("actanywhere.render.camera._LONGEST", 5)
    result = render(panned.job(tiny_model(), camera="auto"))
    (camera,) = [one for one in result.decisions if one.name == "camera"]
    assert "6 frames are solved only if --camera 3d asks for it" in camera.reason
    assert "solving the camera" not in result.seconds


def test_auto_tells_a_background_that_cannot_be_followed_but_neither_a_screen_nor_who_asks_for_it(
    tmp_path: Path, model: Path
) -> None:
    shot = stage_shot(tmp_path / "torn", actor=ACTOR)
    rng = np.random.default_rng(5)
    for path in sorted(shot.folder.glob("plate.*.exr")):  # every frame shows another place
        write_plate(path, texture(rng, HEIGHT, WIDTH))
    told = render(shot.job(model, camera="auto"))
    assert told.camera == "subject"
    assert any("cannot be followed" in one and "--track" in one for one in told.warnings)
    asked = render(shot.job(model, "asked", camera="subject"))
    flat = np.full((HEIGHT + 96, WIDTH + 96, 3), 0.5, np.float32)
    screen = render(stage_shot(tmp_path / "screen", background=flat).job(model, camera="auto"))
    assert not any("cannot be followed" in one for one in (*asked.warnings, *screen.warnings))


def test_a_place_stands_still_where_neither_background_nor_feet_tell_how_the_camera_moves(
    tmp_path: Path,
) -> None:
    shot = stage_shot(tmp_path / "torn", actor=ACTOR)
    rng = np.random.default_rng(5)
    cut = (np.arange(HEIGHT) > 20)[:, None] & (np.abs(np.arange(WIDTH) - 40) < 9)
    for index in range(6):  # every frame shows another place, and the border cuts the actor off
        write_plate(shot.folder / f"plate.{1001 + index}.exr", texture(rng, HEIGHT, WIDTH))
        write_matte(shot.folder / f"matte.{1001 + index}.png", cut.astype(np.float32))
    with open_inputs(shot.job("starter", camera="auto")) as inputs:
        scene = read_scene(inputs, Watch(), Readers({}))
    assert scene.camera.value == "still" and scene.place is not None and scene.place.backdrop is not None
    assert any("no feet on the ground tell" in one and "--track" in one for one in scene.camera.warnings)
    assert np.array_equal(scene.place.backdrop.track.transforms[3], np.eye(3))

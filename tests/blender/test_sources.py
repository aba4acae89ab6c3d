"""Whatever an artist chooses in Blender as plate, matte and condition, the engine reads just that."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.job import Job
from actanywhere.contract.shot import Matte
from actanywhere.footage import linearise, open_matte, open_shot, read_condition, read_still_matte, to_display
from actanywhere.footage.spaces import find_space
from tests.blender import stage
from tests.blender.conftest import Blender, Facts
from tests.golden.hosts import check_golden

ALL = list(stage.FRAMES)
WALLS = {"actor": (0.75, 0.25, 0.125), "back": (0.125, 0.375, 0.5)}


@pytest.fixture(scope="module")
def facts(blender: Blender, double: Path) -> Facts:
    return blender.play("sources", timeout=600, engine=str(double))


def job_of(said: dict[str, Any]) -> Job:
    assert said["said"] == ["FINISHED"], said
    return Job.from_json(Path(said["take"], "job.json").read_text(encoding="utf-8"))


def read(said: dict[str, Any]) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Plate and matte by frame, as the engine reads them."""
    plate, matte = open_shot(job_of(said).shot)
    with plate:
        frames = list(plate.frames)
        return {f: plate.read(f).pixels for f in frames}, {f: matte.read(f) for f in frames}


def assert_same(found: np.ndarray, wanted: np.ndarray, within: float) -> None:
    assert found.shape == wanted.shape
    worst = np.abs(found - wanted).max()
    assert worst <= within, f"differs by up to {worst:.4f} in {(found != wanted).sum()} values"


GOLDEN = (
    "plate_clip",
    "plate_movie_clip",
    "plate_strip",
    "plate_scene",
    "matte_mask_tracked",
    "matte_channel",
    "alive_mask",
    "condition_mask",
    "condition_painted",
    "camera_solved",
)


@pytest.mark.parametrize("scene", GOLDEN)
def test_the_job_of_a_scene_is_the_golden_one_in_every_blender(
    facts: Facts, scene: str, footage: dict[str, str]
) -> None:
    take = Path(facts[scene]["take"])
    folders = {"TAKES": str(take.parents[1]), "FOOTAGE": os.path.commonpath(list(footage.values()))}
    job = json.loads((take / "job.json").read_text(encoding="utf-8"))
    check_golden("blender/" + scene, job, folders)


# (scene, job frame -> frame of the stage that it shows)
PLATES: list[tuple[str, dict[int, int]]] = [
    ("plate_clip", {f: f for f in ALL}),
    ("plate_clip_later", {f: f for f in (1003, 1004, 1005)}),
    ("plate_files", {f: f for f in ALL}),
    ("plate_files_scene_range", {f: f for f in (1002, 1003, 1004)}),
    ("plate_strip", {f: f for f in (1002, 1003, 1004, 1005)}),
    ("plate_active_clip", {f: f for f in ALL}),
    ("plate_strip_of_the_sequencers_scene", {f: f for f in ALL}),
]
MOVIES: list[tuple[str, dict[int, int]]] = [
    ("plate_movie_clip", {f - 1000: f for f in ALL}),
    ("plate_strip_movie", {f - 991: f for f in ALL[2:]}),
]


@pytest.mark.parametrize(("scene", "numbers"), PLATES, ids=[scene for scene, _ in PLATES])
def test_the_plate_is_read_in_its_own_frames(facts: Facts, scene: str, numbers: dict[int, int]) -> None:
    plates, mattes = read(facts[scene])
    assert list(plates) == list(numbers)
    for frame, shown in numbers.items():
        assert_same(plates[frame], stage.plate(shown), 0.002)
        assert_same(mattes[frame], stage.matte(shown), 0.002)


@pytest.mark.parametrize(("scene", "numbers"), MOVIES, ids=[scene for scene, _ in MOVIES])
def test_a_movie_is_read_in_the_scenes_frames(facts: Facts, scene: str, numbers: dict[int, int]) -> None:
    """A movie's chroma is stored at half size: it is the frame's own picture, near enough."""
    plates, mattes = read(facts[scene])
    assert list(plates) == list(numbers)
    for frame, shown in numbers.items():
        away = {f: float(np.abs(plates[frame] - stage.plate(f)).mean()) for f in ALL}
        assert min(away, key=lambda f: away[f]) == shown and away[shown] < 0.04, away
        assert_same(mattes[frame], stage.matte(shown), 0.002)


# Looks, and spaces that the ACES studio configuration has no name for.
UNKNOWN = (
    "AgX", "Filmic", "Khronos", "ACES 1.3", "ACES 2.0", "Rec.2020", "Linear CIE-XYZ", "Linear FilmLight",
    "Linear Apple", "Apple Log 2",
)  # fmt: skip


def test_every_colour_space_that_blender_offers_is_the_engines_or_refused_by_name(facts: Facts) -> None:
    names = facts["colour_names"]
    assert names["Non-Color"] == "auto" and names["sRGB"] == "srgb" and names["ACES2065-1"] == "aces2065-1"
    assert names.get("scene_linear", "linear-rec709") == "linear-rec709"
    for theirs, ours in names.items():
        if theirs.startswith(UNKNOWN):
            with pytest.raises(FootageError, match=re.escape(theirs)):
                find_space(ours)
        elif ours != "auto":
            find_space(ours)


@pytest.mark.parametrize(
    ("theirs", "curve"),
    [("Rec.1886", lambda v: v**2.4), ("Display P3", lambda v: ((v + 0.055) / 1.055) ** 2.4)],
)
def test_a_display_space_of_blenders_is_decoded_by_its_own_curve(
    facts: Facts, theirs: str, curve: Any
) -> None:
    grey = np.full((1, 1, 3), 0.5, np.float32)
    assert np.allclose(linearise(grey, find_space(facts["colour_names"][theirs])), curve(0.5), atol=1e-4)


def test_a_strip_that_the_sequencer_changes_is_read_as_it_is_shown(facts: Facts) -> None:
    plates, _ = read(facts["plate_strip_flipped"])
    assert list(plates) == [1, 2, 3, 4, 5, 6]
    for frame, pixels in plates.items():
        assert_same(pixels, linearise(stage.plate(frame + 1000), "srgb")[:, ::-1], 0.01)


def test_the_strip_comes_back_into_the_scene_that_the_sequencer_shows(facts: Facts) -> None:
    name = "plate_strip_of_the_sequencers_scene"
    assert facts[name]["strips"] == ["plate", name + " background"]


def test_the_scenes_own_render_is_a_plate_in_scene_linear_light(facts: Facts) -> None:
    plates, _ = read(facts["plate_scene"])
    assert list(plates) == [1, 2, 3, 4, 5, 6]
    for frame, pixels in plates.items():
        cover = stage.matte(frame + 1000)[..., None]
        wanted = cover * np.float32(WALLS["actor"]) + (1 - cover) * np.float32(WALLS["back"])
        assert_same(pixels, wanted, 0.002)


EXACT = {
    "matte_mask_animated": ALL,
    "matte_alpha": ALL,
    "matte_channel": ALL,
    "matte_files_channel": ALL,
    "matte_cryptomatte": [1, 2],
}


@pytest.mark.parametrize("scene", EXACT)
def test_the_matte_is_the_actors_box_to_the_pixel(facts: Facts, scene: str) -> None:
    _, mattes = read(facts[scene])
    assert list(mattes) == EXACT[scene]
    for frame, pixels in mattes.items():
        assert_same(pixels, stage.matte(frame if frame > 1000 else frame + 1000), 0.01)


@pytest.mark.parametrize("scene", ["matte_object_index", "matte_material_index"])
def test_an_index_matte_is_the_box_with_its_edge_smoothed(facts: Facts, scene: str) -> None:
    _, mattes = read(facts[scene])
    assert list(mattes) == [1, 2]
    for frame, pixels in mattes.items():
        wanted = stage.matte(frame + 1000)
        assert np.array_equal(pixels > 0.5, wanted > 0.5)
        assert_same(pixels, wanted, 0.2)
        assert np.count_nonzero(pixels != wanted) < 150


def test_a_tracked_mask_follows_its_track_within_a_pixel(facts: Facts) -> None:
    _, mattes = read(facts["matte_mask_tracked"])
    assert list(mattes) == ALL
    for frame, pixels in mattes.items():
        left, top, right, bottom = stage.box(frame)
        assert pixels[top + 1 : bottom - 1, left + 1 : right - 1].min() > 0.99
        outside = pixels.copy()
        outside[top - 1 : bottom + 1, left - 1 : right + 1] = 0
        assert outside.max() < 0.01


def test_a_feather_stays_soft(facts: Facts) -> None:
    _, mattes = read(facts["matte_mask_feathered"])
    assert list(mattes) == [1001, 1002]
    left, top, right, bottom = stage.box(1001)
    pixels = mattes[1001]
    assert pixels[top:bottom, left:right].min() > 0.99
    assert pixels[0, -1] < 0.2
    assert np.count_nonzero((pixels > 0.1) & (pixels < 0.9)) > 500


def test_a_matte_clip_meets_the_plate_where_the_scene_shows_both(facts: Facts) -> None:
    said = facts["matte_clip"]
    _, mattes = read(said)
    assert list(mattes) == [1003, 1004, 1005]
    for frame, pixels in mattes.items():
        assert_same(pixels, stage.matte(frame - 2), 0.002)


def test_a_keying_node_gives_the_actor(facts: Facts) -> None:
    _, mattes = read(facts["matte_node"])
    assert list(mattes) == ALL
    for frame, pixels in mattes.items():
        assert_same(pixels, stage.matte(frame), 0.02)


def test_a_mask_of_what_is_alive_is_drawn_beside_the_matte(facts: Facts) -> None:
    job = job_of(facts["alive_mask"])
    plate, matte = open_shot(job.shot)
    alive = open_matte(Matte(job.settings.alive), plate)
    for frame in ALL:
        assert_same(alive.read(frame), stage.matte(frame), 0.01)
        assert_same(matte.read(frame), stage.matte(1001), 0.01)


def test_a_mask_over_the_picture_of_the_place_says_who_else_is_in_it(facts: Facts) -> None:
    condition = job_of(facts["condition_mask"]).shot.condition
    twice = stage.matte(1003).repeat(2, axis=0).repeat(2, axis=1)  # the place is twice as large as the plate
    assert_same(read_still_matte(condition.matte, condition), twice, 0.01)
    assert "nobody" not in facts["condition_mask"]["notes"]
    said = facts["condition_movie_mask"]
    condition = job_of(said).shot.condition
    assert_same(read_still_matte(condition.matte, condition), stage.matte(1003), 0.01)
    assert "'nothing yet' has no spline" in said["refused"]


def test_nobody_found_in_a_composite_is_told_in_the_words_of_the_panel(facts: Facts) -> None:
    notes = facts["condition_packed"]["notes"]
    assert "said to be a composite" in notes and "whoever is in the picture stays" in notes
    assert "'Condition Box'" in notes and "'Scribble'" in notes and "'Mask of the Picture'" in notes
    assert "'Get the Networks'" in notes and "--" not in notes


def test_a_picture_is_the_condition_as_it_is(facts: Facts) -> None:
    condition = job_of(facts["plate_clip"]).shot.condition
    assert_same(read_condition(condition).pixels, stage.place(), 0.003)


def test_the_current_frame_of_another_clip_is_the_condition(facts: Facts) -> None:
    condition = job_of(facts["condition_clip"]).shot.condition
    assert_same(read_condition(condition).pixels, stage.green(1003), 0.01)


def test_the_current_frame_of_a_movie_is_the_condition(facts: Facts) -> None:
    picture = read_condition(job_of(facts["condition_movie"]).shot.condition).pixels
    away = {frame: float(np.abs(picture - stage.plate(frame)).mean()) for frame in ALL}
    assert min(away, key=lambda frame: away[frame]) == 1003 and away[1003] < 0.04, away


@pytest.mark.parametrize("scene", ["condition_painted", "condition_packed"])
def test_a_picture_without_a_file_is_the_condition_as_it_is_shown(facts: Facts, scene: str) -> None:
    assert_same(read_condition(job_of(facts[scene]).shot.condition).pixels, stage.place(), 0.005)
    assert facts[scene].get("scenes", 1) == 1, "a scene of ours was left in the file"


def test_what_the_camera_sees_is_the_condition(facts: Facts) -> None:
    condition = job_of(facts["condition_camera"]).shot.condition
    picture = read_condition(condition).pixels
    assert picture.shape == (stage.HEIGHT, stage.WIDTH, 3)
    cover = stage.matte(1001)
    for name, part in (("actor", cover > 0), ("back", cover == 0)):
        flat = picture[part]
        assert np.ptp(flat, axis=0).max() < 0.01, name
        space = "linear-rec709" if condition.path.endswith(".exr") else "srgb"
        light = np.float32([[WALLS[name]]])
        curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
        wanted = to_display(light, space) if space != "srgb" else curve
        assert_same(flat[0], wanted[0, 0].astype(np.float32), 0.02)


def test_a_stabilisation_is_handed_on_as_the_tracked_camera(facts: Facts) -> None:
    job = job_of(facts["camera_stabilised"])
    assert job.settings.camera == "tracked"
    track = json.loads(Path(job.shot.track).read_text(encoding="utf-8"))
    assert (track["width"], track["height"]) == (stage.WIDTH, stage.HEIGHT)
    assert sorted(map(int, track["transforms"])) == ALL
    moves = {int(f): np.float64(m).reshape(3, 3) for f, m in track["transforms"].items()}
    for frame in ALL:
        step = moves[frame] @ np.linalg.inv(moves[ALL[0]])
        number = frame - ALL[0]
        point = step @ np.float64([48, 32, 1])
        assert point[:2] / point[2] == pytest.approx([48 - 2 * number, 32 - number], abs=0.05)


def test_a_solved_camera_is_handed_on_as_the_tracked_camera(facts: Facts) -> None:
    said = facts["camera_solved"]
    assert said["valid"]
    track = json.loads(Path(job_of(said).shot.track).read_text(encoding="utf-8"))
    moves = {int(f): np.float64(m).reshape(3, 3) for f, m in track["transforms"].items()}
    assert sorted(moves) == ALL
    first = np.column_stack([np.float64(said["seen"]["1001"]), np.ones(12)])
    for frame in ALL:
        moved = first @ (moves[frame] @ np.linalg.inv(moves[1001])).T
        away = moved[:, :2] / moved[:, 2:] - np.float64(said["seen"][str(frame)])
        assert np.abs(away).max() < 0.2, frame
    across = np.float64(said["seen"]["1006"]) - np.float64(said["seen"]["1001"])
    assert np.abs(across).max() > 9, "the camera does turn"


def test_the_scene_s_camera_is_handed_on_as_the_tracked_camera_in_3_d(facts: Facts) -> None:
    job = job_of(facts["camera_of_the_scene"])
    assert job.settings.camera == "tracked"
    cameras = json.loads(Path(job.shot.track).read_text(encoding="utf-8"))
    assert cameras["kind"] == "cameras" and cameras["height"] == stage.HEIGHT
    for number, frame in enumerate(ALL):
        # Blender's y is away, which is -z where y is up; 54 mm on 36 mm: one and a half widths of the plate.
        wanted = [1, 0, 0, 0.1 * number, 0, 1, 0, 1.6, 0, 0, 1, 0, 0, 0, 0, 1]
        assert cameras["frames"][str(frame)]["matrix"] == pytest.approx(wanted, abs=1e-5)
        assert cameras["frames"][str(frame)]["focal_pixels"] == pytest.approx(1.5 * stage.WIDTH)


def test_every_scene_was_judged(facts: Facts) -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert len(facts) >= 20
    for name in facts:
        assert f'"{name}"' in source, name

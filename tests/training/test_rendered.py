"""Clips that Cycles rendered: read as truth, drawn for training."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.camera.fit import to_pixels
from actanywhere.contract.errors import FootageError
from actanywhere.training.datasets import RenderedClips, TrainingClip
from actanywhere.training.sources import Sources
from examples.cycles_clips import cameras, gait
from examples.cycles_clips.plan import HELD_OUT_PANORAMA, draw_plans
from tests.blender.environments import VERSIONS, python_of

ROOT = Path(__file__).resolve().parents[2]
CLIPS = ROOT / "tests" / "data" / "rendered"


@pytest.fixture(scope="module")
def clips() -> RenderedClips:
    return RenderedClips(CLIPS)


@pytest.fixture(scope="module", params=[path.parent.name for path in sorted(CLIPS.glob("*/clip.json"))])
def clip(clips: RenderedClips, request: pytest.FixtureRequest) -> TrainingClip:
    return clips.read(request.param, 256, 256)


def _mismatch(clip: TrainingClip, frame: int, rows: slice) -> tuple[float, float]:
    """How far the first background, moved by the camera, is from this frame's in these rows; and how far it is
    when left still.
    """
    height, width = clip.background.shape[1:3]
    onto_pixels = to_pixels(height, width, width / height)
    matrix = onto_pixels @ clip.transforms[frame] @ np.linalg.inv(onto_pixels)
    moved = cv2.warpPerspective(clip.background[0], matrix, (width, height)).astype(float)
    seen = cv2.warpPerspective(np.ones((height, width), np.uint8), matrix, (width, height)) > 0
    seen = seen[rows]
    there = clip.background[frame].astype(float)
    moved_by, still_by = (
        np.abs(picture - there)[rows][seen].mean() for picture in (moved, clip.background[0])
    )
    return float(moved_by), float(still_by)


def test_a_clip_is_the_same_with_and_without_the_actor_where_the_actor_changes_nothing(
    clip: TrainingClip,
) -> None:
    untouched = (clip.matte == 0) & (clip.effect == 0)
    assert 0.3 < untouched.mean() < 0.99
    assert np.array_equal(clip.rgb[untouched], clip.background[untouched])


def test_the_actor_is_there_and_casts_a_shadow_in_every_frame(clip: TrainingClip) -> None:
    inside, around = clip.matte > 0.9, (clip.effect > 0.1) & (clip.matte < 0.05)
    change = np.abs(clip.rgb.astype(float) - clip.background).mean(-1)
    for frame in range(len(clip.rgb)):
        assert inside[frame].mean() > 0.01 and change[frame][inside[frame]].mean() > 15
        assert around[frame].mean() > 0.0005 and change[frame][around[frame]].mean() > 4


@pytest.mark.parametrize("name", [path.parent.name for path in sorted(CLIPS.glob("*/clip.json"))])
def test_the_camera_moves_the_main_plane_onto_itself(clips: RenderedClips, name: str) -> None:
    clip, main = clips.read(name, 256, 256), json.loads((CLIPS / name / "clip.json").read_text())["main"]
    assert np.allclose(clip.transforms[0], np.eye(3))
    rows = slice(170, 256) if main == "floor" else slice(0, 86)
    moved, still = _mismatch(clip, len(clip.rgb) - 1, rows)
    assert moved < 0.25 * still


def test_drawn_clips_keep_their_truth_whatever_the_crop(clips: RenderedClips) -> None:
    found = []
    for seed in range(8):
        drawn = clips.draw(np.random.default_rng(seed), 6, 96, 168)
        assert drawn.rgb.shape == drawn.background.shape == (6, 96, 168, 3) and drawn.rgb.dtype == np.uint8
        assert drawn.matte.shape == drawn.effect.shape == (6, 96, 168) and drawn.matte.max() > 0.9
        untouched = (drawn.matte == 0) & (drawn.effect == 0)
        assert np.array_equal(drawn.rgb[untouched], drawn.background[untouched])
        found += [_mismatch(drawn, 5, rows) for rows in (slice(0, 24), slice(72, 96))]
    assert np.median([moved / still for moved, still in found if still > 2]) < 0.7


def test_the_same_seed_draws_the_same_clip_and_another_seed_another(clips: RenderedClips) -> None:
    first, again, other = (clips.draw(np.random.default_rng(seed), 4, 64, 64) for seed in (5, 5, 6))
    assert np.array_equal(first.rgb, again.rgb) and not np.array_equal(first.rgb, other.rgb)


def test_a_clip_that_is_too_short_runs_back_from_its_end(clips: RenderedClips) -> None:
    drawn = clips.draw(np.random.default_rng(1), 40, 48, 48)
    assert len(drawn.rgb) == len(drawn.transforms) == 40
    steps = np.abs(np.diff(drawn.matte, axis=0)).mean((1, 2))
    assert steps.max() < 4 * np.median(steps) + 0.01


def test_a_run_mixes_rendered_clips_in_and_keeps_them_out_of_the_held_out_ones() -> None:
    train = Sources(rendered=(CLIPS,)).open()
    names = [train(np.random.default_rng(seed), 2, 32, 32).name.split()[0] for seed in range(40)]
    assert 2 <= names.count("rendered") <= 14
    held = Sources(rendered=(CLIPS,)).open("held-out")
    assert not [
        seed for seed in range(40) if held(np.random.default_rng(seed), 2, 32, 32).name[:8] == "rendered"
    ]


def test_a_folder_without_clips_and_a_damaged_clip_are_named(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match=str(tmp_path)):
        RenderedClips(tmp_path)
    source = next(CLIPS.glob("*/clip.json")).parent
    shutil.copytree(source, tmp_path / "clip")
    (tmp_path / "clip" / "matte.mp4").write_bytes(b"no movie")
    with pytest.raises(FootageError, match=r"matte\.mp4"):
        RenderedClips(tmp_path).read("clip", 64, 64)
    about = json.loads((source / "clip.json").read_text())
    about["transforms"] = {name: frames[:3] for name, frames in about["transforms"].items()}
    shutil.copytree(source, tmp_path / "short")
    (tmp_path / "short" / "clip.json").write_text(json.dumps(about))
    with pytest.raises(FootageError, match="3 of 256 x 256"):
        RenderedClips(tmp_path).read("short", 64, 64)


def test_plans_depend_on_the_seed_alone_and_held_out_ones_have_a_panorama_of_their_own() -> None:
    plans, held = (draw_plans(1, 14, 16, 256, 8, kept) for kept in (False, True))
    assert plans == draw_plans(1, 14, 16, 256, 8, False) and plans[:5] == draw_plans(1, 5, 16, 256, 8, False)
    assert not {plan.seed for plan in plans} & {plan.seed for plan in held}
    assert HELD_OUT_PANORAMA in held[0].set and not [plan for plan in plans if HELD_OUT_PANORAMA in plan.set]
    assert len({plan.set for plan in plans}) == 10 and len({plan.move for plan in plans}) == 6


@pytest.mark.parametrize(("walk", "part"), [(gait.person, "left foot"), (gait.dog, "right hind foot")])
def test_feet_stand_still_on_the_ground_while_they_carry(walk: object, part: str) -> None:
    assert callable(walk)
    ways = np.linspace(0, 1.2, 60)
    at = np.array([walk(1.0, way, 0.0)[part][0] + (way, 0, 0) for way in ways])
    stands = at[:, 2] < at[:, 2].min() + 1e-3
    assert 0.4 < stands.mean() < 0.8
    pairs = stands[1:] & stands[:-1]
    assert np.abs(np.diff(at[:, 0])[pairs]).max() < 2e-3


def test_every_move_films_the_actor_without_losing_it() -> None:
    path = np.linspace(-0.6, 0.6, 16)[:, None] * (1.0, 0.2, 0.0)
    for move in ("handheld", "pan", "truck", "dolly", "orbit", "crane"):
        for seed in range(10):
            shots = cameras.shoot(np.random.default_rng(seed), path, 1.7, 0.8, move)
            rays = [
                shot.rotation @ (at + (0, 0, 0.85) - shot.position)
                for shot, at in zip(shots, path, strict=True)
            ]
            seen = np.array([shot.focal * ray[:2] / ray[2] for shot, ray in zip(shots, rays, strict=True)])
            assert np.abs(seen).max() < 0.5, move


def test_blender_films_a_plan_that_the_reader_reads(tmp_path: Path) -> None:
    blender = python_of(VERSIONS[0])
    if blender is None:
        pytest.skip("Blender 4.2 has not been made here: python tests/blender/environments.py 4.2")
    script = str(ROOT / "examples" / "make_cycles_clips.py")
    subprocess.run(
        [sys.executable, script, "--output", str(tmp_path), "--clips", "1", "--frames", "2", "--side", "48",
         "--samples", "4", "--held-out", "--blender", str(blender)],
        check=True, env=dict(os.environ), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    clips = RenderedClips(tmp_path)
    made = clips.read(clips.names[0], 48, 48)
    assert made.rgb.shape == (2, 48, 48, 3) and made.matte.max() == 1.0
    assert (tmp_path / "sheet.png").is_file() and "CC0" in (tmp_path / "CREDITS.txt").read_text()

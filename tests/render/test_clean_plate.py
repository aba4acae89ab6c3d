"""A shot's clean plate as files: the ground that was there, the plate's own pixels elsewhere, and honest holes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.cli import main
from tests.camera.staged import wall
from tests.footage.pictures import write_still
from tests.render.stage import read_layer

HEIGHT, WIDTH, FRAMES = 96, 160, 8


def _stage(folder: Path, pace: int) -> np.ndarray:
    """Somebody who crosses a speckled ground before a locked camera; gives the ground's light (H, W, 3)."""
    folder.mkdir()
    noise = np.random.default_rng(3).standard_normal((HEIGHT, WIDTH)).astype(np.float32)
    speckle = cv2.GaussianBlur(noise, (0, 0), 1.2) * 3 + cv2.GaussianBlur(noise, (0, 0), 5) * 12
    ground = np.clip(0.4 + 0.08 * speckle, 0.1, 0.8)[..., None] * np.array([1.0, 0.9, 0.8], np.float32)
    for index in range(FRAMES):
        x = 20 + pace * index
        matte, light = np.zeros((HEIGHT, WIDTH, 1), np.float32), ground.copy()
        matte[30:70, x : x + 12] = 1
        light[70:78, x + 6 : x + 30] *= 0.5
        light = np.where(matte > 0, np.float32(0.05), light)
        write_still(folder / f"plate.{1001 + index}.exr", light, "half")
        write_still(folder / f"matte.{1001 + index}.png", matte, "uint8")
    return ground


def _clean(folder: Path, *more: str) -> int:
    shot = ["--plate", str(folder / "plate.####.exr"), "--matte", str(folder / "matte.####.png")]
    return main(
        ["cleanplate", *shot, "--plate-colour", "linear-rec709", "--output", str(folder / "clean"), *more]
    )


def test_what_is_behind_the_actor_is_what_other_frames_show_and_the_rest_is_the_plates_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ground = _stage(tmp_path / "shot", 16)
    assert _clean(tmp_path / "shot") == 0
    assert "may be left" not in "".join(capsys.readouterr())
    for index in (0, 4, 7):
        frame = 1001 + index
        _, channels = read_layer(str(tmp_path / "shot" / "clean" / f"plate_clean.{frame}.exr"))
        light = np.dstack([channels[one] for one in "RGB"])
        x = 20 + 16 * index
        assert np.abs(light[34:66, x : x + 12] - ground[34:66, x : x + 12]).mean() < 0.02
        assert channels["A"].min() == 1
        _, own = read_layer(str(tmp_path / "shot" / f"plate.{frame}.exr"))
        far = np.ones((HEIGHT, WIDTH), bool)
        far[20:90, max(0, x - 10) : x + 45] = False
        assert np.array_equal(channels["G"][far], own["G"][far])


@pytest.mark.parametrize(
    "flag", ["--mend-matte", "--close-slits", "--keep-front=p.png", "--despill=1", "--erode=2"]
)
def test_what_would_change_nothing_in_it_is_not_asked_for(tmp_path: Path, flag: str) -> None:
    with pytest.raises(SystemExit):
        _clean(tmp_path / "shot", flag)
    assert not (tmp_path / "shot" / "clean").exists()


def test_what_no_frame_saw_is_a_hole_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _stage(tmp_path / "shot", 1)
    assert _clean(tmp_path / "shot") == 0
    assert "no other frame shows all behind the actor" in "".join(capsys.readouterr())
    _, channels = read_layer(str(tmp_path / "shot" / "clean" / "plate_clean.1004.exr"))
    assert channels["A"][40:60, 26:32].max() == 0 and channels["A"][:20].min() == 1


def test_who_stands_still_leaves_their_shadow_and_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _stage(tmp_path / "shot", 0)
    assert _clean(tmp_path / "shot") == 0
    assert "their shadow may be left in the clean plate" in "".join(capsys.readouterr())


def test_finished_frames_are_kept_and_another_shots_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _stage(tmp_path / "shot", 16)
    assert _clean(tmp_path / "shot", "--frames", "1001-1006") == 0
    first = tmp_path / "shot" / "clean" / "plate_clean.1001.exr"
    (first.with_name("plate_clean.1002.exr")).unlink()
    before = first.stat().st_mtime_ns
    assert _clean(tmp_path / "shot", "--frames", "1001-1006") == 0
    assert first.stat().st_mtime_ns == before and first.with_name("plate_clean.1002.exr").is_file()
    assert _clean(tmp_path / "shot", "--frames", "1001-1008") == 2
    assert "holds another shot's clean plate" in capsys.readouterr().err


def test_a_plate_that_is_woven_of_fields_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shot").mkdir()
    picture = wall(np.random.default_rng(1), HEIGHT, WIDTH + 100)
    for index in range(FRAMES):
        upper, lower = (picture[:, 3 * time : 3 * time + WIDTH] for time in (2 * index, 2 * index + 1))
        light = np.where(np.arange(HEIGHT)[:, None, None] % 2, lower, upper)
        matte = np.zeros((HEIGHT, WIDTH, 1), np.float32)
        matte[30:70, 20 + 8 * index : 32 + 8 * index] = 1
        write_still(tmp_path / "shot" / f"plate.{1001 + index}.exr", light, "half")
        write_still(tmp_path / "shot" / f"matte.{1001 + index}.png", matte, "uint8")
    assert _clean(tmp_path / "shot", "--plate-colour", "srgb") == 0
    assert "plate: it is interlaced (frames 1002-1008)" in "".join(capsys.readouterr())


@pytest.mark.parametrize("kind", ["plate.1003.exr", "matte.1003.png"])
def test_a_file_that_was_replaced_under_its_name_is_not_taken_for_the_one_before(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shot = tmp_path / "shot"
    _stage(shot, 16)
    assert _clean(shot, "--quiet") == 0
    (shot / kind).write_bytes((shot / kind.replace("1003", "1007")).read_bytes())
    assert _clean(shot, "--quiet") == 2
    assert f"but {kind[:5]} changed since then" in capsys.readouterr().err
    note = shot / "clean" / "cleanplate.json"
    paths_alone = note.read_text().replace('"schema": 2', '"schema": 1')
    note.write_text(paths_alone)
    assert _clean(shot, "--quiet") == 0 and _clean(shot, "--quiet") == 0

"""A studio's own clips with mattes: found by name, read once, shown as they are."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.contract.errors import FootageError
from actanywhere.engines.unet.model.checkpoint import save_model
from actanywhere.footage import MovieWriter
from actanywhere.training import cli, flags
from actanywhere.training.datasets.footage import StudioLibrary, find_clips, make_proxy
from actanywhere.training.examples import ExampleRecipe, make_example
from actanywhere.training.sources import Sources
from tests.engines.unet import tiny

Frames = NDArray[np.uint8]
_ROOT = Path(__file__).resolve().parents[2]
_COUNT, _HEIGHT, _WIDTH, _STEP = 14, 128, 192, 3
_ACTOR = (250, 20, 30)


def _frames(seed: int) -> tuple[Frames, Frames]:
    """A wall of noise that the camera pans along, a red square before it, and its matte."""
    rng = np.random.default_rng(seed)
    wall = cv2.GaussianBlur(rng.integers(0, 255, (_HEIGHT, 2 * _WIDTH, 3), np.uint8), (0, 0), 2)
    wall = cv2.normalize(wall, None, 0, 200, cv2.NORM_MINMAX)
    plate = np.stack([wall[:, t * _STEP : t * _STEP + _WIDTH] for t in range(_COUNT)])
    matte = np.zeros((_COUNT, _HEIGHT, _WIDTH), np.uint8)
    matte[:, 40:90, 80:120] = 255
    plate[matte > 0] = _ACTOR
    return plate, matte


def _write(pictures: Frames, pattern: Path) -> None:
    pattern.parent.mkdir(parents=True, exist_ok=True)
    for t, picture in enumerate(pictures):
        swapped = picture[..., ::-1] if picture.ndim == 3 else picture
        cv2.imwrite(str(pattern) % (1001 + t), np.ascontiguousarray(swapped))


def _write_movie(pictures: Frames, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with MovieWriter(str(path), Fraction(24)) as movie:
        for picture in pictures:
            rgb = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
            movie.write(rgb.astype(np.float32) / 255)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips: numbered files side by side, a folder with a sequence, and a movie with a numbered matte."""
    made = tmp_path_factory.mktemp("show") / "harbour"
    _write(_frames(1)[0], made / "plates" / "crane.%04d.png")
    _write(_frames(1)[1], made / "mattes" / "crane.%04d.png")
    _write(_frames(2)[0], made / "plates" / "dock" / "x_v2.%04d.png")
    _write(_frames(2)[1], made / "mattes" / "dock" / "roto_%04d.png")
    _write_movie(_frames(3)[0], made / "plates" / "ferry.mp4")
    _write(_frames(3)[1], made / "mattes" / "ferry.%04d.png")
    return made


@pytest.fixture(scope="module")
def proxies(folder: Path) -> list[Path]:
    into = folder.parent / "run" / "proxies"
    return [make_proxy(clip, into, lambda text: None) for clip in find_clips(folder)]


def test_plates_and_mattes_meet_by_name_whether_files_folders_or_movies(folder: Path) -> None:
    clips = find_clips(folder)
    assert [clip.name for clip in clips] == ["harbour-crane", "harbour-dock", "harbour-ferry"]
    assert [Path(clip.plate).name for clip in clips] == ["crane.#.png", "x_v2.#.png", "ferry.mp4"]
    assert [Path(clip.matte).name for clip in clips] == ["crane.#.png", "roto_#.png", "ferry.#.png"]


def test_clips_without_mattes_are_named_with_the_remedy(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "plates", tmp_path / "plates")
    shutil.copytree(folder / "mattes" / "dock", tmp_path / "mattes" / "dock")
    with pytest.raises(FootageError, match=r"2 of 3 clips have no matte in .*mattes: crane, ferry") as caught:
        find_clips(tmp_path)
    assert "FOLDER/mattes" in caught.value.remedy and "--pictures" in caught.value.remedy
    shutil.rmtree(tmp_path / "plates")
    with pytest.raises(FootageError, match="no clip was found") as caught:
        find_clips(tmp_path)
    assert "FOLDER/plates" in caught.value.remedy


def test_a_clip_is_read_once_and_again_when_it_changes(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "harbour")
    clip = find_clips(tmp_path / "harbour")[0]
    made = make_proxy(clip, tmp_path / "proxies", lambda text: None)
    first = (made / "clip.json").stat().st_mtime_ns
    make_proxy(clip, tmp_path / "proxies", lambda text: None)
    assert (made / "clip.json").stat().st_mtime_ns == first
    _write(_frames(9)[0], tmp_path / "harbour" / "plates" / "crane.%04d.png")
    make_proxy(clip, tmp_path / "proxies", lambda text: None)
    assert (made / "clip.json").stat().st_mtime_ns != first


def test_the_camera_is_measured_outside_of_the_matte(proxies: list[Path]) -> None:
    for proxy in proxies:
        facts = json.loads((proxy / "clip.json").read_text())
        assert facts["tracked"] and facts["frames"] == _COUNT
        moved = np.array(facts["transforms"])[-1] @ (0, 0, 1)
        assert moved[0] / moved[2] == pytest.approx(-_STEP * (_COUNT - 1) / _HEIGHT, abs=0.01)


def test_an_empty_matte_and_a_short_one_are_refused_by_the_clips_name(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "harbour")
    _write(np.zeros_like(_frames(1)[1]), tmp_path / "harbour" / "mattes" / "crane.%04d.png")
    (tmp_path / "harbour" / "mattes" / "dock" / "roto_1005.png").unlink()
    crane, dock, _ = find_clips(tmp_path / "harbour")
    with pytest.raises(FootageError, match=r"Clip harbour-crane: .*crane.#.png: the matte is empty"):
        make_proxy(crane, tmp_path / "proxies", lambda text: None)
    with pytest.raises(FootageError, match=r"Clip harbour-dock: .*1005"):
        make_proxy(dock, tmp_path / "proxies", lambda text: None)
    assert not list((tmp_path / "proxies").iterdir())


def test_the_true_frame_is_the_target_and_the_moved_frame_is_true_where_it_is_known(
    proxies: list[Path],
) -> None:
    library, guided = StudioLibrary(proxies[:1]), 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        clip = library.clip(rng, 4, 64, 96)
        assert not clip.clean and clip.tracked and clip.rgb.shape == (4, 64, 96, 3)
        assert (clip.matte > 0.5).any()
        red = np.abs(clip.rgb.astype(int) - _ACTOR).sum(-1)
        assert np.median(red[clip.matte > 0.99]) < 30
        np.testing.assert_allclose(clip.transforms[0], np.eye(3), atol=1e-9)
        made = make_example(
            clip, rng, ExampleRecipe(backdrop=1.0, slip=0.0, augmentation=0, cut_outs=0, continued=0)
        )
        np.testing.assert_array_equal(made.video, clip.rgb)
        assert any(np.array_equal(made.condition, frame) for frame in clip.rgb)
        told = (made.mask == 0) & (clip.matte < 0.01)
        if told.any():
            guided += 1
            assert np.abs(made.known[told].astype(int) - clip.rgb[told]).mean() < 6
            assert (np.abs(made.known[told].astype(int) - _ACTOR).sum(-1) > 60).all(), "nothing of the actor"
    assert guided >= 6


def test_what_is_held_out_is_never_learned_from(proxies: list[Path]) -> None:
    few, held = StudioLibrary(proxies), StudioLibrary(proxies, "held-out")
    for learned, kept in zip(few._clips, held._clips, strict=True):
        assert learned.last == kept.first and kept.last == _COUNT and len(kept) == 3
    many = proxies[:2] * 4
    assert len(StudioLibrary(many)._clips) == 7
    assert [len(clip) for clip in StudioLibrary(many, "held-out")._clips] == [_COUNT]


def test_more_frames_than_any_clip_has_are_refused_and_held_out_clips_may_be_short(
    proxies: list[Path],
) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(FootageError, match=r"No clip with a matte has 40 frames.*longest has 11") as caught:
        StudioLibrary(proxies).clip(rng, 40, 32, 32)
    assert "--frames" in caught.value.remedy
    assert len(StudioLibrary(proxies, "held-out").clip(rng, 8, 32, 32).rgb) == 3


def test_footage_is_learned_from_alone_and_shares_with_pictures(proxies: list[Path], tmp_path: Path) -> None:
    for n in range(2):
        cv2.imwrite(str(tmp_path / f"{n}.png"), _frames(n)[0][0])

    def kinds(sources: Sources) -> list[bool]:
        draw = sources.open()
        return [draw(np.random.default_rng(seed), 2, 32, 32).name.startswith("footage") for seed in range(12)]

    assert all(kinds(Sources(footage=tuple(proxies))))
    assert 2 < sum(kinds(Sources((tmp_path,), tuple(proxies)))) < 10


def test_a_model_is_tuned_on_a_studios_clips_by_one_command(folder: Path, tmp_path: Path) -> None:
    save_model(tiny.model(steps=2, guidance=1.0), tmp_path / "finished")
    parser = argparse.ArgumentParser()
    flags.add_arguments(parser)
    words = [
        "--footage",
        folder,
        "--from",
        tmp_path / "finished",
        "--lora",
        "2",
        "--output",
        tmp_path / "run",
    ]
    sizes = ["--clips", "1", "--frames", "3", "--side", "32", "--precision", "fp32", "--workers", "0"]
    assert cli.main(parser.parse_args([*map(str, words), *sizes, "--steps", "2"])) == 0
    made = {path.name for path in (tmp_path / "run").iterdir()}
    assert made == {"adapter", "curve.csv", "curve.png", "model", "proxies", "samples", "state"}
    card = (tmp_path / "run" / "model" / "README.md").read_text()
    assert "- **harbour**: 3 clips with mattes. no CREDITS.txt" in card and "lora: 2" in card
    assert "model *finished*" in card


def test_a_fresh_run_makes_its_proxies_and_learns_with_workers(tmp_path: Path) -> None:
    # A worker that is forked after OpenCV has made proxies, of frames large enough for its threads, waits for ever.
    for t, (picture, matte) in enumerate(zip(*_frames(4), strict=True)):
        for kind, plane in (("plates", picture), ("mattes", matte)):
            large = cv2.resize(plane, (1280, 720), interpolation=cv2.INTER_NEAREST)
            (tmp_path / "show" / kind).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(tmp_path / "show" / kind / f"pier.{1001 + t}.png"), large)
    save_model(tiny.model(steps=2, guidance=1.0), tmp_path / "finished")
    words = ["--footage", tmp_path / "show", "--from", tmp_path / "finished", "--output", tmp_path / "run"]
    sizes = ["--clips", "1", "--frames", "3", "--side", "32", "--precision", "fp32", "--steps", "2"]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT / "core")}
    environment.pop("OMP_NUM_THREADS", None)
    done = subprocess.run(
        [sys.executable, "-m", "actanywhere", "train", *map(str, words), *sizes],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"render with it: actanywhere render --model {tmp_path / 'run' / 'model'}" in done.stdout


def test_the_flags_are_told_where_training_is_not_installed() -> None:
    code = (
        "import sys; sys.modules['accelerate'] = None; from actanywhere.cli import main; main(sys.argv[1:])"
    )
    environment = {**os.environ, "PYTHONPATH": str(_ROOT / "core")}

    def told(*words: str) -> str:
        command = [sys.executable, "-c", code, "train", *words]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        return done.stdout + done.stderr

    assert "--footage" in told("--help")
    assert "pip install 'actanywhere[train]'" in told("--output", "run")

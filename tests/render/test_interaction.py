"""Dust at an actor's feet as an element of its own in the layer's files, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import Cancelled
from actanywhere.contract.job import Progress
from tests.footage.pictures import write_still
from tests.render.stage import HEIGHT, WIDTH, Staged, pixels_of, read_layer, render, stage_shot, texture

FEET, DUST = 50, np.array([0.95, 0.85, 0.7], np.float32)
RGBA = ("R", "G", "B", "A")


def _puff(index: int) -> np.ndarray:
    """(HEIGHT, WIDTH) how much a cloud behind the heels hides: 0.9 within 4 pixels, nothing from 12 on."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    far = np.hypot(columns - (20 + 6 * index), rows - FEET + 5)
    return 0.9 * np.clip((12 - far) / 8, 0, 1)


def _dusty(folder: Path, dusty: bool = True, gone: tuple[int, ...] = ()) -> Staged:
    """A post walks before a locked camera, a cloud at its heels but in the frames that are ``gone``."""
    staged = stage_shot(folder, frames=10, kind="png")
    ground = 0.3 + 0.3 * (texture(np.random.default_rng(2), HEIGHT, WIDTH) - 0.5)
    for index, frame in enumerate(range(1001, 1011)):
        matte = np.zeros((HEIGHT, WIDTH), np.float32)
        x = 32 + 6 * index
        matte[18 : FEET + 1, x - 4 : x + 5] = 1
        light = ground**2.4
        if dusty and frame not in gone:
            light = light + _puff(index)[..., None] * (DUST - light)
        plate = np.where(matte[..., None] > 0, np.float32(0.2), light ** (1 / 2.4))
        write_still(folder / f"plate.{frame}.png", np.float32(plate), "uint16")
        write_still(folder / f"matte.{frame}.png", matte[..., None], "uint8")
    return staged


def _element(file: dict[str, np.ndarray], name: str) -> np.ndarray:
    return np.stack([file[f"{name}.{one}"].astype(np.float32) for one in RGBA if f"{name}.{one}" in file], -1)


def test_the_element_stands_between_the_layer_and_the_actor_and_the_comp_holds_it(
    tmp_path: Path, model: Path
) -> None:
    staged = _dusty(tmp_path / "dusty")
    job = staged.job(model, "out", camera="plate", interaction=True)
    result = render(job)
    assert result.decided("interaction").value == "pulled", result.warnings
    assert result.decided("interaction").reason.startswith("pulled from the plate in 10 of 10 frames")
    assert not any("goes out" in one for one in result.warnings)
    path = Path(job.output) / "shot_generated_bg.1005.exr"
    file, x, puff = read_layer(path)[1], 20 + 6 * 4, _puff(4)
    element, layer = _element(file, "interaction"), _element(file, "generated_bg")
    at = np.s_[FEET - 8 : FEET - 2, x - 4 : x + 2]
    assert np.abs(element[..., 3] - puff)[at].mean() < 0.15
    assert np.abs(element[at][..., :3] / element[at][..., 3:] - DUST).mean() < 0.12
    assert element[: FEET - 24].max() == 0 and element[:, x + 30 :].max() == 0
    comp = np.stack([file[one].astype(np.float32) for one in "RGB"], -1)
    over = element[..., :3] + layer[..., :3] * (1 - element[..., 3:])
    off = np.delete(np.arange(WIDTH), np.s_[x + 8 : x + 17])  # beside the actor
    np.testing.assert_allclose(comp[:, off], over[:, off], atol=2e-3)
    assert np.abs(comp - layer[..., :3])[at].mean() > 0.1


def test_frames_in_which_it_goes_out_and_comes_back_are_told(tmp_path: Path, model: Path) -> None:
    job = _dusty(tmp_path / "dusty", gone=(1005, 1006)).job(model, camera="plate", interaction=True)
    result = render(job)
    assert result.decided("interaction").value == "pulled", result.warnings
    assert result.decided("interaction").reason.endswith("(1001-1004, 1007-1010)")
    told = [one for one in result.warnings if one.startswith("--interaction: none is found in 1005-1006, ")]
    assert len(told) == 1 and "--clean-plate" in told[0]
    for frame, there in ((1004, True), (1005, False)):
        file = read_layer(Path(job.output) / f"shot_generated_bg.{frame}.exr")[1]
        assert (_element(file, "interaction")[..., 3].max() > 0.3) == there


def test_none_is_written_unless_asked_and_where_there_is_none_it_is_said(tmp_path: Path, model: Path) -> None:
    staged = _dusty(tmp_path / "clean", dusty=False)
    plain, asked = (
        staged.job(model, "plain", camera="plate"),
        staged.job(model, "asked", camera="plate", interaction=True),
    )
    assert "interaction" not in [one.name for one in render(plain).decisions]
    result = render(asked)
    assert result.decided("interaction").value == "none"
    assert any(
        one.startswith("No splash, spray or dust (--interaction) is pulled: ") for one in result.warnings
    )
    assert pixels_of(Path(plain.output)) == pixels_of(Path(asked.output))


def test_a_render_that_was_stopped_goes_on_with_the_same_element(tmp_path: Path, model: Path) -> None:
    staged = _dusty(tmp_path / "dusty")
    whole, parted = (
        staged.job(model, name, camera="plate", interaction=True) for name in ("whole", "parted")
    )
    written: list[str] = []

    def report(told: Progress) -> None:
        written.extend([told.frame_ready] if told.frame_ready else [])

    with pytest.raises(Cancelled):
        render(parted, report, lambda: len(written) >= 5)
    render(parted)
    render(whole)
    assert pixels_of(Path(parted.output)) == pixels_of(Path(whole.output))

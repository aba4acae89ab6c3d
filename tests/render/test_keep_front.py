"""What stands in front of the actor stays the plate's, from a matte of its own to the layer's files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere.comp.over import kept_matte
from actanywhere.contract.errors import FootageError
from actanywhere.contract.shot import FrameRange, ImageSequence, Matte
from actanywhere.engines.find import Engines
from actanywhere.engines.protocol import Watch
from actanywhere.render.conditioning import condition_frame
from actanywhere.render.preflight import beside_of, open_inputs
from actanywhere.render.scene import read_scene
from tests.footage.pictures import write_still
from tests.render.stage import HEIGHT, WIDTH, Staged, read_layer, render, stage_shot

POLE = slice(60, 70)


def _with_a_pole(folder: Path) -> Staged:
    """A pole of ten columns, with an edge of a quarter and a half at its left, beside the actor."""
    staged = stage_shot(folder, frames=4)
    pole = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    pole[:, POLE], pole[:, 59], pole[:, 58] = 1, 0.5, 0.25
    write_still(folder / "pole.exr", pole, "half")
    return staged


def test_two_edges_that_meet_leave_no_seam() -> None:
    actor, front = np.float32([[1, 0.75, 0.25, 0]]), np.float32([[0, 0.25, 0.75, 1]])
    assert kept_matte(actor, front).tolist() == [[1, 1, 1, 1]]
    assert kept_matte(actor, np.float32([[1, 1, 0, 0]])).tolist() == [[1, 1, 0.25, 0]]


def test_the_comp_keeps_the_plate_where_something_is_in_front(tmp_path: Path, model: Path) -> None:
    staged = _with_a_pole(tmp_path / "pole")
    jobs = [staged.job(model, "plain"), staged.job(model, "kept", keep_front=str(staged.folder / "pole.exr"))]
    results = [render(job) for job in jobs]
    assert "front" in results[1].inputs and "front" not in results[0].inputs
    plain, kept = (read_layer(Path(job.output) / "shot_generated_bg.1002.exr")[1] for job in jobs)
    plate = np.float16(staged.plates[1002])
    for number, name in enumerate("RGB"):
        assert np.array_equal(kept[name][:, POLE], plate[:, POLE, number])
        assert not np.array_equal(plain[name][:, POLE], plate[:, POLE, number])
        back = kept[f"generated_bg.{name}"].astype(np.float32)
        wanted = 0.5 * plate[:, 59, number] + 0.5 * back[:, 59]
        np.testing.assert_allclose(kept[name][:, 59], wanted, atol=4e-3)


def test_the_model_is_shown_what_is_in_front_and_nobody_takes_it_for_the_actor(
    tmp_path: Path, model: Path
) -> None:
    staged = _with_a_pole(tmp_path / "pole")
    job = staged.job(model, keep_front=str(staged.folder / "pole.exr"), erode=0)
    with open_inputs(job, Engines()) as inputs:
        scene = read_scene(inputs, Watch())
        told = condition_frame(scene, job.settings, 1)
    width = scene.clip.size[1]
    column = round(65 / WIDTH * width)
    assert told.subject[:, column].all() and not told.mask[:, column].any()
    assert not scene.clip.matte[1][:, column].any()


def test_a_front_of_another_size_is_refused_before_anything_is_computed(tmp_path: Path, model: Path) -> None:
    staged = stage_shot(tmp_path / "shot", frames=4)
    write_still(staged.folder / "pole.exr", np.ones((10, 10, 1), np.float32), "half")
    with pytest.raises(FootageError, match="the matte is 10x10"):
        render(staged.job(model, keep_front=str(staged.folder / "pole.exr")))


def test_despilled_over_the_layer_is_the_comp_with_what_is_in_front(tmp_path: Path, model: Path) -> None:
    staged = _with_a_pole(tmp_path / "pole")
    job = staged.job(model, despill=1.0, keep_front=str(staged.folder / "pole.exr"))
    render(job)
    file = {
        k: v.astype(np.float32)
        for k, v in read_layer(Path(job.output) / "shot_generated_bg.1002.exr")[1].items()
    }
    over = file["despilled.G"] + file["generated_bg.G"] * (1 - file["despilled.A"])
    np.testing.assert_allclose(over, file["G"], atol=4e-3)
    assert (file["despilled.A"][:, POLE] == 1).all()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (lambda pole: 1 - pole, "--keep-front looks inverted"),
        (lambda pole: pole / 2, "the highest value of --keep-front is 0.5"),
        (lambda pole: pole / 255, "nothing stands in front in the frames 1001-1004"),
        (lambda pole: pole, ""),
    ],
)
def test_a_front_that_is_inverted_dim_or_empty_is_told(
    tmp_path: Path, model: Path, values: Callable[[np.ndarray], np.ndarray], told: str
) -> None:
    staged = _with_a_pole(tmp_path / "pole")
    pole = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    pole[:, POLE] = 1
    write_still(staged.folder / "pole.exr", values(pole), "half")
    with open_inputs(staged.job(model, keep_front=str(staged.folder / "pole.exr")), Engines()) as inputs:
        found = [
            one for one in read_scene(inputs, Watch()).warnings if "pole.exr" in one and "still" not in one
        ]
    assert len(found) == bool(told) and told in "".join(found)


def test_a_proxy_of_what_is_in_front_is_scaled_as_the_actors_is(tmp_path: Path, model: Path) -> None:
    staged = _with_a_pole(tmp_path / "pole")
    half = np.zeros((HEIGHT // 2, WIDTH // 2, 1), np.float32)
    half[:, POLE.start // 2 : POLE.stop // 2] = 1
    write_still(staged.folder / "pole.exr", half, "half")
    job = staged.job(model, keep_front=str(staged.folder / "pole.exr"))
    with pytest.raises(FootageError) as refused:
        render(job)
    assert "--fit-matte" in refused.value.remedy
    with open_inputs(replace(job, settings=replace(job.settings, fit_matte=True)), Engines()) as inputs:
        assert inputs.front is not None
        front = inputs.front.read(1002)
    assert front[:, 62:68].min() == 1 and front[:, :56].max() == 0


def test_files_beside_the_plate_are_renumbered_with_it_where_their_own_numbers_do_not_meet(
    tmp_path: Path,
) -> None:
    for name in ("p.0.dpx", "p.1.dpx", "p.2.dpx", "c.1.dpx", "c.2.dpx", "m.1001.png"):
        (tmp_path / name).touch()
    clean, plate = str(tmp_path / "c.#.dpx"), ImageSequence(str(tmp_path / "p.#.dpx"), 1001, "LogC3")
    assert beside_of(clean, plate, FrameRange(1002, 1003)) == ImageSequence(clean, 1002, "LogC3")
    assert beside_of(clean, plate, FrameRange(1, 2)) == ImageSequence(clean, None, "LogC3")
    front, matte = str(tmp_path / "p.#.dpx"), Matte(str(tmp_path / "m.#.png"), first_frame=1001)
    assert beside_of(front, matte, FrameRange(1001, 1003)) == ImageSequence(front, 1001)

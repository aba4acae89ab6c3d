"""A render whose water moves: where the artist's mask has it, told in the result, and off on request."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.contract.job import Job
from actanywhere.engines.protocol import Watch
from actanywhere.render.preflight import open_inputs, preflight
from actanywhere.render.scene import Scene, read_scene
from actanywhere.render.water import mask_of_place
from actanywhere.seeing.protocol import RegionMap
from tests.footage.pictures import write_still
from tests.render.stage import HEIGHT, WIDTH, Staged, read_layer, render, stage_shot, texture
from tests.render.test_placement import readers
from tests.seeing.staged import marked

SHORE = 36


@pytest.fixture
def lake(tmp_path: Path) -> Staged:
    condition = texture(np.random.default_rng(9), HEIGHT, WIDTH)
    staged = stage_shot(tmp_path / "lake", frames=4, condition=condition)
    mask = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    mask[SHORE:] = 1
    write_still(staged.folder / "lake.exr", mask, "half")
    return staged


def _layer(job: Job, frame: int) -> np.ndarray:
    channels = read_layer(Path(job.output) / f"shot_generated_bg.{frame}.exr")[1]
    return np.dstack([channels[f"generated_bg.{name}"] for name in "RGB"])


def test_the_water_of_the_mask_moves_from_frame_to_frame_and_the_result_says_so(
    lake: Staged, model: Path
) -> None:
    mask = str(lake.folder / "lake.exr")
    jobs = [
        lake.job(model, name, water_mask=path, shading=0.0) for name, path in (("still", ""), ("moves", mask))
    ]
    still, moves = (render(job) for job in jobs)
    assert "water" not in [one.name for one in still.decisions]
    (said,) = [one for one in moves.decisions if one.name == "water"]
    assert said.value == "moves" and "44% of the place, by your mask" in said.reason
    assert "water mask" in moves.inputs and mask in preflight(jobs[1]).reads
    before, after = (np.float32(_layer(jobs[1], frame)) for frame in (1002, 1003))
    assert np.abs(after - before)[SHORE + 8 :].mean() > 10 * np.abs(after - before)[: SHORE - 2].mean()
    assert np.array_equal(_layer(jobs[0], 1002)[SHORE + 8 :], _layer(jobs[0], 1003)[SHORE + 8 :])


def test_a_mask_of_a_rill_is_told_and_one_of_another_size_is_refused(lake: Staged, model: Path) -> None:
    rill = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    rill[SHORE : SHORE + 4] = 1
    write_still(lake.folder / "rill.exr", rill, "half")
    job = lake.job(model, water_mask=str(lake.folder / "rill.exr"))
    assert any("is too narrow to move" in warning for warning in render(job).warnings)
    write_still(lake.folder / "other.exr", rill[:, :-7], "half")
    with pytest.raises(FootageError, match=r"other\.exr"):
        preflight(lake.job(model, water_mask=str(lake.folder / "other.exr")))


def test_beyond_the_picture_and_behind_who_went_is_water_what_is_like_it() -> None:
    rng = np.random.default_rng(2)
    whole = np.zeros((80, 160, 3), np.float32)
    whole[:40], whole[40:] = (0.5, 0.7, 0.4), (0.1, 0.3, 0.6)
    whole[60:, 130:] = (0.8, 0.7, 0.5)  # sand, which lies beyond the border alone
    whole = np.clip(whole + 0.03 * rng.standard_normal(whole.shape), 0, 1).astype(np.float32)
    mask, hole = np.zeros((80, 100), np.float32), np.zeros((80, 100), np.float32)
    mask[40:], hole[20:, 40:60] = 1, 1
    mask[:, 40:60] = 0  # nobody drew it under them
    onto = np.array([[1.0, 0, 20], [0, 1, 0], [0, 0, 1]])
    found = mask_of_place(mask, hole, whole, onto)
    assert found[46:, 30:115].min() > 0.99 and found[:34].max() == 0
    assert found[46:, :20].mean() > 0.95 and found[46:56, 122:].mean() > 0.95


def test_auto_moves_the_water_that_a_network_is_sure_of_and_without_one_says_what_would(lake: Staged) -> None:
    whole = marked((HEIGHT, WIDTH), "ground", ("water", [(0, 0.5), (1, 0.5), (1, 1), (0, 1)]))

    def scene(regions: dict[int, RegionMap], **asked: str) -> Scene:
        with open_inputs(lake.job("starter", **asked)) as inputs:
            return read_scene(inputs, Watch(), readers(regions))

    moves = scene({WIDTH: whole}, water="auto")
    assert moves.water.startswith("48% of the place, by")  # half of its 64 rows, less a margin of one
    plain = marked((HEIGHT, WIDTH), "ground", ("water", [(0, 0.97), (1, 0.97), (1, 1), (0, 1)]))
    for still, said in (
        (scene({WIDTH: whole}), "To let water move: --water auto, or --water-mask MASK"),
        (scene({}, water="auto"), "--water auto: no water moves, since no network here tells"),
        (scene({WIDTH: plain}, water="auto"), "--water auto: no water moves, since 3.1% of the condition"),
    ):
        assert still.water == "" and any(said in one for one in still.warnings)

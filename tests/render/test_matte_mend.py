"""A matte mended in time, at its own size and in the layer's files."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.contract.shot import FrameRange
from actanywhere.engines.protocol import Watch
from actanywhere.render import scene
from actanywhere.render.clip import Clip
from actanywhere.render.matte_check import check_matte
from actanywhere.render.matte_mend import choose_mend, plan_mend
from actanywhere.render.preflight import open_inputs
from tests.footage.pictures import write_still
from tests.render.stage import Staged, read_layer, render, stage_shot, texture

FRAMES, STEP, SIDE = 10, 3, 160


class Walk:
    """An actor of 40 x 80 pixels in a picture of 160 x 160, who walks by 3 pixels a frame; their matte is soft."""

    def __init__(self) -> None:
        rng = np.random.default_rng(4)
        place, actor = texture(rng, SIDE, SIDE), texture(rng, 80, 40)
        self.plates, self.mattes = [], []
        for index in range(FRAMES):
            picture, matte = place.copy(), np.zeros((SIDE, SIDE), np.float32)
            picture[50:130, self.left(index) : self.left(index) + 40] = actor
            matte[50:130, self.left(index) : self.left(index) + 40] = 1
            self.plates.append(picture)
            self.mattes.append(np.asarray(cv2.GaussianBlur(matte, (0, 0), 0.8), np.float32))

    def left(self, index: int) -> int:
        return 30 + STEP * index

    def mend(self, mattes: list[np.ndarray]) -> list[np.ndarray]:
        """The mattes mended as they are at twice their size, found at their own."""
        codes = [np.round(255 * np.stack(one)).astype(np.uint8) for one in (self.plates, mattes)]
        damage = check_matte(Clip(FrameRange(1001, 1000 + FRAMES), codes[0], codes[1], 1.0))
        mend = plan_mend(damage, FRAMES, lambda index: self.plates[index])
        return [mend.mended(index, lambda one: _doubled(mattes[one])) for index in range(FRAMES)]


def _doubled(matte: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(matte, (2 * SIDE, 2 * SIDE)), np.float32)


@pytest.fixture(scope="module")
def walk() -> Walk:
    return Walk()


def _missing(made: np.ndarray, true: np.ndarray) -> float:
    """Share of the actor by which two mattes differ."""
    return float(np.abs(made - true).sum() / true.sum())


def test_a_matte_that_is_right_stays_to_the_bit(walk: Walk) -> None:
    for made, given in zip(walk.mend(walk.mattes), walk.mattes, strict=True):
        assert made.tobytes() == _doubled(given).tobytes()


@pytest.mark.parametrize("gone", [(4, 5, 6), (0, 1, 2), (8, 9)])
def test_legs_that_vanish_come_back_where_the_actor_is_by_then(walk: Walk, gone: tuple[int, ...]) -> None:
    damaged = [one.copy() for one in walk.mattes]
    for index in gone:
        damaged[index][106:] = 0
    made = walk.mend(damaged)
    for index in range(FRAMES):
        true, given = _doubled(walk.mattes[index]), _doubled(damaged[index])
        if index in gone:
            assert _missing(given, true) == pytest.approx(0.3, abs=0.02)  # 24 of 80 rows
            if 4 not in gone:
                assert _missing(made[index], true) < 0.1  # from one side only
                continue
            assert _missing(made[index], true) < 0.03
            assert made[index][:180].tobytes() == given[:180].tobytes()  # nothing is lost so far up
        else:
            assert made[index].tobytes() == given.tobytes()


def test_an_edge_that_is_mended_is_as_soft_as_it_was(walk: Walk) -> None:
    damaged = [one.copy() for one in walk.mattes]
    damaged[5][:, walk.left(5) + 20 :] = 0
    made, true = walk.mend(damaged)[5], _doubled(walk.mattes[5])
    row, edge = 180, 2 * (walk.left(5) + 40)
    np.testing.assert_allclose(made[row, edge - 6 : edge + 6], true[row, edge - 6 : edge + 6], atol=0.2)
    assert ((made[row, edge - 6 : edge + 6] > 0.05) & (made[row, edge - 6 : edge + 6] < 0.95)).sum() >= 3


def test_a_matte_that_came_late_goes_where_the_actor_is(walk: Walk) -> None:
    damaged = [one.copy() for one in walk.mattes]
    damaged[5] = damaged[4]
    true = _doubled(walk.mattes[5])
    assert _missing(_doubled(damaged[5]), true) == pytest.approx(2 * STEP / 40, abs=0.02)
    assert _missing(walk.mend(damaged)[5], true) < 0.05


def test_what_was_mended_is_told_and_what_was_not_is_a_warning(walk: Walk) -> None:
    damaged = np.round(255 * np.stack(walk.mattes)).astype(np.uint8)
    damaged[5, 106:] = 0
    plates = np.round(255 * np.stack(walk.plates)).astype(np.uint8)
    damage = check_matte(Clip(FrameRange(1001, 1000 + FRAMES), plates, damaged, 1.0))
    facts = (damage, 1001, FRAMES, lambda index: walk.plates[index], lambda: None)
    mended, given = choose_mend(True, *facts), choose_mend(False, *facts)
    assert "missing at frame 1006 (2" in mended.reason and mended.warnings == ()
    assert given.value is None and "missing at frame 1006" in given.warnings[0]
    assert "--mend-matte" in given.warnings[0]


def _with_a_gap(folder: Path) -> Staged:
    """A still actor whose matte of frame 1003 has a hole of 8 x 8 pixels."""
    staged = stage_shot(folder, frames=5)
    matte = staged.mattes[1003].copy()
    matte[32:40, 22:30] = 0
    write_still(folder / "matte.1003.png", matte[..., None], "uint8")
    return staged


def test_the_comp_and_a_channel_beside_it_have_the_mended_matte(tmp_path: Path, model: Path) -> None:
    staged = _with_a_gap(tmp_path / "gap")
    jobs = [staged.job(model, "plain"), staged.job(model, "mended", mend_matte=True)]
    for job in jobs:
        render(job)
    plain, mended = (read_layer(Path(job.output) / "shot_generated_bg.1003.exr")[1] for job in jobs)
    assert "mended.A" not in plain
    np.testing.assert_allclose(mended["mended.A"], staged.mattes[1003], atol=0.02)
    hole = (slice(33, 39), slice(23, 29))
    plate = np.float16(staged.plates[1003])
    assert np.array_equal(mended["R"][hole], plate[hole][..., 0])
    assert not np.array_equal(plain["R"][hole], plate[hole][..., 0])
    told = json.loads((Path(jobs[1].output) / "result.json").read_text())
    matte = next(one for one in told["decisions"] if one["name"] == "matte")
    assert matte["value"] == "mended" and "frame 1003" in matte["reason"]
    other = read_layer(Path(jobs[1].output) / "shot_generated_bg.1001.exr")[1]
    assert other["mended.A"].tobytes() == np.float16(staged.mattes[1001]).tobytes()


def test_the_camera_is_tracked_beside_the_mended_matte(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []

    class Watched(scene.Tracker):
        def add(self, proxy: np.ndarray, matte: np.ndarray, standing: np.ndarray | None = None) -> None:
            seen.append(matte)
            super().add(proxy, matte, standing)

    monkeypatch.setattr(scene, "Tracker", Watched)
    staged = _with_a_gap(tmp_path / "gap")
    for mend in (False, True):
        with open_inputs(staged.job(model, mend_matte=mend, camera="plate")) as inputs:
            scene.read_scene(inputs, Watch())
        hole = seen[-3][33:39, 23:29]  # of frame 1003 of five
        assert (hole.min() > 0.9) == mend and (hole.max() < 0.1) != mend

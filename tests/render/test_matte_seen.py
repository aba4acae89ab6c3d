"""The given matte against a network that sees whatever is red: an actor of texture who walks by 3 pixels a frame."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.contract.errors import ModelError
from actanywhere.engines.protocol import Watch
from actanywhere.render.matte_look import Look
from actanywhere.render.matte_seen import Seen, look_at_matte
from actanywhere.seeing.subjects import NetworkSubjects
from tests.footage.pictures import write_still
from tests.render.stage import ACES, read_layer, render, stage_shot, texture
from tests.seeing.networks import red_mask

FRAMES, STEP, SIDE = 30, 3, 192
RED = np.array((0.75, 0.1, 0.1), np.float32)


class Walk:
    """A red actor, an ellipse of 40 x 80 pixels over grey; another of 40 x 60 where ``other`` says (left, step)."""

    def __init__(self, other: tuple[int, int] | None = None) -> None:
        rng = np.random.default_rng(4)
        place = np.repeat(texture(rng, SIDE, SIDE).mean(2, keepdims=True), 3, 2)
        actors = [RED + 0.25 * (texture(rng, height, 40) - 0.5) for height in (80, 60)]
        self.plates, self.mattes = [], []
        for index in range(FRAMES):
            matte = _body(40 + STEP * index, 140, 40)
            picture = _laid(place, matte, actors[0], 20 + STEP * index, 100)
            if other is not None:
                left = other[0] + other[1] * index
                picture = _laid(picture, _body(left + 20, 40, 30), actors[1], left, 10)
            self.plates.append(picture.astype(np.float32))
            self.mattes.append(matte)

    def seen(self, mattes: list[np.ndarray]) -> Seen:
        look = Look(len(mattes), mattes.__getitem__, self.plates.__getitem__, _red, "red")
        return look_at_matte(look, Watch())


def _body(x: int, y: int, tall: int) -> np.ndarray:
    flat = np.zeros((SIDE, SIDE), np.float32)
    return np.asarray(cv2.ellipse(flat, (x, y), (20, tall), 0, 0, 360, 1.0, -1), np.float32)


def _laid(picture: np.ndarray, matte: np.ndarray, actor: np.ndarray, left: int, top: int) -> np.ndarray:
    """A picture with an actor whose rectangle begins at (left, top), where the matte is 1."""
    made, (height, width) = picture.copy(), actor.shape[:2]
    made[top : top + height, left : left + width] = actor
    return np.where(matte[..., None] > 0, made, picture)


def _red(picture: np.ndarray) -> np.ndarray:
    soft = cv2.GaussianBlur(picture, (0, 0), 1.0)
    return np.asarray(np.clip(4 * (soft[..., 0] - soft[..., 1] - 0.2), 0, 1), np.float32)


@pytest.fixture(scope="module")
def walk() -> Walk:
    return Walk()


def _legs_off(walk: Walk, frames: range) -> list[np.ndarray]:
    mattes = [one.copy() for one in walk.mattes]
    for index in frames:
        mattes[index][160:] = 0
    return mattes


def test_nothing_is_told_of_a_matte_that_is_right(walk: Walk) -> None:
    seen = walk.seen(walk.mattes)
    assert replace(seen, asked=(), agrees=0.0) == Seen("red", (), 0.0)
    assert len(seen.asked) == 12 and seen.agrees > 0.9


@pytest.mark.parametrize(
    "frames", [range(8, 20), range(5), range(21, 30)], ids=["12 within", "first", "last"]
)
def test_legs_that_are_off_are_told_with_their_frames_and_share(walk: Walk, frames: range) -> None:
    (lack,) = walk.seen(_legs_off(walk, frames)).lacks
    assert (lack.begin, lack.end) == (frames[0], frames[-1])
    # The lower quarter of an ellipse's height is 0.196 of its area, and 0.243 of what is left.
    assert lack.share == pytest.approx(0.243, abs=0.06)


def test_legs_that_are_off_all_through_are_the_artists_choice(walk: Walk) -> None:
    assert walk.seen(_legs_off(walk, range(FRAMES))).lacks == ()


@pytest.mark.parametrize("late", [2, 1, -1])
def test_a_matte_of_other_frames_is_told_by_how_many_and_nothing_else(walk: Walk, late: int) -> None:
    mattes = [walk.mattes[min(FRAMES - 1, max(0, index - late))] for index in range(FRAMES)]
    seen = walk.seen(mattes)
    assert seen.late == late and seen.lacks == () and seen.other is None
    assert seen.overlaps[1] > seen.overlaps[0] + 0.03


@pytest.mark.parametrize(
    ("turned", "turn"),
    [
        ("turned by 180 degrees", lambda one: one[::-1, ::-1]),
        ("mirrored", lambda one: one[:, ::-1]),
        ("upside down", lambda one: one[::-1]),
    ],
)
def test_a_matte_that_is_turned_against_its_plate_is_told_so(
    turned: str, turn: Callable[[np.ndarray], np.ndarray]
) -> None:
    walk = Walk()
    walk.plates = walk.plates[:10]  # they are in the left half, and low
    seen = walk.seen([np.ascontiguousarray(turn(one)) for one in walk.mattes[:10]])
    assert seen.turned == turned and seen.overlaps[0] < 0.1 < 0.9 < seen.overlaps[1]
    assert not seen.late and not seen.lacks


def test_a_turned_matte_is_told_where_the_actor_is_in_mid_frame_too() -> None:
    walk = Walk()
    row, column = (int(one.mean()) for one in np.nonzero(walk.mattes[0] > 0.5))

    def low(picture: np.ndarray) -> np.ndarray:
        """The first frame's, 20 rows below the middle: upside down 40 of their 80 rows are off."""
        return np.roll(picture, (picture.shape[0] // 2 + 20 - row, picture.shape[1] // 2 - column), (0, 1))

    walk.plates = [low(walk.plates[0])] * 8
    seen = walk.seen([np.ascontiguousarray(low(walk.mattes[0])[::-1])] * 8)
    assert seen.turned in ("upside down", "turned by 180 degrees")
    assert 0.2 < seen.overlaps[0] < 0.6 and seen.overlaps[1] > 0.9


def test_an_actor_who_stands_still_has_no_late_matte() -> None:
    still = Walk()
    still.plates, still.mattes = [still.plates[0]] * FRAMES, [still.mattes[0]] * FRAMES
    assert still.seen(still.mattes).late == 0


def test_somebody_who_walks_beside_them_is_told_with_their_box() -> None:
    walk = Walk(other=(140, -3))
    other = walk.seen(walk.mattes).other
    assert other is not None and len(other.frames) >= 9
    left = 140 - 3 * other.at
    found = np.array(other.box) * SIDE
    np.testing.assert_allclose(found, (left, 10, 40, 60), atol=3)


def test_a_thing_that_stands_there_is_nobody() -> None:
    walk = Walk(other=(100, 0))
    assert walk.seen(walk.mattes).other is None


def test_an_empty_matte_is_told_where_the_actor_is_seen_and_not_where_they_are_gone(walk: Walk) -> None:
    mattes = [np.zeros_like(one) if 10 <= k < 15 else one for k, one in enumerate(walk.mattes)]
    assert walk.seen(mattes).empty == ((10, 14),)
    gone = Walk()
    for index in range(10, 15):
        gone.plates[index] = np.full_like(gone.plates[index], 0.4)
    assert gone.seen(mattes).empty == ()


def test_a_render_tells_of_it_and_mends_it_where_asked(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last two of five mattes lack their lower half: that it never comes again, motion alone takes for a choice."""
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(tmp_path / "models"))
    (tmp_path / "models" / "isnet-general-use").mkdir(parents=True)
    red_mask(tmp_path / "models" / "isnet-general-use" / "isnet-general-use.onnx", 64, std=256 / 255)
    staged = stage_shot(tmp_path / "shot", frames=5)
    place = texture(np.random.default_rng(3), 64, 96).mean(2, keepdims=True)
    for frame, matte in staged.mattes.items():
        moved = np.roll(place[::-1], frame - 1001, axis=1)  # as the actor does, by a pixel a frame
        picture = np.where(matte[..., None] > 0.5, RED + 0.3 * (moved - 0.5), place)
        write_still(tmp_path / "shot" / f"plate.{frame}.exr", picture**2.2, "half", attributes=ACES)
        given = matte.copy()
        if frame > 1003:
            given[36:] = 0
        write_still(tmp_path / "shot" / f"matte.{frame}.png", given[..., None], "uint8")
    jobs = {mend: staged.job(model, f"mend {mend}", mend_matte=mend) for mend in (False, True)}
    told, given, mended = {}, {}, {}
    for mend, job in jobs.items():
        render(job)
        result = json.loads((Path(job.output) / "result.json").read_text())
        told[mend] = [one for one in result["warnings"] if one.startswith("matte:")]
        (decided,) = (one for one in result["decisions"] if one["name"] == "matte")
        assert "isnet-general-use saw 5 of its frames" in decided["reason"]
    assert "missing at frames 1004-1005 (" in told[False][0] and "--mend-matte" in told[False][0]
    assert told[True] == []
    for frame in (1001, 1003, 1004):
        layer = read_layer(Path(jobs[True].output) / f"shot_generated_bg.{frame}.exr")[1]
        given[frame], mended[frame] = staged.mattes[frame], layer["mended.A"]
    for frame in (1001, 1003):
        assert mended[frame].tobytes() == np.float16(given[frame]).tobytes()
    assert np.abs(mended[1004] - given[1004]).sum() < 0.1 * given[1004].sum()


def test_a_network_that_fails_once_the_layer_is_written_costs_no_layer(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(tmp_path / "models"))
    (tmp_path / "models" / "isnet-general-use").mkdir(parents=True)
    red_mask(tmp_path / "models" / "isnet-general-use" / "isnet-general-use.onnx", 64, std=256 / 255)
    job = stage_shot(tmp_path / "shot", frames=5).job(model, "layer")
    real = NetworkSubjects.mask

    def fails(self: NetworkSubjects, picture: np.ndarray) -> np.ndarray:
        if list(Path(job.output).glob("*.exr")):
            raise ModelError("There is too little memory for isnet.", "Close other applications.")
        return real(self, picture)

    monkeypatch.setattr(NetworkSubjects, "mask", fails)
    render(job)
    result = json.loads((Path(job.output) / "result.json").read_text())
    (told,) = (one for one in result["warnings"] if "not compared" in one)
    assert told.endswith("There is too little memory for isnet. Close other applications.")

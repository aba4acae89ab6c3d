"""A pole that crosses the actor and is no part of their matte: found by its motion, and closed by the frames beside."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.camera.track import CameraTrack, still_track
from actanywhere.comp.over import over
from actanywhere.contract.shot import FrameRange
from actanywhere.render.clip import Clip
from actanywhere.render.slit_close import choose_closing
from actanywhere.render.slits import find_slits, read_at
from tests.footage.pictures import write_still
from tests.render.stage import read_layer, render, stage_shot, texture

FRAMES, SIDE, POLE = 12, 160, slice(80, 86)


class Walk:
    """An actor of 40 x 80 pixels who walks by 3 pixels a frame behind a pole of 6, before a camera that stands."""

    def __init__(self, gap: bool = False) -> None:
        rng = np.random.default_rng(4)
        place, actor = texture(rng, SIDE, SIDE), texture(rng, 80, 40)
        plates, mattes, self.true = [], [], []
        for index in range(FRAMES):
            picture, matte = place.copy(), np.zeros((SIDE, SIDE), np.float32)
            left = 40 + 3 * index
            picture[50:130, left : left + 40] = actor
            matte[50:130, left : left + 40] = 1
            if gap:  # between their legs, as wide as the pole: it walks with them
                matte[70:130, left + 17 : left + 23] = 0
                picture[70:130, left + 17 : left + 23] = place[70:130, left + 17 : left + 23]
            self.true.append(picture.copy())
            if not gap:
                picture[:, POLE], matte[:, POLE] = 0.9, 0
            plates.append(picture)
            mattes.append(matte)
        self.plates = plates
        codes = [np.round(255 * np.stack(one)).astype(np.uint8) for one in (plates, mattes)]
        self.clip = Clip(FrameRange(1001, 1000 + FRAMES), codes[0], codes[1], 1.0)


def test_a_pole_is_found_in_its_frames_and_told_with_its_place() -> None:
    walk = Walk()
    slits = {one.index: one.region for one in find_slits(walk.clip, still_track(FRAMES))}
    assert {5, 6, 7, 8, 9} <= set(slits)
    for region in slits.values():
        columns = np.flatnonzero(region.any(0))
        assert columns.min() >= POLE.start - 1 and columns.max() <= POLE.stop
    told = choose_closing(False, walk.clip, still_track(FRAMES), None, 2 * SIDE)
    assert told.value is None and len(told.warnings) == 1
    assert "at 1004-10" in told.warnings[0] and "about x 16" in told.warnings[0]


def test_a_gap_between_legs_is_no_slit_and_without_the_camera_nothing_is_said() -> None:
    assert find_slits(Walk(gap=True).clip, still_track(FRAMES)) == []
    lost = CameraTrack(np.tile(np.eye(3), (FRAMES, 1, 1)), False, "a green screen", np.zeros(FRAMES))
    assert find_slits(Walk().clip, lost) == []


@pytest.mark.parametrize("given", [False, True])
def test_the_actor_is_closed_behind_the_pole_by_their_own_pixels(given: bool) -> None:
    walk = Walk()
    front = np.zeros(walk.clip.matte.shape, np.uint8)
    front[:, :, POLE] = 255
    made = choose_closing(True, walk.clip, still_track(FRAMES), front if given else None, SIDE)
    assert made.value is not None and not made.warnings
    matte = walk.clip.matte[7] / np.float32(255)
    layer = made.value.closed(7, matte, lambda index: walk.plates[index])
    slit = (slice(58, 122), POLE)
    assert (layer[slit][..., 3] > 0.9).mean() > 0.95
    assert (layer[..., 3][matte == 1] == 0).all()
    error = np.mean((layer[slit][..., :3] - walk.true[7][slit]) ** 2)
    assert -10 * np.log10(error) > 30  # 21 with the flow of the pole's edges
    # Nobody is above the head, nor below the feet.
    assert layer[:48, :, 3].max() == 0 and layer[132:, :, 3].max() == 0


def test_what_no_frame_shows_is_told_with_its_frames() -> None:
    clip = Walk().clip
    front = np.full(clip.matte.shape, 255, np.uint8)
    made = choose_closing(True, clip, still_track(FRAMES), front, SIDE)
    assert "stays open at 1001-1012" in made.warnings[0]


def test_a_plane_is_read_at_more_places_than_opencv_takes_in_a_row() -> None:
    plane = np.arange(200, dtype=np.float32)[None] + np.zeros((200, 1), np.float32)
    places = np.stack(np.meshgrid(np.arange(200), np.arange(200)), -1).reshape(-1, 2).astype(np.float32)
    assert np.array_equal(read_at(plane, places), plane.ravel())
    assert read_at(plane, places[:0]).shape == (0,)


def test_a_layer_over_a_picture_keeps_its_bits_where_it_is_empty() -> None:
    layer = np.zeros((1, 2, 4), np.float32)
    layer[0, 1] = 0.25, 0.25, 0.25, 0.5
    picture = np.full((1, 2, 3), 0.1, np.float32)
    assert over(layer, picture)[0].tolist() == [
        [np.float32(0.1)] * 3,
        [np.float32(0.25) + np.float32(0.05)] * 3,
    ]


def test_the_layer_holds_the_closed_actor_beside_a_comp_that_keeps_what_is_in_front(
    tmp_path: Path, model: Path
) -> None:
    staged = stage_shot(tmp_path / "shot", frames=4)
    pole = np.zeros((*staged.plates[1001].shape[:2], 1), np.float32)
    pole[:, 60:70] = 1
    write_still(staged.folder / "pole.exr", pole, "half")
    job = staged.job(model, close_slits=True, keep_front=str(staged.folder / "pole.exr"))
    result = render(job)
    assert any(one.name == "slits" for one in result.decisions)
    file = read_layer(Path(job.output) / "shot_generated_bg.1002.exr")[1]
    assert np.array_equal(file["R"][:, 60:70], np.float16(staged.plates[1002])[:, 60:70, 0])
    if any(one.name == "slits" and one.value == "closed" for one in result.decisions):
        assert {"closed.R", "closed.G", "closed.B", "closed.A"} <= set(file)
        assert cv2.minMaxLoc(file["closed.A"].astype(np.float32))[1] <= 1

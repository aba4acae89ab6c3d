"""An actor who is cut off above the feet stands nowhere, and casts no shadow at the cut."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.camera.track import still_track
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange
from actanywhere.engines.protocol import Watch
from actanywhere.render.clip import Clip
from actanywhere.render.cut_off import cut_off
from actanywhere.render.plate_regions import PlateRegions
from actanywhere.render.shadow import choose_shadow
from tests.render.stage import texture
from tests.seeing.staged import marked

FRAMES, SIDE = 6, 160
GIVEN = Settings(camera="still", shadow="given", shadow_density=0.5)


def _clip(last: int, matte_to: int) -> Clip:
    """A dark actor 40 pixels wide before a bright place, from row 40 to ``last``; their matte ends at ``matte_to``."""
    rgb = np.round(255 * texture(np.random.default_rng(2), SIDE, SIDE) * 0.2 + 180).astype(np.uint8)
    rgb[40:last, 60:100] = 40
    matte = np.zeros((SIDE, SIDE), np.uint8)
    matte[40:matte_to, 60:100] = 255
    return Clip(FrameRange(1001, 1000 + FRAMES), np.stack([rgb] * FRAMES), np.stack([matte] * FRAMES), 1.0)


@pytest.mark.parametrize(
    ("last", "matte_to", "cut"),
    [(120, 120, ""), (120, 90, "the matte"), (SIDE, SIDE, "the frame"), (SIDE, SIDE - 8, "the matte")],
)
def test_what_cuts_the_actor_off(last: int, matte_to: int, cut: str) -> None:
    clip = _clip(last, matte_to)
    assert cut_off(clip) == cut
    shadow = choose_shadow(GIVEN, clip, None, still_track(FRAMES), "still", True, Watch())
    assert (shadow.value is None) == bool(cut)
    if cut:
        assert (
            f"cut off above the feet by {cut}" in shadow.reason and "not laid as given" in shadow.warnings[0]
        )


@pytest.mark.parametrize(("below", "cut"), [(50, "the frame"), (16, "")])
def test_a_neck_at_the_frames_border_is_cut_off_and_a_foot_is_not(below: int, cut: str) -> None:
    clip = _clip(SIDE, SIDE)
    clip.matte[:] = 0
    clip.matte[:, 40:130, 30:130] = 255
    clip.matte[:, 130:, 60 : 60 + below] = 255
    assert cut_off(clip) == cut


def test_a_matte_that_is_cut_in_a_few_frames_still_stands() -> None:
    clip = _clip(120, 120)
    clip.matte[:3, 90:] = 0
    assert cut_off(clip) == ""


def test_the_runner_of_a_real_shot_is_cut_off_and_a_rider_is_not() -> None:
    shots = Path(__file__).resolve().parents[3] / "shared/shots"
    if not shots.is_dir():
        pytest.skip("../shared/shots is not here")
    for name, cut in (("woman_jog", "the matte"), ("motorcycle_stunt", "")):
        movie = cv2.VideoCapture(str(shots / name / "plate.mp4"))
        frames = [movie.read()[1] for _ in range(16)]
        mattes = [cv2.imread(str(one), 0) for one in sorted((shots / name / "matte").glob("*.png"))[:16]]
        assert cut_off(Clip(FrameRange(1001, 1016), np.stack(frames), np.stack(mattes), 1.0)) == cut


@pytest.mark.parametrize(
    ("slant", "below", "cut"),
    [
        (0, "thing", "what stands in front of them"),
        (-8, "thing", "what stands in front of them"),
        (0, "ground", ""),
        (0, "water", ""),
    ],
)
def test_a_table_before_the_actor_cuts_them_off_by_its_region_and_ground_does_not(
    slant: int, below: str, cut: str
) -> None:
    """The matte ends at row 100 on its left and ``slant`` rows lower on its right, as what is below it begins."""
    clip = _clip(120, 120)
    for column in range(60, 100):
        clip.matte[:, round(100 + slant * (column - 60) / 40) :, column] = 0
    clip.rgb[:, 100 + min(0, slant) :] = 200
    left, right = (100 + slant * (column - 60) / 40 for column in (0, SIDE))
    seen = marked((SIDE, SIDE), "upright", (below, [(0, left / SIDE), (1, right / SIDE), (1, 1), (0, 1)]))
    regions = PlateRegions(lambda picture: seen, FRAMES)
    for index in range(FRAMES):
        regions.see(index, clip.rgb[index] / np.float32(255))
    assert cut_off(clip, regions) == cut
    shadow = choose_shadow(GIVEN, clip, None, still_track(FRAMES), "still", True, Watch(), None, regions)
    assert (shadow.value is None) == bool(cut)


@pytest.mark.parametrize("gone", [slice(70, 90), slice(78, 120)])
def test_shoes_on_a_board_are_no_cut(gone: slice) -> None:
    """Two, or one that is seen from its side."""
    clip = _clip(120, 120)
    clip.matte[:, 90:, gone] = 0
    seen = marked((SIDE, SIDE), "water", ("thing", [(0, 0.74), (1, 0.74), (1, 0.85), (0, 0.85)]))
    regions = PlateRegions(lambda picture: seen, FRAMES)
    regions.see(0, clip.rgb[0] / np.float32(255))
    assert cut_off(clip, regions) == ""

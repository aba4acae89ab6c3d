"""What the plate's regions tell the tracker: what stands still, and when ground alone is not enough."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.camera.track import CameraTrack, Tracker
from actanywhere.render.plate_regions import PlateRegions
from actanywhere.seeing.protocol import RegionMap
from tests.camera.staged import wall
from tests.seeing.staged import marked

SIZE = (135, 240)
LEAVES = ("foliage", [(0, 0.3), (1, 0.3), (1, 0.6), (0, 0.6)])
HOUSE = ("upright", [(0, 0.3), (0.5, 0.3), (0.5, 0.6), (0, 0.6)])
GROUND = ("ground", [(0, 0.6), (1, 0.6), (1, 1), (0, 1)])
BESIDE_HOUSE = (slice(50, 70), slice(140, 220))


def still(seen: RegionMap) -> np.ndarray:
    regions = PlateRegions(lambda picture: seen, 1)
    regions.see(0, np.zeros((*SIZE, 3), np.float32))
    found = regions.standing_still(0)
    assert found is not None
    return found


@pytest.mark.parametrize(("parts", "sky"), [((LEAVES, HOUSE, GROUND), 0.5), ((LEAVES, GROUND), 1)])
def test_the_sky_counts_as_ground_does_where_nothing_upright_is_seen(
    parts: tuple[tuple[str, list[tuple[float, float]]], ...], sky: float
) -> None:
    found = still(marked(SIZE, "sky", *parts))
    assert (found[10:30, 10:230] == sky).all()
    assert (found[BESIDE_HOUSE] == 1).all() and (found[95:125] == 1).all()


def test_water_and_who_is_in_it_never_count() -> None:
    assert not still(marked(SIZE, "water", ("vehicle", [(0, 0), (0.4, 0), (0.4, 1), (0, 1)]))).any()


def test_a_narrow_shore_leads_the_camera_and_the_waves_before_it_do_not() -> None:
    """Houses, 40 rows of 270, go right by 2 pixels a frame, and the water below them left by 4."""
    rng = np.random.default_rng(3)
    strips = wall(rng, 40, 960), wall(rng, 149, 960)
    seen = marked(
        (270, 480),
        "water",
        ("sky", [(0, 0), (1, 0), (1, 0.3), (0, 0.3)]),
        ("upright", [(0, 0.3), (1, 0.3), (1, 0.45), (0, 0.45)]),
    )
    regions, tracker = PlateRegions(lambda picture: seen, 5), Tracker(480 / 270)
    for index in range(5):
        picture = np.full((270, 480, 3), 0.8, np.float32)
        for row, strip, at in ((81, strips[0], 240 - 2 * index), (121, strips[1], 240 + 4 * index)):
            picture[row : row + len(strip)] = strip[:, at : at + 480]
        regions.see(index, picture)
        tracker.add(picture, np.zeros((270, 480), np.float32), regions.standing_still(index))
    track = tracker.solve()
    assert track.trackable and "what stands still in it" in track.reason
    assert track.transforms[4][0, 2] == pytest.approx(4 * 2 / 270, abs=1e-3)


def test_regions_go_with_the_camera_into_the_frames_that_were_not_asked_of() -> None:
    """Of 48 frames every second is asked; a pan moves the plate right by 8 of 240 pixels a frame."""
    regions = PlateRegions(
        lambda picture: marked(SIZE, "ground", ("thing", [(0.25, 0), (0.5, 0), (0.5, 1), (0.25, 1)])), 48
    )
    regions.see(0, np.zeros((*SIZE, 3), np.float32))
    pan = np.tile(np.eye(3), (48, 1, 1))
    pan[:, 0, 2] = 8 / 135 * np.arange(48)
    before = regions.at(1)
    regions.carry(CameraTrack(pan, True, "", np.ones(48)), SIZE[1] / SIZE[0])
    after, asked = regions.at(1), regions.at(0)
    assert before is not None and after is not None and asked is not None
    assert (before.of("thing")[:, 62:118] == 1).all() and (asked.of("thing")[:, 62:118] == 1).all()
    assert (after.of("thing")[:, 70:126] == 1).all() and (after.of("ground")[:, :66] == 1).all()

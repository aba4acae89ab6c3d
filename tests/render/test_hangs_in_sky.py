"""An actor whose feet are over the blue sky of the picture of the place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.camera.backdrop import View
from actanywhere.camera.placement import Placement, around
from actanywhere.camera.track import still_track
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange
from actanywhere.render.clip import Clip
from actanywhere.render.decision import Decision
from actanywhere.render.placement import choose_placement
from actanywhere.render.placement_told import hangs_in_sky
from actanywhere.render.plate_regions import PlateRegions
from actanywhere.render.standpoint import Standpoint, read_standpoint
from actanywhere.seeing.other_actor import OtherActor
from actanywhere.seeing.readers import Readers

HEIGHT, WIDTH = 120, 200
ASPECT = WIDTH / HEIGHT


def _picture(horizon: int) -> NDArray[np.float32]:
    """Blue sky down to a row, and rough ground from there on."""
    rough = np.random.default_rng(1).uniform(0.2, 0.5, (HEIGHT, WIDTH, 3))
    rough[:horizon] = (0.35, 0.55, 0.85)
    return rough.astype(np.float32)


def _seen(condition_horizon: int, plate_horizon: int, other: OtherActor | None = None) -> Standpoint:
    plate, condition = _picture(plate_horizon), _picture(condition_horizon)
    matte = np.zeros((1, HEIGHT, WIDTH), np.uint8)
    matte[0, 30:80, 90:106] = 255
    plate[matte[0] > 0] = (0.6, 0.2, 0.1)
    clip = Clip(FrameRange(1001, 1001), np.round(plate[None] * 255).astype(np.uint8), matte, ASPECT)
    track, view = still_track(1), View(ASPECT)
    regions = PlateRegions(lambda _: None, 1)
    return read_standpoint(clip, track, 0, view, condition, None, None, regions, Readers({}), other=other)


def _place(seen: Standpoint) -> Decision[Placement]:
    return choose_placement(Settings(), None, (HEIGHT, WIDTH), ASPECT, seen)


def test_feet_over_the_sky_are_told_and_feet_on_what_is_below_it_are_not() -> None:
    (warning,) = hangs_in_sky(_seen(100, 40), Placement("fill"), ASPECT, ASPECT)
    assert "over the sky of the condition picture (100% of them)" in warning
    # Feet on row 80 of 120, its lowest rows from 0.88 of its height on: higher by 0.214, in steps of 0.025.
    assert "such as --place 0,-0.225,1 onto its lowest rows" in warning
    assert hangs_in_sky(_seen(60, 40), Placement("fill"), ASPECT, ASPECT) == ()
    # A bar of 40 rows above it: the whole's middle is 20 of 120 rows higher.
    (barred,) = hangs_in_sky(
        _seen(100, 40),
        Placement("fill"),
        ASPECT,
        ASPECT,
        lambda laid: around(laid, (0, 40, WIDTH, HEIGHT), (HEIGHT + 40, WIDTH), ASPECT),
    )
    assert "such as --place 0,-0.3917,1 onto its lowest rows" in barred
    assert not _place(_seen(100, 40)).value.moved, "whether that is ground is not known"


def test_who_flies_in_the_plate_too_may_fly() -> None:
    assert hangs_in_sky(_seen(100, 100), Placement("fill"), ASPECT, ASPECT) == ()


def test_where_its_ground_is_known_the_picture_is_moved_until_they_stand_on_it_and_that_is_told() -> None:
    def ground(horizon: int, **change: bool) -> Standpoint:
        low = np.float32(np.arange(HEIGHT)[:, None] >= 106) * np.ones((1, WIDTH), np.float32)
        return replace(_seen(horizon, 40), ground=low, told_by="hand", **change)

    found = _place(ground(100))
    assert str(found.value) == "0,-0.225,1" and "instead of 0% (known by hand)" in found.reason
    (warning,) = found.warnings
    assert (
        "in the sky of the condition picture" in warning and "22% of the frame is made up below it" in warning
    )
    assert not _place(ground(100, flies=True)).value.moved
    # Their head is 50 rows higher, and a camera no lower than a quarter of that: 12 rows, where 20 are between.
    assert not _place(ground(60)).value.moved
    assert _place(ground(72)).value.moved


def test_who_hangs_in_the_sky_of_the_condition_lets_the_actor_hang_there_too() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[20:60, 40:50] = 1
    # Hanging, standing on the ground (row 118 of 120), and cut off by the border.
    for rows, flies, stood in ((0, True, 60 / HEIGHT), (58, False, 118 / HEIGHT), (60, False, None)):
        seen = _seen(100, 40, OtherActor("staged", mask=np.roll(mask, rows, 0)))
        assert seen.flies is flies
        assert seen.stood == (None if stood is None else pytest.approx(stood, abs=0.01))

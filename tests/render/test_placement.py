"""How the condition is laid into the frame, as it is seen in the layer and told in the result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actanywhere import cli
from actanywhere.camera.backdrop import Backdrop, View
from actanywhere.camera.cover import Path as Looks
from actanywhere.camera.placement import Placement
from actanywhere.camera.space import SpaceTrack
from actanywhere.camera.track import still_track
from actanywhere.camera.widened import Wider
from actanywhere.contract.errors import JobError
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import FrameRange
from actanywhere.engines.protocol import Watch
from actanywhere.render.decision import Decision
from actanywhere.render.place import kind_of
from actanywhere.render.placement import choose_placement, cover_in_space
from actanywhere.render.placement_told import (
    filled_behind,
    made_up,
    much_enlarged,
    runs_out,
    stretched_below,
)
from actanywhere.render.preflight import open_inputs
from actanywhere.render.scene import Scene, read_scene
from actanywhere.render.shadow_on_place import shadow_off_sky, shadow_on_place
from actanywhere.render.standpoint import Standpoint
from actanywhere.render.widening import Held, held_by, widen_placed
from actanywhere.seeing.horizon import Horizon
from actanywhere.seeing.other_actor import OtherActor
from actanywhere.seeing.protocol import RegionMap
from actanywhere.seeing.readers import Readers
from actanywhere.shadow.cast import CastShadow
from actanywhere.shadow.pulled import PulledShadow
from tests.camera.set3d import EYE, cameras, look
from tests.footage.pictures import write_still
from tests.render.place import place_of
from tests.render.stage import Staged, render, stage_shot, texture, tiny_model
from tests.seeing.staged import marked

ACTOR = (12.0, 52.0, 7.0)


@pytest.fixture
def still(tmp_path: Path) -> Staged:
    """A locked shot of 2:3 in front of a picture of its own shape and size."""
    place = texture(np.random.default_rng(21), 64, 96, 4.0)
    return stage_shot(tmp_path / "still", frames=4, condition=place, actor=ACTOR)


def test_a_picture_that_is_moved_shows_the_same_pixels_that_far_away(still: Staged) -> None:
    plain, moved = (place_of(still.job("starter", place=place))[0] for place in ("auto", "0.25,-0.125,1"))
    # 0.25 and 0.125 of 64 rows are 16 and 8 pixels.
    np.testing.assert_allclose(moved[:56, 16:], plain[8:, :80], atol=2e-3)


def test_the_placement_is_decided_with_its_reason_and_kept(still: Staged) -> None:
    told = {}
    for number, place in enumerate(("centred", "0.1,0,1.2,mirror")):
        job = still.job(tiny_model(), f"out{number}", place=place, fit="width")
        told[place] = render(job).decided("placement")
    assert told["centred"].value == "centred, width"
    assert told["0.1,0,1.2,mirror"].value == "0.1,0,1.2,mirror, width"
    assert told["0.1,0,1.2,mirror"].reason == "as you set it"
    assert told["centred"].setting == "place"


def test_a_portrait_picture_under_a_wide_plate_is_told_and_fit_goes_on_from_it(tmp_path: Path) -> None:
    tall = texture(np.random.default_rng(22), 160, 60, 4.0)
    staged = stage_shot(tmp_path / "tall", frames=4, condition=tall, actor=ACTOR)
    filled = render(staged.job(tiny_model(), "filled"))
    # The frame is 3:2 and the picture 3:8: a quarter of it is seen.
    assert any("only 25% of the condition picture (60x160)" in warning for warning in filled.warnings)
    chosen = render(staged.job(tiny_model(), "chosen", place="0,0,60,40"))
    assert not any("condition picture (60x160)" in warning for warning in chosen.warnings)
    fitting = staged.job(tiny_model(), "fitting", fit="fit")
    fitted = render(fitting)
    assert not any("condition picture (60x160)" in warning for warning in fitted.warnings)
    extended = place_of(staged.job("starter", fit="fit"))[0].astype(np.float32)
    inner, outer = extended[:, 37:59], extended[:, :30]
    assert np.diff(outer, axis=1).std() > 0.3 * np.diff(inner, axis=1).std()  # no edge drawn out to the side


def letterboxed(tmp_path: Path) -> tuple[Staged, Staged]:
    """A shot before a picture with black bars above and below, and before what lies inside of them."""
    inside = np.clip(0.3 + 0.5 * texture(np.random.default_rng(23), 64, 192, 4.0), 0, 1)
    bars = np.zeros((112, 192, 3), np.float32)
    bars[22:90] = np.pad(inside, ((2, 2), (0, 0), (0, 0)), "edge")  # a bar's border is taken to be smeared
    boxed, cropped = (
        stage_shot(tmp_path / name, frames=4, condition=one, actor=ACTOR)
        for name, one in (("boxed", bars), ("cropped", inside))
    )
    return boxed, cropped


def test_a_letterboxed_picture_is_laid_by_what_is_inside_of_its_bars(tmp_path: Path) -> None:
    boxed, cropped = letterboxed(tmp_path)
    one, other = (place_of(staged.job("starter"))[0].astype(np.float32) for staged in (boxed, cropped))
    assert np.abs(one - other).mean() < 0.005
    told = render(boxed.job(tiny_model())).decided("placement")
    assert "inside of its bars" in told.reason and told.value != "centred, fill"


def test_a_letterboxed_picture_that_is_placed_lies_whole_as_it_was_said(tmp_path: Path) -> None:
    boxed, _ = letterboxed(tmp_path)
    told = render(boxed.job(tiny_model(), place="centred")).decided("placement")
    assert (told.value, told.reason) == ("centred, fill", "as asked for")


def test_ground_and_horizon_of_a_letterboxed_picture_are_those_inside_of_its_bars() -> None:
    ground = np.zeros((100, 50), np.float32)
    ground[60:80] = 1
    sky = np.ones((20, 10), np.float32)
    sky[10:] = 0
    whole = replace(NOBODY, picture=Horizon(0.5, 0.6, "lines"), ground=ground, sky=sky)
    inner = whole.inside((0, 40, 100, 120), (200, 100))
    assert inner.picture is not None and inner.ground is not None and inner.sky is not None
    assert inner.sky.shape == (12, 10) and inner.sky[:6].all() and not inner.sky[6:].any()
    assert (inner.picture.high, inner.picture.low) == pytest.approx((0.5, 80 / 120))
    assert inner.ground.shape == (60, 50) and inner.ground[40:].all() and not inner.ground[:40].any()


def test_a_place_is_given_on_the_command_line_also_below_zero(
    still: Staged, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shot = still.shot
    words = [
        "render",
        "--plate",
        shot.plate.path,
        "--matte",
        shot.matte.path,
        "--condition",
        shot.condition.path,
    ]
    assert cli.main([*words, "--output", str(tmp_path / "o"), "--place", "-0.1,0,1", "--dry-run"]) == 0
    assert cli.main([*words, "--output", str(tmp_path / "o"), "--place", "left", "--dry-run"]) == 2
    assert "x,y,scale" in capsys.readouterr().err


def test_a_range_is_given_on_the_command_line_also_below_zero(
    still: Staged, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--plate", still.shot.plate.path, "--matte", still.shot.matte.path]
    first = ["--plate-first", "-3", "--matte-first", "-3", "--condition", still.shot.condition.path]
    words = ["render", *files, *first, "--output", str(tmp_path / "o"), "--dry-run"]
    for frames in ("-3--1", "-2-0"):
        assert cli.main([*words, "--frames", frames]) == 0
        assert f"frames {frames}," in capsys.readouterr().out


def test_a_place_that_cannot_be_is_refused_before_anything_is_read(still: Staged) -> None:
    with pytest.raises(JobError, match="place is"):
        render(replace(still.job(tiny_model()), settings=Settings(place="up a bit")))


def readers(regions: dict[int, RegionMap]) -> Readers:
    """Readers that answer with regions marked by hand, by the width of the picture they are asked about."""
    made = Readers({})
    made.regions_of = lambda picture: regions.get(picture.shape[1])  # type: ignore[method-assign]
    return made


@pytest.fixture
def walker(tmp_path: Path) -> Staged:
    """A locked plate 96 pixels wide whose actor's feet, at row 52 of 64, stand on ground; a condition 97 wide."""
    place = texture(np.random.default_rng(21), 64, 97, 4.0)
    return stage_shot(tmp_path / "walk", frames=4, condition=place, actor=(48.0, 40.0, 12.0))


STREET = marked((64, 96), "upright", ("ground", [(0, 0.5), (1, 0.5), (1, 1), (0, 1)]))


def decided(staged: Staged, condition: RegionMap, plate: RegionMap = STREET) -> Scene:
    with open_inputs(staged.job("starter")) as inputs:
        return read_scene(inputs, Watch(), readers({97: condition, 96: plate}))


def test_an_actor_before_a_wall_comes_down_onto_the_ground_of_the_picture(walker: Staged) -> None:
    low = marked((64, 97), "upright", ("ground", [(0, 0.9), (1, 0.9), (1, 1), (0, 1)]))
    scene = decided(walker, low)
    assert scene.placement.value.y < -0.05
    assert "the actor's feet stand on its ground in" in scene.placement.reason
    assert "--place" in scene.placement.reason
    (widened,) = scene.placement.warnings
    assert "bottom is widened" in widened and scene.placement.value.wider.bands[3] < 0.1  # below the feet


def test_an_actor_over_the_sky_comes_down_as_far_as_it_takes_and_that_is_told(walker: Staged) -> None:
    sky = marked((64, 97), "sky", ("ground", [(0, 0.97), (1, 0.97), (1, 1), (0, 1)]))
    scene = decided(walker, sky)
    assert scene.placement.value.y < -0.25  # below the horizon, and below it by a quarter of their height
    assert any("would be in the sky of the condition picture" in one for one in scene.warnings)


def test_an_actor_over_a_picture_of_sky_alone_is_left_there_and_told(walker: Staged) -> None:
    scene = decided(walker, marked((64, 97), "sky"))
    assert not scene.placement.value.moved
    assert any("hang in the air" in one for one in scene.warnings)


def test_who_stands_where_it_suits_is_left_alone(walker: Staged) -> None:
    scene = decided(walker, marked((64, 97), "upright", ("ground", [(0, 0.6), (1, 0.6), (1, 1), (0, 1)])))
    assert str(scene.placement.value) == "centred"
    assert scene.placement.reason == "since it suits the plate as it is"


def test_who_swims_in_the_plate_wants_water_in_the_picture(walker: Staged) -> None:
    shore = marked((64, 97), "water", ("ground", [(0, 0.6), (1, 0.6), (1, 1), (0, 1)]))
    swims = decided(walker, shore, marked((64, 96), "water"))
    assert not swims.placement.value.moved and not swims.placement.warnings
    assert swims.place is not None and swims.place.standpoint is not None
    assert swims.place.standpoint.surface == "water"


def test_over_sky_or_water_a_pulled_shadow_is_left_out_and_a_given_one_told() -> None:
    feet = np.array([[0.0, 0.3, 0.4], [0.1, 0.3, 0.4]])
    planes = np.zeros((2, 4, 6), np.uint8)
    pulled, given = (
        Decision(PulledShadow(planes), "pulled"),
        Decision(CastShadow(0.5, 0, 0.5, 0.02), "as given"),
    )
    for place, takes in (("sky", False), ("water", False), ("ground", True), ("upright", True)):
        regions = marked((64, 96), place)
        seen = Standpoint(0, feet, None, None, None, "ground", regions, sky=regions.of("sky"))
        left = shadow_on_place(Settings(), pulled, seen, Placement(), 1.5, 1.5)
        assert (left.value is not None) == takes
        assert takes or f"over the {place} of the condition picture" in left.reason
        assert bool(left.warnings) != takes
        kept = shadow_on_place(Settings(shadow="given"), given, seen, Placement(), 1.5, 1.5)
        assert kept.value is given.value and bool(kept.warnings) != takes


def test_a_picture_that_is_moved_is_asked_where_the_feet_are_then() -> None:
    shore = marked((64, 96), "water", ("ground", [(0, 0.9), (1, 0.9), (1, 1), (0, 1)]))
    seen = Standpoint(0, np.array([[0.0, 0.3, 0.4]]), None, None, None, "ground", shore)
    shadow = Decision(PulledShadow(np.zeros((2, 4, 6), np.uint8)), "pulled")
    assert shadow_on_place(Settings(), shadow, seen, Placement(), 1.5, 1.5).value is None
    assert shadow_on_place(Settings(), shadow, seen, Placement(y=-0.15), 1.5, 1.5).value is shadow.value


def test_the_regions_of_the_plate_tell_the_tracker_what_stands_still(walker: Staged) -> None:
    with open_inputs(walker.job("starter", camera="plate")) as inputs:
        reasons = [
            read_scene(inputs, Watch(), readers({96: marked((64, 96), kind)})).camera.reason
            for kind in ("upright", "water")
        ]
    assert "features on what stands still in it" in reasons[0]
    assert "what stands still in it shows too few" in reasons[1]


def test_a_cameras_horizon_and_the_one_that_the_artist_says_are_laid_on_each_other(
    walker: Staged, tmp_path: Path
) -> None:
    """A locked camera looks down by 10 degrees: through 1.2 frame heights its horizon is at 0.29 of them."""
    view = 2 * np.degrees(np.arctan(0.5 / 1.2))
    lines = [f"{frame} 0 1.6 0 -10 0 0 {view}" for frame in range(1001, 1005)]
    (tmp_path / "locked.chan").write_text("\n".join(lines) + "\n")
    shot = replace(walker.shot, track=str(tmp_path / "locked.chan"))
    job = replace(walker.job("starter", camera="tracked", horizon="29"), shot=shot)
    with open_inputs(job) as inputs:
        scene = read_scene(inputs, Watch(), Readers({}))
    assert scene.place is not None and scene.place.standpoint is not None
    assert scene.place.standpoint.plate is not None
    row = 0.5 - 1.2 * np.tan(np.radians(10))
    assert scene.place.standpoint.plate.high == pytest.approx(row, abs=1e-6)
    # The picture's lies at 29 of 64 rows, 0.16 lower: it goes up by as many steps of 0.025 as that takes.
    assert scene.placement.value.y == pytest.approx(row - 29 / 64, abs=0.03)
    assert "its horizon comes nearer to the plate's" in scene.placement.reason
    assert not any("without effect" in one for one in scene.warnings)


def test_without_a_network_the_picture_is_centred_and_the_reason_told(walker: Staged) -> None:
    with open_inputs(walker.job("starter")) as inputs:
        scene = read_scene(inputs, Watch(), Readers({}))
    assert str(scene.placement.value) == "centred"
    assert "cannot be told for sure" in scene.placement.reason and "--place" in scene.placement.reason


def test_a_pulled_shadow_is_cut_where_the_picture_shows_sky_and_frames_are_told() -> None:
    sky = np.zeros((48, 64), np.float32)
    sky[:24] = 1
    planes = np.full((2, 40, 60), 100, np.uint8)
    planes[1, :30] = 0
    backdrop = Backdrop(np.zeros((40, 60, 3), np.float32), still_track(2), 1.5)
    shadow = Decision(PulledShadow(planes), "pulled")
    left = shadow_off_sky(shadow, sky, backdrop, FrameRange(1001, 1002))
    assert left.value is not None and "In frames 1001 the actor's shadow" in left.warnings[0]
    first, second = left.value.planes
    assert first[:17].max() == 0 and first[23:].min() == 100 and second[30:].min() == 100
    assert planes[0].min() == 100  # as it was pulled it stays
    assert shadow_off_sky(shadow, None, backdrop, FrameRange(1001, 1002)) is shadow


def test_a_small_picture_is_said_to_be_soft_from_four_times_on() -> None:
    # 320x240 fills the width of 1920x1080 six times enlarged, and fits its height 4.5 times.
    (filling,) = much_enlarged(Placement("fill"), (240, 320), 16 / 9, 1080)
    assert "320x240" in filling and "6.0 times" in filling
    (fitting,) = much_enlarged(Placement("fit"), (240, 320), 16 / 9, 1080)
    assert "4.5 times" in fitting
    assert much_enlarged(Placement("fill"), (480, 640), 16 / 9, 1080) == ()


def test_a_camera_that_goes_past_the_picture_is_told_with_its_frames() -> None:
    x, y = np.meshgrid(np.linspace(-0.88, 0.88, 101), np.linspace(-0.49, 0.49, 17))
    first, frames = np.stack([x, y], -1).reshape(1, -1, 2), FrameRange(1001, 1011)

    def pans(by: float) -> Looks:
        return Looks(first + np.linspace(0, by, 11)[:, None, None] * [1, 0])

    (told,) = runs_out(pans(1.4), Placement(), 16 / 9, 16 / 9, frames, False)
    assert "1007-1011 up to 79%" in told and "models pull vision" in told
    assert (
        "mirrored" in told
        and "mirrored" not in runs_out(pans(1.4), Placement(), 16 / 9, 16 / 9, frames, True)[0]
    )
    assert runs_out(pans(0.6), Placement(), 16 / 9, 16 / 9, frames, False) == ()
    assert runs_out(pans(1.4), Placement(scale=0.5), 16 / 9, 16 / 9, frames, False) == ()  # is told otherwise


def test_a_camera_that_looks_far_below_the_picture_is_told_with_its_frames() -> None:
    x, y = np.meshgrid(np.linspace(-0.88, 0.88, 17), (np.arange(100) + 0.5) / 100 - 0.5)
    first, frames = np.stack([x, y], -1).reshape(1, -1, 2), FrameRange(1001, 1011)
    # Frame by frame 0.05 farther down: at 0.25 more than a tenth is lower than the 0.14 that are mirrored.
    tilts = Looks(first + np.linspace(0, 0.5, 11)[:, None, None] * [0, 1])
    (told,) = stretched_below(tilts, Placement(), 16 / 9, 16 / 9, frames)
    assert "1006-1011 up to 36% of what the camera sees lies far below" in told
    nowhere = Looks(np.full((11, 4, 2), 1000.0))  # behind the camera
    assert not stretched_below(nowhere, Placement(), 16 / 9, 16 / 9, frames)


def test_how_much_is_seen_of_what_was_filled_behind_somebody_is_told_without_what_the_actor_hides() -> None:
    x, y = np.meshgrid(*[(np.arange(20) + 0.5) / 20 - 0.5] * 2)
    still = Looks(np.stack([x, y], -1).reshape(1, -1, 2))
    hole = np.zeros((80, 120), np.float32)
    hole[40:, :60] = 1  # a quarter of the picture, at the lower left
    half = np.zeros((40, 40), np.uint8)
    half[:, :10] = 255  # the left quarter of the frame: half of that

    def told(laid: Placement, actor: np.ndarray, hole: np.ndarray = hole) -> str:
        return "".join(filled_behind(still, laid, 1.0, 1.0, hole, actor[None]))

    assert told(Placement(), half * 0).startswith("25% of") and told(Placement(), half).startswith("12% of")
    assert told(Placement(mirrored=True), half).startswith("25% of")  # at the right
    assert not told(Placement(), half, hole * (np.arange(120) < 40))


def test_a_picture_is_widened_to_where_the_camera_looks_and_much_of_that_is_told() -> None:
    laid = Decision(Placement(x=0.1), "why", ("other",))
    hardly, little, much = (
        widen_placed(laid, Looks(np.array([[[by, 0.0], [-0.3, 0.0]]])), (200, 200), 1.0, Held())
        for by in (0.61, 0.7, 0.8)
    )
    # The border is at 0.6; 0.01 over 0.6 of the width is 1.03 times there, 0.1 is 1.33 times, 0.2 is 1.67 times.
    assert "where the camera looks, less than 5 % at the border" in hardly.reason
    assert little.value.wider == Wider(right=pytest.approx(0.1)) and little.warnings == ("other",)
    assert "why; its right is widened" in little.reason and "1.3 times at the border" in little.reason
    assert much.warnings[0] == "other" and "1.7 times at the border; without --widen" in much.warnings[1]
    assert widen_placed(laid, Looks(np.zeros((1, 1, 2))), (200, 200), 1.0, Held()) is laid


def test_a_picture_is_widened_above_its_horizon_and_below_the_end_of_its_ground() -> None:
    below, above = (Looks(np.array([[[0.0, by], [0.3, 0.0]]])) for by in (0.55, -0.55))
    laid = Decision(Placement())
    free = widen_placed(laid, below, (200, 200), 1.0, Held()).value.wider
    assert (free.bottom, free.bands[3]) == (pytest.approx(0.05), 0.35)
    # The ground ends at 0.8 of its height, and at 0.98; the horizon is at 0.1, and above the picture.
    low = widen_placed(laid, below, (200, 200), 1.0, Held((0.1, 0.8))).value.wider
    assert (low.bottom, low.bands[3]) == (pytest.approx(0.05), pytest.approx(0.2)) and low.down(0.8) == 0.8
    assert not widen_placed(laid, below, (200, 200), 1.0, Held((0.1, 0.98))).value.wider
    high = widen_placed(laid, above, (200, 200), 1.0, Held((0.1, 0.8))).value.wider
    assert (high.top, high.bands[2]) == (pytest.approx(0.05), pytest.approx(0.1)) and high.down(0.1) == 0.1
    assert widen_placed(laid, above, (200, 200), 1.0, Held((-0.3, 0.8))).value.wider.bands[2] == 0.3
    # Their feet are at 0.9 of it, their head at 0.5.
    theirs = np.zeros((200, 200), np.float32)
    theirs[100:181, 90:110] = 1
    around = widen_placed(laid, below, (200, 200), 1.0, Held(theirs=theirs)).value.wider
    assert around.bands[3] == pytest.approx(0.1)


def test_a_pan_widens_the_picture_unless_that_is_switched_off(tmp_path: Path) -> None:
    place = texture(np.random.default_rng(21), 64, 96, 4.0)
    staged = stage_shot(tmp_path / "pan", frames=4, pan=(-4.0, 0.0), condition=place, actor=ACTOR)
    told = []
    for widen in (True, False):
        with open_inputs(staged.job("starter", camera="plate", place="centred", widen=widen)) as inputs:
            told.append(read_scene(inputs, Watch(), Readers({})).placement)
    widened, left = told
    assert widened.value.wider.right > 0 and "widened to where the camera looks" in widened.reason
    assert str(widened.value) == "centred" and not left.value.wider and "widened" not in left.reason


def test_the_place_of_a_take_given_back_lies_as_it_did_and_one_too_small_is_told(tmp_path: Path) -> None:
    place = texture(np.random.default_rng(21), 64, 96, 4.0)
    staged = stage_shot(tmp_path / "pan", frames=6, pan=(-8.0, -6.0), condition=place, actor=ACTOR)

    def seen(given: str) -> Scene:
        shot = replace(staged.shot, condition=replace(staged.shot.condition, extended=given))
        with open_inputs(replace(staged, shot=shot).job("starter", camera="plate")) as inputs:
            return read_scene(inputs, Watch(), Readers({}))

    take = seen("")
    assert take.place is not None and take.place.picture is not None and take.placement.value.wider
    path = tmp_path / "place.png"
    for cut in (0, 1):
        write_still(path, take.place.picture.picture[cut:], "uint16")
        again = seen(str(path))
        assert again.place is not None and cut == any("its edge" in line for line in again.place.warnings)
        assert cut or again.placement.value == take.placement.value


def test_what_is_made_up_beside_a_picture_that_fits_is_told() -> None:
    x, y = np.meshgrid(np.linspace(-0.88, 0.88, 101), np.linspace(-0.49, 0.49, 17))
    still = Looks(np.stack([x, y], -1).reshape(1, -1, 2))
    (told,) = made_up(still, Placement("fit"), 1.0, 16 / 9, False)
    assert told.startswith("44%") and "--fit fill" in told and "models pull vision" in told
    assert "vision" not in made_up(still, Placement("fit"), 1.0, 16 / 9, True)[0]
    assert made_up(still, Placement("fill"), 1.0, 16 / 9, False) == ()
    assert made_up(still, Placement("fit"), 1.75, 16 / 9, False) == ()
    assert "A scale of 1" in made_up(still, Placement(scale=0.5), 16 / 9, 16 / 9, False)[0]


NOBODY = Standpoint(0, np.zeros((0, 3)), None, None, None, "ground", None)
TO_BOTH_SIDES = Looks(
    np.stack([np.stack([x, 0 * x], 1) for x in (np.linspace(-0.58, 0.42), np.linspace(-0.42, 0.58))])
)
"""A square frame that pans by 0.08 frame heights to either side."""


def test_a_picture_is_enlarged_around_the_cameras_move_and_the_reason_says_by_how_much() -> None:
    chosen = choose_placement(Settings(), None, (256, 256), 1.0, NOBODY, TO_BOTH_SIDES, 256)
    assert 1.08 <= chosen.value.scale <= 1.16
    assert chosen.reason.startswith(f"{chosen.value.scale:.3g} times as large")
    assert (
        "of what the camera sees lies beyond it instead of 8%" in chosen.reason and "--place" in chosen.reason
    )


@pytest.mark.parametrize(
    ("settings", "painted", "seen", "path"),
    [
        (Settings(place="centred"), None, NOBODY, TO_BOTH_SIDES),
        (Settings(fit="width"), None, NOBODY, TO_BOTH_SIDES),
        (Settings(anchor=1003), None, NOBODY, TO_BOTH_SIDES),  # there it fits as it is
        (Settings(), 1003, NOBODY, TO_BOTH_SIDES),  # the plate's own actor is in the picture
        (Settings(), None, None, TO_BOTH_SIDES),  # a camera in 3-D
        (Settings(), None, NOBODY, None),  # what lies beyond is painted by another
    ],
)
def test_around_the_cameras_move_nothing_is_laid_against_what_was_said(
    settings: Settings, painted: int | None, seen: Standpoint | None, path: Looks | None
) -> None:
    assert not choose_placement(settings, painted, (256, 256), 1.0, seen, path, 256).value.moved


def test_where_nothing_tells_the_ground_a_tall_picture_shows_its_lower_part_under_the_feet() -> None:
    look = Looks(np.zeros((1, 1, 2)))
    seen = replace(NOBODY, feet=np.array([[0.0, 0.2, 0.4]]))
    tall = choose_placement(Settings(), None, (400, 200), 1.0, seen, look, 200)
    # Twice the frame's height: 0.5 + 0.2 / 2 = 60% of it centred; slid up by 0.2, 70%.
    assert tall.value == Placement(y=-0.2) and "70% of its height down so instead of 60%" in tall.reason
    square = choose_placement(Settings(), None, (200, 200), 1.0, seen, look, 200)
    assert not square.value.moved and "no farther down than 70% of its height" in square.warnings[0]
    known = replace(seen, ground=np.ones((8, 8), np.float32))
    assert not choose_placement(Settings(), None, (400, 200), 1.0, known, look, 200).value.moved


def test_who_is_taken_out_tells_by_their_feet_how_far_down_the_ground_is() -> None:
    look = Looks(np.zeros((1, 1, 2)))
    seen = replace(NOBODY, feet=np.array([[0.0, 0.2, 0.4]]))

    def laid(tall: int, stood: float) -> Decision[Placement]:
        return choose_placement(Settings(), None, (tall, 200), 1.0, replace(seen, stood=stood), look, 200)

    # As far as the frame stays covered: by 0.5, from 60% to 85% of its height, nearly where they stood.
    down = laid(400, 0.9)
    assert down.value == Placement(y=-0.5) and "stands 90% of its height down" in down.reason
    assert not down.warnings
    # Where the actor stands as far down as they did nothing is asked; far above it is.
    assert laid(200, 0.68) == Decision(Placement(), laid(200, 0.68).reason)
    (warning,) = laid(200, 0.9).warnings
    assert "stands 90% of its height down" in warning and "no farther down than 70%" in warning


def test_a_ground_by_its_colours_that_nobody_comes_to_stand_on_is_none() -> None:
    look = Looks(np.zeros((1, 1, 2)))
    ground = np.zeros((8, 8), np.float32)
    ground[7, 0] = 1  # the feet are on the other side
    seen = replace(NOBODY, feet=np.array([[0.4, -0.1, 0.2]]), ground=ground, stood=0.9)
    (warning,) = choose_placement(Settings(), None, (200, 200), 1.0, seen, look, 200).warnings
    assert "stands 90% of its height down" in warning and "no farther down than 40%" in warning
    assert choose_placement(Settings(), None, (400, 200), 1.0, seen, look, 200).value.y == -0.5
    there = replace(seen, feet=np.array([[0.4, 0.4, 0.2]]), ground=np.ones((8, 8), np.float32))
    assert not choose_placement(Settings(), None, (200, 200), 1.0, there, look, 200).warnings


def test_no_picture_becomes_soft_for_the_cameras_move() -> None:
    # 256 rows under 1000 are enlarged 3.9 times: 1.02 times more would be four.
    assert choose_placement(Settings(), None, (256, 256), 1.0, NOBODY, TO_BOTH_SIDES, 1000).value.scale == 1


def in_space(ground: np.ndarray | None = None, far: float = 2.4, rows: int = 256) -> Decision[Placement]:
    """Where a square picture lies, whose horizon is its middle, under a camera that looks down by 12 degrees and pans
    to both sides; feet stand ``far`` metres before it.
    """
    turns = np.stack([look(12, pan) for pan in np.linspace(-6, 6, 7)])
    shot = replace(cameras(turns, np.zeros((7, 3))), ground=np.full(7, -EYE))
    track = SpaceTrack(shot, 1.0, "", np.ones(7), np.array([[0.0, -far]])).relative_to(3)

    def standing(laid: Placement) -> SpaceTrack:
        return track.standing(laid.y, None)

    return cover_in_space(standing, "fill", (256, 256), View(1.0), ground, rows)


def test_a_picture_in_a_camera_in_3d_is_enlarged_about_its_horizon_and_says_so() -> None:
    found = in_space()
    assert 1 < found.value.scale <= 1.25 and found.value.y == 0
    assert "times as large" in found.reason and "lies beyond it instead of" in found.reason


def test_a_picture_in_a_camera_in_3d_keeps_its_ground_under_the_feet() -> None:
    # The feet stand at 0.5 + 1.1 * 1.6 / 4.6 = 0.88 of the picture; 1.08 times as large, at 0.85.
    ground = np.zeros((100, 100), np.float32)
    ground[87:] = 1
    assert in_space(ground, 4.6).value.scale < 1.08
    ground[70:] = 1
    assert in_space(ground, 4.6).value.scale > 1.08
    # Where nothing tells the ground: 1.25 times as large it would be 0.80, more than 0.06 higher.
    assert in_space(None, 4.6).value.scale < 1.2
    assert in_space(None, 2.4).value.scale == 1.25  # from below the picture into it


def test_in_3d_what_is_between_the_horizon_and_the_foot_of_the_wall_stays_where_it_is() -> None:
    shot = replace(cameras(np.stack([look(12, 0)] * 2), np.zeros((2, 3))), ground=np.full(2, -EYE))
    track = SpaceTrack(shot, 1.0, "", np.ones(2), np.zeros((0, 2)))
    # The horizon at 0.1, and the foot at 0.3, in heights of the frame. A picture twice as high, moved down by 0.1: at
    # its middle, and 0.1 of its height farther down.
    moved, laid = track.standing(0.1, 0.3), Placement(y=0.1, scale=2.0)
    assert held_by(laid, moved, NOBODY, 1.0, View(1.0)).rows == pytest.approx((0.5, 0.6))
    # In a view of 0.8 of the raster's height, its middle 0.1 lower.
    view = View(1.0, y=0.1, height=0.8)
    assert held_by(laid, moved, NOBODY, 1.0, view).rows == pytest.approx((0.45, 0.575))
    known = replace(NOBODY, picture=Horizon(0.4, 0.5, "you"))
    assert held_by(laid, still_track(2), known, 1.0, view).rows == (0.4, 0.5)
    assert held_by(laid, still_track(2), NOBODY, 1.0, view).rows is None


def test_a_picture_is_widened_below_the_feet_alone_where_they_would_leave_its_ground() -> None:
    below, laid = Looks(np.array([[[0.0, 0.6], [0.3, 0.0]]])), Decision(Placement())
    feet, ground = np.array([[0.0, 0.42, 0.2]]), np.zeros((100, 100), np.float32)
    ground[91:] = 1  # they stand at 0.92, and by 0.1 over 0.35 they would at 0.88
    kept = widen_placed(laid, below, (200, 200), 1.0, Held(feet=feet, ground=ground)).value.wider
    assert kept.bands[3] == pytest.approx(0.08) and kept.down(0.92) == 0.92
    ground[70:] = 1
    free = widen_placed(laid, below, (200, 200), 1.0, Held(feet=feet, ground=ground)).value.wider
    assert free == Wider(bottom=pytest.approx(0.1)) and 0.87 < free.down(0.92) < 0.89
    unknown = widen_placed(laid, below, (200, 200), 1.0, Held(feet=feet)).value.wider
    assert unknown == free


def test_no_picture_in_a_camera_in_3d_becomes_soft_for_it() -> None:
    assert in_space(rows=1000).value.scale == 1


def test_the_kind_of_a_picture_says_when_nobody_is_sure_whether_somebody_is_in_it() -> None:
    nobody, asked = (
        OtherActor("none was found"),
        OtherActor("perhaps, and left", warnings=["Somebody may be."]),
    )
    somebody = OtherActor("found", mask=np.ones((4, 4), np.float32))
    assert kind_of("auto", nobody, settled=False) == "background, nobody was found in it"
    assert kind_of("auto", asked, settled=False) == "background, though somebody may be in it"
    assert kind_of("auto", somebody, settled=False) == "composite, somebody was found in it"
    assert kind_of("background", somebody, settled=False) == "background, as asked for"
    assert kind_of("auto", nobody, settled=True) == "composite, as you showed it"

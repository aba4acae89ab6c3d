"""The actor's shadow, pulled from plates whose shadow is known: where it is, how deep, and where none may be."""

from __future__ import annotations

from dataclasses import replace
from time import sleep
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.camera.alignment import Pair, find_features, match, match_both
from actanywhere.shadow.clean_plate import CleanFrame, clean_frame
from actanywhere.shadow.darker import alike_at_feet
from actanywhere.shadow.pull import Pull, Refusal, pull_shadow
from actanywhere.shadow.pulled import PulledShadow
from actanywhere.shadow.same_ground import SameGround, judge, same_ground
from actanywhere.shadow.shot_frames import ShotFrames, linear
from actanywhere.shadow.steady import Feet, feet_of
from tests.shadow.plates import Plane, codes, speckled

HEIGHT, WIDTH, FRAMES = 144, 256, 14
FEET = 104
TAKEN = 0.55


def _ground(rng: np.random.Generator, width: int) -> Plane:
    return speckled(rng, (HEIGHT, width), 0.35, 0.07)


def _figure(x: float, lift: float) -> Plane:
    matte = np.zeros((HEIGHT, WIDTH), np.float32)
    column, feet = round(x), round(FEET - lift)
    cv2.circle(matte, (column, feet - 48), 7, 1.0, -1)
    cv2.rectangle(matte, (column - 8, feet - 42), (column + 8, feet - 18), 1.0, -1)
    cv2.rectangle(matte, (column - 7, feet - 18), (column - 2, feet), 1.0, -1)
    cv2.rectangle(matte, (column + 2, feet - 18), (column + 7, feet), 1.0, -1)
    return matte


def _shadow(x: float, soft: float = 1.0, far: float = 46) -> Plane:
    """Where (HEIGHT, WIDTH), 0..1, their shadow lies: on the ground, to the right and towards the camera."""
    shade = np.zeros((HEIGHT, WIDTH), np.float32)
    corners = np.array([[x - 7, FEET], [x + 7, FEET], [x + far, FEET + 20], [x + far - 16, FEET + 20]])
    cv2.fillConvexPoly(shade, corners.astype(np.int32), 1.0)
    return np.asarray(cv2.GaussianBlur(shade, (0, 0), soft), np.float32)


def _board(x: float) -> tuple[slice, slice]:
    """Where a dark board lies under their feet, which is no part of the matte."""
    return np.s_[FEET - 3 : FEET + 9, max(0, round(x) - 36) : max(0, round(x) - 2)]


def _shot(
    pace: float = 9,
    pan: float = 2,
    shadow: bool = True,
    jump: bool = False,
    leaves: bool = False,
    drift: float = 0,
    board: bool | tuple[float, float, float] = False,
    water: bool = False,
    plain: bool = False,
    soft: float = 1.0,
    far: float = 46,
    tint: tuple[float, float, float] = (1, 1, 1),
) -> tuple[ShotFrames, NDArray[np.float32]]:
    """Somebody who crosses a ground, and how much of its light their shadow takes (T, HEIGHT, WIDTH)."""
    rng = np.random.default_rng(5)
    ground = _ground(rng, WIDTH + round(pan * FRAMES) + 8)
    rgb, actors, truth = [], [], []
    for time in range(FRAMES):
        left = round(pan * time)
        light = ground[:, left : left + WIDTH].copy() * np.float32(1 + drift * time)
        if water:
            light[FEET - 24 :] = _ground(rng, WIDTH)[FEET - 24 :]
        if plain:  # snow, a studio's floor: grain alone, and each frame's own
            light[FEET - 24 :] = 0.35
        if leaves:
            bush = _ground(rng, WIDTH)[:60, 150:]
            light[20:80, 150:] = np.where(rng.random((60, 1, 1)) < 0.5, bush * 0.4, bush)
        x = 50 + pace * time - left
        lift = 18.0 if jump and 4 <= time < 10 else 0.0
        taken = TAKEN * _shadow(x, soft, far) if shadow else np.zeros((HEIGHT, WIDTH), np.float32)
        matte = _figure(x, lift)
        if board:
            light[_board(x)] *= np.array((0.4, 0.4, 0.4) if board is True else board, np.float32)
        light *= 1 - taken[..., None] * np.array(tint, np.float32)
        light[matte > 0] = 0.05
        rgb.append(codes(light + 0.003 * rng.standard_normal(light.shape).astype(np.float32)))
        actors.append(matte > 0)
        truth.append(np.where(matte > 0, 0, taken))
    track = np.stack(
        [np.array([[1, 0, -round(pan * t) / HEIGHT], [0, 1, 0], [0, 0, 1]]) for t in range(FRAMES)]
    )
    features = [find_features(picture, actor) for picture, actor in zip(rgb, actors, strict=True)]

    def shared(source: int, target: int) -> Pair:
        return match(features[source], features[target])

    return ShotFrames(np.stack(rgb), actors.__getitem__, track, shared), np.stack(truth)


def _judged(shot: ShotFrames, truth: Plane, pull: Pull) -> tuple[float, float]:
    """Precision and recall of where more than a tenth of the light is taken, off the actor."""
    assert pull.shadow is not None, pull.reason
    hit = found = there = 0
    for index in range(len(shot)):
        off = cv2.dilate(shot.actor(index).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
        ours = (pull.shadow.at(index, HEIGHT, WIDTH) > 0.1) & off
        true = (truth[index] > 0.1) & off
        # The border of a soft shadow is a pixel wide: what lies on it is neither.
        near = cv2.dilate(true.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        hit += int((ours & true).sum())
        found += int(ours.sum() - (ours & near & ~true).sum())
        there += int(true.sum())
    return hit / max(found, 1), hit / there


def test_the_border_of_a_soft_shadow_fades_and_is_not_cut_off_where_it_is_faint() -> None:
    shot, truth = _shot(soft=5)
    pull = pull_shadow(shot)
    assert pull.shadow is not None, pull.reason
    found = np.stack([pull.shadow.at(index, HEIGHT, WIDTH) for index in range(FRAMES)])
    faint = (truth > 0.04) & (truth < 0.12)
    assert found[faint].mean() > 0.57 * truth[faint].mean()
    assert found[truth == 0].mean() < 0.001


def test_a_hard_shadow_has_a_hard_border() -> None:
    shot, truth = _shot(soft=0.5)
    pull = pull_shadow(shot)
    assert pull.shadow is not None, pull.reason
    off_by = []
    for index, taken in enumerate(truth):
        solid = (taken > TAKEN / 2).astype(np.uint8)
        border = cv2.dilate(solid, np.ones((7, 7))) > cv2.erode(solid, np.ones((7, 7)))
        border &= cv2.dilate(shot.actor(index).astype(np.uint8), np.ones((9, 9))) == 0
        off_by.append(np.abs(pull.shadow.at(index, HEIGHT, WIDTH) - taken)[border])
    assert np.concatenate(off_by).mean() < 0.02 * TAKEN


@pytest.mark.parametrize("what", [{"pace": 1.5}, {"pace": 3, "soft": 5}])
def test_ground_that_most_frames_show_in_the_shadow_is_taken_from_the_few_that_do_not(what: Any) -> None:
    precision, recall = _judged(*(seen := _shot(**what)), pull_shadow(seen[0]))
    assert precision > 0.99 and recall > 0.83 + 0.07 * (what["pace"] < 2)


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"pan": 0},
        {"jump": True},
        {"leaves": True},
        {"drift": 0.02},
        {"pace": 2},
        {"plain": True},
        {"tint": (0.82, 1, 1.18)},
    ],
    ids=[
        "a pan",
        "a locked camera",
        "a jump",
        "leaves that move",
        "light that drifts",
        "one who hardly moves",
        "a plain ground",
        "a warm wall lights it",
    ],
)
def test_a_shadow_is_pulled_where_it_is_and_nowhere_else(what: dict[str, float]) -> None:
    shot, truth = _shot(**what)
    pull = pull_shadow(shot)
    precision, recall = _judged(shot, truth, pull)
    assert precision >= 0.95 and recall >= 0.8, (precision, recall, pull.reason)


def test_a_dark_board_under_their_feet_is_no_shadow_where_it_is_known_for_a_thing() -> None:
    shot, truth = _shot(board=True)

    def lies(index: int) -> Plane:
        ground = np.ones((HEIGHT, WIDTH), np.float32)
        ground[_board(50 + 7 * index)] = 0  # they go 9 pixels a frame, and the camera 2
        return ground

    blind, _ = _judged(shot, truth, pull_shadow(shot))
    seeing, recall = _judged(shot, truth, pull_shadow(shot, lies=lies))
    assert blind < 0.8
    assert seeing >= 0.95 and recall >= 0.8, (seeing, recall)


def test_what_is_darker_but_as_bright_in_one_colour_is_another_thing_and_no_shadow() -> None:
    shot, truth = _shot(board=(0.3, 0.5, 1.05))  # a blue cloth on sand
    precision, recall = _judged(shot, truth, pull_shadow(shot))
    assert precision >= 0.95 and recall >= 0.8, (precision, recall)


def test_a_shadow_of_a_low_sun_is_followed_to_its_end() -> None:
    shot, truth = _shot(far=125)  # 2.2 heights of theirs
    precision, recall = _judged(shot, truth, pull_shadow(shot))
    assert precision >= 0.95 and recall >= 0.9, (precision, recall)


def test_a_clean_plate_that_is_given_is_read_one_frame_after_the_other() -> None:
    shot, _ = _shot(far=125)
    reading, together = [0], [0]

    def given(index: int, part: Any) -> CleanFrame:
        reading[0] += 1
        together[0] = max(together[0], reading[0])
        sleep(0.002)
        clean = clean_frame(shot, index, part)
        reading[0] -= 1
        return replace(clean, seen=np.maximum(clean.seen, 9))

    pull = pull_shadow(shot, clean=given)
    assert pull.shadow is not None and together == [1]


def test_close_about_the_feet_it_is_as_deep_as_farther_away() -> None:
    shot, truth = _shot()
    shadow = pull_shadow(shot).shadow
    assert shadow is not None
    found = []
    for index, taken in enumerate(truth):
        actor = shot.actor(index)
        about = (cv2.dilate(actor.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~actor
        found.append(shadow.at(index, HEIGHT, WIDTH)[about & (taken > 0.9 * TAKEN)])
    assert abs(np.concatenate(found).mean() - TAKEN) < 0.08


def test_it_takes_as_much_light_as_it_does_in_the_plate() -> None:
    shot, truth = _shot()
    shadow = pull_shadow(shot).shadow
    assert shadow is not None
    inside = [cv2.erode((one > 0.9 * TAKEN).astype(np.uint8), np.ones((3, 3))) > 0 for one in truth]
    off = [cv2.dilate(shot.actor(t).astype(np.uint8), np.ones((9, 9))) == 0 for t in range(FRAMES)]
    taken = [shadow.at(t, HEIGHT, WIDTH)[inside[t] & off[t]] for t in range(FRAMES)]
    assert abs(float(np.median(np.concatenate(taken))) - TAKEN) < 0.05


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"shadow": False}, "none that moves with the actor"),
        ({"shadow": False, "leaves": True}, "none that moves with the actor"),
        ({"pace": 0, "pan": 0}, "none that moves with the actor"),
        ({"pace": 0.5}, "none that moves with the actor"),
        ({"shadow": False, "board": (0.5, 0.35, 0.2)}, "redder than a shadow"),
        ({"shadow": False, "water": True, "board": True}, "moves by itself"),
    ],
    ids=[
        "no shadow",
        "no shadow, but leaves",
        "nobody moves",
        "a slow one",
        "a brown horse",
        "a board on water",
    ],
)
def test_none_is_pulled_where_there_is_none_or_it_cannot_be_seen(what: dict[str, float], reason: str) -> None:
    shot, _ = _shot(**what)
    pull = pull_shadow(shot)
    assert pull.shadow is None and reason in pull.reason, pull.reason
    assert pull.stays == ("pace" in what)  # the range is at fault
    assert pull.needs == (
        30 if what.get("pace") else None
    )  # in 14 frames they go on by a third of their width


def test_a_cloud_that_goes_before_somebody_cut_off_by_the_frame_leaves_no_shadow() -> None:
    rng = np.random.default_rng(1)
    sky = 0.36 * (1 + 0.16 * cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)), (0, 0), 3))
    rgb, actors = [], []
    for x in range(60, 156, 8):
        cloud, actor = np.zeros((2, HEIGHT, WIDTH), np.float32)
        cv2.ellipse(cloud, (x + 70, HEIGHT - 24), (46, 32), 0, 0, 360, 0.6, -1)
        actor[HEIGHT // 2 :, x - 24 : x + 25] = 1
        light = np.where(actor > 0, 0.05, sky * (1 + cv2.GaussianBlur(cloud, (0, 0), 2)))
        rgb.append(codes(np.repeat(np.asarray(light, np.float32)[..., None], 3, -1)))
        actors.append(actor > 0)
    track, alike = np.repeat(np.eye(3)[None], len(rgb), 0), np.mgrid[20:200:40, 5:60:10].reshape(2, -1).T
    shot = ShotFrames(np.stack(rgb), actors.__getitem__, track, lambda *_: (alike, alike), sure=True)
    pull = pull_shadow(shot)
    assert pull.shadow is None and "cuts the actor off above the feet" in pull.reason, pull.reason


def test_ground_that_the_actor_leaves_midway_is_no_water() -> None:
    ground, fence, water = ([(alike, 0.1)] * 9 for alike in (0.7, 0.3, 0.45))
    assert judge([ground, ground, ground, fence, fence]).found
    assert not judge([water, water, water, ground]).found
    assert judge([[(0.9, 0.8)] * 10, water]).follows


def test_ground_that_the_track_has_elsewhere_is_not_taken_for_water() -> None:
    def seen(shot: ShotFrames) -> tuple[bool, bool]:
        same = same_ground(shot, [feet_of(shot.actor(index)) for index in range(FRAMES)])
        return same.found, same.follows

    shot, _ = _shot()
    assert seen(shot) == (True, True)
    assert seen(replace(shot, track=np.stack([np.eye(3)] * FRAMES))) == (True, False)
    assert seen(_shot(water=True)[0]) == (False, False)


def test_ground_that_a_lost_camera_sweeps_over_is_not_said_to_be_water_alone() -> None:
    swept = [
        [(alike, 0.0)] * 9 for alike in (0.22, 0.36, 0.59, 0.62, 0.51, 0.29)
    ]  # concrete, by a swinging phone
    assert judge(swept) == judge([]) == SameGround(found=False, follows=False)
    assert Refusal.MOVES.value.endswith("moves by itself, as water does, or faster than it can be followed")


def test_a_soft_shadow_on_plain_ground_is_not_taken_for_ground_that_moves() -> None:
    rng, shade = np.random.default_rng(3), np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(shade, (128, 72), (40, 9), 0, 0, 360, 0.8, -1)
    plain = np.full((HEIGHT, WIDTH, 3), 0.7, np.float32)
    grainy = plain * (1 + 0.01 * rng.standard_normal(plain.shape).astype(np.float32))
    shaded = grainy * (1 - cv2.GaussianBlur(shade, (0, 0), 4))[..., None]
    feet, away = Feet(128, 60, 90, 60), np.full((HEIGHT, WIDTH), 20, np.float32)

    def alike(plate: Plane, clean: Plane) -> float | None:
        seen, spread = np.full((HEIGHT, WIDTH), 9, np.int32), np.zeros((HEIGHT, WIDTH), np.float32)
        return alike_at_feet(plate, CleanFrame(clean, seen, spread), away, feet, 1.0)

    assert alike(shaded, plain) is None
    waves = [_ground(rng, WIDTH) for _ in range(2)]
    other, same = (alike(waves[0], wave) for wave in (waves[1], waves[0]))
    assert other is not None and other < 0.1
    assert same is not None and same > 0.99


def test_the_clean_plate_is_the_ground_and_says_where_it_was_never_seen() -> None:
    shot, _ = _shot(pan=0)
    clean = clean_frame(shot, 7)
    light = _ground(np.random.default_rng(5), WIDTH + 8)[:, :WIDTH]
    apart = np.abs(clean.light - light).mean(-1)[~clean.hole]
    assert float(np.quantile(apart, 0.95)) < 0.02
    assert clean.hole.mean() < 0.01
    standing, _ = _shot(pace=0, pan=0)
    hole = clean_frame(standing, 7).hole
    assert hole[standing.actor(7)].all() and hole.mean() < 3 * standing.actor(7).mean()


def test_the_ground_alone_tells_nothing_where_it_is_seen_by_few_frames_that_are_in_the_shadow() -> None:
    rng = np.random.default_rng(3)
    lit = codes(_ground(rng, WIDTH))
    dark, beside = (np.s_[60:100, 100:200], np.s_[60:100, 20:80])
    rgb = np.repeat(lit[None], 9, 0)
    rgb[3:7, *dark] = codes(0.4 * linear(lit[dark]))
    actor = np.zeros((HEIGHT, WIDTH), bool)
    actor[10:40, 120:140] = True
    feet, none = np.zeros((0, 2), np.float32), np.eye(3)
    shot = ShotFrames(rgb, lambda index: actor, np.repeat(none[None], 9, 0), lambda one, other: (feet, feet))
    off = np.array([[1, 0, 1.0], [0, 1, 0], [0, 0, 1]])  # the whole lies worse than the ground alone
    whole, ground = [(other, off) for other in (0, 1, 2, 3, 5, 6, 7, 8)], [(3, none), (5, none), (6, none)]
    clean = clean_frame(shot, 4, kept={4: (whole, ground)})
    assert abs(float(np.median(clean.light[dark])) - float(np.median(linear(lit[dark])))) < 0.01
    every = clean_frame(shot, 4, kept={4: (whole, [(other, none) for other, _ in whole])})
    assert np.abs(every.light[beside] - linear(lit[beside])).max() < 1e-6


def test_light_is_what_the_standard_says_of_a_code() -> None:
    assert linear(np.array([0, 10, 128, 255], np.uint8)) == pytest.approx(
        [0, 0.003035, 0.215861, 1], abs=1e-5
    )


def test_strength_blur_and_tint_are_how_it_is_laid_on() -> None:
    plane = np.zeros((1, 40, 60), np.uint8)
    plane[:, 10:30, 20:40] = 128
    white = np.ones((40, 60, 3), np.float32)

    def lit(**laid_on: float) -> np.ndarray:
        shadow = PulledShadow(plane, **laid_on)
        return shadow.under(white, shadow.blurred(shadow.at(0, 40, 60)))

    plain = lit()
    assert plain[20, 30] == pytest.approx([1 - 128 / 255] * 3, abs=1e-4)
    assert lit(strength=2)[20, 30] == pytest.approx([(1 - 128 / 255) ** 2] * 3, abs=1e-4)
    soft = lit(blur=0.1)
    assert soft[20, 18].mean() < 0.99 < plain[20, 18].mean() + 0.01
    red, green, blue = lit(tint=1)[20, 30]
    assert red < green < blue
    display = np.full((40, 60, 3), 0.6, np.float32)
    shadow = PulledShadow(plane)
    assert np.allclose(shadow.off_display(shadow.on_display(display, 0), 0), display, atol=1e-5)


def test_where_the_shadow_lies_the_place_is_not_shaded_twice() -> None:
    plane = np.zeros((1, 40, 60), np.uint8)
    plane[:, 10:30, 20:40] = 128
    painted, place = np.full((40, 60, 3), 0.3, np.float32), np.full((40, 60, 3), 0.6, np.float32)
    shown = PulledShadow(plane).trusted(painted, place, 0)
    assert shown[20, 30] == pytest.approx([0.6] * 3) and shown[5, 5] == pytest.approx([0.3] * 3)


def test_matching_both_ways_at_once_gives_what_each_way_gives() -> None:
    ground = codes(_ground(np.random.default_rng(1), WIDTH + 12))
    nobody = np.zeros((HEIGHT, WIDTH), bool)
    one, other = (
        find_features(np.ascontiguousarray(ground[:, left:][:, :WIDTH]), nobody) for left in (0, 12)
    )
    forth, back = match_both(one, other)
    for found, alone in zip((*forth, *back), (*match(one, other), *match(other, one)), strict=True):
        assert np.array_equal(found, alone)
    assert float(np.median(forth[0][:, 0] - forth[1][:, 0])) == pytest.approx(12, abs=0.1)

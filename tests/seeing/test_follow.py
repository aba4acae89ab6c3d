"""Who was pointed at is followed through a shot: found by a network whose answers are known, tied by the flow."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.seeing.follow_still import StillFollow, View, overlap
from actanywhere.seeing.matte_edge import GuidedEdge, steadied
from actanywhere.seeing.mover import most_prominent
from actanywhere.seeing.protocol import Hint, Picture, Subject
from tests.seeing.scenes import SIZE, body, street, with_body

FRAMES = 12


def walk(index: int) -> Picture:
    return body((50 + 5 * index, 62))


def other(index: int) -> Picture:
    """Somebody who comes the other way, and stays clear of them but for the last frames."""
    return body((165 - 4 * index, 62), (9, 22))


def follow(blind: tuple[int, ...] = (), hint: Hint | None = None) -> list[tuple[Picture, float]]:
    """What is followed in a shot of two people, by a network that finds both and nobody in the ``blind`` frames."""
    now = [0]

    def find(picture: Picture, view: View) -> Picture:
        nobody = np.zeros(SIZE, np.float32)
        return (nobody if now[0] in blind else np.maximum(walk(now[0]), other(now[0])))[view]

    follower = StillFollow("both", find, lambda picture, hint: None)
    found = []
    for index in range(FRAMES):
        now[0] = index
        picture = with_body(with_body(street(), walk(index)), other(index))
        said = hint or Hint(boxes=((36.0, 32.0, 28.0, 60.0),))
        one = follower.start(picture, said) if index == 0 else follower.step(picture)
        found.append((one.mask, one.sure))
    return found


def test_the_one_in_the_box_is_followed_and_nobody_else_is_taken_along() -> None:
    for index, (mask, sure) in enumerate(follow()[:9]):
        assert overlap(mask, walk(index)) > 0.85 and sure > 0.6
        assert (mask * other(index)).sum() < 0.02 * other(index).sum()


def test_where_the_network_sees_nobody_the_flow_carries_them_and_says_that_it_is_unsure() -> None:
    found = follow(blind=(3, 4))
    for index in (3, 4):
        assert overlap(found[index][0], walk(index)) > 0.7 and found[index][1] < 0.45
    assert overlap(found[6][0], walk(6)) > 0.85 and found[6][1] > 0.6


def test_who_is_seen_only_from_near_is_found_in_the_box_and_after_it() -> None:
    legs, now = np.zeros(SIZE, np.float32), [0]
    legs[66:] = 1

    def find(picture: Picture, view: View) -> Picture:
        far = view == np.s_[:, :]
        return (walk(now[0]) * (1 - legs if far else 1))[view]

    follower = StillFollow("short-sighted", find, lambda picture, hint: None)
    for index in range(6):
        now[0], picture = index, with_body(street(), walk(index))
        hint = Hint(boxes=((38.0, 36.0, 24.0, 54.0),))
        one = follower.start(picture, hint) if index == 0 else follower.step(picture)
        assert overlap(one.mask, walk(index)) > 0.9


def test_who_is_faint_behind_a_sign_is_meant_by_the_box_that_they_fill_and_the_frame_is_told() -> None:
    sign = np.zeros(SIZE, np.float32)
    sign[76:88, 44:54] = 1

    def find(picture: Picture, view: View) -> Picture:
        return np.maximum(0.3 * walk(0), sign)[view]

    follower = StillFollow("faint", find, lambda picture, hint: None)
    found = follower.start(with_body(street(), walk(0)), Hint(boxes=((36.0, 32.0, 28.0, 60.0),)))
    assert overlap((found.mask > 0.5).astype(np.float32), walk(0)) > 0.8 and found.sure < 0.5


def test_a_mask_that_is_torn_in_one_frame_is_whole_by_the_flow() -> None:
    now = [0]

    def find(picture: Picture, view: View) -> Picture:
        found = walk(now[0]).copy()
        if now[0] == 3:
            found[52:68] = 0  # a quarter of them, across
        return found[view]

    follower = StillFollow("torn", find, lambda picture, hint: None)
    for index in range(5):
        now[0] = index
        picture = with_body(street(), walk(index))
        hint = Hint(boxes=((36.0, 32.0, 28.0, 60.0),))
        one = follower.start(picture, hint) if index == 0 else follower.step(picture)
        assert overlap(one.mask, walk(index)) > 0.85


def test_a_small_part_of_them_that_alone_is_found_is_not_them_and_they_are_carried_on() -> None:
    part, now = np.zeros(SIZE, np.float32), [0]
    part[36:58] = 1

    def find(picture: Picture, view: View) -> Picture:
        return (walk(now[0]) * (part if now[0] else 1))[view]

    assert 0.35 < (walk(0) * part).sum() / walk(0).sum() < 0.42
    follower = StillFollow("in part", find, lambda picture, hint: None)
    for index in range(6):
        now[0], picture = index, with_body(street(), walk(index))
        hint = Hint(boxes=((36.0, 32.0, 28.0, 60.0),))
        one = follower.start(picture, hint) if index == 0 else follower.step(picture)
    assert overlap(one.mask, walk(5)) > 0.7 and one.sure < 0.45


@pytest.mark.parametrize("red", [False, True])
def test_what_they_run_together_with_is_theirs_only_where_it_has_their_colours(red: bool) -> None:
    ramp, now = np.zeros(SIZE, np.float32), [0]
    ramp[64:104, 70:] = 1
    yellow = street() + (np.float32((0.9, 0.8, 0.1)) - street()) * ramp[..., None]
    behind = with_body(street(), ramp) if red else yellow
    follower = StillFollow("both", lambda _, view: np.maximum(walk(now[0]), ramp)[view], lambda *_: None)
    for index in range(6):
        now[0], picture = index, with_body(behind, walk(index))
        hint = Hint(boxes=((36.0, 32.0, 28.0, 60.0),))
        one = follower.start(picture, hint) if index == 0 else follower.step(picture)
    assert (((one.mask > 0.5) & (walk(5) < 0.1)).sum() > 300) == red
    assert red or overlap(one.mask, walk(5)) > 0.8


def test_a_rough_matte_is_enough_and_becomes_what_the_network_finds() -> None:
    rough = cv2.dilate(walk(0), np.ones((9, 9)))
    found = follow(hint=Hint(goes=rough))
    assert overlap(found[0][0], walk(0)) > overlap(rough, walk(0)) + 0.1
    assert overlap(found[5][0], walk(5)) > 0.85


def test_of_a_matte_that_was_drawn_along_them_only_the_edge_is_sought_anew() -> None:
    cap, belt = np.zeros(SIZE, np.float32), np.zeros(SIZE, np.float32)
    cap[52:60, 58:68] = 1  # somebody's red bag, in the actor's colours
    belt[60:66, 46:54] = 1
    seen = np.maximum(walk(0), cap) * (1 - belt)
    follower = StillFollow("joins them", lambda _, view: seen[view], lambda *_: None)
    picture = with_body(with_body(street(), walk(0)), cap)
    one = follower.start(picture, Hint(goes=walk(0)))
    assert overlap(one.mask, walk(0)) > 0.92 > overlap(seen, walk(0))
    assert one.mask[52:60, 65:].max() == 0 and one.mask[60:66, 48:52].min() > 0.99


def test_where_flow_and_network_half_part_whoever_looks_like_them_is_taken_anew_and_the_frame_is_told() -> (
    None
):
    beside = body((41, 62))
    assert 0.25 < overlap(beside, walk(0)) < 0.55
    found = follow(hint=Hint(goes=beside))
    assert overlap(found[1][0], walk(1)) > 0.9 and found[1][1] < 0.45
    assert overlap(found[2][0], walk(2)) > 0.9 and found[2][1] > 0.6


def test_who_was_hidden_for_long_is_known_again_by_their_colours_though_much_larger() -> None:
    small, large = body((50, 62), (6, 14)), body((120, 62), (12, 26))
    grown = (large > 0.5).sum() / (small > 0.5).sum()
    assert 2.8 * 1.1 < grown < 2.8 * 1.1**6, "too much for the next frame, not for the sixth"
    for hidden, known in ((0, False), (5, True)):
        masks = [small] + [np.zeros(SIZE, np.float32)] * hidden + [large]
        now = [small]
        follower = StillFollow("one", lambda picture, view, now=now: now[0][view], lambda picture, hint: None)
        follower.start(with_body(street(), small), Hint(boxes=((44.0, 48.0, 12.0, 28.0),)))
        for mask in masks[1:]:
            now[0] = mask
            one = follower.step(with_body(street(), mask))
        assert (overlap(one.mask, large) > 0.9) == known


def test_a_click_on_what_is_not_theirs_cuts_it_off() -> None:
    bag = np.zeros(SIZE, np.float32)
    bag[50:80, 62:84] = 1
    picture = with_body(street(), walk(0))
    picture = picture + (np.float32((0.1, 0.2, 0.7)) - picture) * bag[..., None]
    follower = StillFollow(
        "both", lambda _, view: np.maximum(walk(0), bag)[view], lambda *_: np.maximum(walk(0), bag)
    )
    both = follower.start(picture, Hint(points=((50.0, 62.0),))).mask
    alone = follower.start(picture, Hint(points=((50.0, 62.0),), off=((75.0, 65.0),))).mask
    assert (both * bag).sum() > 0.9 * bag.sum() and (alone * bag).sum() < 0.1 * bag.sum()
    assert (alone * walk(0) * (1 - bag)).sum() > 0.85 * (walk(0) * (1 - bag)).sum()


def test_whoever_moves_is_meant_before_whoever_only_stands_there_larger() -> None:
    stands, moves = body((140, 62), (14, 32)), body((50, 62))
    pairs = [
        (
            with_body(with_body(street(), stands), moves),
            with_body(with_body(street(), stands), body((58, 62))),
        )
    ]
    best = most_prominent(lambda _: [Subject(stands, 0.9, "x"), Subject(moves, 0.9, "x")], pairs)
    assert best is not None and best[0] == 0 and np.array_equal(best[1], moves)


@pytest.mark.parametrize("scale", [1, 4])
def test_the_edge_is_where_the_plate_has_it_and_not_where_the_coarse_mask_has_it(scale: int) -> None:
    height, width = 60 * scale, 90 * scale
    true = np.zeros((height, width), np.float32)
    cv2.circle(true, (45 * scale, 30 * scale), 17 * scale, 1, -1, cv2.LINE_AA)
    picture = (
        np.float32((0.2, 0.3, 0.5))
        + (np.float32((0.7, 0.4, 0.2)) - np.float32((0.2, 0.3, 0.5))) * true[..., None]
    )
    small = cv2.GaussianBlur(cv2.resize(true, (90, 60), interpolation=cv2.INTER_AREA), (0, 0), 1.5)
    coarse = np.clip(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    alpha = GuidedEdge().of(picture, coarse, scale)
    assert np.abs(alpha - true).mean() < 0.4 * np.abs(coarse - true).mean()
    assert alpha[30 * scale, 45 * scale] == 1 and alpha[2, 2] == 0


def test_dark_hair_before_a_dark_stage_is_not_cut_from_its_lit_rim_and_a_gap_stays_open() -> None:
    y, x = np.mgrid[:140, :140]
    away = np.hypot(x - 70, y - 70)
    # A face, hair as dark as the stage from 28 pixels on, and light on its last two, at 40 from the middle.
    light = np.select([away < 28, away < 38, away < 40], [0.6, 0.02, 0.8], 0.02)
    coarse = np.float32(away < 40)
    coarse[:, 68:72] = light[:, 68:72] = 0  # a gap that the network sees
    picture = np.repeat(np.float32(light)[..., None], 3, 2)
    alpha = GuidedEdge().of(picture, cv2.GaussianBlur(coarse, (0, 0), 0.8), 1.0)
    beside = np.abs(x - 70) > 12
    assert alpha[(away < 38) & beside].min() > 0.9
    assert alpha[52:88, 69:71].max() < 0.2 and alpha[away > 46].max() == 0


def test_a_hole_of_one_frame_is_closed_by_the_frames_beside_it_where_the_flow_is_believed() -> None:
    whole, hole = np.ones((4, 4), np.float32), np.ones((4, 4), np.float32)
    hole[1, 1] = hole[2, 2] = 0
    sure = np.ones((4, 4), np.float32)
    sure[2, 2] = 0
    closed = steadied(hole, [(whole, sure), (whole, sure)])
    assert closed[1, 1] == 1 and closed[2, 2] == 0

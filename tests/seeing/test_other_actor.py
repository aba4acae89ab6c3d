"""Who else is in the condition: settled by the artist, else by what was found, and told with source and sureness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from actanywhere.seeing.grab_cut import GrabCutSubjects
from actanywhere.seeing.other_actor import MEND, find_other_actor, hole_of
from actanywhere.seeing.protocol import REGIONS, Hint, Picture, RegionMap, Subject
from tests.seeing.scenes import HORIZON, SIZE, body, street, with_body

SOMEBODY = body((90, 62))
ELSEWHERE = body((30, 62), (8, 20))
BOARD = np.zeros(SIZE, np.float32)
BOARD[10:70, 130:170] = 1
PICTURE = with_body(street(), SOMEBODY)


class Seen:
    """A network that sees these."""

    name = "eyes"

    def __init__(self, *found: Subject) -> None:
        self.found = list(found)

    def find(self, picture: Picture, hint: Hint | None = None) -> list[Subject]:
        if not hint:
            return self.found
        return [one for one in self.found if any(one.mask[int(y), int(x)] > 0.5 for x, y in hint.points)]


def subject(mask: Picture, score: float = 0.9, kind: str = "unknown") -> Subject:
    return Subject(mask, score, "eyes", kind)


def regions(**shares: Picture) -> RegionMap:
    all_of_it = {name: np.zeros(SIZE, np.float32) for name in REGIONS}
    all_of_it["ground"][HORIZON:] = 1
    all_of_it["sky"][:HORIZON] = 1
    for name, share in shares.items():
        for one in all_of_it.values():
            one *= 1 - share
        all_of_it[name] = share
    return RegionMap(all_of_it, "regions")


def same(found: Picture | None, mask: Picture) -> bool:
    return found is not None and bool(((found > 0.5) == (mask > 0.5)).all())


def test_in_a_composite_the_network_finds_them_and_that_is_told() -> None:
    found = find_other_actor(PICTURE, "composite", subjects=Seen(subject(SOMEBODY)))
    share = 100 * (SOMEBODY > 0.5).mean()
    assert same(found.mask, SOMEBODY) and not found.warnings
    assert found.summary.startswith(f"found by eyes (sure 0.90), {share:.1f} % of the picture")


def test_a_tower_or_a_sign_stays_and_that_is_told() -> None:
    found = find_other_actor(
        PICTURE, "composite", subjects=Seen(subject(BOARD, 0.3, "thing"), subject(SOMEBODY))
    )
    assert same(found.mask, SOMEBODY) and same(found.stays, BOARD) and not found.warnings
    assert "a prominent thing" in found.summary and "130,10,40,60" in found.summary


def test_in_a_composite_with_a_thing_alone_nobody_goes_and_the_artist_is_asked() -> None:
    found = find_other_actor(PICTURE, "composite", subjects=Seen(subject(BOARD, 0.3, "thing")))
    (warning,) = found.warnings
    assert found.mask is None and "saw only a thing" in warning
    assert "--condition-box" in warning and "--condition-matte" in warning


def test_what_they_hold_goes_with_them_though_the_network_is_unsure_of_it() -> None:
    balloon = body((104, 38), (6, 6))
    far = body((20, 30), (6, 6))
    seen = Seen(subject(SOMEBODY), subject(balloon, 0.05), subject(far, 0.05))
    found = find_other_actor(PICTURE, "composite", subjects=seen)
    assert same(found.mask, np.maximum(SOMEBODY, balloon))


def test_whom_the_network_is_not_sure_of_beside_who_goes_is_told_with_the_boxes_that_take_both() -> None:
    seen = Seen(subject(SOMEBODY), subject(ELSEWHERE, 0.1))
    for kind, others in (("composite", 0), ("auto", 1)):
        found = find_other_actor(PICTURE, kind, subjects=seen)
        (told,) = found.warnings[others:]
        assert same(found.mask, SOMEBODY) and same(found.stays, ELSEWHERE)
        assert "(2.5 % of it at 22,42,17,41): eyes" in told  # 549 of 120 x 180 pixels
        assert ": 79,36,23,53; 22,42,17,41)" in told
    known = regions(person=SOMEBODY)
    assert not find_other_actor(PICTURE, "composite", subjects=seen, regions=known).warnings


def test_in_a_background_nobody_goes_and_whoever_is_found_is_told() -> None:
    found = find_other_actor(PICTURE, "background", subjects=Seen(subject(SOMEBODY)))
    (warning,) = found.warnings
    assert (
        found.mask is None
        and "said to be a background" in warning
        and "--condition-kind to composite" in warning
    )
    empty = find_other_actor(street(), "background", subjects=Seen())
    assert empty.mask is None and not empty.warnings


def test_left_to_itself_a_network_that_knows_no_kinds_takes_whom_it_surely_sees_and_says_how_to_keep_them() -> (
    None
):
    found = find_other_actor(PICTURE, "auto", subjects=Seen(subject(SOMEBODY, 0.6)))
    (warning,) = found.warnings
    assert same(found.mask, SOMEBODY)
    assert "does not tell an actor from a prominent thing" in warning
    assert "--condition-kind background" in warning


def test_left_to_itself_without_a_network_it_says_that_only_the_plates_actor_is_looked_for() -> None:
    found = find_other_actor(PICTURE, "auto")
    assert found.mask is None and not found.warnings
    assert "only the plate's actor, as these frames show them, is looked for" in found.summary
    assert "--condition-box" in found.summary and MEND in found.summary
    assert find_other_actor(PICTURE, "auto", subjects=Seen()).summary == "none was found"
    thing = find_other_actor(PICTURE, "auto", subjects=Seen(subject(BOARD, 0.3, "thing")))
    assert (
        "a prominent thing" in thing.summary and "130,10,40,60" in thing.summary and same(thing.stays, BOARD)
    )


def test_left_to_itself_a_network_that_is_unsure_takes_nobody_and_asks() -> None:
    found = find_other_actor(PICTURE, "auto", subjects=Seen(subject(SOMEBODY, 0.4)))
    (warning,) = found.warnings
    assert found.mask is None and same(found.stays, SOMEBODY)
    assert "does not tell an actor from a thing" in warning and "--condition-kind composite" in warning


def test_left_to_itself_what_takes_a_quarter_of_the_picture_has_to_be_surer() -> None:
    house = np.zeros(SIZE, np.float32)
    house[:, 40:100] = 1
    assert 0.25 < house.mean() < 0.5
    found = find_other_actor(PICTURE, "auto", subjects=Seen(subject(house, 0.55)))
    assert found.mask is None and same(found.stays, house) and "composite takes it" in found.warnings[0]
    near = find_other_actor(PICTURE, "auto", subjects=Seen(subject(house, 0.9)))  # somebody close by
    assert same(near.mask, house)


def test_left_to_itself_what_goes_from_border_to_border_is_the_place() -> None:
    houses = np.zeros(SIZE, np.float32)
    houses[10:60] = 1
    found = find_other_actor(PICTURE, "auto", subjects=Seen(subject(houses, 0.7)))
    assert found.mask is None and same(found.stays, houses) and "from border to border" in found.summary
    both = find_other_actor(PICTURE, "auto", subjects=Seen(subject(houses, 0.7), subject(SOMEBODY, 0.6)))
    assert same(both.mask, SOMEBODY) and same(both.stays, houses)
    said = find_other_actor(PICTURE, "composite", subjects=Seen(subject(houses, 0.7)))
    assert same(said.mask, houses)
    rider = find_other_actor(PICTURE, "auto", subjects=Seen(subject(houses, 0.95)))
    assert rider.mask is None and "composite takes it out" in rider.warnings[0]


def test_left_to_itself_with_regions_a_person_goes_and_a_thing_stays() -> None:
    seen = Seen(subject(SOMEBODY), subject(BOARD, 0.9))
    found = find_other_actor(PICTURE, "auto", subjects=seen, regions=regions(person=SOMEBODY))
    assert same(found.mask, SOMEBODY) and same(found.stays, BOARD) and not found.warnings


def test_regions_alone_find_the_prominent_person_and_what_they_ride_but_no_passers_by() -> None:
    scooter, passer = body((90, 88), (16, 8)), body((20, 50), (2, 4))
    instances = [
        Subject(SOMEBODY, 0.9, "regions (person)", "person"),
        Subject(scooter, 0.8, "regions (motorcycle)", "vehicle"),
        Subject(passer, 0.8, "regions (person)", "person"),
    ]
    known = regions(person=np.maximum(SOMEBODY, passer), vehicle=scooter)
    found = find_other_actor(PICTURE, "auto", regions=RegionMap(known.shares, "regions", instances))
    assert found.mask is not None and (found.mask > 0.5)[88, 90] and (found.mask > 0.5)[60, 90]
    assert not (found.mask > 0.5)[50, 20]


def test_the_plates_own_actor_goes_and_the_network_gives_their_outline() -> None:
    copy = Subject(np.roll(SOMEBODY, 4, 1), 0.95, "their likeness")
    found = find_other_actor(PICTURE, "auto", copy=copy, subjects=Seen(subject(SOMEBODY), subject(ELSEWHERE)))
    assert same(found.mask, SOMEBODY), "auto: nobody else is known to be an actor"
    both = find_other_actor(
        PICTURE, "composite", copy=copy, subjects=Seen(subject(SOMEBODY), subject(ELSEWHERE))
    )
    assert same(both.mask, np.maximum(SOMEBODY, ELSEWHERE))
    arm = SOMEBODY.copy()
    arm[60, 101:107] = 1
    limb = find_other_actor(
        PICTURE, "auto", copy=Subject(arm, 0.95, "their likeness"), subjects=Seen(subject(SOMEBODY))
    )
    assert same(limb.mask, arm), "what the network leaves out of them is small: a limb"
    missed = find_other_actor(PICTURE, "auto", copy=copy, subjects=Seen(subject(ELSEWHERE)))
    assert same(missed.mask, copy.mask), "the network did not see them: the likeness does"


def test_without_a_network_the_likeness_is_a_guess_and_says_what_mends_it() -> None:
    copy = Subject(SOMEBODY, 0.95, "their likeness")
    found = find_other_actor(PICTURE, "auto", copy=copy)
    assert same(found.mask, SOMEBODY) and found.summary.endswith("a guess")
    assert MEND in found.warnings[0]


def test_a_composite_in_which_nobody_is_found_is_told_with_what_to_do() -> None:
    found = find_other_actor(street(), "composite")
    (warning,) = found.warnings
    assert (
        found.mask is None
        and "was not found in it" in warning
        and MEND in warning
        and "--condition-box" in warning
    )


def test_the_artists_matte_goes_before_everything() -> None:
    found = find_other_actor(PICTURE, "background", given=ELSEWHERE, subjects=Seen(subject(SOMEBODY)))
    assert same(found.mask, ELSEWHERE) and found.summary.startswith("as your matte says")


def test_who_is_pointed_at_goes_even_from_a_background() -> None:
    hint = Hint(points=((30.0, 62.0),))
    seen = Seen(subject(SOMEBODY), subject(ELSEWHERE, 0.4))
    found = find_other_actor(PICTURE, "background", hint=hint, subjects=seen, pointed=GrabCutSubjects())
    assert same(found.mask, ELSEWHERE) and "where you pointed" in found.summary


@pytest.mark.parametrize(
    "hint",
    [
        Hint(boxes=((70, 30, 40, 64),)),
        Hint(points=((90.0, 62.0),)),
        Hint(goes=(body((90, 62), (4, 18)) > 0).astype(np.float32)),
    ],
    ids=["box", "point", "scribble"],
)
def test_without_a_network_a_hint_is_followed_by_colour_and_said_to_be_a_guess(hint: Hint) -> None:
    found = find_other_actor(PICTURE, "auto", hint=hint, pointed=GrabCutSubjects())
    assert found.mask is not None
    true, got = SOMEBODY > 0.5, found.mask > 0.5
    assert (true & got).sum() / (true | got).sum() > 0.85
    assert "a guess" in found.summary and MEND in found.warnings[0]


def test_nothing_where_one_pointed_is_told() -> None:
    found = find_other_actor(street(), "auto", hint=Hint(points=((5.0, 5.0),)), subjects=Seen())
    assert found.mask is None and "where you pointed" in found.warnings[0]


def test_no_scrap_stays_between_somebody_and_the_border_that_cuts_them_off() -> None:
    """The rim is 2 pixels here: it leaves 4 and 5 rows free, and two rims are closed."""
    for left, scrap in ((6, 0), (7, 5)):
        cut = np.zeros(SIZE, np.float32)
        cut[60 : SIZE[0] - left, 70:100] = 1
        hole = hole_of(find_other_actor(PICTURE, "composite", given=cut), PICTURE)
        assert np.count_nonzero(hole[-left:, 75:95] == 0) == scrap * 20, left
        assert not hole[-1, :60].any() and not hole[-1, 110:].any()


def test_nobody_is_left_in_a_narrow_gap_of_a_crowd() -> None:
    one, two, three = np.zeros((3, *SIZE), np.float32)
    one[40:80, 20:30], two[40:80, 38:48], three[40:80, 150:160] = 1, 1, 1
    pair = find_other_actor(PICTURE, "composite", given=one + two)
    crowd = find_other_actor(PICTURE, "composite", given=one + two + three)
    gap = np.s_[50:70, 33:35]  # a rim of 2 on each side leaves 4 of the 8 columns between the first two
    assert not hole_of(pair, PICTURE)[gap].any() and hole_of(crowd, PICTURE)[gap].all()


def test_the_hole_holds_them_their_rim_and_their_shadow() -> None:
    dark = np.zeros(SIZE, np.float32)
    cv2.ellipse(dark, (115, 86), (24, 4), 0, 0, 360, 1.0, -1)
    lit = street() * (1 - 0.45 * cv2.GaussianBlur(dark, (0, 0), 1.0)[..., None])
    found = find_other_actor(with_body(lit, SOMEBODY), "composite", subjects=Seen(subject(SOMEBODY)))
    hole = hole_of(found, PICTURE) > 0.5
    assert hole[cv2.dilate((SOMEBODY > 0.2).astype(np.uint8), np.ones((3, 3))) > 0].all()
    assert hole[(dark > 0) & (SOMEBODY < 0.5)].mean() > 0.9
    assert hole.mean() < 0.2
    assert "of their shadow goes too" in found.summary

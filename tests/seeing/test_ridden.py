"""What somebody rides is seen faintly by a network, and goes with them; what merely stands about stays."""

from __future__ import annotations

import numpy as np

from actanywhere.seeing.protocol import Picture
from actanywhere.seeing.ridden import with_ridden
from tests.seeing.scenes import body, street, with_body

RIDER = body((90, 50), (11, 24))
HORSE = body((90, 84), (36, 12))
BROWN = np.float32((0.35, 0.2, 0.1))


def scene(horse: Picture = HORSE) -> Picture:
    """Somebody in red on or beside something brown."""
    picture = street()
    return with_body(np.asarray(picture + (BROWN - picture) * horse[..., None], np.float32), RIDER)


def faint(horse: Picture) -> Picture:
    """A network's mask: sure of the rider, and faintly of the left two thirds of the rest."""
    seen = 0.05 * horse
    seen[:, 102:] = 0
    return np.maximum(RIDER, seen).astype(np.float32)


def test_what_they_ride_goes_with_them_all_of_it_though_a_part_was_not_seen() -> None:
    found = with_ridden(scene(), faint(HORSE)) > 0.5
    both = np.maximum(RIDER, HORSE) > 0.5
    assert (found & both).sum() / (found | both).sum() > 0.9
    assert found[84, 118], "right of what the network saw"


def test_what_stands_apart_and_what_is_not_seen_at_all_stays() -> None:
    apart = body((25, 90), (20, 12))
    for mask, picture in ((faint(apart), scene(apart)), (RIDER, scene())):
        assert with_ridden(picture, mask) is mask


def test_a_little_that_is_seen_faintly_is_the_soft_edge_and_changes_nothing() -> None:
    mask = np.maximum(RIDER, 0.05 * body((104, 60), (7, 7))).astype(np.float32)
    assert with_ridden(scene(), mask) is mask

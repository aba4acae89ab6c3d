"""What is said of water that stands still in the layer, by the condition's regions or by the plate's own ground."""

from __future__ import annotations

import numpy as np

from actanywhere.render.water import warn_of_still_water
from actanywhere.seeing.protocol import REGIONS, RegionMap

PAINTS, STARTER = frozenset({"life", "alive"}), frozenset[str]()


def _regions(rows_of_water: int) -> RegionMap:
    shares = {name: np.zeros((20, 4), np.float32) for name in REGIONS}
    shares["water"][:rows_of_water] = 1
    return RegionMap(shares, "eomt")


def test_water_of_the_condition_is_told_with_its_share_and_the_remedy_that_the_engine_has() -> None:
    (told,) = warn_of_still_water(_regions(5), False, 0, STARTER)
    assert told.startswith("25% of the condition picture is water (by eomt), which stands still")
    assert "--model vace-14b" in told
    (told,) = warn_of_still_water(_regions(5), False, 0, PAINTS)
    assert told.endswith("To repaint them: --life 0.4 --alive MASK.")
    assert warn_of_still_water(_regions(0), True, 0, STARTER) == ()  # dry land, whatever the plate is on
    assert warn_of_still_water(_regions(5), False, 0.4, PAINTS) == ()
    assert len(warn_of_still_water(_regions(5), False, 0.4, STARTER)) == 1  # it has no effect there


def test_without_a_network_the_plates_own_ground_tells() -> None:
    (told,) = warn_of_still_water(None, True, 0, STARTER)
    assert told.startswith("In the plate the ground at the actor's feet is not found again")
    assert "or where the camera sweeps over it; water in the condition picture, if it shows any" in told
    assert warn_of_still_water(None, False, 0, STARTER) == ()


def test_with_a_network_it_is_said_that_auto_lets_it_move() -> None:
    assert "--water auto, or --water-mask MASK" in warn_of_still_water(_regions(5), False, 0, STARTER)[0]
    assert (
        "--water-mask MASK" in (told := warn_of_still_water(None, True, 0, STARTER)[0]) and "auto" not in told
    )

"""Grey and sepia beside colours: pictures whose tint is made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from actanywhere.contract.shot import FrameRange
from actanywhere.render.clip import Clip
from actanywhere.render.tint import unlike_in_colour

_RNG = np.random.default_rng(5)
COLOURED = _RNG.random((64, 96, 3)).astype(np.float32)
GREY = np.repeat(_RNG.random((64, 96, 1)), 3, 2).astype(np.float32)
SEPIA = (GREY * (0.9, 0.75, 0.5) + (0.05, 0.04, 0.02)).astype(np.float32)
FOG = np.clip(GREY + 0.02 * _RNG.standard_normal((64, 96, 3)), 0, 1).astype(np.float32)


def _clip(picture: np.ndarray) -> Clip:
    matte = np.zeros((4, 64, 96), np.uint8)
    matte[:, 20:50, 30:60] = 255
    rgb = np.broadcast_to(np.round(picture * 255).astype(np.uint8), (4, 64, 96, 3))
    return Clip(FrameRange(1, 4), rgb, matte, 1.5)


@pytest.mark.parametrize(
    ("actor", "place", "who"),
    [
        (COLOURED, GREY, "The condition picture has no colours"),
        (COLOURED, SEPIA, "The condition picture has no colours"),
        (GREY, COLOURED, "The plate's actor has no colours"),
        (COLOURED, COLOURED, None),
        (GREY, SEPIA, None),
        (COLOURED, FOG, None),
    ],
)
def test_one_tint_beside_colours_is_told(actor: np.ndarray, place: np.ndarray, who: str | None) -> None:
    told = unlike_in_colour(_clip(actor), place)
    assert (told[0].startswith(who) if who else not told) is True

"""What the network is told: exact grey, whole tokens, closed holes, sizes that are padded and never stretched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from actanywhere.engines.protocol import FrameConditioning
from actanywhere.engines.vace.control import control_frame, frame_count, padded, padded_size

from . import tiny_vace


def frame(height: int = 64, width: int = 96) -> FrameConditioning:
    """All of it known."""
    return tiny_vace.Shot(1, height, width, hole=lambda index: (slice(0, 0), slice(0, 0)))[0]


def with_hole(*where: tuple[slice, slice]) -> FrameConditioning:
    whole = frame()
    mask = whole.mask.copy()
    for place in where:
        mask[place] = 1
    return replace(
        whole, mask=mask, masked=np.where(mask[..., None] > 0, np.float32(127 / 255), whole.masked)
    )


def test_the_unknown_is_exactly_half_and_the_rest_is_untouched() -> None:
    whole = with_hole((slice(16, 32), slice(32, 64)))
    control = control_frame(whole)
    assert (control.picture[control.unknown] == 0.5).all()
    assert (control.picture[control.unknown] * 2 - 1 == 0).all()
    assert (control.picture[~control.unknown] == whole.masked[~control.unknown]).all()


def test_the_unknown_is_whole_tokens_at_least_eight_pixels_beyond_it() -> None:
    whole = with_hole((slice(20, 30), slice(40, 42)))
    control = control_frame(whole)
    cells = control.unknown.reshape(4, 16, 6, 16)
    assert (cells.all(axis=(1, 3)) == cells.any(axis=(1, 3))).all()
    rows, columns = np.nonzero(whole.mask)
    y, x = np.mgrid[:64, :96]
    away = np.hypot(y[..., None] - rows, x[..., None] - columns).min(axis=2)
    assert control.unknown[away <= 8].all() and not control.unknown[away > 32].any()


def test_what_is_known_to_the_network_is_never_shown_of_its_picture() -> None:
    control = control_frame(with_hole((slice(20, 30), slice(40, 60))))
    assert (control.shown[~control.unknown] == 0).all()
    assert (control.shown[20:30, 40:60] == 1).all()
    rim = control.shown[25, 60:72]
    assert (np.diff(rim) <= 0).all() and 0 < rim[3] < 1 and rim[-1] == 0


def test_a_known_speck_within_the_unknown_is_unknown() -> None:
    whole = with_hole((slice(0, 64), slice(0, 64)))
    mask = whole.mask.copy()
    mask[30:33, 20:23] = 0
    assert control_frame(replace(whole, mask=mask)).unknown[30:33, 20:23].all()


def test_the_actor_is_seen_by_the_network_and_their_hole_is_blocky_without_them() -> None:
    whole = frame()
    subject = np.zeros_like(whole.mask)
    subject[20:50, 40:52] = 1
    mask = whole.mask.copy()
    mask[16:54, 36:56] = 1
    mask[subject > 0] = 0
    shot = replace(whole, subject=subject, mask=mask)
    seen = control_frame(shot)
    assert (seen.picture[subject > 0] == whole.masked[subject > 0]).all() and not seen.unknown[
        subject > 0
    ].any()
    hidden = control_frame(shot, actor="out")
    assert hidden.unknown[subject > 0].all() and (hidden.picture[subject > 0] == 0.5).all()
    assert not hidden.actor.any()


def test_with_unknown_picture_the_expected_stands_blurred_in_the_unknown() -> None:
    whole = replace(with_hole((slice(0, 64), slice(48, 96))), prefill=np.full((64, 96, 3), 0.3, np.float32))
    control = control_frame(whole, unknown="picture")
    np.testing.assert_allclose(control.picture[control.unknown], 0.3, atol=1e-6)


@pytest.mark.parametrize("height", [16, 17, 31, 480, 487])
@pytest.mark.parametrize("width", [16, 33, 832, 853])
def test_every_size_comes_back_whole(height: int, width: int) -> None:
    picture = np.random.default_rng(0).random((height, width, 3)).astype(np.float32)
    wide = np.asarray(padded(picture))
    assert wide.shape[:2] == padded_size(height, width)
    assert all(
        0 <= side - own < 16 and side % 16 == 0
        for side, own in zip(wide.shape, picture.shape[:2], strict=False)
    )
    assert (wide[:height, :width] == picture).all() and (wide[-1, :width] == picture[-1]).all()


@pytest.mark.parametrize(("frames", "held"), [(1, 1), (2, 5), (5, 5), (6, 9), (81, 81), (82, 85), (200, 201)])
def test_every_length_is_held_by_groups_of_four_and_one(frames: int, held: int) -> None:
    assert frame_count(frames) == held

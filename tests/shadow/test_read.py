"""Reading a shadow in a plate: by what gets darker, and by its edges; and saying so where there is none."""

from __future__ import annotations

import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from actanywhere.shadow.cast import CastShadow, under_shadow
from actanywhere.shadow.cues import darker_cue, edges_cue, view
from actanywhere.shadow.read import Reading, lift_shadow, read_shadow, shadow_on_ground

_FRAMES, _HEIGHT, _WIDTH = 8, 144, 256
_ASPECT = _WIDTH / _HEIGHT
_PAN = 0.02
"""Frame heights by which the camera pans from frame to frame."""
_SHADOW = CastShadow(0.9, -0.35, 0.5, 0.02)

Clip = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float64]]


def _figure(column: float) -> NDArray[np.float32]:
    """A head on a body on two legs, as a matte."""
    matte = np.zeros((_HEIGHT, _WIDTH), np.float32)
    x = round(column)
    cv2.circle(matte, (x, 50), 7, 1.0, -1)
    cv2.rectangle(matte, (x - 9, 57), (x + 9, 80), 1.0, -1)
    cv2.rectangle(matte, (x - 8, 80), (x - 3, 100), 1.0, -1)
    cv2.rectangle(matte, (x + 3, 80), (x + 8, 100), 1.0, -1)
    return matte


def _plate(
    shadow: CastShadow | None, pace: float, texture: float = 0.08, pan: float = _PAN, frames: int = _FRAMES
) -> Clip:
    """Someone who walks ``pace`` pixels a frame over a speckled ground, under a camera that pans ``pan`` heights."""
    rng = np.random.default_rng(3)
    wide = _WIDTH + round(pan * _HEIGHT * frames) + 8
    speckle = cv2.GaussianBlur(rng.normal(0, 1, (_HEIGHT, wide)).astype(np.float32), (0, 0), 1.5)
    ground = np.clip(0.6 + texture * speckle / speckle.std(), 0, 1)
    rgb, mattes, transforms = [], [], []
    for time in range(frames):
        left = pan * _HEIGHT * time
        shift = np.array([[1, 0, -left], [0, 1, 0]], np.float64)
        seen = cv2.warpAffine(ground, shift, (_WIDTH, _HEIGHT), flags=cv2.INTER_LINEAR)[..., None].repeat(
            3, 2
        )
        matte = _figure(80 + pace * time - left)
        if shadow is not None:
            seen = under_shadow(shadow, matte, seen)
        seen = np.where(matte[..., None] > 0, np.float32(0.2), seen)
        rgb.append(np.round(seen * 255).astype(np.uint8))
        mattes.append(np.round(matte * 255).astype(np.uint8))
        transforms.append(np.array([[1, 0, -pan * time], [0, 1, 0], [0, 0, 1]]))
    return np.stack(rgb), np.stack(mattes), np.stack(transforms)


def _read(clip: Clip) -> Reading:
    return read_shadow(*clip, _ASPECT)


@pytest.mark.parametrize(("pace", "texture"), [(9.0, 0.08), (9.0, 0.01), (2.0, 0.04), (0.0, 0.01)])
def test_a_shadow_is_read_by_its_darkness_its_edges_or_both(pace: float, texture: float) -> None:
    found = _read(_plate(_SHADOW, pace, texture))
    assert found.shadow is not None
    assert found.shadow.side == pytest.approx(_SHADOW.side, abs=0.2)
    assert found.shadow.away == pytest.approx(_SHADOW.away, abs=0.1)
    assert found.shadow.density == pytest.approx(_SHADOW.density, abs=0.2)
    assert str(found.shadow) in found.reason


def test_under_a_camera_that_follows_the_actor_a_long_shots_shadow_is_read() -> None:
    # Frames of a long shot that lie far apart share no ground: near ones are compared.
    pan = 0.06
    found = _read(_plate(_SHADOW, pan * _HEIGHT + 0.3, pan=pan, frames=150)).shadow
    assert found is not None
    assert (found.side, found.away) == (pytest.approx(0.9, abs=0.2), pytest.approx(-0.35, abs=0.1))


def test_a_single_frame_does_not_tell_what_moves_with_the_actor() -> None:
    rgb, matte, transforms = _plate(_SHADOW, 9.0)
    found = _read((rgb[:1], matte[:1], transforms[:1]))
    assert found.shadow is None and "no two frames" in found.reason


@pytest.mark.parametrize("hue", [(1.15, 1.0, 0.85), (1.3, 0.9, 0.6)])
def test_what_differs_is_explained_by_a_share_whatever_the_hue(hue: tuple[float, float, float]) -> None:
    rgb, matte, transforms = _plate(_SHADOW, 9.0)
    bare, _, _ = _plate(None, 9.0)
    shaded = (rgb < bare - 4.0).all(-1, keepdims=True) & (matte == 0)[..., None]
    dyed = np.where(shaded, np.clip(rgb * np.array(hue), 0, 255), rgb).astype(np.uint8)
    views = {t: view(dyed[t], matte[t], 96) for t in range(_FRAMES)}
    pairs = list(itertools.permutations(views, 2))
    cue = darker_cue(views, pairs, transforms, _ASPECT)
    assert cue is not None
    agrees, claims = cue(_SHADOW)
    assert 0.1 < agrees**2 / claims < 1.0  # at the best depth


def test_an_edge_that_changes_the_hue_counts_less() -> None:
    rgb, matte, _ = _plate(_SHADOW, 9.0, 0.01)
    bare, _, _ = _plate(None, 9.0, 0.01)
    shaded = (rgb < bare - 4.0).all(-1, keepdims=True) & (matte == 0)[..., None]
    both = np.minimum(rgb, _plate(replace(_SHADOW, side=-0.9), 9.0, 0.01)[0])
    other = (both < rgb) & ~shaded
    dyed = np.where(other, np.clip(both * np.array([1.3, 0.9, 0.6]), 0, 255), both).astype(np.uint8)
    cue = edges_cue([view(frame, actor, 96) for frame, actor in zip(dyed, matte, strict=True)])
    assert cue is not None
    own, others = (cue(replace(_SHADOW, side=side))[0] for side in (0.9, -0.9))
    assert own > 1.3 * others


def test_the_other_way_round_is_read_the_other_way_round() -> None:
    rgb, matte, transforms = _plate(_SHADOW, 9.0)
    flip = np.diag([-1.0, 1.0, 1.0])
    mirrored = (
        np.ascontiguousarray(rgb[:, :, ::-1]),
        np.ascontiguousarray(matte[:, :, ::-1]),
        flip @ transforms @ flip,
    )
    found = _read(mirrored).shadow
    assert found is not None and found.side == pytest.approx(-_SHADOW.side, abs=0.2)


@pytest.mark.parametrize(("pace", "texture"), [(9.0, 0.08), (0.0, 0.08), (9.0, 0.01)])
def test_where_there_is_no_shadow_none_is_read(pace: float, texture: float) -> None:
    found = _read(_plate(None, pace, texture))
    assert found.shadow is None and "none that moves" in found.reason


def test_a_dark_shape_that_never_moves_against_the_ground_is_not_taken_for_a_shadow() -> None:
    rgb, matte, _ = _plate(_SHADOW, 0.0)
    still = (rgb[:1].repeat(_FRAMES, 0), matte[:1].repeat(_FRAMES, 0), np.eye(3)[None].repeat(_FRAMES, 0))
    found = _read(still)
    assert found.shadow is None and "none that moves" in found.reason


def test_of_two_dark_shapes_beside_the_actor_the_one_of_the_grounds_hue_is_his_shadow() -> None:
    rgb, matte, transforms = _plate(_SHADOW, 9.0)
    scarf = replace(_SHADOW, side=-_SHADOW.side, density=0.6)
    for hue, side in (((1.0, 1.0, 1.0), -0.9), ((1.3, 0.9, 0.6), 0.9)):
        worn = [
            under_shadow(scarf, actor / np.float32(255), frame / np.float32(255))
            for frame, actor in zip(rgb, matte, strict=True)
        ]
        dark = 1 - np.stack(worn) / np.maximum(rgb / np.float32(255), 1e-3)
        dyed = np.stack(worn) * np.where(dark > 0.02, np.array(hue), 1.0)
        free = matte[..., None] == 0
        both = np.where(free, np.round(np.clip(dyed, 0, 1) * 255), rgb).astype(np.uint8)
        found = _read((both, matte, transforms)).shadow
        assert found is not None and found.side == pytest.approx(side, abs=0.2)


def test_a_light_that_goes_down_for_the_whole_frame_is_no_shadow() -> None:
    rgb, matte, transforms = _plate(None, 9.0)
    fading = np.linspace(1.0, 0.5, _FRAMES)[:, None, None, None]
    found = _read((np.round(rgb * fading).astype(np.uint8), matte, transforms))
    assert found.shadow is None


def test_nobody_in_the_plate_is_said() -> None:
    rgb, matte, transforms = _plate(None, 9.0)
    found = _read((rgb, np.zeros_like(matte), transforms))
    assert found.shadow is None and "nobody" in found.reason


def test_a_painted_shadow_is_lifted_where_the_picture_shows_it_and_no_ghost_is_left_where_it_does_not() -> (
    None
):
    rgb, matte, _ = _plate(_SHADOW, 9.0, 0.02)
    empty, _, _ = _plate(None, 9.0, 0.02)
    actor = matte[2] / np.float32(255)
    with_it, without = (frames[2] / np.float32(255) for frames in (rgb, empty))
    lifted = lift_shadow(_SHADOW, actor, with_it)
    shaded = (with_it < without - 0.1).all(2) & (actor == 0)
    assert shaded.sum() > 200
    left = np.abs(lifted - without)[shaded].mean() / np.abs(with_it - without)[shaded].mean()
    assert left < 0.4
    np.testing.assert_array_equal(lift_shadow(_SHADOW, actor, without), without)
    mirrored = replace(_SHADOW, side=-_SHADOW.side)
    np.testing.assert_array_equal(lift_shadow(mirrored, actor, with_it), with_it)


def test_beside_its_empty_ground_a_frame_tells_its_shadow() -> None:
    rgb, matte, _ = _plate(_SHADOW, 9.0)
    empty, _, _ = _plate(None, 9.0)
    found = shadow_on_ground(rgb[::4], empty[::4], matte[::4] / np.float32(255))
    assert found is not None
    assert (found.side, found.away) == (pytest.approx(0.9, abs=0.15), pytest.approx(-0.35, abs=0.1))
    assert shadow_on_ground(empty[::4], empty[::4], matte[::4] / np.float32(255)) is None

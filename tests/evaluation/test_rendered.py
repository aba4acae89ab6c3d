"""Rendered clips as shots with known truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actanywhere.evaluation.baselines import still_paste, tracked_card
from actanywhere.evaluation.truth import TrueShot, measure_true_shot, rendered_shots
from actanywhere.training.datasets import RenderedClips

CLIPS = Path(__file__).resolve().parents[1] / "data" / "rendered"
_SIZE = (8, 128 * 128, 16)


@pytest.fixture(scope="module")
def shots() -> list[TrueShot]:
    return list(rendered_shots(RenderedClips(CLIPS), *_SIZE))


def test_every_clip_is_a_shot_with_a_clean_and_with_two_composite_conditions(shots: list[TrueShot]) -> None:
    assert len(shots) == 3 * len(RenderedClips(CLIPS).names) > 3
    for clean, composite, another in zip(shots[::3], shots[1::3], shots[2::3], strict=True):
        middle = len(clean.clip.rgb) // 2
        background, rgb = (picture[middle] / 255 for picture in (clean.clip.background, clean.clip.rgb))
        assert np.allclose(clean.scene.condition, background) and np.allclose(composite.scene.condition, rgb)
        assert composite.painted is not None and another.painted is not None
        apart, both = (
            how(composite.painted, another.painted).sum() for how in (np.logical_xor, np.logical_or)
        )
        assert another.painted.any() and apart > 0.2 * both, "they are not the clip's own actor"
        beside = ~another.painted
        differs = np.abs(another.scene.condition - background).max(-1)
        assert differs[another.painted].mean() > 0.1 and np.median(differs[beside]) < 0.01


def test_every_shot_is_measured_under_its_true_shadow(shots: list[TrueShot]) -> None:
    for shot in shots:
        assert shot.regions["shadow"].any((1, 2)).all()
        assert not (shot.regions["shadow"] & (shot.clip.matte > 0.5)).any()


def test_the_truth_is_perfect_and_a_card_moved_by_the_true_camera_beats_one_that_stands_still(
    shots: list[TrueShot],
) -> None:
    gains = []
    for shot in shots:
        methods = {"truth": shot.clip.rgb, "card": tracked_card(shot.scene), "still": still_paste(shot.scene)}
        truth, card, still = (row.values["background_db"] for row in measure_true_shot(shot, methods))
        assert truth is not None and card is not None and still is not None
        assert truth > 55 > card
        if "another" not in shot.name:  # a card takes a stranger along, as wrong as one that stands still
            gains.append(card - still)
    assert np.median(gains) > 2 and min(gains) > 0

"""The pulled shadow against rendered truth: a clip whose ground is seen free."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actanywhere.evaluation.pulled import pulled_shadows
from actanywhere.training.datasets import RenderedClips

RENDERED = Path(__file__).parents[1] / "data" / "rendered"


@pytest.mark.parametrize(
    ("clip", "covered"), [("held_00_sunrise_person_truck", 0.4), ("held_01_woods_person_pan", 0.9)]
)
def test_it_is_right_where_the_clean_plate_covers(clip: str, covered: float, tmp_path: Path) -> None:
    shutil.copytree(RENDERED / clip, tmp_path / clip)
    (row,) = pulled_shadows(RenderedClips(tmp_path))
    known = {name: value or 0 for name, value in row.values.items()}
    assert row.shot == clip and known["covered"] >= covered
    assert known["shadow_precision"] >= 0.95 and known["shadow_recall"] >= 0.8
    assert known["recall_of_all"] >= 0.8

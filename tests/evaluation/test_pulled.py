"""The pulled shadow against rendered truth: a clip whose ground is seen free."""

from __future__ import annotations

import shutil
from pathlib import Path

from actanywhere.evaluation.pulled import pulled_shadows
from actanywhere.training.datasets import RenderedClips

CLIP = "held_01_woods_person_pan"
RENDERED = Path(__file__).parents[1] / "data" / "rendered"


def test_it_is_right_where_the_clean_plate_covers(tmp_path: Path) -> None:
    shutil.copytree(RENDERED / CLIP, tmp_path / CLIP)
    (row,) = pulled_shadows(RenderedClips(tmp_path))
    known = {name: value or 0 for name, value in row.values.items()}
    assert row.shot == CLIP and known["covered"] >= 0.9
    assert known["shadow_precision"] >= 0.95 and known["shadow_recall"] >= 0.8
    assert known["recall_of_all"] >= 0.8

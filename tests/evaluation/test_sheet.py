"""The contact sheet of an evaluation."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from actanywhere.evaluation.sheet import Block, write_sheet


def test_a_long_heading_is_not_written_into_the_next_column(tmp_path: Path) -> None:
    picture = np.full((1, 64, 64, 3), 200, np.uint8)
    both = Block("shot", {"a heading much longer than its pictures are wide": picture, "b": picture})
    write_sheet(tmp_path / "both.png", [both], 1)
    sheet = cv2.imread(str(tmp_path / "both.png"))
    assert sheet is not None
    second = np.flatnonzero((sheet[60] > 190).all(1))[-160:][0]  # where the second picture begins
    assert (sheet[30:50, second - 4 : second] == sheet[0, 0]).all()

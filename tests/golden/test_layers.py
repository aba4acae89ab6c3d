"""Layers of the example shot look as they did: golden pictures, with a tolerance for other processors."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.golden.layers import FOLDER, LAYERS, render_small


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_looks_as_it_did(name: str, tmp_path: Path) -> None:
    golden = cv2.imread(str(FOLDER / f"{name}.png"))[..., ::-1].astype(np.int16)
    apart = np.abs(render_small(name, tmp_path / "out").astype(np.int16) - golden)
    assert apart.max() <= 8 and apart.mean() < 0.5, "meant? look, then: python -m tests.golden.layers"

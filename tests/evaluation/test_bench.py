"""What a result is measured against: the right frames, and a card that follows the plate whatever is rendered."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.contract.errors import FootageError
from actanywhere.evaluation.bench import read_bench
from actanywhere.evaluation.cases import Case
from actanywhere.evaluation.motion import background_motion, camera_agreement
from actanywhere.footage import MovieWriter
from tests.render.stage import Staged, stage_shot, texture, tiny_model


def staged(folder: Path, **shot: object) -> Staged:
    place = texture(np.random.default_rng(9), 128, 192)
    return stage_shot(folder, frames=6, kind="png", condition=place, **shot)  # type: ignore[arg-type]


@pytest.mark.parametrize("camera", ["subject", "still", "plate"])
def test_the_tracked_card_follows_the_plate_whatever_camera_is_rendered(tmp_path: Path, camera: str) -> None:
    case = Case(staged(tmp_path, pan=(2.0, 0.0)).job(tiny_model(), camera=camera), {})
    bench = read_bench(case)
    card = bench.baselines()["tracked card"]
    agreement = camera_agreement(background_motion(card, bench.ground.outside), bench.ground.motion, 1.0)
    assert agreement > 0.9
    assert set(bench.baselines()) == {"still paste", "tracked card", "backdrop alone", "backdrop and shadow"}


def test_repeated_frames_are_left_out_and_others_results_are_spread_over_the_plate(tmp_path: Path) -> None:
    shot = staged(tmp_path, pan=(2.0, 0.0))
    for frame in (1002, 1005):  # as footage is that was pulled up
        for name in ("plate", "matte"):
            (tmp_path / f"{name}.{frame}.png").write_bytes(
                (tmp_path / f"{name}.{frame - 1}.png").read_bytes()
            )
    movie = tmp_path / "other.mov"
    with MovieWriter(str(movie), 24.0, 1.0) as written:
        for shade in (0.2, 0.5, 0.8):
            written.write(np.full((64, 96, 3), shade, np.float32))
    bench = read_bench(Case(shot.job(tiny_model()), {"other": movie}))
    assert bench.measured == [0, 2, 3, 5]
    levels = bench.reference(movie).mean((1, 2, 3)) / 255
    np.testing.assert_allclose(levels, [0.2, 0.5, 0.5, 0.8], atol=0.08)  # the movie's own curve


def test_a_shot_in_which_nothing_moves_cannot_be_evaluated(tmp_path: Path) -> None:
    shot = staged(tmp_path)
    for name in ("plate", "matte"):
        first = cv2.imread(str(tmp_path / f"{name}.1001.png"), cv2.IMREAD_UNCHANGED)
        assert first is not None
        for frame in range(1002, 1007):
            cv2.imwrite(str(tmp_path / f"{name}.{frame}.png"), first)
    with pytest.raises(FootageError, match="hold no two that differ"):
        read_bench(Case(shot.job(tiny_model()), {}))

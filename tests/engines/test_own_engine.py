"""The example in docs/an_engine_of_your_own.md, as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import ModelError
from actanywhere.render.preflight import preflight
from tests.render.place import place_of
from tests.render.stage import SETTINGS, Staged, background_of, frames_of, render, stage_shot

PAGE = (Path(__file__).parents[2] / "docs" / "an_engine_of_your_own.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found.group(1)


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "engines").mkdir()
    (tmp_path / "engines" / "smear.py").write_text(block("python"))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text(block("json"))
    monkeypatch.setenv("ACTANYWHERE_ENGINES", str(tmp_path / "engines"))
    return tmp_path


def test_the_pages_engine_renders_a_shot(studio: Path) -> None:
    staged: Staged = stage_shot(studio / "shot", frames=3, kind="png")
    job = staged.job(studio / "model", size=64, overlap=None, precision=SETTINGS.precision)
    assert "smear: 3 frames at 78x52" in preflight(job).engine
    render(job)
    names = frames_of(job.output)
    assert len(names) == 3
    layer = background_of(Path(job.output) / names[0])
    place = place_of(job)[0].astype(np.float32)
    assert (layer[:, 60:] == place[:, 60:]).all()  # nothing of it is painted there
    band = (slice(30, 42), slice(38, 41))
    assert np.abs(layer[band] - place[band]).max() > 0.01


def test_an_engine_that_is_nowhere_is_named(studio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (studio / "model" / "model.json").write_text(json.dumps({"engine": "other"}))
    with pytest.raises(ModelError, match="'other'") as told:
        preflight(stage_shot(studio / "shot").job(studio / "model"))
    assert "ACTANYWHERE_ENGINES" in told.value.remedy

"""An engine of a dozen lines goes the whole way: nothing else knows what paints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.errors import Cancelled, ModelError
from actanywhere.contract.job import Progress
from actanywhere.contract.launch import run
from actanywhere.contract.settings import Settings
from actanywhere.engines.find import Engines, find_engine
from actanywhere.evaluation.truth import render_ours, true_shots
from actanywhere.render.preflight import preflight
from tests.engines.own_model import OWN, prefill_model
from tests.render.stage import CORE, frames_of, pixels_of, render, stage_shot


@pytest.fixture
def prefill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model's folder that names an engine of the user's own."""
    monkeypatch.setenv("ACTANYWHERE_ENGINES", str(OWN))
    return prefill_model(tmp_path / "prefill")


def test_the_layer_is_what_the_engine_painted_and_goes_on_after_a_stop(tmp_path: Path, prefill: Path) -> None:
    shot = stage_shot(tmp_path / "shot", frames=10)
    whole = shot.job(prefill, "whole")
    result = render(whole)
    assert result.checkpoint == "0" * 64 and len(frames_of(whole.output)) == 10
    seen: list[Progress] = []
    stopped = shot.job(prefill, "stopped")
    with pytest.raises(Cancelled):
        render(
            stopped, seen.append, lambda: bool(seen) and seen[-1].stage == "painting" and seen[-1].done == 2
        )
    assert 0 < len(frames_of(stopped.output)) < 10
    render(stopped)
    assert pixels_of(stopped.output) == pixels_of(whole.output)


def test_a_dry_run_says_what_the_engine_says(tmp_path: Path, prefill: Path) -> None:
    job = stage_shot(tmp_path / "shot").job(prefill, solver="ddim")
    found = preflight(job)
    assert found.engine == ["6 frames of 80x48, no network"]
    assert any("'solver' has no effect" in warning for warning in found.warnings)


def test_the_worker_renders_with_it(tmp_path: Path, prefill: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CORE))
    monkeypatch.setenv("ACTANYWHERE_PYTHON", sys.executable)
    job = stage_shot(tmp_path / "shot", frames=3).job(prefill)
    run(job, lambda progress: None)
    assert len(frames_of(job.output)) == 3


def test_what_loads_quickly_loads_in_a_thread_before_the_render_and_its_failure_is_left_to_open(
    prefill: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines, asked = Engines(), []

    def load(engine: object, settings: dict[str, object]) -> None:
        asked.append((threading.current_thread().name, engine, settings["seed"]))
        raise ModelError("It cannot be loaded.", "Load another.")

    monkeypatch.setattr(type(engines.find(str(prefill))), "load", load, raising=False)
    engines.load_beside(Settings(model=str(prefill), seed=7))
    for thread in [one for one in threading.enumerate() if one.name == "load"]:
        thread.join()
    assert asked == [("load", engines.find(str(prefill)), 7)]


def test_it_is_measured_as_every_other(prefill: Path, tmp_path: Path) -> None:
    (shot,) = true_shots(1, 4, 64 * 64, 16, gone_on=True)
    engine = Engines().find(str(prefill))
    frames = render_ours(engine, shot.scene, Settings(), tmp_path)
    assert frames.shape == shot.clip.rgb.shape
    assert np.abs(frames.astype(int) - shot.clip.rgb).mean() < 40


def test_an_engine_that_nobody_named_is_asked_for(prefill: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (prefill / "model.json").write_text(json.dumps({"engine": "somebody_elses"}))
    with pytest.raises(ModelError, match="the engine 'somebody_elses'") as caught:
        find_engine(prefill)
    assert "ACTANYWHERE_ENGINES" in caught.value.remedy


def test_no_code_comes_out_of_a_models_folder(prefill: Path) -> None:
    (prefill / "stranger.py").write_text("raise SystemExit")
    (prefill / "model.json").write_text(json.dumps({"engine": "stranger"}))
    with pytest.raises(ModelError):
        find_engine(prefill)


def test_a_pipeline_that_no_engine_runs_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "FluxPipeline"}))
    with pytest.raises(ModelError, match="the pipeline 'FluxPipeline'"):
        find_engine(tmp_path)


def test_an_engine_knows_neither_render_nor_torch_before_it_is_opened(tmp_path: Path) -> None:
    say = (
        "import sys; from actanywhere.engines.find import Engines; Engines().find('starter').facts; "
        "print([name for name in ('torch', 'actanywhere.render') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", say],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(CORE)},
    )
    assert done.stdout.strip() == "[]"

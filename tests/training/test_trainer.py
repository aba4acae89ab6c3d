"""The trainer: it learns, and it goes on as if it had never stopped."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from actanywhere.contract.errors import ModelError
from actanywhere.engines.unet.model.checkpoint import load_model
from actanywhere.training.plan import planned_warmup
from actanywhere.training.state import load_state
from actanywhere.training.trainer import Run, TrainerSettings, train
from tests.engines.unet import tiny
from tests.training.tiny import Recorder, run, supply, the_same

_ROOT = Path(__file__).resolve().parents[2]


def _state(folder: Path) -> tuple[dict[str, Tensor], int]:
    found = load_state(folder / "state")
    assert found is not None
    return found[0], found[1]["step"]


def _weights(folder: Path) -> dict[str, Tensor]:
    return {name: t for name, t in _state(folder)[0].items() if name.startswith("weight/")}


def test_the_loss_falls_when_one_batch_is_shown_again_and_again(tmp_path: Path) -> None:
    """Against the same batches, noise and timesteps with a learning rate of 0."""
    still, learned = (
        run(tiny.model(), tmp_path / str(rate), 30, the_same, learning_rate=rate, drop=0.0)
        for rate in (0.0, 3e-3)
    )
    assert still[0] == learned[0]
    assert sum(learned[-10:]) < 0.8 * sum(still[-10:])


def test_a_resumed_run_has_the_very_weights_of_an_unbroken_one(tmp_path: Path) -> None:
    run(tiny.model(), tmp_path / "unbroken", 4)
    run(tiny.model(), tmp_path / "broken", 2)
    resumed = run(tiny.model(seed=99), tmp_path / "broken", 4)  # its own weights are replaced by the state's
    assert len(resumed) == 2
    (ours, step), (theirs, _) = _state(tmp_path / "broken"), _state(tmp_path / "unbroken")
    assert step == 4 and ours.keys() == theirs.keys()
    assert {name.split("/")[0] for name in ours} == {"weight", "average", "step", "exp_avg", "exp_avg_sq"}
    for name, tensor in theirs.items():
        assert ours[name].equal(tensor), name
    curves = [(tmp_path / run / "curve.csv").read_text() for run in ("broken", "unbroken")]
    assert curves[0] == curves[1]


def test_a_run_stopped_before_its_first_step_can_be_resumed(tmp_path: Path) -> None:
    settings = TrainerSettings(precision="fp32")
    assert train(tiny.model(), Run(tmp_path, supply, 5, seconds=0.0), settings) == 0
    assert len(run(tiny.model(), tmp_path, 1)) == 1


def test_two_processes_learn_what_one_learns_from_twice_as_many_batches_a_step(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    # As the two will have: sums in another order would grow apart in Adam's first steps.
    torch.set_num_threads(1)
    run(tiny.model(), tmp_path / "one", 2, accumulate=2)
    torch.set_num_threads(threads)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (_ROOT / "core", _ROOT))),
        "OMP_NUM_THREADS": "1",
        "ACCELERATE_USE_CPU": "true",
    }
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [sys.executable, *command, "-m", "tests.training.tiny", str(tmp_path / "two")],
        env=environment,
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    one, two = _weights(tmp_path / "one"), _weights(tmp_path / "two")
    start = dict(tiny.model().denoiser.named_parameters())
    moved = max(float((one["weight/denoiser." + name] - p.detach()).abs().max()) for name, p in start.items())
    apart = max(float((one[name] - two[name]).abs().max()) for name in one)
    assert apart < 0.02 * moved
    curves = []
    for folder in ("one", "two"):
        with (tmp_path / folder / "curve.csv").open() as stream:
            curves.append([float(row["loss"]) for row in csv.DictReader(stream)])
    assert curves[0] == pytest.approx(curves[1], rel=1e-3) and len(curves[0]) == 2


@pytest.mark.parametrize("ablation", tiny.ABLATIONS)
def test_every_ablation_trains_is_saved_and_goes_on(ablation: str, tmp_path: Path) -> None:
    changes = tiny.ABLATIONS[ablation]
    run(tiny.model(**changes), tmp_path, 1)
    loaded = load_model(tmp_path / "model", torch.device("cpu"), torch.float32)
    assert loaded.configuration == tiny.configuration(**changes)
    assert len(run(loaded, tmp_path, 2)) == 1


def test_the_papers_loss_trains_with_its_frozen_image_encoder(tmp_path: Path) -> None:
    model = tiny.model(prediction="epsilon", zero_terminal_snr=False, image_encoder_trains=False)
    run(model, tmp_path, 1)
    names = _weights(tmp_path)
    assert any(name.startswith("weight/denoiser.unet") for name in names)
    assert any(name.startswith("weight/condition_encoder.projection") for name in names)
    assert not any("image_encoder" in name or "autoencoder" in name for name in names)


def test_the_saved_model_is_the_moving_average_and_the_run_goes_on_from_the_weights(tmp_path: Path) -> None:
    model = tiny.model()
    run(model, tmp_path, 3)
    tensors, _ = _state(tmp_path)
    saved = load_model(tmp_path / "model", torch.device("cpu"), torch.float32)
    name = "unet.conv_in.weight"
    average, weight = (tensors[f"{kind}/denoiser.{name}"] for kind in ("average", "weight"))
    assert not average.equal(weight)
    torch.testing.assert_close(dict(saved.denoiser.named_parameters())[name], average, rtol=1e-3, atol=1e-6)
    assert dict(model.denoiser.named_parameters())[name].equal(weight)


def test_a_state_of_another_model_is_refused(tmp_path: Path) -> None:
    run(tiny.model(), tmp_path, 1)
    for changes in ({"use_mask": False}, {"layers_per_block": 2}):
        with pytest.raises(ModelError, match="is of another model") as caught:
            run(tiny.model(**changes), tmp_path, 2)
        assert "--output" in caught.value.remedy


def test_the_rate_rises_in_the_beginning_and_falls_in_the_end(tmp_path: Path) -> None:
    settings = TrainerSettings(1e-3, warmup=2, decay_from=3, decay_steps=2, precision="fp32")
    train(tiny.model(), Run(tmp_path, supply, 6), settings)
    assert _rates(tmp_path) == pytest.approx([5e-4, 1e-3, 1e-3, 1e-3, 5.5e-4, 1e-4])


def _rates(folder: Path) -> list[float]:
    with (folder / "curve.csv").open() as stream:
        return [float(row["rate"]) for row in csv.DictReader(stream)]


def test_the_rise_follows_the_length_of_the_run_and_the_plan_is_said(tmp_path: Path) -> None:
    heard = Recorder()
    train(tiny.model(), Run(tmp_path, supply, 20), TrainerSettings(1e-3, precision="fp32"), heard)
    assert _rates(tmp_path)[:3] == pytest.approx([5e-4, 1e-3, 1e-3])
    assert heard.lines[0] == "plan: from step 0 to step 20; the learning rate 0.001 is reached at step 2"


def test_a_run_too_short_for_its_rise_is_told_so_before_its_first_step(tmp_path: Path) -> None:
    heard = Recorder()
    train(tiny.model(), Run(tmp_path, supply, 4), TrainerSettings(1e-3, 200, precision="fp32"), heard)
    assert "4 steps of the 200 needed" in heard.lines[1] and "at 2% of it" in heard.lines[1]


def test_a_run_by_the_clock_plans_when_its_pace_is_known_and_keeps_its_rise(tmp_path: Path) -> None:
    heard = Recorder()
    settings = TrainerSettings(1e-3, precision="fp32")
    train(tiny.model(), Run(tmp_path, supply, 30, seconds=1e6), settings, heard)
    assert heard.lines[1].startswith("plan: from step 3 to about step 30 (")
    assert _rates(tmp_path)[2:5] == pytest.approx([1e-3 * 3 / 200, 1e-3, 1e-3])
    found = load_state(tmp_path / "state")
    assert found is not None and found[1]["warmup"] == 3


@pytest.mark.parametrize(("steps", "rise"), [(1, 1), (45, 4), (2000, 200), (10**9, 200), (float("inf"), 200)])
def test_a_tenth_of_a_run_is_its_rise(steps: float, rise: int) -> None:
    assert planned_warmup(steps) == rise


def test_withheld_facts_change_the_loss_and_are_drawn_by_the_step(tmp_path: Path) -> None:
    losses = {
        drop: run(tiny.model(), tmp_path / str(drop), 2, learning_rate=0.0, drop=drop)
        for drop in (0.0, 1 / 3)
    }
    assert losses[0.0] != losses[1 / 3]
    again = run(tiny.model(), tmp_path / "again", 2, learning_rate=0.0, drop=0.0)
    assert again == losses[0.0]

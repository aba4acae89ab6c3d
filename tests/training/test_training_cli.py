"""``actanywhere train`` from end to end, at minute sizes."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from actanywhere.contract.errors import JobError
from actanywhere.engines.unet.model.autoencoder import PatchAutoencoder, patches_of
from actanywhere.engines.unet.model.checkpoint import load_model, save_model
from actanywhere.engines.unet.model.configuration import starter
from actanywhere.training import begin, cli, flags
from actanywhere.training.autoencoder import fit_encoder, train_decoder
from actanywhere.training.state import load_state
from tests.engines.unet import tiny

_MINUTE = ["--clips", "1", "--frames", "2", "--side", "32", "--precision", "fp32", "--workers", "0"]


def _train(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    flags.add_arguments(parser)
    return cli.main(parser.parse_args([*map(str, words), *_MINUTE]))


def _steps(run: Path) -> list[int]:
    with (run / "curve.csv").open() as stream:
        return [int(row["step"]) for row in csv.DictReader(stream)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(tiny.model(steps=2, guidance=1.0), folder, torch.float32)
    return folder


@pytest.fixture
def small_starter(monkeypatch: pytest.MonkeyPatch) -> None:
    """New starters of a few thousand weights; all else of the way to them is as it is."""

    def small(known: tuple[float, ...], unknown: tuple[float, ...], **changes: object) -> object:
        sizes = tiny.configuration(known_std=known, unknown_std=unknown).to_dict()
        del sizes["schema"]  # of the file, not of the configuration
        lists = {key: tuple(value) for key, value in sizes.items() if isinstance(value, list)}
        return type(starter(known, unknown))(**{**sizes, **lists, **changes})

    monkeypatch.setattr(begin, "starter", small)
    monkeypatch.setattr(begin, "_MEASURED_BATCHES", 2)
    monkeypatch.setattr(
        begin, "draw_crops", lambda rng, library: torch.from_numpy(rng.uniform(-1, 1, (4, 3, 32, 32))).float()
    )


def test_the_same_command_goes_on_from_where_the_run_was_stopped(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert _train("--output", run, "--from", finished, "--steps", "2") == 0
    assert _steps(run) == [0, 1, 2]
    assert _train("--output", run, "--from", finished, "--steps", "3") == 0
    assert _steps(run) == [0, 1, 2, 3]
    unbroken = tmp_path / "unbroken"
    _train("--output", unbroken, "--from", finished, "--steps", "3")
    ours, theirs = load_state(run / "state"), load_state(unbroken / "state")
    assert ours is not None and theirs is not None
    assert all(ours[0][name].equal(tensor) for name, tensor in theirs[0].items())
    load_model(run / "model", torch.device("cpu"), torch.float32)
    assert max(path.stat().st_size for path in run.rglob("*") if path.is_file()) < 16 * 2**20


def test_a_run_killed_while_its_model_was_put_in_place_goes_on(finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    _train("--output", run, "--from", finished, "--steps", "1")
    (run / "model").rename(run / "model.old")
    (run / "model.new").mkdir()
    assert _train("--output", run, "--steps", "2") == 0
    assert _steps(run) == [0, 1, 2]
    assert sorted(path.name for path in run.iterdir()) == [
        "curve.csv",
        "curve.png",
        "model",
        "samples",
        "state",
    ]


@pytest.mark.usefixtures("small_starter")
def test_a_new_starter_is_made_trained_and_gone_on_with(tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ("--output", run, "--autoencoder-steps", "1", "--latent-channels", "4")
    assert _train(*words, "--steps", "1") == 0
    configuration = json.loads((run / "model" / "model.json").read_text())
    assert all(0 < d < 5 for d in configuration["unknown_std"]) and len(configuration["known_std"]) == 4
    vae = (run / "model" / "vae").glob("*.safetensors")
    before = [path.read_bytes() for path in vae]
    assert _train(*words, "--steps", "2") == 0
    assert _steps(run) == [0, 1, 2]
    assert before == [path.read_bytes() for path in (run / "model" / "vae").glob("*.safetensors")]


@pytest.mark.usefixtures("small_starter")
def test_an_ablation_is_trained_by_name_and_not_mixed_with_another(tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ("--output", run, "--autoencoder-steps", "1", "--latent-channels", "4", "--steps", "1")
    assert _train(*words, "--ablation", "no-mask") == 0
    assert json.loads((run / "model" / "model.json").read_text())["use_mask"] is False
    with pytest.raises(JobError, match="not one of the ablation 'no-motion'") as caught:
        _train(*words, "--ablation", "no-motion")
    assert "--output" in caught.value.remedy


def test_every_ablation_of_the_command_line_is_a_configuration() -> None:
    made = {name: starter((0.1,) * 4, (0.5,) * 4, **changes) for name, changes in flags.ABLATIONS.items()}
    plain = starter((0.1,) * 4, (0.5,) * 4)
    assert len(made) == 5 and all(configuration != plain for configuration in made.values())


def test_an_ablation_of_a_finished_model_is_refused(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="An ablation has other inputs"):
        _train("--output", tmp_path / "run", "--from", finished, "--ablation", "no-mask")
    assert not (tmp_path / "run").exists()


# --------------------------------------------------------------------------------------- autoencoder


def _pictures() -> torch.Tensor:
    rng = np.random.default_rng(0)
    made = [cv2.resize(rng.random((5, 5, 3), np.float32), (32, 32)) * 2 - 1 for _ in range(8)]
    return torch.from_numpy(np.moveaxis(np.stack(made), -1, 1).copy())


def test_the_decoder_learns_what_the_linear_inverse_cannot_and_the_encoder_holds_still() -> None:
    torch.manual_seed(0)
    pictures, losses = _pictures(), list[float]()
    autoencoder = PatchAutoencoder(4, width=16, blocks=1)
    autoencoder.fit_linear(patches_of(pictures))
    held = autoencoder.analysis.weight.clone(), autoencoder.synthesis.weight.clone()
    train_decoder(autoencoder, lambda: pictures, 40, lambda step, loss: losses.append(loss), 5e-3)
    assert len(losses) == 40
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
    assert autoencoder.analysis.weight.equal(held[0]) and autoencoder.synthesis.weight.equal(held[1])


def test_the_encoder_is_fitted_to_all_batches_that_are_drawn() -> None:
    drawn: list[int] = []

    def draw() -> torch.Tensor:
        drawn.append(1)
        return _pictures()

    autoencoder = fit_encoder(draw, 4, batches=3)
    assert len(drawn) == 3
    latents = autoencoder.encode(_pictures())
    torch.testing.assert_close(
        latents.square().mean((0, 2, 3)).sqrt(), autoencoder.latent_std, rtol=1e-2, atol=1e-3
    )


# ---------------------------------------------------------------------------------------------- manual


def test_the_software_understands_the_commands_of_the_manual() -> None:
    text = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
    lines = [line.split("  #")[0] for line in text.splitlines() if " train --" in line]
    assert len(lines) >= 5
    for line in lines:
        parser = argparse.ArgumentParser()
        flags.add_arguments(parser)
        args = parser.parse_args(line.split(" train ")[1].split())
        assert args.output == Path("run") and args.footage == [Path("SHOW")]

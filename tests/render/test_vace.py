"""The whole road with a VACE model: its folder named, its settings read, its layer the moved picture where that is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.contract.errors import Cancelled, ModelError
from actanywhere.contract.job import Job, Progress
from actanywhere.engines.protocol import Watch
from actanywhere.render.conditioning import ShotConditioning
from actanywhere.render.preflight import open_inputs, preflight
from actanywhere.render.scene import read_scene
from tests.engines.vace import tiny_vace
from tests.render.place import place_of
from tests.render.stage import Staged, frames_of, read_layer, render, stage_shot, write_matte, write_plate

SIZE = {"size": 64, "steps": 2, "guidance": 1.0, "overlap": None}


@pytest.fixture(autouse=True)
def prompts_of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTANYWHERE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def vace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_vace.save(tiny_vace.pipeline(), tmp_path_factory.mktemp("vace") / "tiny-vace")


def layers(job: Job) -> dict[int, np.ndarray[Any, Any]]:
    found = {}
    for name in frames_of(job.output):
        _, channels = read_layer(Path(job.output) / name)
        found[int(name.split(".")[-2])] = np.dstack([channels[f"generated_bg.{one}"] for one in "RGB"])
    return found


def test_the_layer_is_the_moved_picture_to_the_bit_away_from_the_actor(vace: Path, tmp_path: Path) -> None:
    staged = stage_shot(tmp_path / "shot", pan=(1.0, 0.0))
    job = staged.job(vace, camera="still", band=0.05, **SIZE)
    result = render(job)
    made, place = layers(job), place_of(job)
    assert len(made) == 6 and result.checkpoint
    for index, (frame, layer) in enumerate(made.items()):
        columns = np.arange(layer.shape[1])
        away = columns > 24 + index + 12 + 3 + 96 * 0.05 + 40
        assert away.sum() >= 4
        assert (layer[:, away] == place[index][:, away]).all(), frame
        near = layer[30:42, 40 + index]
        assert (near != place[index][30:42, 40 + index]).any()


def test_no_pixel_of_the_actor_is_in_the_layer(vace: Path, tmp_path: Path) -> None:
    staged = stage_shot(tmp_path / "shot", kind="png")
    job = staged.job(vace, **SIZE)
    render(job)
    for index, layer in enumerate(layers(job).values()):
        core = layer[34:38, 22 + index : 26 + index]
        assert (core == place_of(job)[index][34:38, 22 + index : 26 + index]).all()


def test_dry_run_tells_plan_and_quality_and_loads_nothing(vace: Path, tmp_path: Path) -> None:
    job = stage_shot(tmp_path / "shot").job(vace, prompt="Replace the sky", quality="draft", **SIZE)
    told = preflight(job).engine
    assert any(line.startswith("quality draft: 2 steps") for line in told)
    assert any(line.startswith("memory plan cpu") for line in told)
    assert any("reads like an order" in line for line in told)


def test_settings_that_an_engine_does_not_read_are_told(vace: Path, shot: Staged, model: Path) -> None:
    told = preflight(shot.job(model, prompt="a street", life=0.5)).warnings
    assert [line for line in told if "'prompt'" in line] and [line for line in told if "'life'" in line]
    told = preflight(shot.job(vace, prompt="a street", solver="ddim", **SIZE)).warnings
    assert [line for line in told if "'solver'" in line] and not [line for line in told if "'prompt'" in line]


def test_a_half_folder_is_refused_before_anything_is_read(vace: Path, shot: Staged, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(vace, tmp_path / "half")
    (tmp_path / "half" / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(ModelError, match="vae/diffusion_pytorch_model"):
        render(shot.job(tmp_path / "half", **SIZE))
    assert not (shot.folder / "out").exists()


def test_a_stopped_shot_goes_on_from_its_last_step(vace: Path, tmp_path: Path) -> None:
    shot = stage_shot(tmp_path / "shot")
    whole, part = (shot.job(vace, output, **{**SIZE, "steps": 4}) for output in ("whole", "part"))
    render(whole)
    steps: list[int] = []

    def hear(progress: Progress) -> None:
        if progress.stage == "painting" and progress.done:  # 0: the stage begins
            steps.append(progress.done)

    with pytest.raises(Cancelled):
        render(part, hear, lambda: bool(steps) and steps[-1] >= 2)
    stopped = steps[-1]
    steps.clear()
    render(part, hear)
    assert stopped == 2 and steps[0] == 2 and steps[-1] == 4
    for one, other in zip(layers(whole).values(), layers(part).values(), strict=True):
        assert (one == other).all()
    assert not list(Path(part.output).rglob("*.f32"))


def test_an_alive_mask_moves_what_it_holds_and_nothing_else(vace: Path, tmp_path: Path) -> None:
    shot = stage_shot(tmp_path / "shot")
    mask = np.zeros((64, 96), np.float32)
    mask[:, 64:] = 1
    write_matte(tmp_path / "alive.png", mask)
    still = shot.job(vace, "still", band=0.0, **SIZE)
    alive = shot.job(vace, "alive", band=0.0, life=0.6, alive=str(tmp_path / "alive.png"), **SIZE)
    render(still)
    result = render(alive)
    assert "alive" in result.inputs and str(tmp_path / "alive.png") in preflight(alive).reads
    assert [str(one) for one in result.decisions if one.name == "life"] == [
        f"life: 0.6 (in the alive mask {tmp_path / 'alive.png'})"
    ]
    for one, other in zip(layers(still).values(), layers(alive).values(), strict=True):
        changed = (one != other).any(axis=2)
        assert changed[:, 70:].mean() > 0.9 and not changed[:, :40].any()
    told = preflight(shot.job(vace, "none", alive=str(tmp_path / "alive.png"), **SIZE)).warnings
    assert [line for line in told if "life is 0" in line]


def test_a_second_pass_works_at_the_plates_size(vace: Path, tmp_path: Path) -> None:
    """The right half of the frame lies beyond the picture, so that much is painted."""
    shot = stage_shot(tmp_path / "shot", pan=(-6.0, 0.0))
    job = shot.job(vace, camera="plate", second_pass=True, **SIZE)
    told = preflight(job).engine
    assert any("second pass: up to" in line for line in told)
    render(job)
    assert all(np.isfinite(layer).all() for layer in layers(job).values())


def painted(line: str) -> int:
    """How many steps a line of --json says are painted, 0 as it begins; -1 where it tells something else."""
    told = json.loads(line).get("progress", {})
    return int(told["done"]) if told.get("stage") == "painting" else -1


def test_the_command_line_renders_is_killed_and_continues(vace: Path, tmp_path: Path) -> None:
    shot = stage_shot(tmp_path / "shot")
    command = [sys.executable, "-m", "actanywhere", "render", "--plate", shot.shot.plate.path]
    command += ["--matte", shot.shot.matte.path, "--condition", shot.shot.condition.path, "--output"]
    flags = ["--model", str(vace), "--prompt", "a wet street at dusk", "--quality", "draft", "--size", "64"]
    flags += ["--steps", "12", "--guidance", "1", "--device", "cpu", "--camera", "still", "--json"]
    killed = subprocess.Popen([*command, str(tmp_path / "out"), *flags], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    for line in killed.stdout:
        if painted(line) >= 3:
            os.kill(killed.pid, signal.SIGKILL)
            break
    killed.wait()
    killed.stdout.close()
    done = subprocess.run([*command, str(tmp_path / "out"), *flags], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert next(steps for line in done.stdout.splitlines() if (steps := painted(line)) > 0) >= 3
    assert len(list((tmp_path / "out").glob("*.exr"))) == 6


def test_the_engine_is_told_the_actor_without_the_screen_that_shows_through_their_rim(
    vace: Path, model: Path, tmp_path: Path
) -> None:
    """An actor of one grey, out of focus before a green screen, put together in light."""
    shot = stage_shot(tmp_path / "shot", frames=1, kind="png")
    matte = np.clip((64 - np.arange(96)) / 32, 0, 1) * np.ones((64, 1))
    light = matte[..., None] * 0.2 + (1 - matte[..., None]) * np.array([0.02, 0.5, 0.04])
    write_plate(tmp_path / "shot" / "plate.1001.png", np.float32(1.055 * light ** (1 / 2.4) - 0.055))
    write_matte(tmp_path / "shot" / "matte.1001.png", np.float32(matte))
    spill = {}
    for engine in (vace, model):
        job = shot.job(engine, erode=0, size=64, overlap=None)
        with open_inputs(job) as inputs:
            scene = read_scene(inputs, Watch())
            frame = ShotConditioning(scene, job.settings, despills=inputs.engine.facts.despills)[0]
        actor = frame.masked[frame.subject > 0]
        spill[engine] = float((actor[:, 1] - actor[:, 0]).max())
    assert spill[vace] < 0.02 and spill[model] > 0.2, "the plate's own rim is green"

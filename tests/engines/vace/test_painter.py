"""A whole shot through the engine: the layer stays ours, a killed run goes on, life moves what is alive."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from actanywhere.contract.errors import Cancelled, ModelError
from actanywhere.engines.protocol import EngineRequest, Painted, Watch, Window
from actanywhere.engines.vace import VaceEngine
from actanywhere.engines.vace import timeline as timelines
from actanywhere.engines.vace.timeline import WindowPlan, window_starts

from . import tiny_vace
from .tiny_vace import Shot

ACTOR = (slice(8, 26), slice(6, 14))


def paint(folder: Path, shot: Shot, request: EngineRequest, watch: Watch | None = None) -> Painted:
    return VaceEngine(folder).open(request).paint(shot, Window(0, len(shot), 0), None, watch or Watch())


def made(folder: Path, shot: Shot, scratch: Path, **settings: Any) -> Painted:
    return paint(folder, shot, tiny_vace.request(shot, scratch, **settings))


def test_where_nothing_is_shown_the_picture_is_the_place_to_the_bit(saved: Path, tmp_path: Path) -> None:
    shot = Shot(6, actor=ACTOR)
    out = made(saved, shot, tmp_path)
    assert out.shown is not None
    for index in range(6):
        frame, hidden = shot[index], out.shown[index] == 0
        known = hidden & (frame.seen > 0)
        assert known.mean() > 0.25
        assert (out.pictures[index][known] == frame.place[known]).all()
        assert (out.shown[index][:, 34:] == 1).all()


def test_the_layer_never_holds_the_actor(saved: Path, tmp_path: Path) -> None:
    """The actor is bright red; behind them the picture goes on in the colours around them."""
    shot = Shot(5, actor=ACTOR)
    out = made(saved, shot, tmp_path)
    behind = out.pictures[0][ACTOR]
    assert abs(behind[..., 0] - behind[..., 1]).max() < 0.4  # the actor: 0.8


def test_behind_the_actor_the_layer_goes_over_without_an_edge(saved: Path, tmp_path: Path) -> None:
    shot = Shot(
        1, 64, 96, hole=lambda index: (slice(10, 54), slice(20, 70)), actor=(slice(16, 48), slice(30, 60))
    )
    out = made(saved, shot, tmp_path)
    assert out.shown is not None
    line = out.shown[0][32, 26:46]
    assert line[0] == 1 and line[-1] == 0 and (np.diff(line) <= 0).all() and abs(np.diff(line)).max() <= 0.25


def test_a_lone_unknown_frame_is_told_as_unknown(saved: Path, tmp_path: Path) -> None:
    """The library looks at frames 1, 5, 9, ... alone and would take frame 3's grey for what is to be kept."""
    lone = Shot(
        9, hole=lambda index: (slice(0, 32), slice(16, 32)) if index == 3 else (slice(0, 0), slice(0, 0))
    )
    kept: list[np.ndarray] = []
    real = timelines.run_steps

    def spy(scheduler: Any, control: Any, *rest: Any) -> Any:
        kept.append(control(0, 3))
        return real(scheduler, control, *rest)

    from actanywhere.engines.vace import take

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(take, "run_steps", spy)
        out = made(saved, lone, tmp_path)
    marks = kept[0][:, 32:].max(axis=(1, 2, 3))
    assert marks.tolist() == [0, 1, 0]
    assert out.shown is not None and [bool(plane.any()) for plane in out.shown] == [i == 3 for i in range(9)]


def test_a_run_that_is_stopped_at_every_step_goes_on_and_makes_the_same(saved: Path, tmp_path: Path) -> None:
    shot = Shot(5, actor=ACTOR)
    whole = made(saved, shot, tmp_path / "whole", life=0.5)
    stops = []
    while True:
        heard: list[int] = []
        stopped = Watch(heard.append, lambda heard=heard: len(heard) > 1)  # type: ignore[misc]
        try:
            out = paint(saved, shot, tiny_vace.request(shot, tmp_path / "part", life=0.5), stopped)
            break
        except Cancelled:
            stops.append(heard[-1])
    assert stops == sorted(stops) and len(set(stops)) >= 4
    assert (out.pictures == whole.pictures).all() and (out.shown == whole.shown).all()  # type: ignore[union-attr]


def test_a_process_that_is_killed_leaves_steps_that_are_taken_over(saved: Path, tmp_path: Path) -> None:
    shot = Shot(9)
    whole = made(saved, shot, tmp_path / "whole")
    code = KILLED.format(folder=str(saved), scratch=str(tmp_path / "part"))
    assert subprocess.run([sys.executable, "-c", code], cwd=Path.cwd()).returncode == -9
    heard: list[int] = []
    out = paint(saved, shot, tiny_vace.request(shot, tmp_path / "part"), Watch(heard.append))
    assert heard[0] == 2
    assert (out.pictures == whole.pictures).all()


KILLED = """
import os, signal
from pathlib import Path
from actanywhere.engines.protocol import Watch, Window
from actanywhere.engines.vace import VaceEngine
from tests.engines.vace import tiny_vace
shot = tiny_vace.Shot(9)
painter = VaceEngine(Path({folder!r})).open(tiny_vace.request(shot, Path({scratch!r})))
painter.paint(shot, Window(0, 9, 0), None, Watch(lambda k: os.kill(os.getpid(), signal.SIGKILL) if k == 2 else None))
"""


def test_other_settings_begin_anew(saved: Path, tmp_path: Path) -> None:
    shot = Shot(5)
    first = np.array(made(saved, shot, tmp_path).pictures)
    other = np.array(made(saved, shot, tmp_path, seed=1).pictures)
    assert not (first == other).all()
    assert (np.array(made(saved, shot, tmp_path).pictures) == first).all()


def test_when_memory_runs_out_the_next_plan_goes_on_and_is_told(saved: Path, tmp_path: Path) -> None:
    from actanywhere.engines.vace.memory import Plan

    shot, said = Shot(5), []
    whole = np.array(made(saved, shot, tmp_path / "whole").pictures)
    painter = VaceEngine(saved).open(tiny_vace.request(shot, tmp_path / "part", said))
    predictor = painter.predictor  # type: ignore[attr-defined]
    predictor.others = [Plan("offload", 1, 1)]
    real, calls = predictor._predict, []

    def short(*tensors: torch.Tensor) -> torch.Tensor:
        calls.append(predictor.parts.plan.name)
        if len(calls) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(*tensors)

    predictor._predict = short
    out = painter.paint(shot, Window(0, 5, 0), None, Watch())
    assert calls == ["cpu", "cpu", "offload", "offload"]
    assert any("memory ran out" in line for line in said)
    assert (out.pictures == whole).all()


@pytest.mark.parametrize("half", ["encode", "decode"])
def test_when_the_autoencoder_runs_out_of_memory_it_goes_on_in_tiles(
    half: str, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actanywhere.engines.vace import take
    from actanywhere.engines.vace.memory import Plan

    shot, said = Shot(5), []
    whole = np.array(made(saved, shot, tmp_path / "whole").pictures)
    painter = VaceEngine(saved).open(tiny_vace.request(shot, tmp_path / "part", said))
    painter.predictor.others = [Plan("offload", 1, 1)]  # type: ignore[attr-defined]
    real, plans = getattr(take, half), []

    def short(*rest: Any) -> None:
        plans.append(painter.predictor.parts.plan)  # type: ignore[attr-defined]
        if len(plans) < 3:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        real(*rest)

    monkeypatch.setattr(take, half, short)
    out = painter.paint(shot, Window(0, 5, 0), None, Watch())
    assert [(plan.name, plan.tiled) for plan in plans[:3]] == [
        ("cpu", False),
        ("cpu", True),
        ("offload", False),
    ]
    assert [line for line in said if "in tiles of 512" in line] and [
        line for line in said if "going on with the plan offload" in line
    ]
    assert (out.pictures == whole).all()


def test_when_no_plan_is_left_the_error_is_told(saved: Path, tmp_path: Path) -> None:
    shot = Shot(5)
    painter = VaceEngine(saved).open(tiny_vace.request(shot, tmp_path))

    def empty(*tensors: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    painter.predictor._predict = empty  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match="memory ran out") as told:
        painter.paint(shot, Window(0, 5, 0), None, Watch())
    assert "--size" in told.value.remedy


def test_life_changes_what_is_alive_and_nothing_else(saved: Path, tmp_path: Path) -> None:
    shot = Shot(9, 64, 96, hole=lambda i: (slice(None), slice(80, None)), alive=(slice(32, 64), slice(0, 32)))
    still = made(saved, shot, tmp_path / "still")
    alive = made(saved, shot, tmp_path / "alive", life=0.6)
    assert still.shown is not None and alive.shown is not None
    changed = np.abs(alive.pictures - still.pictures).max(axis=(0, 3)) > 0
    assert changed[34:62, 2:30].mean() > 0.9
    assert not changed[:16].any() and not changed[:, 48:].any()
    assert (alive.shown[:, 34:62, 2:30] == 1).all() and (alive.shown[:, :16, :64] == 0).all()


def test_life_begins_from_the_picture_under_as_much_noise_as_it_says(saved: Path, tmp_path: Path) -> None:
    """Where refining begins, against the library's autoencoder: (1 - sigma) z + sigma noise."""
    from actanywhere.engines.vace.painter import strength_of
    from actanywhere.engines.vace.take import frame_noise

    shot = Shot(5, 32, 48, hole=lambda i: (slice(0, 0), slice(0, 0)), alive=(slice(0, 32), slice(0, 48)))
    painter = VaceEngine(saved).open(tiny_vace.request(shot, tmp_path, life=0.5, steps=10))
    stop = Watch(lambda done: None, lambda: (tmp_path / "life" / "latent_001.f32").exists())
    begun: list[np.ndarray] = []

    def step(done: int) -> None:
        if done == 10 and (file := tmp_path / "life" / "latent_000.f32").exists():
            begun.append(np.fromfile(file, np.float32).reshape(2, 16, 4, 6))

    with pytest.raises(Cancelled):
        painter.paint(shot, Window(0, 5, 0), None, Watch(step, stop.cancelled))  # type: ignore[arg-type]
    assert strength_of(0.5) == pytest.approx(0.55) and painter.steps == 10 + 6
    vae, video = tiny_vace.autoencoder(), np.stack([shot.place(i) for i in range(5)]) * 2 - 1
    mean, std = (
        torch.tensor(v).view(1, -1, 1, 1, 1) for v in (vae.config.latents_mean, vae.config.latents_std)
    )
    with torch.no_grad():
        z = (vae.encode(torch.from_numpy(video).permute(3, 0, 1, 2)[None]).latent_dist.mode() - mean) / std
    solver = tiny_vace.pipeline().scheduler
    solver.set_timesteps(10)
    sigma = float(solver.sigmas[4])
    noise = np.stack([frame_noise(0, i, (16, 4, 6)) for i in range(2)])
    expected = (1 - sigma) * z[0].transpose(0, 1).numpy() + sigma * noise
    np.testing.assert_allclose(begun[0], expected, atol=1e-5)


def test_a_long_shot_is_one_timeline_of_shifting_windows(saved: Path, tmp_path: Path) -> None:
    """No latent is left out, windows share what they should, and no seam stays in place."""
    plan = WindowPlan(21, 8)
    for count in (22, 29, 51, 200):
        seen = []
        for step in range(8):
            starts = window_starts(count, plan, step)
            covered = np.zeros(count, int)
            for start in starts:
                covered[start : start + 21] += 1
            assert covered.min() >= 1 and starts[0] == 0 and starts[-1] == count - 21
            assert all(b - a <= 21 - 8 for a, b in pairwise(starts))
            seen.append(tuple(starts))
        assert count < 40 or len(set(seen)) > 1
    assert window_starts(21, plan, 3) == [0]


@pytest.mark.parametrize("merge", ["blend", "keep-first"])
def test_merged_windows_are_those_worked_out_at_once(merge: str, tmp_path: Path) -> None:
    """A network that answers with the place in its window: what is merged is known by hand."""
    from actanywhere.engines.disk import DiskArray, RunState

    count, plan = 9, WindowPlan(5, 2, merge, False)
    shape = (count, 1, 1, 1)
    array = DiskArray(tmp_path / "main" / "latent_000.f32", shape)
    array.write(0, np.zeros(shape, np.float32))
    scheduler = timelines.scheduler_for({"_class_name": "FlowMatchEulerDiscreteScheduler"}, 1.0, 1)

    def denoise(latents: torch.Tensor, time: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        return torch.arange(1.0, latents.shape[2] + 1).view(1, 1, -1, 1, 1)

    made = timelines.run_steps(
        scheduler,
        lambda first, last: np.zeros((last - first, 1, 1, 1), np.float32),
        denoise,
        tmp_path / "main",
        shape,
        0,
        plan,
        RunState(tmp_path, "k"),
        lambda done: None,
    ).read(0, count)
    # Windows at 0, 3 and 4. The solver goes from sigma 1 to 0: the latent becomes minus the prediction.
    answers = {0: [1, 2, 3, 4, 5], 3: [1, 2, 3, 4, 5], 4: [1, 2, 3, 4, 5]}
    weights = [1, 2, 2, 2, 1]
    total, weight = np.zeros(count), np.zeros(count)
    for start, answer in answers.items():
        for place, (value, strong) in enumerate(zip(answer, weights, strict=True), start):
            if merge == "keep-first" and weight[place]:
                continue
            total[place] += value * (strong if merge == "blend" else 1)
            weight[place] += strong if merge == "blend" else 1
    np.testing.assert_allclose(made[:, 0, 0, 0], -total / weight, atol=1e-6)


def test_a_shot_longer_than_a_window_renders_in_both_ways(saved: Path, tmp_path: Path) -> None:
    shot = Shot(90, 16, 32, hole=lambda i: (slice(None), slice(16, None)))
    blend = made(saved, shot, tmp_path / "b", steps=2)
    first = made(saved, shot, tmp_path / "f", steps=2, merge="keep-first")
    assert np.isfinite(blend.pictures).all() and not (blend.pictures == first.pictures).all()
    assert len(blend.pictures) == 90

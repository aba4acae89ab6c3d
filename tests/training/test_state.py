"""A training run on disk: no kill and no full disk loses the last good state."""

from __future__ import annotations

import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from torch import Tensor

from actanywhere.contract.errors import ModelError, OutputError
from actanywhere.engines.unet.model.checkpoint import Model
from actanywhere.training import state
from actanywhere.training.begin import NewStarter, begin
from actanywhere.training.sources import Sources
from actanywhere.training.state import load_state, save_state
from tests.engines.unet import tiny
from tests.training.tiny import run

_MIB = 2**20


@contextmanager
def _disk_with_room_for(size: int) -> Iterator[None]:
    """No file can grow beyond ``size``: the system's own error, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def _tensors(value: float) -> dict[str, Tensor]:
    return {"weight/a": torch.full((300, 100), value), "step/a": torch.tensor(value)}


def _value(folder: Path) -> float:
    found = load_state(folder)
    assert found is not None
    assert found[0]["weight/a"].eq(found[1]["value"]).all() and found[0]["step/a"] == found[1]["value"]
    return float(found[1]["value"])


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    tensors = {**_tensors(3.0), "half": torch.randn(5, 7).half(), "bits": torch.arange(9)[::2]}
    save_state(tmp_path / "state", tensors, {"step": 12})
    found = load_state(tmp_path / "state")
    assert found is not None and found[1] == {"step": 12}
    assert found[0].keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[0][name].equal(tensor) and found[0][name].dtype == tensor.dtype


def test_there_is_no_state_before_the_first(tmp_path: Path) -> None:
    assert load_state(tmp_path / "state") is None


def test_tensors_larger_than_a_shard_are_cut_and_no_shard_reaches_16_mib(tmp_path: Path) -> None:
    tensors = {
        "large": torch.arange(5_000_000, dtype=torch.float32).reshape(2500, 2000),
        "small": torch.ones(3),
        "middling": torch.ones(3_000_000),
    }
    save_state(tmp_path / "state", tensors, {})
    shards = list((tmp_path / "state").glob("*.safetensors"))
    assert len(shards) >= 3
    assert max(path.stat().st_size for path in shards) < 16 * _MIB
    found = load_state(tmp_path / "state")
    assert found is not None and found[0].keys() == tensors.keys()
    assert all(found[0][name].equal(tensor) for name, tensor in tensors.items())


def test_a_full_disk_is_told_with_a_remedy_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    save_state(folder, _tensors(1.0), {"value": 1.0})
    with _disk_with_room_for(50_000), pytest.raises(OutputError, match="could not be written") as caught:
        save_state(folder, _tensors(2.0), {"value": 2.0})
    assert "Free some space" in caught.value.remedy
    assert _value(folder) == 1.0
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    save_state(folder, _tensors(3.0), {"value": 3.0})
    assert _value(folder) == 3.0


def test_a_disk_that_fills_while_the_model_is_saved_leaves_the_last_model_and_the_weights(
    tmp_path: Path,
) -> None:
    model = tiny.model()
    run(model, tmp_path, 1)
    before = (tmp_path / "model" / "manifest.json").read_bytes()
    room = max(path.stat().st_size for path in (tmp_path / "state").iterdir())  # enough for half of a shard
    with _disk_with_room_for(room // 2), pytest.raises(OutputError, match="could not be written"):
        run(model, tmp_path, 2)
    assert (tmp_path / "model" / "manifest.json").read_bytes() == before
    assert len(run(model, tmp_path, 3)) == 2


@pytest.mark.parametrize(
    "error",
    [RuntimeError("CUDA error: out of memory"), SafetensorError("Error while serializing: bad dtype")],
)
def test_what_is_not_of_the_disk_is_not_told_as_a_full_one(tmp_path: Path, error: Exception) -> None:
    folder = tmp_path / "state"
    save_state(folder, _tensors(1.0), {"value": 1.0})
    with pytest.raises(type(error), match=str(error)), state.replaced(folder):
        raise error
    assert _value(folder) == 1.0
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_first_model_that_cannot_be_made_is_no_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = NewStarter(Sources(), 64, 0)

    def make() -> Model:
        raise FileNotFoundError("a picture is gone")

    monkeypatch.setattr(new, "make", make)
    with pytest.raises(FileNotFoundError, match="a picture is gone"):
        begin(tmp_path, "", 0, new)
    assert list(tmp_path.iterdir()) == []


def _killed_while_saving(folder: Path, moment: int) -> bool:
    """Save in a fork that is killed before its ``moment``-th write, rename or removal; whether it came to that."""
    child = os.fork()
    if child == 0:
        calls = iter(range(1, 1000))

        def mortal(work: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **options: Any) -> Any:
                if next(calls) == moment:
                    os.kill(os.getpid(), signal.SIGKILL)
                return work(*args, **options)

            return call

        for owner, name in ((state, "save_file"), (os, "replace"), (shutil, "rmtree")):
            setattr(owner, name, mortal(getattr(owner, name)))
        try:
            save_state(folder, _tensors(2.0), {"value": 2.0})
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_a_kill_at_any_moment_of_saving_leaves_a_whole_state(tmp_path: Path) -> None:
    folder, kept = tmp_path / "state", []
    for moment in range(1, 12):
        save_state(folder, _tensors(1.0), {"value": 1.0})
        killed = _killed_while_saving(folder, moment)
        kept.append(_value(folder))
        save_state(folder, _tensors(3.0), {"value": 3.0})
        assert _value(folder) == 3.0
        assert [path.name for path in tmp_path.iterdir()] == ["state"]
        if not killed:
            break
    assert not killed and len(kept) >= 6, "every moment of saving was tried"
    assert kept == sorted(kept) and kept[0] == 1.0 and kept[-1] == 2.0


def test_a_kill_between_two_kills_still_leaves_a_whole_state(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    for first in (4, 5):  # before either rename: the moments that leave something behind
        for second in range(1, 7):
            save_state(folder, _tensors(1.0), {"value": 1.0})
            _killed_while_saving(folder, first)
            _killed_while_saving(folder, second)
            assert _value(folder) in (1.0, 2.0)


def test_a_damaged_state_is_an_error_that_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    save_state(folder, _tensors(1.0), {"value": 1.0})
    next(folder.glob("*.safetensors")).write_bytes(b"damaged")
    with pytest.raises(ModelError, match=r"training state in .* cannot be read") as caught:
        load_state(folder)
    assert caught.value.remedy
    (folder / "state.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        load_state(folder)


def test_nothing_of_a_state_is_pickled(tmp_path: Path) -> None:
    save_state(tmp_path / "state", _tensors(1.0), {"value": 1.0})
    assert {path.suffix for path in (tmp_path / "state").iterdir()} == {".json", ".safetensors"}

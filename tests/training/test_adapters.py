"""Adapters: the base stays as it is, they alone learn, and the merged model is the base with them."""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from torch import Tensor

from actanywhere.contract.errors import ModelError
from actanywhere.engines.unet.model.checkpoint import Model, load_model, save_model
from actanywhere.engines.unet.model.denoiser import Denoiser
from actanywhere.training.adapters import add_adapters, merged
from actanywhere.training.state import load_state
from tests.engines.unet import tiny
from tests.training.tiny import run, the_same

_CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished model; its folder's name is what the adapters call it."""
    folder = tmp_path_factory.mktemp("models") / "finished"
    save_model(tiny.model(), folder, torch.float32)
    return folder


def _load(folder: Path) -> Model:
    return load_model(folder, _CPU, torch.float32)


def _painted(denoiser: Denoiser) -> Tensor:
    """The prediction of ``denoiser`` for facts that are always the same."""
    known = tiny.known()
    with torch.no_grad():
        return denoiser(tiny.noise(1, 4, 4, 4, 4), torch.tensor([500]), known, tiny.noise(1, 5, 32, seed=3))


def _bytes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_new_adapters_change_nothing_yet() -> None:
    model = tiny.model()
    before = _painted(model.denoiser)
    add_adapters(model.denoiser.unet, 4)
    assert _painted(model.denoiser).equal(before)


def test_adapters_learn_and_the_base_does_not(base: Path, tmp_path: Path) -> None:
    files, model = _bytes(base), _load(base)
    start = {name: p.detach().clone() for name, p in model.denoiser.unet.named_parameters()}
    others = copy.deepcopy(model.condition_encoder.state_dict())
    losses = run(model, tmp_path, 30, the_same, lora=4, learning_rate=1e-2, drop=0.0)
    still = run(_load(base), tmp_path / "still", 30, the_same, lora=4, learning_rate=0.0, drop=0.0)
    assert losses[0] == still[0] and sum(losses[-10:]) < 0.95 * sum(still[-10:])
    now = dict(model.denoiser.unet.named_parameters())
    learned = {name for name in now if "lora_" in name}
    assert len(learned) >= 8 and all(".to_" in name for name in learned)
    assert any("motion_modules" in name for name in learned) and any("attn2" in name for name in learned)
    for name, parameter in now.items():
        if name not in learned:
            assert parameter.equal(start[name.replace(".base_layer", "")]), name
    assert any(now[name].abs().max() > 0 for name in learned if "lora_B" in name)
    for name, tensor in model.condition_encoder.state_dict().items():
        assert tensor.equal(others[name])
    assert _bytes(base) == files
    tensors, _ = load_state(tmp_path / "state") or ({}, {})
    assert tensors and all("lora_" in name for name in tensors)


def test_the_merged_model_is_the_base_with_the_adapters_that_lie_beside_it(
    base: Path, tmp_path: Path
) -> None:
    run(_load(base), tmp_path, 20, the_same, lora=4, learning_rate=1e-2)
    apart = _load(base)
    plain = _painted(apart.denoiser)
    adapted = PeftModel.from_pretrained(apart.denoiser.unet, str(tmp_path / "adapter"))
    with_adapters = _painted(Denoiser(apart.configuration, adapted.base_model.model))
    whole = _painted(_load(tmp_path / "model").denoiser)
    moved = float((with_adapters - plain).abs().max())
    assert moved > 0.01, "the adapters do something"
    assert float((whole - with_adapters).abs().max()) < 0.03 * moved + 2e-3, "but for half precision"


def test_merging_leaves_the_model_that_learns_as_it_is() -> None:
    model = tiny.model()
    add_adapters(model.denoiser.unet, 4)
    for name, parameter in model.denoiser.unet.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    before = {name: p.clone() for name, p in model.denoiser.unet.named_parameters()}
    made = merged(model)
    torch.testing.assert_close(_painted(made.denoiser), _painted(model.denoiser), rtol=1e-4, atol=1e-5)
    assert not any("lora" in name or "base_layer" in name for name in made.denoiser.state_dict())
    assert all(p.equal(before[name]) for name, p in model.denoiser.unet.named_parameters())


def test_a_run_of_adapters_goes_on_from_where_it_stopped(base: Path, tmp_path: Path) -> None:
    run(_load(base), tmp_path / "unbroken", 4, lora=4)
    run(_load(base), tmp_path / "broken", 2, lora=4)
    torch.manual_seed(99)  # other fresh adapters, which the state replaces
    assert len(run(_load(base), tmp_path / "broken", 4, lora=4)) == 2
    ours, theirs = (load_state(tmp_path / one / "state") for one in ("broken", "unbroken"))
    assert ours is not None and theirs is not None and ours[0].keys() == theirs[0].keys()
    for name, tensor in theirs[0].items():
        torch.testing.assert_close(ours[0][name], tensor)


def test_adapters_do_not_go_on_beside_another_base_or_with_another_rank(base: Path, tmp_path: Path) -> None:
    run(_load(base), tmp_path / "run", 1, lora=4)
    other = tmp_path / "other"
    save_model(tiny.model(seed=5), other, torch.float32)
    with pytest.raises(ModelError, match="another base model"):
        run(_load(other), tmp_path / "run", 2, lora=4)
    for rank, why in ((2, "another --lora"), (0, "is of another model")):
        with pytest.raises(ModelError, match=why):
            run(_load(base), tmp_path / "run", 2, lora=rank)

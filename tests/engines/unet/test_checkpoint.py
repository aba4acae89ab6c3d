"""A model as a folder: it comes back as it was, or is refused."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from diffusers import UNetMotionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPVisionModel

from actanywhere.contract.errors import ModelError
from actanywhere.engines.unet.model import checkpoint
from actanywhere.engines.unet.model.checkpoint import Model, load_model, save_model
from actanywhere.engines.unet.model.configuration import read_configuration
from actanywhere.models.folder import model_folder
from actanywhere.models.manifest import check_manifest, write_manifest
from tests.engines.unet import tiny

_CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(tiny.model(), folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy of the saved model, to be damaged."""
    return Path(shutil.copytree(saved, tmp_path / "tiny"))


def _paint(model: Model) -> torch.Tensor:
    with torch.no_grad():
        context = model.condition_encoder(tiny.noise(1, 3, 32, 32), model.autoencoder)
        return model.denoiser(tiny.noise(1, 4, 4, 4, 4), torch.tensor([500]), tiny.known(), context)


def _load(folder: Path) -> Model:
    return load_model(folder, _CPU, torch.float32)


def test_a_saved_model_comes_back_with_every_weight(tmp_path: Path) -> None:
    model = tiny.model()
    digest = save_model(model, tmp_path / "tiny", torch.float32)
    loaded = _load(tmp_path / "tiny")
    assert loaded.digest == digest and loaded.configuration == model.configuration
    for part in ("denoiser", "condition_encoder", "autoencoder"):
        ours, theirs = getattr(model, part).state_dict(), getattr(loaded, part).state_dict()
        assert ours.keys() == theirs.keys()
        for name, weight in ours.items():
            torch.testing.assert_close(theirs[name], weight, rtol=0, atol=0, msg=name)
    assert not any(p.requires_grad for p in loaded.denoiser.parameters())
    assert not loaded.denoiser.training and not loaded.condition_encoder.training


def test_saving_leaves_the_model_itself_in_its_own_precision(saved: Path) -> None:
    model = tiny.model()
    assert {p.dtype for p in model.denoiser.parameters()} == {torch.float32}
    torch.testing.assert_close(_paint(_load(saved)), _paint(model), rtol=0, atol=5e-3)


def test_the_folder_is_in_the_public_layout_of_diffusers_and_transformers(saved: Path) -> None:
    unet = UNetMotionModel.from_pretrained(saved / "unet")
    assert unet.config.in_channels == 9
    assert CLIPVisionModel.from_pretrained(saved / "image_encoder").config.hidden_size == 16
    assert json.loads((saved / "scheduler" / "scheduler_config.json").read_text())["_class_name"]
    names = {path.suffix for path in saved.rglob("*") if path.is_file()}
    assert names == {".json", ".safetensors"}


@pytest.mark.parametrize("kind", ["kl_autoencoder", "tiny_autoencoder"])
def test_parts_that_their_own_libraries_saved_load_as_they_are(kind: str, tmp_path: Path) -> None:
    model = tiny.model(autoencoder=getattr(tiny, kind)())
    model.denoiser.unet.save_pretrained(tmp_path / "unet")
    model.autoencoder.save_pretrained(tmp_path / "vae")
    model.condition_encoder.image_encoder.save_pretrained(tmp_path / "image_encoder")
    model.condition_encoder.projection.save_pretrained(tmp_path / "condition_projection")
    (tmp_path / "model.json").write_text(json.dumps(model.configuration.to_dict()))
    write_manifest(tmp_path)
    loaded = _load(tmp_path)
    assert type(loaded.autoencoder) is type(model.autoencoder)
    for part in (model.denoiser, model.condition_encoder):
        part.eval()
    torch.testing.assert_close(_paint(loaded), _paint(model))


def test_weights_lie_in_shards_of_the_given_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "_SHARD", "200KB")
    model = tiny.model()
    save_model(model, tmp_path, torch.float32)
    shards = list((tmp_path / "unet").glob("*.safetensors"))
    largest = max(p.numel() * 4 for p in model.denoiser.unet.parameters())
    assert len(shards) > 2
    assert max(path.stat().st_size for path in shards) < max(200_000, largest) + 50_000
    torch.testing.assert_close(_paint(_load(tmp_path)), _paint(tiny.model()))


def test_shards_of_real_models_stay_under_16_mib() -> None:
    assert checkpoint._SHARD == "15MB"


def test_a_single_flipped_bit_is_found(folder: Path) -> None:
    path = next((folder / "unet").glob("*.safetensors"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=f"{path.name} is not the file that the manifest names"):
        _load(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "vae" / "config.json").unlink()
    with pytest.raises(ModelError, match=r"lacks vae/config\.json") as caught:
        _load(folder)
    assert caught.value.remedy


def test_a_manifest_that_points_out_of_its_folder_is_refused(folder: Path) -> None:
    (folder.parent / "secret").write_text("x")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["../secret"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"names \.\./secret, outside of the folder"):
        check_manifest(folder)


@pytest.mark.parametrize(
    "name",
    ["unet/diffusion_pytorch_model.safetensors.index.json", "unet/other.safetensors", "vae/new/config.json"],
)
def test_weights_and_configurations_that_the_manifest_does_not_name_are_refused(
    folder: Path, name: str
) -> None:
    (folder / "README.md").write_text("A card, written afterwards.")
    check_manifest(folder)
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    with pytest.raises(ModelError, match=f"{name} lies in .* does not name it") as caught:
        check_manifest(folder)
    assert "Move that file away" in caught.value.remedy


def test_a_manifest_that_names_nothing_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"sha256": {}}')
    with pytest.raises(ModelError, match=r"manifest\.json names no file"):
        check_manifest(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"sha256": 3}'])
def test_a_damaged_manifest_is_an_error_that_can_be_read(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match=r"manifest\.json cannot be read"):
        check_manifest(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prediction": "sample"}, "'prediction' is 'sample', not 'epsilon' or 'v_prediction' or 'guided'"),
        ({"condition": "clipp"}, "'condition' is 'clipp', not 'clip' or"),
        ({"condition": ["clip"]}, "'condition' is"),
        ({"frames": "16"}, "'frames' is '16', not of type int"),
        ({"frames": True}, "'frames' is True, not of type int"),
        ({"guidance": None}, "'guidance' is None, not of type float"),
        ({"channels": [64, "128"]}, "'channels' is .*, not a list of int"),
        ({"image_encoder": []}, "'image_encoder' is .*, not of type dict"),
        ({"prediction": "epsilon", "zero_terminal_snr": True}, "'epsilon' with zero_terminal_snr"),
        ({"attention": [True]}, "1 attentions"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_a_value_of_model_json_that_cannot_be_is_refused_by_file_and_key(
    folder: Path, changes: dict[str, object], said: str
) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(ModelError, match=rf"tiny/model\.json.*{said}") as caught:
        read_configuration(folder)
    assert caught.value.remedy


def test_a_whole_number_in_model_json_is_a_float_too_and_a_list_is_no_configuration(folder: Path) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "guidance": 1}))
    assert read_configuration(folder).guidance == 1
    path.write_text("[]")
    with pytest.raises(ModelError, match=r"tiny/model\.json holds no object, but list"):
        read_configuration(folder)


def test_an_unknown_class_is_refused(folder: Path) -> None:
    path = folder / "vae" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "_class_name": "Popen"}))
    write_manifest(folder)
    with pytest.raises(ModelError, match="unknown class 'Popen'"):
        _load(folder)


@pytest.mark.parametrize(
    ("part", "stem"),
    [
        ("unet", "diffusion_pytorch_model"),
        ("condition_projection", "diffusion_pytorch_model"),
        ("vae", "diffusion_pytorch_model"),
        ("image_encoder", "pytorch_model"),
    ],
)
def test_pickled_weights_are_never_read(folder: Path, part: str, stem: str) -> None:
    weights = next((folder / part).glob("*.safetensors"))
    torch.save(load_file(weights), folder / part / f"{stem}.bin")
    weights.unlink()
    write_manifest(folder)
    with pytest.raises(ModelError, match="cannot be loaded"):
        _load(folder)


@pytest.mark.parametrize("part", ["unet", "vae", "condition_projection", "image_encoder"])
def test_a_missing_weight_is_an_error_and_never_a_random_number(folder: Path, part: str) -> None:
    path = next((folder / part).glob("*.safetensors"))
    weights = load_file(path)
    weights.pop(sorted(weights)[0])
    save_file(weights, path, {"format": "pt"})
    write_manifest(folder)
    with pytest.raises(ModelError, match=f"{part} lacks 1 weights"):
        _load(folder)


def test_weights_that_are_no_safetensors_are_an_error_that_can_be_read(folder: Path) -> None:
    next((folder / "vae").glob("*.safetensors")).write_bytes(b"\0" * 64)
    write_manifest(folder)
    with pytest.raises(ModelError, match="cannot be loaded"):
        _load(folder)


def test_a_model_is_found_by_its_path_and_by_its_name_in_the_libraries_of_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model_folder(str(folder)) == folder
    with pytest.raises(ModelError, match="no model 'tiny': neither bundled, nor in the registry"):
        model_folder("tiny")
    monkeypatch.setenv("ACTANYWHERE_MODELS", os.pathsep.join([str(folder / "empty"), str(folder.parent)]))
    assert model_folder("tiny") == folder
    with pytest.raises(ModelError, match="There is no model 'other'"):
        model_folder("other")


def test_a_folder_that_is_no_model_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is not a model of ActAnywhere: it has neither manifest\.json"):
        model_folder(str(tmp_path))

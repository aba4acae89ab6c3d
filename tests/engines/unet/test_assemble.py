"""A model from public parts: what each weight says stays, and nothing is taken that does not fit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, MotionAdapter, UNet2DConditionModel, UNetMotionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPVisionModel

from actanywhere import cli
from actanywhere.contract.errors import ModelError, OutputError
from actanywhere.engines.unet.model import assemble as room
from actanywhere.engines.unet.model.assemble import Assembly, assemble, plan_assembly
from actanywhere.engines.unet.model.checkpoint import Model, load_model
from tests.engines.unet import public, tiny

CPU, TIMES = torch.device("cpu"), torch.tensor([500])


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public parts, each in its folder."""
    folder = tmp_path_factory.mktemp("downloads")
    public.stable_diffusion(folder / "inpainting")
    public.stable_diffusion(folder / "plain", channels=4)
    public.motion(folder / "motion")
    for kind in ("vision", "projected", "whole"):
        public.clip(folder / kind, kind)
    return folder


def plan(downloads: Path, **other: Any) -> Assembly:
    parts = {
        "unet": downloads / "inpainting",
        "motion": downloads / "motion",
        "clip": downloads / "vision",
        **other,
    }
    return plan_assembly(**parts, size=parts.pop("size", public.size()))


def made(assembly: Assembly, output: Path) -> Model:
    assemble(assembly, output, lambda part, done, total: None)
    return load_model(output, CPU, torch.float32)


def test_the_network_is_diffusers_own_union_of_unet_and_motion_modules(
    downloads: Path, tmp_path: Path
) -> None:
    model = made(plan(downloads), tmp_path / "model")
    unet = UNet2DConditionModel.from_pretrained(downloads / "inpainting" / "unet")
    theirs = UNetMotionModel.from_unet2d(unet, MotionAdapter.from_pretrained(downloads / "motion")).eval()
    noisy, context = tiny.noise(1, 9, 4, 4, 4), tiny.noise(4, 5, 32, seed=3)
    with torch.no_grad():
        expected = theirs(noisy, TIMES, context).sample
        ours = model.denoiser.unet(noisy, TIMES, context).sample
        still = unet(noisy[:, :, 0], TIMES, context[:1]).sample
    torch.testing.assert_close(ours, expected, rtol=0, atol=5e-3)  # half precision on disk
    assert (expected[:, :, 0] - still).abs().max() > 0.05  # the motion modules do something


def test_the_four_channels_of_a_plain_unet_are_extended_by_ones_without_influence(
    downloads: Path, tmp_path: Path
) -> None:
    assembly = plan(downloads, unet=downloads / "plain")
    model = made(assembly, tmp_path / "model")
    unet = UNet2DConditionModel.from_pretrained(downloads / "plain" / "unet")
    theirs = UNetMotionModel.from_unet2d(unet, MotionAdapter.from_pretrained(downloads / "motion")).eval()
    noisy, context = tiny.noise(1, 9, 4, 4, 4), tiny.noise(4, 5, 32, seed=3)
    with torch.no_grad():
        ours = model.denoiser.unet(noisy, TIMES, context).sample
        torch.testing.assert_close(ours, theirs(noisy[:, :4], TIMES, context).sample, rtol=0, atol=5e-3)
    assert any("4 input channels" in line for line in assembly.untrained)


@pytest.mark.parametrize("kind", ["vision", "projected", "whole"])
def test_clips_tokens_are_those_of_the_folder_that_it_was_taken_from(
    downloads: Path, tmp_path: Path, kind: str
) -> None:
    model = made(plan(downloads, clip=downloads / kind), tmp_path / "model")
    theirs = CLIPVisionModel.from_pretrained(downloads / kind).eval()
    picture = tiny.noise(1, 3, 32, 32)
    encoder = model.condition_encoder.image_encoder
    assert encoder is not None and encoder.config.hidden_act == "quick_gelu"
    with torch.no_grad():
        expected = theirs(pixel_values=picture).last_hidden_state
        torch.testing.assert_close(
            encoder(pixel_values=picture).last_hidden_state, expected, rtol=0, atol=5e-3
        )


@pytest.mark.parametrize("old_names", [True, False])
def test_the_autoencoder_decodes_as_the_public_one_under_old_names_and_new(
    downloads: Path, tmp_path: Path, old_names: bool
) -> None:
    folder = public.vae(tmp_path / "vae", old_names)
    assert (
        any(".query." in name for name in load_file(folder / "diffusion_pytorch_model.safetensors"))
        is old_names
    )
    model = made(plan(downloads, vae=folder), tmp_path / "model")
    latent = tiny.noise(1, 4, 4, 4)
    with torch.no_grad():
        expected = AutoencoderKL.from_pretrained(folder).decode(latent).sample
        autoencoder: Any = model.autoencoder
        torch.testing.assert_close(autoencoder.decode(latent).sample, expected, rtol=0, atol=0.03)


def test_sharded_half_precision_and_bare_folders_are_read_alike(downloads: Path, tmp_path: Path) -> None:
    unet = UNet2DConditionModel.from_pretrained(downloads / "inpainting" / "unet")
    unet.save_pretrained(tmp_path / "sharded", max_shard_size="200KB")
    assert len(list((tmp_path / "sharded").glob("*.safetensors"))) > 2
    unet.half().save_pretrained(tmp_path / "half", variant="fp16")
    assert [path.name for path in (tmp_path / "half").glob("*.safetensors")] == [
        "diffusion_pytorch_model.fp16.safetensors"
    ]
    vae = downloads / "inpainting" / "vae"
    models = [
        made(plan(downloads, unet=tmp_path / name, vae=vae), tmp_path / f"model_{name}")
        for name in ("sharded", "half")
    ]
    weights = [model.denoiser.unet.state_dict() for model in models]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_model_of_many_shards_loads_as_the_one_file_does(
    downloads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = made(plan(downloads), tmp_path / "whole").denoiser.unet.state_dict()
    monkeypatch.setattr(room, "_SHARD_BYTES", 100_000)
    held: list[int] = []

    def save(tensors: dict[str, torch.Tensor], *rest: Any, **options: Any) -> None:
        held.append(sum(tensor.nbytes for tensor in tensors.values()))
        save_file(tensors, *rest, **options)

    monkeypatch.setattr(room, "save_file", save)
    parts = made(plan(downloads), tmp_path / "parts").denoiser.unet.state_dict()
    assert len(list((tmp_path / "parts" / "unet").glob("*.safetensors"))) > 3
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    largest = max(tensor.numel() * 2 for tensor in whole.values())
    assert max(held) <= max(100_000, largest)  # no more than a shard is in memory


def test_motion_modules_without_a_middle_block_are_taken_as_they_are(downloads: Path, tmp_path: Path) -> None:
    public.motion(tmp_path / "v3", use_motion_mid_block=False)
    model = made(plan(downloads, motion=tmp_path / "v3"), tmp_path / "model")
    assert not any(name.startswith("mid_block.motion") for name in model.denoiser.unet.state_dict())


def test_the_model_says_that_it_is_untrained_and_where_its_parts_are_from(
    downloads: Path, tmp_path: Path
) -> None:
    assembly = plan(downloads)
    model = made(assembly, tmp_path / "model")
    assert model.configuration.untrained == ("condition_projection",)
    assert model.configuration.name == "model"
    card = (tmp_path / "model" / "README.md").read_text()
    assert "not yet trained" in card and "condition_projection" in card and "actanywhere train --from" in card
    for name in ("inpainting/unet", "motion", "vision", "inpainting/vae"):
        assert name in card
    assert str(tmp_path) not in card and str(downloads) not in card
    config = json.loads((tmp_path / "model" / "unet" / "config.json").read_text())
    assert config["_class_name"] == "UNetMotionModel"


WRONG = {
    "Stable Diffusion XL": ({"cross_attention_dim": 2048}, "2048 wide .Stable Diffusion XL., not 32"),
    "Stable Diffusion 2": ({"cross_attention_dim": 1024}, "1024 wide .Stable Diffusion 2., not 32"),
    "other widths": ({"block_out_channels": (32, 96)}, r"widths are \[32, 96\], not \[32, 64\]"),
    "eight channels": ({"channels": 8}, "8 input channels; 9 .inpainting. or 4"),
    "other heads": ({"attention_head_dim": 4}, "not of 2 heads"),
}


@pytest.mark.parametrize("family", WRONG)
def test_a_unet_of_another_family_is_refused_by_what_tells_it(
    downloads: Path, tmp_path: Path, family: str
) -> None:
    changes, told = WRONG[family]
    public.stable_diffusion(tmp_path / "other", **changes)
    with pytest.raises(ModelError, match=told) as caught:
        plan(downloads, unet=tmp_path / "other")
    assert str(tmp_path / "other") in caught.value.message and "inpainting" in caught.value.remedy


def test_motion_modules_for_another_network_or_for_fewer_frames_are_refused(
    downloads: Path, tmp_path: Path
) -> None:
    public.motion(tmp_path / "xl", block_out_channels=(32, 64, 96))
    with pytest.raises(ModelError, match=r"another network: widths \[32, 64, 96\]"):
        plan(downloads, motion=tmp_path / "xl")
    public.motion(tmp_path / "short", motion_max_seq_length=2)
    with pytest.raises(ModelError, match="2 frames at most; 4 are needed"):
        plan(downloads, motion=tmp_path / "short")
    with pytest.raises(ModelError, match="holds a UNet2DConditionModel, not AnimateDiff"):
        plan(downloads, motion=downloads / "inpainting" / "unet")


def test_missing_motion_modules_and_weights_are_named(downloads: Path, tmp_path: Path) -> None:
    weights = load_file(downloads / "motion" / "diffusion_pytorch_model.safetensors")
    copy = shutil.copytree(downloads / "motion", tmp_path / "motion")
    save_file({"other": torch.zeros(1)}, copy / "diffusion_pytorch_model.safetensors")
    with pytest.raises(ModelError, match="holds no motion modules"):
        plan(downloads, motion=copy)
    lost = sorted(weights)[7]
    del weights[lost]
    save_file(weights, copy / "diffusion_pytorch_model.safetensors")
    with pytest.raises(ModelError, match=f"lacks the weights '{lost}'"):
        plan(downloads, motion=copy)


def test_another_clip_and_another_familys_autoencoder_are_refused(downloads: Path, tmp_path: Path) -> None:
    public.clip(tmp_path / "h14", hidden_size=32)
    with pytest.raises(ModelError, match="another CLIP: its hidden_size is 32, not 16"):
        plan(downloads, clip=tmp_path / "h14")
    public.vae(tmp_path / "xl", scaling_factor=0.13025)
    with pytest.raises(
        ModelError, match=r"another family's autoencoder: 4 latent channels, scaled by 0\.13025"
    ):
        plan(downloads, vae=tmp_path / "xl")
    shutil.copytree(downloads / "inpainting" / "unet", tmp_path / "alone" / "unet")
    with pytest.raises(ModelError, match="no vae/ beside"):
        plan(downloads, unet=tmp_path / "alone")


def test_a_pickle_is_never_opened(downloads: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(downloads / "motion", tmp_path / "motion")
    (copy / "diffusion_pytorch_model.safetensors").rename(copy / "diffusion_pytorch_model.bin")
    with pytest.raises(ModelError, match=r"only diffusion_pytorch_model\.bin, a pickle"):
        plan(downloads, motion=copy)


def test_a_folder_in_another_layout_or_that_is_not_there_is_named(downloads: Path, tmp_path: Path) -> None:
    (tmp_path / "original").mkdir()
    (tmp_path / "original" / "mm_sd_v15_v2.ckpt").write_bytes(b"")
    with pytest.raises(ModelError, match="another layout"):
        plan(downloads, motion=tmp_path / "original")
    with pytest.raises(ModelError, match=r"There is no .*nowhere"):
        plan(downloads, clip=tmp_path / "nowhere")


def test_damaged_weights_leave_nothing_behind(downloads: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(downloads / "motion", tmp_path / "motion")
    path = copy / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights[sorted(weights)[5]].fill_(float("nan"))
    save_file(weights, path)
    with pytest.raises(ModelError, match="no number"):
        made(plan(downloads, motion=copy), tmp_path / "model")
    assert not (tmp_path / "model").exists() and not list(tmp_path.glob("*.partial"))
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ModelError, match="cannot be read"):
        plan(downloads, motion=copy)


def test_a_folder_that_holds_something_is_not_written_over(downloads: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("")
    with pytest.raises(OutputError, match="there already"):
        made(plan(downloads), tmp_path / "model")
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["mine.txt"]


def test_the_same_parts_give_the_same_model(downloads: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assemble(plan(downloads), tmp_path / name / "model", lambda *_: None)
    files = [json.loads((tmp_path / name / "model" / "manifest.json").read_text()) for name in ("a", "b")]
    assert files[0] == files[1] and len(files[0]["sha256"]) > 8


def test_the_command_tells_in_a_dry_run_what_is_taken_and_what_is_new_and_writes_nothing(
    downloads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(room, "full", public.size)
    words = ["assemble", "--unet", str(downloads / "plain"), "--motion", str(downloads / "motion")]
    words += ["--clip", str(downloads / "whole"), "--output", str(tmp_path / "model")]
    assert cli.main([*words, "--dry-run"]) == 0
    said = capsys.readouterr().out
    for told in ("plain/unet (4 input channels)", "whole, its vision half", "plain/vae", "would write"):
        assert told in said
    assert "Not trained yet" in said and "condition_projection" in said and "begin at zero" in said
    assert not (tmp_path / "model").exists()

    assert cli.main([*words, "--json"]) == 0
    *told, last = map(json.loads, capsys.readouterr().out.splitlines())
    shown = [one["progress"] for one in told]
    assert shown[0]["stage"] == "starting" and (shown[1]["done"], shown[1]["fraction"]) == (0, 0)
    parts = [part.name for part in plan(downloads).parts]
    assert list(dict.fromkeys(one["stage"] for one in shown[1:])) == parts and shown[-1]["fraction"] == 1
    assert last["event"] == "model" and len(last["digest"]) == 64 and (tmp_path / "model").is_dir()
    assert cli.main(words) == 2  # it is there already


def test_tiny_parts_are_not_the_full_size(downloads: Path) -> None:
    with pytest.raises(ModelError, match="32 wide, not 768"):
        plan_assembly(downloads / "inpainting", downloads / "motion", downloads / "vision")

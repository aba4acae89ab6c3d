"""AnimateLCM's LoRA baked into the U-Net, against diffusers' own loading and fusing of the same file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import load_file, save_file

from actanywhere.contract.errors import ModelError
from actanywhere.engines.unet.model.assemble import Adapter, assemble, plan_assembly
from tests.engines.unet import public
from tests.engines.unet.test_adapter import adapter_parts, size

NAME = "AnimateLCM_sd15_t2v_lora.safetensors"
ADAPTED = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "ff.net.0.proj",
    "ff.net.2",
    "proj_in",
    "conv1",
    "time_emb_proj",
)


def lora(file: Path, rank: int = 4, **changes: torch.Tensor) -> Path:
    """A LoRA in the keys in which most of them are published: of linear layers and of convolutions, with alpha."""
    torch.manual_seed(9)
    state: dict[str, torch.Tensor] = {}
    for name, module in public.unet().named_modules():
        if name.endswith(ADAPTED):
            weight, key = module.weight, "lora_unet_" + name.replace(".", "_")
            state[f"{key}.lora_down.weight"] = torch.randn(rank, *weight.shape[1:]) * 0.1
            state[f"{key}.lora_up.weight"] = torch.randn(len(weight), rank, *[1] * (weight.ndim - 2)) * 0.1
            state[f"{key}.alpha"] = torch.tensor(2.0)
    assert len(state) > 90
    save_file({**state, **changes}, file)
    return file


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return adapter_parts(tmp_path_factory.mktemp("downloads"))


def plan(downloads: Path, motion: Path, **adapter: Any) -> Any:
    given = Adapter(downloads / "ip-adapter-plus_sd15.safetensors", **adapter)
    return plan_assembly(downloads / "sd", motion, downloads / "clip", size=size(), adapter=given)


def test_the_lora_beside_the_motion_modules_is_in_the_weights_as_diffusers_fuses_it(
    downloads: Path, tmp_path: Path
) -> None:
    motion = Path(shutil.copytree(downloads / "motion", tmp_path / "AnimateLCM"))
    lora(motion / NAME)
    planned = plan(downloads, motion, few_steps="lcm")
    assert f"{NAME} at 0.8" in planned.parts[0].summary and motion / NAME not in planned.parts[0].files
    assemble(planned, tmp_path / "model", lambda part, done, total: None)
    made = {
        name: weight
        for file in (tmp_path / "model" / "unet").glob("*.safetensors")
        for name, weight in load_file(file).items()
    }
    unet = UNet2DConditionModel.from_pretrained(downloads / "sd" / "unet")
    before = {name: weight.clone() for name, weight in unet.state_dict().items()}
    state, alphas = StableDiffusionPipeline.lora_state_dict(str(motion / NAME))
    unet.load_lora_adapter(state, network_alphas=alphas, prefix="unet")
    unet.fuse_lora(lora_scale=0.8)
    unet.unload_lora()
    changed = 0
    for name, weight in unet.state_dict().items():
        torch.testing.assert_close(made[name].float(), weight, rtol=1e-3, atol=1e-3)
        changed += not torch.allclose(weight, before[name], atol=1e-3)
    assert changed > 30
    assert NAME in (tmp_path / "model" / "README.md").read_text()


def test_without_few_steps_it_is_left_alone_and_another_may_be_named(downloads: Path, tmp_path: Path) -> None:
    motion = Path(shutil.copytree(downloads / "motion", tmp_path / "AnimateLCM"))
    lora(motion / NAME)
    assert NAME not in plan(downloads, motion).parts[0].summary
    own = lora(tmp_path / "mine.safetensors")
    assert "mine.safetensors at 0.8" in plan(downloads, motion, lora=own).parts[0].summary


STRANGE = "lora_unet_mid_block_attentions_9_proj_in"


def strange(*sides: str) -> dict[str, torch.Tensor]:
    return {f"{STRANGE}.{side}": torch.zeros(4, 4) for side in sides}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            strange("lora_down.weight", "lora_up.weight"),
            "of another network: 'mid_block.attentions.9.proj_in'",
        ),
        (strange("lora_down.weight"), "cannot be read as a LoRA"),
        ({"what.else": torch.zeros(4)}, "LoRA"),
    ],
)
def test_a_lora_that_is_another_networks_is_refused(
    downloads: Path, tmp_path: Path, changes: dict[str, torch.Tensor], told: str
) -> None:
    file = lora(tmp_path / "other.safetensors", **changes)
    with pytest.raises(ModelError, match=told) as error:
        plan(downloads, downloads / "motion", lora=file)
    assert "animatelcm" in error.value.remedy


def test_a_pickle_and_a_file_that_is_not_there_are_refused(downloads: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no"):
        plan(downloads, downloads / "motion", lora=tmp_path / "gone.safetensors")
    (tmp_path / "lora.ckpt").write_bytes(b"x")
    with pytest.raises(ModelError, match="pickle"):
        plan(downloads, downloads / "motion", lora=tmp_path / "lora.ckpt")

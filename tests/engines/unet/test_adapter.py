"""The U-Net without training: an IP-Adapter's trained way for the condition, against diffusers' own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    EulerDiscreteScheduler,
    LCMScheduler,
    MotionAdapter,
    UNet2DConditionModel,
    UNetMotionModel,
)
from diffusers.models.embeddings import IPAdapterPlusImageProjection
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, CLIPVisionModel

from actanywhere.cli import main
from actanywhere.contract.errors import ModelError
from actanywhere.engines.unet.model.adapter_parts import _OTHER, _WORDS
from actanywhere.engines.unet.model.assemble import Adapter, assemble, plan_assembly
from actanywhere.engines.unet.model.checkpoint import Model, load_model
from actanywhere.engines.unet.model.forward import keys_of, run_unet
from actanywhere.engines.unet.painter import Sampling
from actanywhere.engines.unet.sampling import Levels, sample
from actanywhere.engines.unet.scalings import lcm_timesteps, noise_levels, trailing_timesteps
from tests.engines.unet import public, tiny
from tests.render.stage import frames_of, render, stage_shot

TOKENS, WIDTH = 4, 32


def adapter_file(path: Path, **changes: Any) -> Path:
    """An IP-Adapter Plus in the hub's keys: the resampler's own names, and numbered keys and values."""
    torch.manual_seed(11)
    state: dict[str, torch.Tensor] = {"latents": torch.randn(1, TOKENS, 32)}
    shapes = {"proj_in": (32, 16), "proj_out": (WIDTH, 32)}
    for name, (out, into) in shapes.items():
        state |= {f"{name}.weight": torch.randn(out, into) * 0.3, f"{name}.bias": torch.randn(out) * 0.1}
    state |= {"norm_out.weight": torch.ones(WIDTH), "norm_out.bias": torch.zeros(WIDTH)}
    for layer in range(4):  # as many as the published ones have
        at = f"layers.{layer}."
        for norm in ("0.norm1", "0.norm2", "1.0"):
            state |= {f"{at}{norm}.weight": torch.ones(32), f"{at}{norm}.bias": torch.zeros(32)}
        state[f"{at}0.to_q.weight"] = torch.randn(64, 32) * 0.3
        state[f"{at}0.to_kv.weight"] = torch.randn(128, 32) * 0.3
        state[f"{at}0.to_out.weight"] = torch.randn(32, 64) * 0.3
        state[f"{at}1.1.weight"] = torch.randn(128, 32) * 0.3
        state[f"{at}1.3.weight"] = torch.randn(32, 128) * 0.3
    made = {f"image_proj.{name}": weight for name, weight in state.items()}
    unet = UNetMotionModel.from_unet2d(public.unet(), MotionAdapter(**MOTION))
    cross = [
        name for name in unet.attn_processors if name.endswith("attn2.processor") and "motion" not in name
    ]
    for number, name in enumerate(cross):
        module = unet.get_submodule(name.removesuffix(".processor"))
        for kind in ("k", "v"):
            weight = torch.randn(module.to_k.weight.shape[0], WIDTH) * 0.5
            made[f"ip_adapter.{2 * number + 1}.to_{kind}_ip.weight"] = weight
    for name, weight in changes.items():
        made[name] = weight
    save_file({name: weight.contiguous() for name, weight in made.items()}, path)
    return path


MOTION = {
    "block_out_channels": public.CHANNELS,
    "motion_layers_per_block": 1,
    "motion_num_attention_heads": 2,
}


def text_folders(folder: Path) -> Path:
    """Stable Diffusion's text_encoder/ and tokenizer/, tiny."""
    torch.manual_seed(5)
    config = CLIPTextConfig(
        vocab_size=600,
        hidden_size=WIDTH,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=20,
        bos_token_id=0,
        eos_token_id=1,
    )
    CLIPTextModel(config).save_pretrained(folder / "text_encoder")
    letters = {"<|startoftext|>": 0, "<|endoftext|>": 1}
    for code in range(33, 127):
        letters[chr(code)] = len(letters)
        letters[chr(code) + "</w>"] = len(letters)
    backend = Tokenizer(models.BPE(letters, [], end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    backend.save(str(folder / "bpe.json"))
    (folder / "tokenizer").mkdir(parents=True)
    CLIPTokenizer(vocab=letters, merges=[]).save_pretrained(folder / "tokenizer")
    return folder


def adapter_parts(folder: Path) -> Path:
    """Everything that a model with an adapter is assembled from, tiny."""
    text_folders(public.stable_diffusion(folder / "sd"))
    public.motion(folder / "motion")
    public.clip(folder / "clip", "projected", num_hidden_layers=2)
    adapter_file(folder / "ip-adapter-plus_sd15.safetensors")
    return folder


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return adapter_parts(tmp_path_factory.mktemp("downloads"))


def size() -> Any:
    return public.size(image_encoder={**tiny.ENCODER, "num_hidden_layers": 2}, adapter_tokens=TOKENS)


def plan(downloads: Path, **adapter: Any) -> Any:
    given = Adapter(downloads / "ip-adapter-plus_sd15.safetensors", **adapter)
    return plan_assembly(
        downloads / "sd", downloads / "motion", downloads / "clip", size=size(), adapter=given
    )


@pytest.fixture(scope="module")
def folder(downloads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("made") / "model"
    assemble(plan(downloads), output, lambda part, done, total: None)
    return output


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return load_model(folder, torch.device("cpu"), torch.float32)


def theirs(downloads: Path) -> UNetMotionModel:
    """diffusers' own: U-Net, motion modules, and the adapter as its pipelines load it."""
    unet = UNet2DConditionModel.from_pretrained(downloads / "sd" / "unet")
    made = UNetMotionModel.from_unet2d(unet, MotionAdapter.from_pretrained(downloads / "motion")).eval()
    state: dict[str, dict[str, torch.Tensor]] = {"image_proj": {}, "ip_adapter": {}}
    for name, weight in load_file(downloads / "ip-adapter-plus_sd15.safetensors").items():
        part, _, key = name.partition(".")
        state[part][key] = weight
    made._load_ip_adapter_weights([state], low_cpu_mem_usage=False)
    return made


def test_the_condition_reaches_the_network_as_through_diffusers_own_loader(
    downloads: Path, model: Model
) -> None:
    """The same picture, text and noise through diffusers' U-Net with its processors and resampler."""
    unet = theirs(downloads)
    picture = torch.rand(1, 3, 32, 32) * 2 - 1
    encoder = CLIPVisionModel.from_pretrained(downloads / "clip").eval()
    mean, std = (
        torch.tensor(v).view(3, 1, 1)
        for v in ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
    )
    with torch.no_grad():
        hidden = encoder(((picture + 1) / 2 - mean) / std, output_hidden_states=True).hidden_states[-2]
        noisy, frames = tiny.noise(1, 9, 4, 4, 4), 4
        text = text_of(downloads, _WORDS).repeat(frames, 1, 1)
        expected = unet(
            noisy, torch.tensor([500]), text, added_cond_kwargs={"image_embeds": [hidden[:, None]]}
        ).sample
        context = model.condition_encoder(picture, model.autoencoder)
        made = model.denoiser.predict(noisy.transpose(1, 2), torch.tensor([500]), context).transpose(1, 2)
        other = model.denoiser.predict(
            noisy.transpose(1, 2), torch.tensor([500]), model.condition_encoder(-picture, model.autoencoder)
        ).transpose(1, 2)
        keys = keys_of(model.denoiser.unet, context, model.configuration.adapter_tokens)
        painted = run_unet(model.denoiser.unet, noisy[0].transpose(0, 1), torch.tensor([500]), keys)
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-2)  # half precision on disk
    torch.testing.assert_close(painted.transpose(0, 1)[None], made, rtol=0, atol=1e-4)
    assert (made - other).abs().max() > 0.02


def text_of(downloads: Path, words: str) -> torch.Tensor:
    encoder = CLIPTextModel.from_pretrained(downloads / "sd" / "text_encoder").eval()
    tokenizer = CLIPTokenizer.from_pretrained(downloads / "sd" / "tokenizer")
    ids = tokenizer(
        words, padding="max_length", max_length=20, truncation=True, return_tensors="pt"
    ).input_ids
    with torch.no_grad():
        return encoder(ids)[0]


def test_no_picture_is_the_adapters_zeros_and_the_other_text(downloads: Path, model: Model) -> None:
    encoder = CLIPVisionModel.from_pretrained(downloads / "clip").eval()
    resampler = theirs(downloads).encoder_hid_proj.image_projection_layers[0]
    assert isinstance(resampler, IPAdapterPlusImageProjection)
    with torch.no_grad():
        hidden = encoder(torch.zeros(1, 3, 32, 32), output_hidden_states=True).hidden_states[-2]
        expected = torch.cat([text_of(downloads, _OTHER), resampler(hidden)], dim=1)
        made = model.condition_encoder(torch.zeros(1, 3, 48, 48), model.autoencoder)
    torch.testing.assert_close(made, expected, rtol=0, atol=1e-2)  # half precision on disk


def test_it_renders_at_once_and_says_of_nothing_that_it_is_untrained(folder: Path, tmp_path: Path) -> None:
    job = stage_shot(tmp_path / "shot").job(folder, size=64, steps=2)
    result = render(job)
    assert len(frames_of(job.output)) == 6
    assert not [line for line in result.warnings if "trained" in line]
    assert "each of them trained" in (folder / "README.md").read_text()


def test_the_sizes_are_stable_diffusions_and_few_steps_have_their_solver(downloads: Path) -> None:
    base, lcm, lightning = (plan(downloads, few_steps=few).configuration for few in ("", "lcm", "lightning"))
    assert (base.steps, base.guidance, base.prediction) == (25, 7.5, "epsilon") and not base.untrained
    assert (lcm.steps, lcm.preview_steps, lcm.guidance) == (6, 4, 1.5)
    assert (lightning.steps, lightning.guidance) == (4, 1.0)
    assert Sampling.of({"solver": "dpm++"}, lcm).solver == "lcm"
    assert Sampling.of({"solver": "dpm++"}, lightning).solver == "ddim"
    assert Sampling.of({"solver": "dpm++"}, base).solver == "dpm++"


def test_lcm_takes_the_way_of_diffusers_own_scheduler() -> None:
    configuration = replace(size(), few_steps="lcm")
    alpha, sigma = noise_levels(configuration)
    scheduler = LCMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="linear")
    for steps in (4, 6, 8):
        scheduler.set_timesteps(steps)
        assert lcm_timesteps(steps) == scheduler.timesteps.tolist()
        levels = Levels.of(lcm_timesteps(steps), alpha, sigma)
        fresh = [
            np.random.default_rng(i).standard_normal((2, 4, 8, 8)).astype(np.float32) for i in range(steps)
        ]
        latent = torch.from_numpy(np.random.default_rng(99).standard_normal((2, 4, 8, 8)).astype(np.float32))
        made = sample(
            lambda noisy, t, levels=levels: 0.3 * noisy,
            latent.numpy(),
            levels,
            "lcm",
            lambda i, fresh=fresh: fresh[i],
        )
        for i, (time, ours) in enumerate(zip(scheduler.timesteps, made, strict=True)):
            root = scheduler.alphas_cumprod[int(time)]
            epsilon = (latent - root**0.5 * 0.3 * latent) / (1 - root) ** 0.5
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    "diffusers.schedulers.scheduling_lcm.randn_tensor",
                    lambda *a, now=fresh[i], **k: torch.from_numpy(now),
                )
                latent = scheduler.step(epsilon, time, latent, return_dict=False)[0]
            np.testing.assert_allclose(ours, latent.numpy(), atol=1e-4)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_lightnings_euler_steps_are_ddims() -> None:
    alpha, sigma = noise_levels(size())
    levels = Levels.of(trailing_timesteps(4), alpha, sigma)
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="linear", timestep_spacing="trailing"
    )
    scheduler.set_timesteps(4)
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    theirs_latent = noise * (scheduler.sigmas[0] ** 2 + 1) ** 0.5
    for time, ours in zip(
        scheduler.timesteps, sample(lambda noisy, t: 0.3 * noisy, noise, levels, "ddim"), strict=True
    ):
        scaled = scheduler.scale_model_input(theirs_latent, time)
        root = scheduler.alphas_cumprod[int(time)]
        epsilon = (scaled - root**0.5 * 0.3 * scaled) / (1 - root) ** 0.5
        theirs_latent = scheduler.step(epsilon, time, theirs_latent, return_dict=False)[0]
        at = scheduler.sigmas[scheduler.step_index]
        torch.testing.assert_close(ours, theirs_latent / (at**2 + 1) ** 0.5, rtol=0, atol=2e-3)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"image_proj.proj_in.weight": torch.zeros(32, 24)}, "another CLIP"),
        ({"image_proj.latents": torch.zeros(1, 16, 32)}, "16 tokens"),
        ({"ip_adapter.1.to_k_ip.weight": torch.zeros(48, WIDTH)}, "another network"),
    ],
)
def test_an_adapter_for_another_model_is_refused(
    downloads: Path, tmp_path: Path, changes: dict[str, torch.Tensor], told: str
) -> None:
    file = adapter_file(tmp_path / "other.safetensors", **changes)
    with pytest.raises(ModelError, match=told) as error:
        plan_assembly(
            downloads / "sd", downloads / "motion", downloads / "clip", size=size(), adapter=Adapter(file)
        )
    assert "ip-adapter-plus_sd15" in error.value.remedy


def test_the_plain_adapter_is_told_from_the_one_that_is_needed(downloads: Path, tmp_path: Path) -> None:
    file = tmp_path / "ip-adapter_sd15.safetensors"
    save_file({"image_proj.proj.weight": torch.zeros(8, 8)}, file)
    with pytest.raises(ModelError, match="the plain kind"):
        plan_assembly(
            downloads / "sd", downloads / "motion", downloads / "clip", size=size(), adapter=Adapter(file)
        )


def test_without_a_text_encoder_its_flag_is_named(downloads: Path, tmp_path: Path) -> None:
    public.stable_diffusion(tmp_path / "bare")
    given = Adapter(downloads / "ip-adapter-plus_sd15.safetensors")
    with pytest.raises(ModelError, match="text_encoder") as error:
        plan_assembly(tmp_path / "bare", downloads / "motion", downloads / "clip", size=size(), adapter=given)
    assert "--text" in error.value.remedy


def test_flags_of_an_adapter_without_one_are_refused(
    downloads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["assemble", "--unet", "a", "--motion", "b", "--clip", "c", "--output", "d", "--few-steps", "lcm"]
    assert main(words) == 2
    assert "--ip-adapter" in capsys.readouterr().err

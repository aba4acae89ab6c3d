"""A diffusion model that fills holes: a tiny random FLUX.2 klein in the published layout."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinInpaintPipeline,
    Flux2Transformer2DModel,
)
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from actanywhere.contract.errors import ModelError
from actanywhere.seeing.fill_diffusion import DiffusionFill
from actanywhere.seeing.readers import Readers


def klein(folder: Path) -> Path:
    torch.manual_seed(0)
    transformer = Flux2Transformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        timestep_guidance_channels=256,
        axes_dims_rope=[4, 4, 4, 4],
        guidance_embeds=False,
    )
    config = Qwen3Config(
        intermediate_size=16,
        hidden_size=16,
        num_hidden_layers=28,
        num_attention_heads=2,
        num_key_value_heads=2,
        vocab_size=64,
        max_position_embeddings=512,
    )
    vae = AutoencoderKLFlux2(
        sample_size=32,
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
        block_out_channels=(4,),
        layers_per_block=1,
        latent_channels=1,
        norm_num_groups=1,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    words = {
        word: i
        for i, word in enumerate(["<pad>", "<unk>", *["the", "same", "place", "goes", "on", "photograph"]])
    }
    whole = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    whole.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=whole, pad_token="<pad>", unk_token="<unk>")
    tokenizer.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
    pipe = Flux2KleinInpaintPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae,
        text_encoder=Qwen3ForCausalLM(config),
        tokenizer=tokenizer,
        transformer=transformer,
        is_distilled=True,
    )
    pipe.save_pretrained(folder)
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({**index, "_class_name": "Flux2KleinPipeline"}))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return klein(tmp_path_factory.mktemp("klein") / "flux2-klein-4b")


def picture() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.3, 0.6, (40, 72, 3)).astype(np.float32)


def test_the_hole_is_painted_and_nothing_else(folder: Path) -> None:
    whole, hole = picture(), np.zeros((40, 72), np.float32)
    hole[:, 48:] = 1
    fill = DiffusionFill(folder, "flux2-klein-4b")
    made = fill.behind(whole, hole)
    assert (made[:, :48] == whole[:, :48]).all() and not (made[:, 50:] == whole[:, 50:]).any()
    assert np.isfinite(made).all() and made.min() >= 0 and made.max() <= 1
    assert (fill.behind(whole, hole) == made).all()


def test_it_is_what_the_librarys_pipeline_paints(folder: Path) -> None:
    """The same picture, hole and prompt, through a pipeline of its own."""
    whole = np.random.default_rng(0).uniform(0.3, 0.6, (32, 64, 3)).astype(np.float32)
    hole = np.zeros((32, 64), np.float32)
    hole[:, 40:] = 1
    fill = DiffusionFill(folder, "klein")
    asked: dict[str, torch.Tensor] = {}
    pipeline = Flux2KleinInpaintPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    made = fill._ask(whole, hole > 0.5)
    begun = np.asarray(whole).copy()
    import cv2

    inpainted = cv2.inpaint(
        np.round(whole * 255).astype(np.uint8), hole.astype(np.uint8), 3, cv2.INPAINT_TELEA
    )
    begun[:, 40:] = inpainted[:, 40:].astype(np.float32) / 255
    asked["image"] = torch.from_numpy(begun.transpose(2, 0, 1)[None])
    asked["mask_image"] = torch.from_numpy(hole[None, None])
    expected = pipeline(
        prompt=fill._way.prompt,
        **asked,
        height=32,
        width=64,
        num_inference_steps=4,
        guidance_scale=1.0,
        strength=1.0,
        generator=torch.Generator().manual_seed(0),
        output_type="np",
    ).images[0]
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_it_goes_before_other_fills_where_it_is_here(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(folder.parent))
    assert Readers().fill.name == "flux2-klein-4b"
    monkeypatch.setenv("ACTANYWHERE_MODELS", os.fspath(tmp_path))
    assert Readers().fill.name != "flux2-klein-4b"


def test_a_real_one_without_a_gpu_gives_way_and_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(folder.parent))
    monkeypatch.setattr("actanywhere.seeing.fill_diffusion._SMALL", 10)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    readers = Readers()
    assert readers.fill.name != "flux2-klein-4b"
    assert any("there is no GPU" in line for line in readers.warnings)


def test_another_pipeline_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "FluxPipeline"}))
    with pytest.raises(ModelError, match="FluxPipeline"):
        DiffusionFill(tmp_path, "x")

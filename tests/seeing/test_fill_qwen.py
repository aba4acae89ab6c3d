"""Qwen-Image-Edit that fills holes: a tiny random one in the published layout, as the repository of 2511 has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    QwenImageEditInpaintPipeline,
    QwenImageTransformer2DModel,
)
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_inpaint as library
from PIL import Image
from tokenizers import pre_tokenizers
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen2VLImageProcessorPil,
    Qwen2VLProcessor,
)

from actanywhere.models.find import find_model
from actanywhere.seeing.fill_diffusion import DiffusionFill
from actanywhere.seeing.picture_and_text import PictureAndText
from actanywhere.seeing.readers import Readers

NAME = "qwen-image-edit"
WORDS = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]


def qwen(folder: Path) -> Path:
    torch.manual_seed(0)
    letters = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()), 1)}
    tokenizer = Qwen2Tokenizer(
        vocab={"<|endoftext|>": 0, **letters}, merges=[], additional_special_tokens=WORDS
    )
    number = dict(zip(WORDS, tokenizer.convert_tokens_to_ids(WORDS), strict=True))
    tiny = {"hidden_size": 16, "intermediate_size": 16}
    config = Qwen2_5_VLConfig(
        text_config={
            **tiny,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "rope_scaling": {"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default"},
            "vocab_size": 280,
            "bos_token_id": 0,
            "eos_token_id": 0,
        },
        vision_config={
            **tiny,
            "depth": 1,
            "num_heads": 2,
            "out_hidden_size": 16,
            "fullatt_block_indexes": [0],
        },
        image_token_id=number["<|image_pad|>"],
        video_token_id=number["<|video_pad|>"],
        vision_start_token_id=number["<|vision_start|>"],
        vision_end_token_id=number["<|vision_end|>"],
    )
    pipe = QwenImageEditInpaintPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=AutoencoderKLQwenImage(
            base_dim=3,
            z_dim=4,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            latents_mean=[0.0] * 4,
            latents_std=[1.0] * 4,
        ),
        text_encoder=Qwen2_5_VLForConditionalGeneration(config),
        tokenizer=tokenizer,
        processor=None,
        transformer=QwenImageTransformer2DModel(
            in_channels=16,
            out_channels=4,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=16,
            axes_dims_rope=(8, 4, 4),
        ),
    )
    pipe.save_pretrained(folder)
    Qwen2VLImageProcessorPil(min_pixels=28**2, max_pixels=56**2).save_pretrained(folder / "processor")
    index = json.loads((folder / "model_index.json").read_text())
    index |= {
        "_class_name": "QwenImageEditPlusPipeline",
        "processor": ["transformers", "Qwen2VLProcessor"],
    }
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return qwen(tmp_path_factory.mktemp("models") / NAME)


@pytest.fixture(autouse=True)
def at_a_small_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library works at a million pixels, whatever it is given: here at 16 thousand."""
    real = library.calculate_dimensions
    monkeypatch.setattr(library, "calculate_dimensions", lambda area, ratio: real(area // 64, ratio))


def test_it_is_what_the_librarys_pipeline_paints_in_the_hole_and_nothing_else_changes(folder: Path) -> None:
    picture = np.random.default_rng(0).uniform(0.3, 0.6, (96, 160, 3)).astype(np.float32)
    hole = np.zeros((96, 160), np.float32)
    hole[:, 96:] = 1
    fill = DiffusionFill(folder, NAME)
    made = fill.behind(picture, hole)
    assert (made[:, :96] == picture[:, :96]).all() and np.isfinite(made).all()
    assert not (made[:, 98:] == picture[:, 98:]).any()

    codes = np.round(picture * 255).astype(np.uint8)
    begun = cv2.inpaint(codes, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    expected = pipeline(folder)(
        prompt=fill._way.prompt,
        negative_prompt="people, person, text, watermark, frame, border, collage",
        image=Image.fromarray(begun),
        mask_image=Image.fromarray((hole * 255).astype(np.uint8)),
        num_inference_steps=40,
        true_cfg_scale=4.0,
        strength=1.0,
        generator=torch.Generator().manual_seed(0),
        output_type="np",
    ).images[0]
    assert expected.shape == (96, 160, 3)
    np.testing.assert_allclose(made[:, 100:], expected[:, 100:], atol=1e-4)


def pipeline(folder: Path) -> Any:
    made = QwenImageEditInpaintPipeline.from_pretrained(folder, processor=None)
    made.processor = PictureAndText(folder / "processor", made.tokenizer)
    made.set_progress_bar_config(disable=True)
    return made


def test_the_picture_has_as_many_tokens_as_transformers_own_processor_gives_it(folder: Path) -> None:
    """Of that one, which cannot be built without torchvision, the part that counts them."""
    ours = PictureAndText(folder / "processor", Qwen2Tokenizer.from_pretrained(folder / "tokenizer"))
    theirs = Qwen2VLProcessor.__new__(Qwen2VLProcessor)
    theirs.image_processor, theirs.image_token = ours.pictures, "<|image_pad|>"
    picture = Image.fromarray(np.zeros((84, 140, 3), np.uint8))
    told = ours(["see <|image_pad|> here"], images=picture, padding=True, return_tensors="pt")
    seen = ours.pictures(images=picture, return_tensors="pt")
    place = theirs.replace_image_token(seen, 0)
    wanted = ours.tokenizer([f"see {place} here"], return_tensors="pt").input_ids
    assert (told["input_ids"] == wanted).all() and len(place) == 2 * len("<|image_pad|>")
    assert (told["pixel_values"] == seen["pixel_values"]).all()


def test_it_is_found_where_it_was_pulled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(folder.parent))
    assert find_model(NAME).folder == folder
    assert Readers().fill.name == NAME

"""Our loop against diffusers' own pipeline: one window is the same to 1e-5, whatever the model's layout."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from diffusers import WanVACEPipeline

from actanywhere.engines.disk import RunState
from actanywhere.engines.protocol import Watch
from actanywhere.engines.vace import VaceEngine
from actanywhere.engines.vace.control import ControlFrame
from actanywhere.engines.vace.options import read_options
from actanywhere.engines.vace.take import Take, frame_noise

from . import tiny_vace

FRAMES, HEIGHT, WIDTH = 9, 32, 48
PROMPT, NEGATIVE = "a wet street at dusk", "rain"


def control(index: int) -> ControlFrame:
    """The right third is unknown, in every frame: there the library's mask and ours are the same."""
    frame = tiny_vace.Shot(FRAMES)[index]
    unknown = frame.mask > 0.5
    picture = np.where(unknown[..., None], np.float32(0.5), frame.masked)
    return ControlFrame(picture, unknown, frame.mask, np.zeros_like(unknown))


def ours(
    folder: Path, scratch: Path, references: tuple[Any, ...] = (), **settings: Any
) -> np.ndarray[Any, Any]:
    shot = tiny_vace.Shot(FRAMES)
    asked = {"prompt": PROMPT, "negative_prompt": NEGATIVE, **settings}
    request = tiny_vace.request(shot, scratch, **asked)
    engine = VaceEngine(folder)
    options = read_options(request.settings, engine.layout, HEIGHT * WIDTH)
    painter = engine.open(request)
    take = Take(
        scratch / "main",
        FRAMES,
        (HEIGHT, WIDTH),
        control,
        options,
        painter.predictor,  # type: ignore[attr-defined]
        RunState(scratch, "x"),
        Watch(),
        references=references,
    )
    return take.decoded(0).read(0, FRAMES)


def theirs(pipe: WanVACEPipeline, references: tuple[Any, ...] = (), **options: Any) -> np.ndarray[Any, Any]:
    frames = [control(i) for i in range(FRAMES)]
    video = torch.from_numpy(np.stack([f.picture for f in frames])).permute(0, 3, 1, 2)[None]
    mask = torch.from_numpy(np.stack([f.unknown for f in frames])).float()[None, :, None]
    count = (FRAMES - 1) // 4 + 1
    noise = np.stack(
        [frame_noise(0, i, (16, HEIGHT // 8, WIDTH // 8)) for i in range(-len(references), count)]
    )
    pictures = [PIL.Image.fromarray((r * 255).round().astype(np.uint8)) for r in references]
    made = pipe(
        prompt=PROMPT,
        negative_prompt=NEGATIVE,
        video=video,
        mask=mask,
        reference_images=pictures or None,
        height=HEIGHT,
        width=WIDTH,
        num_frames=FRAMES,
        num_inference_steps=3,
        latents=torch.from_numpy(noise).transpose(0, 1)[None],
        output_type="np",
        **{"guidance_scale": 1.0, **options},
    )
    return np.asarray(made.frames[0])


def test_one_window_is_what_the_pipeline_makes(saved: Path, tmp_path: Path) -> None:
    expected = theirs(tiny_vace.pipeline())
    assert np.ptp(expected[:, :, 32:]) > 0.05
    np.testing.assert_allclose(ours(saved, tmp_path), expected, atol=1e-5)


def test_guidance_is_the_pipelines(saved: Path, tmp_path: Path) -> None:
    expected = theirs(tiny_vace.pipeline(), guidance_scale=4.0)
    assert np.abs(expected - theirs(tiny_vace.pipeline())).max() > 1e-3
    np.testing.assert_allclose(ours(saved, tmp_path, guidance=4.0), expected, atol=1e-5)
    led_nowhere = ours(saved, tmp_path / "nowhere", guidance=4.0, guided_share=0.0)
    np.testing.assert_allclose(led_nowhere, theirs(tiny_vace.pipeline()), atol=1e-5)


def test_references_lie_in_front_as_in_the_pipeline(saved: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    references = tuple(
        (random.integers(0, 256, (HEIGHT, WIDTH, 3)) / 255).astype(np.float32) for _ in range(2)
    )
    expected = theirs(tiny_vace.pipeline(), references)
    assert np.abs(expected - theirs(tiny_vace.pipeline())).max() > 1e-3
    np.testing.assert_allclose(ours(saved, tmp_path, references), expected, atol=1e-5)


def test_two_experts_share_the_steps_as_in_the_pipeline(tmp_path: Path) -> None:
    folder = tiny_vace.save(tiny_vace.pipeline(2), tmp_path / "m")
    expected = theirs(tiny_vace.pipeline(2), guidance_scale=2.0)
    assert np.abs(expected - theirs(tiny_vace.pipeline(), guidance_scale=2.0)).max() > 1e-4
    np.testing.assert_allclose(ours(folder, tmp_path, guidance=2.0), expected, atol=1e-5)


def test_shards_are_one_model(tmp_path: Path) -> None:
    folder = tiny_vace.save(tiny_vace.pipeline(), tmp_path / "m", shard="200KB")
    assert len(list((folder / "transformer").glob("*-of-*.safetensors"))) > 1
    np.testing.assert_allclose(ours(folder, tmp_path), theirs(tiny_vace.pipeline()), atol=1e-5)


def test_a_single_file_in_the_authors_keys_is_the_same_model(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    shutil.copytree(saved, folder)
    tiny_vace.as_single_file(folder)
    np.testing.assert_allclose(ours(folder, tmp_path), theirs(tiny_vace.pipeline()), atol=1e-5)


def test_a_gguf_is_the_model_of_its_rounded_weights(saved: Path, tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    folder = tmp_path / "m"
    shutil.copytree(saved, folder)
    file = tiny_vace.as_gguf(folder)
    rounded = {
        tensor.name: torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())
        for tensor in gguf.GGUFReader(file).tensors
    }
    pipe = tiny_vace.pipeline()
    original = tiny_vace.original_keys(pipe.transformer.state_dict())
    names = dict(zip(original, pipe.transformer.state_dict(), strict=True))
    pipe.transformer.load_state_dict(
        {names[key]: weight.reshape(original[key].shape) for key, weight in rounded.items()}
    )
    expected = theirs(pipe)
    assert np.abs(expected - theirs(tiny_vace.pipeline())).max() > 1e-3
    # diffusers unpacks the blocks in another order of operations than gguf does.
    np.testing.assert_allclose(ours(folder, tmp_path), expected, atol=2e-4)


@pytest.mark.filterwarnings("ignore:.*peft.*")
def test_a_few_step_lora_is_the_librarys(saved: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    folder = tmp_path / "m"
    shutil.copytree(saved, folder)
    file = tiny_vace.lora(folder / "loras" / "Wan21_CausVid_bidirect2_T2V_1_3B_lora_rank32.safetensors")
    pipe = tiny_vace.pipeline()
    pipe.load_lora_weights(str(file), adapter_name="a")
    pipe.set_adapters(["a"], [0.95])
    pipe.scheduler = pipe.scheduler.from_config(pipe.scheduler.config, flow_shift=8.0)
    expected = theirs(pipe)
    assert np.abs(expected - theirs(tiny_vace.pipeline())).max() > 1e-3
    made = ours(folder, tmp_path, quality="draft")
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_the_prompt_is_encoded_as_in_the_pipeline_and_kept_on_disk(
    saved: Path, tmp_path: Path, prompts_of_this_test: Path
) -> None:
    embeds = tiny_vace.pipeline().encode_prompt(
        "a  wet &amp; street", max_sequence_length=512, do_classifier_free_guidance=False
    )[0]
    request = tiny_vace.request(tiny_vace.Shot(5), tmp_path, prompt="a  wet &amp; street")
    painter = VaceEngine(saved).open(request)
    torch.testing.assert_close(painter.predictor.embeds[0], embeds)  # type: ignore[attr-defined]
    assert len(list((prompts_of_this_test / "prompts").glob("*.safetensors"))) == 1
    shutil.copytree(saved, tmp_path / "m")
    shutil.rmtree(tmp_path / "m" / "tokenizer")
    again = VaceEngine(tmp_path / "m").open(request)
    assert torch.equal(again.predictor.embeds[0], painter.predictor.embeds[0])  # type: ignore[attr-defined]

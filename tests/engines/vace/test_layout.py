"""Folders that are not whole, of another family, or pickled: each refused by name, before anything is loaded."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from actanywhere.contract.errors import JobError, ModelError
from actanywhere.engines.vace import VaceEngine
from actanywhere.engines.vace.layout import read_layout
from actanywhere.engines.vace.options import prompt_hints, quality_of, read_options

from . import tiny_vace


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    shutil.copytree(saved, tmp_path / "m")
    return tmp_path / "m"


def refused(folder: Path) -> ModelError:
    with pytest.raises(ModelError) as told:
        VaceEngine(folder)
    assert told.value.remedy
    return told.value


def test_facts_are_read_without_torch(saved: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from actanywhere.engines.vace import VaceEngine; "
        f"print(VaceEngine(Path({str(saved)!r})).facts.area); assert 'torch' not in sys.modules, 'torch'"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout.strip() == str(480 * 832), told.stderr


def cut(folder: Path) -> None:
    file = folder / "vae" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def without(name: str) -> Callable[[Path], None]:
    def remove(folder: Path) -> None:
        (folder / name).unlink()

    return remove


def pickled(folder: Path) -> None:
    (folder / "vae" / "diffusion_pytorch_model.safetensors").rename(folder / "vae" / "Wan2.1_VAE.pth")


def another_family(folder: Path) -> None:
    tiny_vace.change_json(folder / "transformer" / "config.json", _class_name="WanTransformer3DModel")


def two_files(folder: Path) -> None:
    tiny_vace.as_single_file(folder)
    shutil.copy(
        folder / "transformer" / "Wan2_1-VACE.safetensors", folder / "transformer" / "other.safetensors"
    )


def another_pipeline(folder: Path) -> None:
    tiny_vace.change_json(folder / "model_index.json", _class_name="WanPipeline")


def no_boundary(folder: Path) -> None:
    shutil.copytree(folder / "transformer", folder / "transformer_2")
    tiny_vace.change_json(
        folder / "model_index.json", transformer_2=["diffusers", "WanVACETransformer3DModel"]
    )


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (cut, "diffusion_pytorch_model.safetensors has"),
        (without("transformer/diffusion_pytorch_model.safetensors"), "lacks"),
        (without("vae/config.json"), "config.json"),
        (without("scheduler/scheduler_config.json"), "scheduler_config.json"),
        (pickled, "a pickle"),
        (another_family, "WanTransformer3DModel"),
        (two_files, "more than one model"),
        (another_pipeline, "WanPipeline"),
        (no_boundary, "boundary_ratio"),
    ],
)
def test_a_wrong_or_half_folder_is_refused(folder: Path, harm: Callable[[Path], None], named: str) -> None:
    harm(folder)
    assert named in refused(folder).message


def test_a_shard_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = tiny_vace.save(tiny_vace.pipeline(), tmp_path / "m", shard="200KB")
    lost = sorted((folder / "transformer").glob("*-of-*.safetensors"))[1]
    lost.unlink()
    assert lost.name in refused(folder).message


def test_weights_that_the_file_lacks_are_not_drawn_at_random(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    state = load_file(file)
    del state["blocks.1.attn1.to_q.weight"]
    save_file(state, file)
    painter = VaceEngine(folder).open(tiny_vace.request(tiny_vace.Shot(5), tmp_path))
    with pytest.raises(ModelError, match=r"blocks\.1\.attn1\.to_q\.weight"):
        painter.predictor.parts.expert("transformer")  # type: ignore[attr-defined]


def test_a_lora_of_another_model_is_refused_by_its_key(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = tiny_vace.lora(folder / "loras" / "Wan21_CausVid_bidirect2_T2V_1_3B_lora_rank32.safetensors")
    state = {key.replace("blocks.2", "blocks.20"): weight for key, weight in load_file(file).items()}
    save_file(state, file)
    painter = VaceEngine(folder).open(tiny_vace.request(tiny_vace.Shot(5), tmp_path, quality="draft"))
    with pytest.raises(ModelError, match=r"blocks\.20.* has no place"):
        painter.predictor.parts.expert("transformer")  # type: ignore[attr-defined]


def test_the_digest_changes_with_a_file_and_not_with_the_folder(
    folder: Path, saved: Path, tmp_path: Path
) -> None:
    assert VaceEngine(folder).digest() == VaceEngine(saved).digest()
    tiny_vace.change_json(folder / "scheduler" / "scheduler_config.json", flow_shift=5.0)
    assert VaceEngine(folder).digest() != VaceEngine(saved).digest()


def test_what_is_not_installed_is_named_with_its_line(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ftfy" else real(name))
    with pytest.raises(ModelError, match="ftfy") as told:
        VaceEngine(saved).check({"device": "cpu"}, 9, (32, 48))
    assert told.value.remedy == "pip install 'actanywhere[vace]'"


def test_the_real_size_is_not_begun_on_a_processor_unless_forced(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    from actanywhere.engines.vace.layout import Layout

    monkeypatch.setattr(Layout, "parameters", property(lambda self: 2_154_000_000))
    with pytest.raises(ModelError, match=r"2\.2 billion") as told:
        VaceEngine(saved).check({}, 9, (480, 832))
    assert "--device cpu" in told.value.remedy
    assert any(
        "on the processor" in line for line in VaceEngine(saved).check({"device": "cpu"}, 9, (480, 832))
    )


def test_without_the_encoder_a_prompt_that_was_never_encoded_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder / "text_encoder")
    with pytest.raises(ModelError, match="text_encoder"):
        VaceEngine(folder).open(tiny_vace.request(tiny_vace.Shot(5), tmp_path))


def test_an_order_for_a_prompt_is_told_and_rendered(saved: Path) -> None:
    layout = read_layout(saved)
    order = read_options({"prompt": "Replace the background with a street"}, layout, 480 * 832)
    assert "reads like an order" in prompt_hints(order)[0]
    assert not prompt_hints(read_options({"prompt": "a wet street"}, layout, 480 * 832))
    silent = read_options({"negative_prompt": "cars", "guidance": 1.0}, layout, 480 * 832)
    assert "does nothing" in prompt_hints(silent)[0]


def names(*files: str) -> tuple[Path, ...]:
    return tuple(Path("loras") / file for file in files)


def test_qualities_are_the_publishers_numbers() -> None:
    plain = [quality_of(name, (), 1, 480 * 832, None) for name in ("draft", "preview", "final")]
    assert [(q.steps, q.guidance, q.shift) for q in plain] == [(15, 5.0, 3.0), (30, 5.0, 3.0), (50, 5.0, 3.0)]
    assert quality_of("final", (), 1, 720 * 1280, None).shift == 5.0
    files = names("Wan21_CausVid_bidirect2_T2V_1_3B_lora_rank32.safetensors", "my_look.safetensors")
    draft = quality_of("draft", files, 1, 480 * 832, 3.0)
    assert (draft.steps, draft.guidance, draft.shift, draft.loras) == (6, 1.0, 8.0, ((files[0], 0.95),))
    assert quality_of("final", files, 1, 480 * 832, 3.0).loras == ()
    pair = names(
        "wan2.2_t2v_A14b_low_noise_lora_rank64_lightx2v_4step_1217.safetensors",
        "wan2.2_t2v_A14b_high_noise_lora_rank64_lightx2v_4step_1217.safetensors",
    )
    two = quality_of("draft", pair, 2, 480 * 832, None)
    assert two.steps == 4 and [file for file, _ in two.loras] == [pair[1], pair[0]]
    assert quality_of("draft", pair[:1], 2, 480 * 832, None).loras == ()


def test_what_the_artist_gives_goes_before_the_quality(saved: Path) -> None:
    layout = read_layout(saved)
    asked = read_options(
        {"quality": "draft", "steps": 7, "guidance": 2.5, "shift": 1.0}, layout, 480 * 832
    ).quality
    assert (asked.steps, asked.guidance, asked.shift) == (7, 2.5, 1.0)
    assert read_options({"preview": True}, layout, 480 * 832).quality.name == "preview"
    with pytest.raises(JobError, match="no quality 'best'"):
        read_options({"quality": "best"}, layout, 480 * 832)

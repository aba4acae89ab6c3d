"""VACE models of a few thousand random weights, in exactly the published layouts, and shots for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

from actanywhere.engines.protocol import EngineRequest, FrameConditioning

SOLVER = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": 3.0}
TO_ORIGINAL = [
    ("condition_embedder.time_embedder.linear_1", "time_embedding.0"),
    ("condition_embedder.time_embedder.linear_2", "time_embedding.2"),
    ("condition_embedder.text_embedder.linear_1", "text_embedding.0"),
    ("condition_embedder.text_embedder.linear_2", "text_embedding.2"),
    ("condition_embedder.time_proj", "time_projection.1"),
    (".ffn.net.0.proj", ".ffn.0"),
    (".ffn.net.2", ".ffn.2"),
    (".proj_in.", ".before_proj."),
    ("attn2", "cross_attn"),
    ("attn1", "self_attn"),
    (".to_out.0.", ".o."),
    (".to_q.", ".q."),
    (".to_k.", ".k."),
    (".to_v.", ".v."),
]
"""The authors' own names of weights, from diffusers' published conversion (scripts/convert_wan_to_diffusers)."""


def transformer(seed: int = 0, heads: int = 2) -> WanVACETransformer3DModel:
    torch.manual_seed(seed)
    model = WanVACETransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=heads,
        attention_head_dim=16,
        in_channels=16,
        out_channels=16,
        text_dim=32,
        freq_dim=256,
        ffn_dim=64,
        num_layers=3,
        vace_layers=[0, 2],
        vace_in_channels=96,
        rope_max_seq_len=64,
    )
    # Random weights as strong as trained ones, so that all that is told is heard in the picture.
    for block in [*model.blocks, *model.vace_blocks]:
        torch.nn.init.normal_(block.attn2.to_out[0].weight, std=0.5)
    for block in model.vace_blocks:
        torch.nn.init.normal_(block.proj_out.weight, std=0.3)
    torch.nn.init.normal_(model.proj_out.weight, std=0.3)
    return model.eval()


def autoencoder() -> AutoencoderKLWan:
    torch.manual_seed(1)
    return AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    ).eval()


def text_encoder() -> UMT5EncoderModel:
    torch.manual_seed(2)
    return UMT5EncoderModel(
        UMT5Config(vocab_size=100, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=2)
    ).eval()


def tokenizer() -> PreTrainedTokenizerFast:
    words = [
        "<pad>",
        "</s>",
        "<unk>",
        *["a", "wet", "street", "at", "dusk", "light", "rain", "place", "real"],
    ]
    whole = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    whole.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=whole, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    )


def pipeline(experts: int = 1, **changes: Any) -> WanVACEPipeline:
    parts: dict[str, Any] = {
        "tokenizer": tokenizer(),
        "text_encoder": text_encoder(),
        "vae": autoencoder(),
        "scheduler": UniPCMultistepScheduler(**SOLVER),
        "transformer": transformer(),
    }
    if experts == 2:
        parts |= {"transformer_2": transformer(5), "boundary_ratio": 0.875}
    made = WanVACEPipeline(**parts | changes)
    made.set_progress_bar_config(disable=True)
    return made


def save(pipe: WanVACEPipeline, folder: Path, shard: str = "10GB") -> Path:
    """As diffusers saves a pipeline."""
    pipe.save_pretrained(folder, max_shard_size=shard)
    return folder


def as_single_file(folder: Path, part: str = "transformer", name: str = "Wan2_1-VACE.safetensors") -> Path:
    """Put the authors' single file in the place of diffusers' shards."""
    own = folder / part / "diffusion_pytorch_model.safetensors"
    save_file(original_keys(load_file(own)), folder / part / name)
    own.unlink()
    return folder / part / name


def original_keys(state: dict[str, Tensor]) -> dict[str, Tensor]:
    made = {}
    for key, weight in state.items():
        if key == "scale_shift_table":
            key = "head.modulation"
        elif key.startswith("proj_out"):
            key = key.replace("proj_out", "head.head")
        elif key.endswith("scale_shift_table"):
            key = key.replace("scale_shift_table", "modulation")
        elif ".proj_out." in key:
            key = key.replace(".proj_out.", ".after_proj.")
        key = key.replace(".norm2.", ".norm3.")
        for ours, theirs in TO_ORIGINAL:
            key = key.replace(ours, theirs)
        made[key] = weight
    return made


def as_gguf(folder: Path) -> Path:
    """Put a GGUF in the place of diffusers' shards: matrices in Q8_0, the rest in float32."""
    import gguf

    own = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    file = folder / "transformer" / "Wan2.1-VACE-Q8_0.gguf"
    writer = gguf.GGUFWriter(str(file), "wan")
    for key, weight in original_keys(load_file(own)).items():
        values = weight.float().numpy()
        if values.ndim == 2 and values.shape[1] % 32 == 0 and "modulation" not in key:
            packed = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(key, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(key, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    own.unlink()
    return file


def lora(path: Path, rank: int = 4, seed: int = 7) -> Path:
    """A LoRA as published for Wan: ``diffusion_model.*`` keys in the authors' names, of attention and FFN."""
    torch.manual_seed(seed)
    state = {}
    for block in range(3):
        for name, wide, deep in [
            ("self_attn.q", 32, 32),
            ("self_attn.o", 32, 32),
            ("cross_attn.k", 32, 32),
            ("ffn.0", 32, 64),
            ("ffn.2", 64, 32),
        ]:
            key = f"diffusion_model.blocks.{block}.{name}"
            state[f"{key}.lora_down.weight"] = torch.randn(rank, wide) * 0.3
            state[f"{key}.lora_up.weight"] = torch.randn(deep, rank) * 0.3
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, path)
    return path


@dataclass(frozen=True)
class Shot:
    """A shot made up of noise over a slope: lazily, so that a long one takes no memory."""

    frames: int
    height: int = 32
    width: int = 48
    hole: Callable[[int], tuple[slice, slice]] = lambda index: (slice(None), slice(32, None))
    actor: tuple[slice, slice] | None = None
    alive: tuple[slice, slice] | None = None

    def __len__(self) -> int:
        return self.frames

    def __getitem__(self, index: int) -> FrameConditioning:
        if not 0 <= index < self.frames:
            raise IndexError(index)
        place = self.place(index)
        mask = np.zeros((self.height, self.width), np.float32)
        mask[self.hole(index)] = 1
        subject, masked = np.zeros_like(mask), np.where(mask[..., None] > 0, np.float32(127 / 255), place)
        seen = 1 - mask
        if self.actor:
            subject[self.actor] = 1
            masked[self.actor] = (0.9, 0.1, 0.1)
            mask[self.actor] = seen[self.actor] = 0
        alive = None
        if self.alive:
            alive = np.zeros_like(mask)
            alive[self.alive] = 1
        return FrameConditioning(index + 1001, masked, mask, masked, subject, place, seen, alive)

    def place(self, index: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        random = np.random.default_rng(index)
        slope = np.linspace(0.2, 0.7, self.width, dtype=np.float32)[None, :, None]
        noise = random.uniform(-0.1, 0.1, (self.height, self.width, 3)).astype(np.float32)
        return np.clip(slope + noise, 0, 1)


def request(shot: Shot, scratch: Path, said: list[str] | None = None, **settings: Any) -> EngineRequest:
    """A job with that shot on a processor."""
    return EngineRequest(
        condition=np.full((40, 80, 3), 0.4, np.float32),
        settings={"device": "cpu", "steps": 3, "guidance": 1.0, **settings},
        frames=len(shot),
        size=(shot.height, shot.width),
        guided=True,
        scratch=scratch,
        say=(said if said is not None else []).append,
    )


def change_json(path: Path, **values: Any) -> None:
    data = json.loads(path.read_text())
    data.update(values)
    path.write_text(json.dumps(data))

"""The table of memory plans: for the published sizes, on the cards that people have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import WanVACETransformer3DModel

from actanywhere.contract.errors import ModelError
from actanywhere.engines.vace.layout import Layout, Weights, read_layout
from actanywhere.engines.vace.memory import GIB, choose_plan, needs, plans

SIZES: dict[str, dict[str, Any]] = {
    "1.3B": {
        "num_attention_heads": 12,
        "ffn_dim": 8960,
        "num_layers": 30,
        "vace_layers": list(range(0, 30, 2)),
    },
    "14B": {
        "num_attention_heads": 40,
        "ffn_dim": 13824,
        "num_layers": 40,
        "vace_layers": list(range(0, 40, 5)),
    },
}
COMMON = {
    "_class_name": "WanVACETransformer3DModel",
    "attention_head_dim": 128,
    "in_channels": 16,
    "out_channels": 16,
    "text_dim": 4096,
    "freq_dim": 256,
    "vace_in_channels": 96,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "patch_size": [1, 2, 2],
}


class Sized(Weights):
    """Weights of a size that is not on this disk."""

    def __init__(self, config: dict[str, Any], size: float, kind: str = "shards") -> None:
        super().__init__(kind, (), config)
        object.__setattr__(self, "size", size)

    @property
    def bytes(self) -> int:
        return int(self.size)  # type: ignore[attr-defined]


def published(name: str, experts: int = 1, gguf: float = 0) -> Layout:
    config = {**COMMON, **SIZES[name]}
    weights = Sized(config, gguf * GIB, "gguf" if gguf else "shards")
    parts = dict(zip(("transformer", "transformer_2"), [weights] * experts, strict=False))
    vae, text = Sized({"base_dim": 96}, 0.5 * GIB), Sized({}, 10.6 * GIB)
    return Layout(Path(name), parts, vae, text, 0.875, {}, ())


@pytest.mark.parametrize(("name", "billions"), [("1.3B", 2.154), ("14B", 17.338)])
def test_the_parameters_are_counted_as_the_library_builds_them(name: str, billions: float) -> None:
    config = {k: v for k, v in {**COMMON, **SIZES[name]}.items() if not k.startswith("_")}
    with torch.device("meta"):
        built = WanVACETransformer3DModel(**config).num_parameters()
    assert built / 1e9 == pytest.approx(billions, abs=0.001)
    assert published(name).parameters == pytest.approx(built, rel=0.002)


SMALL, LARGE = (480, 832), (720, 1280)
TABLE = [
    # model, experts, GGUF GiB, size, GPU GiB, main memory GiB, the plan
    ("1.3B", 1, 0, SMALL, 6, 32, "stream"),
    ("1.3B", 1, 0, SMALL, 8, 32, "fp8"),
    ("1.3B", 1, 0, SMALL, 12, 32, "gpu"),
    ("14B", 1, 0, SMALL, 12, 64, "stream"),
    ("14B", 1, 0, SMALL, 24, 64, "stream"),
    ("14B", 1, 0, SMALL, 32, 64, "fp8"),
    ("14B", 1, 0, SMALL, 48, 64, "gpu"),
    ("14B", 1, 0, LARGE, 24, 64, "stream"),
    ("14B", 1, 0, LARGE, 48, 64, "fp8"),
    ("14B", 1, 0, LARGE, 80, 64, "gpu"),
    ("14B", 1, 10, SMALL, 24, 64, "gpu"),
    ("14B", 2, 0, SMALL, 48, 128, "offload"),
    ("14B", 2, 0, LARGE, 140, 128, "gpu"),
    ("14B", 2, 10, SMALL, 24, 64, "offload"),
]


@pytest.mark.parametrize(("name", "experts", "gguf", "size", "gpu", "host", "plan"), TABLE)
def test_the_first_plan_that_fits_is_taken(
    name: str, experts: int, gguf: float, size: tuple[int, int], gpu: int, host: int, plan: str
) -> None:
    free = int((gpu - 0.5) * GIB)
    made = plans(needs(published(name, experts, gguf), size, 21, 1, 2), free)
    chosen = choose_plan("auto", made, free, host * GIB)
    assert chosen.name == plan, [str(p) for p in made]
    assert chosen.gpu < free


def test_plans_need_less_and_less_and_the_autoencoder_is_tiled_where_it_has_to() -> None:
    need = needs(published("14B"), LARGE, 21, 1, 2)
    made = plans(need, 24 * GIB)
    assert [plan.name for plan in made] == ["gpu", "offload", "fp8", "stream"]
    assert [plan.gpu for plan in made] == sorted((plan.gpu for plan in made), reverse=True)
    assert not made[0].tiled and all(plan.tiled for plan in plans(need, 8 * GIB))


def test_what_fits_nowhere_is_refused_with_numbers_and_a_remedy() -> None:
    made = plans(needs(published("14B"), LARGE, 21, 1, 2), 8 * GIB)
    with pytest.raises(ModelError, match=r"free are 8\.0 GiB on the GPU") as told:
        choose_plan("auto", made, 8 * GIB, 64 * GIB)
    assert "--size" in told.value.remedy
    with pytest.raises(ModelError) as told:
        choose_plan("auto", plans(needs(published("14B"), SMALL, 21, 1, 2), 24 * GIB), 24 * GIB, 8 * GIB)
    assert "main memory" in told.value.remedy


def test_a_plan_that_is_asked_for_is_taken_and_one_that_there_is_not_refused() -> None:
    made = plans(needs(published("14B", gguf=10), SMALL, 21, 1, 2), 80 * GIB)
    assert choose_plan("stream", made, 80 * GIB, 64 * GIB).name == "stream"
    with pytest.raises(ModelError, match="no memory plan 'fp8'"):
        choose_plan("fp8", made, 80 * GIB, 64 * GIB)


def test_the_estimate_follows_the_frames_size(saved: Path) -> None:
    layout = read_layout(saved)
    small, large = (needs(layout, size, 21, 0, 4) for size in ((32, 48), (64, 96)))
    assert large.window == 4 * small.window and large.frame == 4 * small.frame
    assert needs(layout, (33, 48), 21, 0, 4).window > small.window

"""Regions come from EoMT in its published layout: a tiny one, of random weights, through the real loading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from actanywhere.contract.errors import ModelError
from actanywhere.seeing.protocol import REGIONS
from actanywhere.seeing.regions import EomtRegions, region_of
from tests.seeing.scenes import SIZE, street

transformers = pytest.importorskip("transformers")
pytest.importorskip("scipy")

LABELS = (
    "person",
    "dog",
    "motorcycle",
    "bench",
    "skateboard",
    "sky-other-merged",
    "water-other",
    "pavement-merged",
    "tree-merged",
    "building-other-merged",
)


def tiny(folder: Path, labels: tuple[str, ...] = LABELS) -> Path:
    torch.manual_seed(0)
    config = transformers.EomtConfig(
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_blocks=1,
        image_size=64,
        patch_size=16,
        num_queries=6,
        num_upscale_blocks=1,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    transformers.EomtForUniversalSegmentation(config).save_pretrained(folder)
    return folder


def test_every_pixel_is_shared_out_among_the_regions(tmp_path: Path) -> None:
    found = EomtRegions(tiny(tmp_path / "eomt"), "tiny", "0").of(street())
    assert set(found.shares) == set(REGIONS) and found.source == "tiny"
    total = sum(found.shares.values())
    assert total.shape == SIZE
    np.testing.assert_allclose(total, 1, atol=1e-4)
    assert all(one.kind in ("person", "animal", "vehicle", "thing") for one in found.instances)


def test_the_answer_is_that_of_the_model_itself_asked_by_hand(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "eomt")
    picture = np.full((64, 64, 3), 0.5, np.float32)
    found = EomtRegions(folder, "tiny", "0").of(picture)
    model = transformers.EomtForUniversalSegmentation.from_pretrained(folder).eval()
    given = (
        torch.full((1, 3, 64, 64), 0.5) - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    ) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    with torch.no_grad():
        answer = model(pixel_values=given)
    classes = answer.class_queries_logits.softmax(-1)[0, :, :-1]
    masks = answer.masks_queries_logits.sigmoid()[0]
    sums = torch.einsum("qc,qhw->chw", classes, masks).mean((1, 2))
    sky = float(sums[5] / sums.sum())
    assert float(found.shares["sky"].mean()) == pytest.approx(sky, abs=0.02)


def test_cocos_classes_fall_into_regions_by_their_first_word() -> None:
    told = {
        "wall-brick": "upright",
        "sea": "water",
        "dirt-merged": "ground",
        "car": "vehicle",
        "bench": "thing",
    }
    assert {label: region_of(label) for label in told} == told


def test_a_network_of_other_classes_or_without_its_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="COCO's panoptic ones were expected"):
        EomtRegions(tiny(tmp_path / "other", ("cat", "dog")), "tiny", "0")
    folder = tiny(tmp_path / "cut")
    (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(ModelError, match=r"cut .*EoMT"):
        EomtRegions(folder, "tiny", "0")

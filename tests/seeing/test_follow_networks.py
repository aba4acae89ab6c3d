"""SAM 2.1 and ViTMatte in their published layout: tiny ones, of random weights, through the real loading."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from actanywhere.contract.errors import ModelError
from actanywhere.seeing.follow_sam2 import Sam2Follow
from actanywhere.seeing.matte_edge import VitMatteEdge
from actanywhere.seeing.protocol import Hint
from tests.seeing.scenes import SIZE, body, street, with_body

transformers = pytest.importorskip("transformers")
SIDE = 128


@pytest.fixture(scope="module")
def sam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    backbone = {
        "hidden_size": 16,
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [16, 32, 64, 128],
        "num_attention_heads_per_stage": [1, 2, 4, 8],
        "window_size_per_stage": [8, 4, 8, 4],
        "global_attention_blocks": [3],
        "window_positional_embedding_background_size": [4, 4],
        "image_size": [SIDE, SIDE],
        "model_type": "sam2_hiera_det_model",
    }
    vision = {
        "backbone_config": backbone,
        "backbone_channel_list": [128, 64, 32, 16],
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
        "model_type": "sam2_vision_model",
    }
    config = transformers.Sam2VideoConfig(
        vision_config=vision,
        prompt_encoder_config={"image_size": SIDE, "patch_size": 16},
        image_size=SIDE,
        memory_attention_num_layers=1,
        memory_attention_rope_feat_sizes=[8, 8],
    )
    folder = tmp_path_factory.mktemp("sam")
    transformers.Sam2VideoModel(config).save_pretrained(folder)
    return folder


HINTS = {
    "box": Hint(boxes=((36.0, 32.0, 28.0, 60.0),)),
    "clicks": Hint(points=((50.0, 62.0),), off=((140.0, 60.0),)),
    "rough matte": Hint(goes=body((50, 62))),
    "rough matte and click": Hint(goes=body((50, 62)), points=((50.0, 62.0),)),
}


@pytest.mark.parametrize("kind", HINTS)
def test_a_shot_is_followed_from_each_kind_of_prompt_and_the_same_twice(sam: Path, kind: str) -> None:
    follower = Sam2Follow(sam, "tiny")
    shots = []
    for _ in range(2):
        found = []
        for index in range(3):
            picture = with_body(street(), body((50 + 5 * index, 62)))
            found.append(follower.start(picture, HINTS[kind]) if index == 0 else follower.step(picture))
        shots.append(np.stack([one.mask for one in found]))
        assert shots[-1].shape == (3, *SIZE) and all(0 <= one.sure <= 1 for one in found)
    assert np.array_equal(*shots)


def test_a_rough_matte_is_what_the_first_frame_answers(sam: Path) -> None:
    """SAM 2.1 takes a mask prompt over as it is."""
    mask = Sam2Follow(sam, "tiny").start(street(), HINTS["rough matte"]).mask > 0.5
    true = body((50, 62)) > 0.5
    assert (mask & true).sum() / (mask | true).sum() > 0.85


def test_its_memory_is_let_go_as_the_shot_goes_on(sam: Path) -> None:
    follower = Sam2Follow(sam, "tiny")
    follower.start(street(), HINTS["box"])
    for index in range(24):
        follower.step(street(index))
    session = follower._session
    assert len(session.processed_frames) <= 1
    assert len(session.output_dict_per_obj[0]["non_cond_frame_outputs"]) <= 17


@pytest.mark.parametrize("kind", [Sam2Follow, VitMatteEdge])
def test_half_a_file_is_refused_with_the_command_that_gets_it_again(
    tmp_path: Path, sam: Path, kind: type
) -> None:
    name, whole = (
        ("sam2.1-hiera-tiny", sam) if kind is Sam2Follow else ("vitmatte-small", vitmatte(tmp_path / "whole"))
    )
    (tmp_path / "config.json").write_bytes((whole / "config.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes((whole / "model.safetensors").read_bytes()[:2000])
    with pytest.raises(ModelError) as caught:
        kind(tmp_path, name)
    assert f"actanywhere models pull {name}" in caught.value.remedy


def vitmatte(folder: Path) -> Path:
    torch.manual_seed(0)
    backbone = transformers.VitDetConfig(
        num_channels=4,
        image_size=64,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        pretrain_image_size=64,
        patch_size=16,
        out_features=["stage1"],
    )
    config = transformers.VitMatteConfig(
        backbone_config=backbone, hidden_size=16, fusion_hidden_sizes=[32, 16, 8, 4]
    )
    config.convstream_hidden_sizes = [8, 16, 32]
    transformers.VitMatteForImageMatting(config).save_pretrained(folder)
    return folder


def test_vitmatte_is_asked_inside_the_uncertain_band_alone_and_of_any_size(tmp_path: Path) -> None:
    edge = VitMatteEdge(vitmatte(tmp_path / "vitmatte"), "tiny")
    coarse = cv2.GaussianBlur(body((90, 62)), (0, 0), 1.5)
    alpha = edge.of(street(), coarse, 1.0)
    assert alpha.shape == SIZE and alpha.min() >= 0 and alpha.max() <= 1
    away = cv2.dilate((coarse > 0.05).astype(np.uint8), np.ones((15, 15))) == 0
    inside = cv2.erode((coarse > 0.95).astype(np.uint8), np.ones((13, 13))) > 0
    assert not alpha[away].any() and inside.any() and (alpha[inside] == 1).all()
    assert 0 < alpha[62, 90 + 11] < 1

"""Every role's network is given what it wants and understood as it answers: tiny ones whose right answer is known."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from actanywhere.contract.errors import ModelError
from actanywhere.onnx_runner import open_network
from actanywhere.seeing.components import components
from actanywhere.seeing.depth import NetworkDepth
from actanywhere.seeing.fill_networks import NetworkFill
from actanywhere.seeing.protocol import Hint
from actanywhere.seeing.subjects import RECIPES, NetworkSubjects, probability
from tests.onnx_runner.networks import close_networks
from tests.seeing.networks import brightness_depth, lama_like, migan_like, red_mask
from tests.seeing.scenes import SIZE, body, street, with_body

TWO = np.maximum(body((50, 62), (11, 26)), body((140, 62), (9, 20)))


def overlap(found: np.ndarray, true: np.ndarray) -> float:
    found, true = found > 0.5, true > 0.5
    return float((found & true).sum() / (found | true).sum())


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("logits", [True, False])
def test_a_mask_in_logits_or_probabilities_is_read_alike_whatever_the_picture_is_given_as(
    tmp_path: Path, recipe: str, logits: bool
) -> None:
    way = RECIPES[recipe]
    # The mean of red less that of green is taken back by the bias; all three recipes have one spread a channel here.
    shift = (way.mean[0] / way.std[0] - way.mean[1] / way.std[1]) if recipe == "imagenet" else 0.0
    network = open_network(red_mask(tmp_path / "red.onnx", 96, logits, std=way.std[0]))
    reader = NetworkSubjects(network, "red", recipe)
    mask = reader.mask(with_body(street(), TWO))
    assert overlap(mask, TWO) > (0.8 if shift else 0.85)
    assert mask.max() > 0.99 and np.median(mask) < 0.02


def test_logits_are_squashed_once_and_probabilities_never() -> None:
    logits = np.float32([[-4, 0, 4]])
    np.testing.assert_allclose(probability(logits), [[0.018, 0.5, 0.982]], atol=1e-3)
    sure = np.float32([[0.0, 0.4, 1.0]])
    np.testing.assert_array_equal(probability(sure), sure)
    np.testing.assert_array_equal(probability(np.float32([[-0.0005, 1.0004]])), [[0, 1]])


def test_side_outputs_are_told_from_the_mask(tmp_path: Path) -> None:
    network = open_network(red_mask(tmp_path / "red.onnx", 96, more=2))
    assert overlap(NetworkSubjects(network, "red", "plain").mask(with_body(street(), TWO)), TWO) > 0.85


def test_a_network_of_any_size_is_given_its_own(tmp_path: Path) -> None:
    network = open_network(red_mask(tmp_path / "red.onnx", "any"))
    assert overlap(NetworkSubjects(network, "red", "plain").mask(with_body(street(), TWO)), TWO) > 0.95


def test_those_who_stand_apart_are_found_apart_with_who_says_so(tmp_path: Path) -> None:
    reader = NetworkSubjects(open_network(red_mask(tmp_path / "red.onnx", 128)), "red", "plain")
    large, small = reader.find(with_body(street(), TWO))
    assert large.mask[:, :95].any() and not large.mask[:, 95:].any()
    assert small.mask[:, 95:].any() and not small.mask[:, :95].any()
    assert large.source == "red" and large.score > 0.5 and large.kind == "unknown"
    assert reader.find(street()) == []


def test_a_cable_that_passes_is_not_theirs_and_an_arm_is() -> None:
    mask = np.zeros((300, 500), np.float32)
    cv2.ellipse(mask, (250, 150), (22, 50), 0, 0, 360, 1.0, -1)
    cv2.line(mask, (250, 150), (292, 120), 1.0, 2)
    cv2.line(mask, (0, 180), (499, 170), 1.0, 2)
    (one,) = components(mask)
    assert one.mask[121:127, 284:290].max() == 1 and one.mask[130:172, 245:255].min() == 1
    assert not one.mask[:, 285:][150:].any() and not one.mask[:, :215].any()


def test_a_frame_with_straight_edges_is_a_thing(tmp_path: Path) -> None:
    board = np.zeros(SIZE, np.float32)
    board[20:70, 40:110] = 1
    reader = NetworkSubjects(open_network(red_mask(tmp_path / "red.onnx", 128)), "red", "plain")
    (thing,) = reader.find(with_body(street(), board))
    assert thing.kind == "thing" and thing.score < 0.2


@pytest.mark.parametrize(
    "hint",
    [
        Hint(boxes=((125, 38, 30, 48),)),
        Hint(points=((140, 62),)),
        Hint(goes=cv2.circle(np.zeros(SIZE, np.float32), (140, 60), 3, 1.0, -1)),
    ],
    ids=["box", "point", "scribble"],
)
def test_who_is_pointed_at_is_found_alone(tmp_path: Path, hint: Hint) -> None:
    reader = NetworkSubjects(open_network(red_mask(tmp_path / "red.onnx", 128)), "red", "plain")
    (meant,) = reader.find(with_body(street(), TWO), hint)
    assert overlap(meant.mask, body((140, 62), (9, 20))) > 0.85


def test_depth_is_nearest_where_the_network_says_so_at_the_pictures_size(tmp_path: Path) -> None:
    reader = NetworkDepth(open_network(brightness_depth(tmp_path / "depth.onnx")), "green")
    ramp = np.zeros((60, 90, 3), np.float32)
    ramp[..., 1] = np.linspace(0, 1, 90)
    found = reader.of(ramp)
    assert found.source == "green" and found.inverse.shape == (60, 90)
    np.testing.assert_allclose(found.inverse[30], np.linspace(0, 1, 90), atol=0.02)


@pytest.mark.parametrize("make", [migan_like, partial(lama_like, side=192)])
def test_a_hole_gets_the_networks_colour_and_the_rest_stays(tmp_path: Path, make: object) -> None:
    network = open_network(make(tmp_path / "fill.onnx"))  # type: ignore[operator]
    picture, hole = with_body(street(), TWO), (TWO > 0).astype(np.float32)
    filled = NetworkFill(network, "by hand").behind(picture, hole)
    inside = cv2.erode(hole, np.ones((7, 7))) > 0
    np.testing.assert_allclose(
        filled[inside], np.broadcast_to(np.float32([20, 90, 200]) / 255, (inside.sum(), 3)), atol=0.02
    )
    np.testing.assert_array_equal(filled[hole == 0], picture[hole == 0])


def test_a_large_hole_that_is_painted_small_has_the_grain_of_its_surroundings(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture = (0.5 + rng.normal(0, 0.03, (900, 1300, 3))).astype(np.float32)
    hole = np.zeros((900, 1300), np.float32)
    hole[250:650, 400:900] = 1
    network = open_network(migan_like(tmp_path / "fill.onnx", (128, 128, 128)))
    filled = NetworkFill(network, "by hand").behind(picture, hole)
    fine = filled - cv2.GaussianBlur(filled, (0, 0), 1.0)
    assert 0.8 < fine[300:600, 450:850].std() / fine[:200].std() < 1.2


@pytest.mark.parametrize(
    ("made", "role"),
    [
        (migan_like, lambda network: NetworkSubjects(network, "x", "plain")),
        (migan_like, lambda network: NetworkDepth(network, "x")),
        (red_mask, lambda network: NetworkFill(network, "x")),
    ],
    ids=["subjects", "depth", "fill"],
)
def test_a_network_of_another_kind_is_refused_by_its_path_and_what_it_takes(
    tmp_path: Path, made: object, role: object
) -> None:
    close_networks()  # one of the same content may be open under another name
    network = open_network(made(tmp_path / "other.onnx"))  # type: ignore[operator]
    with pytest.raises(ModelError, match=r"other\.onnx takes .*expected") as refused:
        role(network)  # type: ignore[operator]
    assert "import the right file" in refused.value.remedy

"""Looking at a run: losses on clips that are always the same, and sheets of what it paints."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from actanywhere.engines.unet.model.checkpoint import Model
from actanywhere.models.manifest import check_manifest
from actanywhere.training.batches import BatchPlan
from actanywhere.training.card import Card, Change, describe_folder
from actanywhere.training.curve import REGIONS
from actanywhere.training.examples import ExampleRecipe
from actanywhere.training.held_out import HeldOut, draw_held_out, measure
from actanywhere.training.learner import Learner
from actanywhere.training.samples import paint_example, write_samples
from actanywhere.training.sources import Sources
from actanywhere.training.state import load_state
from actanywhere.training.trainer import Run, TrainerSettings, train
from tests.engines.unet import tiny
from tests.training.tiny import supply

_CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def held() -> Sequence[HeldOut]:
    return draw_held_out(Sources().open("held-out"), BatchPlan(1, 4, 64 * 64, 16), ExampleRecipe(), count=4)


def _model() -> Model:
    return tiny.model(steps=2, guidance=1.0)


def _train(folder: Path, held: Sequence[HeldOut], steps: int, **settings: float) -> int:
    values = TrainerSettings(1e-3, warmup=1, precision="fp32", **settings)  # type: ignore[arg-type]
    card = Card("harbour", "starter", [describe_folder(folder, "3 clips with mattes")], {"rate": 1e-3})
    run = Run(folder, supply, steps, open_held_out=lambda: held, card=card)
    return train(_model(), run, values)


def test_held_out_clips_are_the_same_every_time_and_half_of_them_are_guided(held: Sequence[HeldOut]) -> None:
    again = draw_held_out(Sources().open("held-out"), BatchPlan(1, 4, 64 * 64, 16), ExampleRecipe(), count=4)
    for one, other in zip(held, again, strict=True):
        assert one.name == other.name and one.guided == other.guided
        np.testing.assert_array_equal(one.example.known, other.example.known)
    assert [one.guided for one in held] == [True, False, True, False]
    for one in held:  # with nothing but the subject known, less is known
        assert ((one.example.mask == 0).mean() > 0.3) == one.guided


def test_losses_are_the_same_every_time_and_fall_in_the_region_that_got_better(
    held: Sequence[HeldOut],
) -> None:
    learner = Learner(tiny.model())
    first, again = (measure(learner, held, _CPU) for _ in range(2))
    assert first == again and first.keys() == set(REGIONS)
    assert all(loss > 0 for loss in first.values())

    class Knowing(Learner):
        """Errs nowhere but where the mask says unknown."""

        def error(self, batch: object, timesteps: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
            mask = torch.nn.functional.avg_pool2d(batch.mask[0], 8)  # type: ignore[attr-defined]
            return (mask > 0.98).float()[None].expand_as(noise)

    better = measure(Knowing(tiny.model()), held, _CPU)
    assert better["known"] == 0 and better["unknown"] == 1 and 0 < better["effect"] <= 1


def test_a_run_notes_the_losses_and_paints_a_sheet_in_the_beginning_and_in_the_end(
    held: Sequence[HeldOut], tmp_path: Path
) -> None:
    _train(tmp_path, held, 3)
    with (tmp_path / "curve.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["step"] for row in rows] == ["0", "1", "2", "3"]
    assert [bool(row["unknown"]) for row in rows] == [True, False, False, True]
    sheets = sorted(path.name for path in (tmp_path / "samples").iterdir())
    begun = [f"begun_with_{number}.png" for number in range(4)]
    assert sheets == [*begun, "changed.png", "step_000000.png", "step_000003.png"]
    assert (tmp_path / "curve.png").is_file()


def test_looking_changes_nothing_of_what_is_learned(held: Sequence[HeldOut], tmp_path: Path) -> None:
    _train(tmp_path / "looking", held[:2], 3, look_seconds=0.0)
    _train(tmp_path / "blind", (), 3)
    assert len(list((tmp_path / "looking" / "samples").glob("step_*"))) == 4
    looking, blind = (load_state(tmp_path / one / "state") for one in ("looking", "blind"))
    assert looking is not None and blind is not None
    assert all(looking[0][name].equal(tensor) for name, tensor in blind[0].items())


def test_a_sheet_shows_what_is_known_and_true_and_painted_by_the_recommended_sampling(
    held: Sequence[HeldOut], tmp_path: Path
) -> None:
    model = _model()
    painted = [paint_example(model, held[0]) for _ in range(2)]
    np.testing.assert_array_equal(painted[0], painted[1])
    assert painted[0].shape == held[0].example.video.shape and painted[0].std() > 1
    assert write_samples(tmp_path, model, held, 7, {"known": 0.1}) is None, "nothing to compare with"
    sheet = cv2.imread(str(tmp_path / "step_000007.png"))
    assert sheet is not None
    shown = np.ascontiguousarray(sheet[..., ::-1])
    for picture in (held[0].example.video[0], held[0].example.known[0], painted[0][0]):
        found = cv2.matchTemplate(shown, picture, cv2.TM_SQDIFF_NORMED)
        assert found.min() < 1e-3
    assert sheet.shape[0] < 1200 and sheet.shape[1] < 1200


def test_the_model_has_a_card_that_says_what_it_was_made_from(
    held: Sequence[HeldOut], tmp_path: Path
) -> None:
    (tmp_path / "CREDITS.txt").write_text("Harbour plates by A. Somebody,\nfor in-house use only.")
    began = time.monotonic()
    _train(tmp_path, held, 2)
    minutes = round((time.monotonic() - began) / 60)  # 0, unless the machine is busy
    card = (tmp_path / "model" / "README.md").read_text()
    for words in (
        "# harbour",
        "after 2 steps",
        "the model *starter*",
        "3 clips with mattes",
        "A. Somebody,\n  for in-house use only.",
        "- rate: 0.001",
        "| unknown |",
        "| effect |",
    ):
        assert words in card, words
    told = re.search(r"^- 2 steps in (\d+) min of training time, 1 process at the end\.$", card, re.MULTILINE)
    assert told is not None and int(told[1]) <= minutes
    assert str(tmp_path.parent) not in card
    check_manifest(tmp_path / "model")
    _train(tmp_path, (), 3)
    assert "| unknown |" in (tmp_path / "model" / "README.md").read_text(), "the last look is remembered"


def test_material_without_credits_is_said_to_have_none(tmp_path: Path) -> None:
    text = Card("m", "", [describe_folder(tmp_path, "2 mp4")]).text(1, 4000.0, 2, {}, {}, None)
    assert "no CREDITS.txt" in text and "from nothing" in text and "Not measured yet" in text
    assert "1 h 07 min" in text and "2 processes" in text


def test_a_card_says_what_a_fine_tune_changed_in_figures_and_words() -> None:
    began, now = {"known": 0.02, "unknown": 1.0}, {"known": 0.019999, "unknown": 0.9}
    text = Card().text(40, 60.0, 1, began, now, Change(3.21))
    assert "| unknown | 1.0000 | 0.9000 | -10.0% |" in text and "| known | 0.0200 | 0.0200 | none |" in text
    assert "changed by 3.2 of 255" in text and "changed.png" in text
    text = Card().text(40, 60.0, 1, began, now, Change(0.2))
    assert "changed nothing that can be seen: 0.20 of 255" in text and "--rate" in text


def test_a_run_shows_beside_what_it_began_with_what_it_paints_now(
    held: Sequence[HeldOut], tmp_path: Path
) -> None:
    model = _model()
    assert write_samples(tmp_path, model, held, 0, {}) is None
    unmoved = write_samples(tmp_path, model, held, 5, {})
    assert unmoved is not None and unmoved.codes == 0.0
    with torch.no_grad():
        for parameter in model.denoiser.unet.conv_out.parameters():
            parameter.add_(0.2)
    moved = write_samples(tmp_path, model, held, 6, {})
    assert moved is not None and moved.codes > 1
    ticks: list[int] = []
    write_samples(tmp_path, model, held[:2], 7, {}, lambda: ticks.append(1))
    assert len(ticks) == 2

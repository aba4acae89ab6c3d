"""A network that is here and cannot be run is left out and named, whatever its role; answers are asked for once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest

from actanywhere.contract.errors import ModelError
from actanywhere.models import Found, find_entry
from actanywhere.onnx_runner import Network
from actanywhere.seeing import readers as module
from actanywhere.seeing.cache import Answers
from actanywhere.seeing.other_actor import OtherActor, find_other_actor
from actanywhere.seeing.protocol import Hint, Subject, Subjects
from actanywhere.seeing.readers import Readers
from tests.seeing.networks import brightness_depth, failing, migan_like, red_mask
from tests.seeing.scenes import body, street, with_body
from tests.seeing.test_regions import tiny

ALONE = body((90, 62))
PICTURE = with_body(street(), ALONE)


def found(entry: str, file: Path) -> Found:
    return Found(find_entry(entry), file.parent, (file.name,), None)


def onnx_networks(folder: Path, broken: bool = False) -> dict[str, Found]:
    made = {
        "subjects": found("birefnet-lite", red_mask(folder / "subjects.onnx", "any")),
        "depth": found("depth-anything-v2-small", brightness_depth(folder / "depth.onnx")),
        "fill": found("migan", migan_like(folder / "fill.onnx")),
    }
    if broken:
        for one in made.values():
            failing(one.path)
    return made


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "library").mkdir()
    monkeypatch.setenv("ACTANYWHERE_MODELS", str(tmp_path / "library"))


def everybody(subjects: Subjects | None) -> list[Subject] | None:
    return None if subjects is None else subjects.find(PICTURE)


def test_subjects_that_cannot_be_run_are_left_out_for_the_whole_shot(tmp_path: Path) -> None:
    readers = Readers(onnx_networks(tmp_path, broken=True))
    assert readers.by_subjects(everybody) is None
    assert readers.subjects is None
    assert readers.by_subjects(everybody) is None
    (warning,) = readers.warnings
    assert "subjects.onnx" in warning and "It is left out." in warning and warning.endswith("again.")


@pytest.mark.parametrize(
    "hint", [Hint(boxes=((76, 32, 28, 60),)), Hint(points=((90, 62),)), Hint(goes=ALONE)]
)
def test_a_hint_whose_network_fails_is_followed_by_colour_and_no_command_gets_what_is_here(
    tmp_path: Path, hint: Hint
) -> None:
    readers = Readers(onnx_networks(tmp_path, broken=True))

    def who(subjects: Subjects | None) -> OtherActor:
        return find_other_actor(
            PICTURE, "auto", hint=hint, subjects=subjects, pointed=readers.pointed, failed=readers.failed
        )

    found = readers.by_subjects(who)
    assert found.mask is not None and (found.mask * ALONE).sum() > 0.7 * ALONE.sum()
    (guess,), (fails,) = found.warnings, readers.warnings
    assert "is a guess by colour" in guess and "the one that is here failed" in guess
    assert "subjects.onnx" in fails and "pull" not in guess


def test_depth_that_cannot_be_run_is_left_out_for_the_whole_shot(tmp_path: Path) -> None:
    readers = Readers(onnx_networks(tmp_path, broken=True))
    assert readers.depth_of(PICTURE) is None
    assert readers.depth_of(PICTURE) is None
    (warning,) = readers.warnings
    assert "depth.onnx" in warning and "It is left out." in warning


def test_a_fill_that_cannot_be_run_gives_way_to_the_shift_map(tmp_path: Path) -> None:
    readers = Readers(onnx_networks(tmp_path, broken=True))
    assert readers.fill.name == "migan"
    filled = readers.fill.behind(PICTURE, ALONE)
    assert readers.fill.name == "shift map"
    np.testing.assert_array_equal(filled, Readers().fill.behind(PICTURE, ALONE))
    (warning,) = readers.warnings
    assert "fill.onnx" in warning and "It is left out." in warning


def test_regions_that_run_out_of_memory_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scipy")
    transformers = pytest.importorskip("transformers")
    folder = tiny(tmp_path / "eomt")
    readers = Readers({"regions": Found(find_entry("eomt-coco-small"), folder, ("model.safetensors",), None)})
    assert readers.regions_of(PICTURE) is not None

    def full(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(transformers.EomtForUniversalSegmentation, "forward", full)
    assert readers.regions_of(PICTURE) is None
    assert readers.regions_of(PICTURE) is None
    assert readers.warnings == [
        "eomt-coco-small cannot be run: CUDA out of memory. Tried to allocate 2.00 GiB. It is left out. "
        "Close other applications, or give a smaller picture."
    ]


def test_regions_without_room_are_left_out_and_without_room_on_the_card_run_on_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("scipy")
    torch = pytest.importorskip("torch")
    found = Found(find_entry("eomt-coco-small"), tiny(tmp_path / "eomt"), ("model.safetensors",), None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("actanywhere.models.memory.free_card_memory", lambda: 1e9)
    readers = Readers({"regions": found})
    assert readers.regions_of(PICTURE) is not None
    assert readers.warnings == [
        "eomt-coco-small needs about 1.5 GB of the graphics card's memory, and 1.0 GB are free. It runs on the "
        "processor. Close other applications on this card."
    ]
    monkeypatch.setattr("actanywhere.models.memory.free_memory", lambda: 0.7e9)
    readers = Readers({"regions": found})
    assert readers.regions_of(PICTURE) is None
    assert readers.warnings[0].startswith(
        "eomt-coco-small needs about 1.5 GB of memory, and 0.7 GB are free. It is"
    )


def test_a_network_that_needs_more_memory_than_is_free_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actanywhere.models.memory.free_memory", lambda: 0.7e9)
    readers = Readers(onnx_networks(tmp_path))
    assert readers.by_subjects(everybody) is None and readers.depth_of(PICTURE) is None
    assert readers.warnings[0] == (
        "birefnet-lite needs about 3 GB of memory, and 0.7 GB are free. It is left out. Close other applications, "
        "or render on a machine with more memory."
    )
    readers.fill.behind(PICTURE, ALONE)
    assert readers.fill.name == "migan", "half a GB is enough for it"


@pytest.mark.parametrize(("free", "where"), [(0.7e9, "cpu"), (8e9, "auto"), (None, "auto")])
def test_a_network_that_the_card_has_no_room_for_runs_on_the_processor_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float | None, where: str
) -> None:
    monkeypatch.setattr(module, "providers_here", lambda: ("cuda", "cpu"))
    monkeypatch.setattr("actanywhere.models.memory.free_card_memory", lambda: free)
    opened, asked = module.open_network, []

    def recorded(path: Path, *, provider: str) -> Network:
        asked.append(provider)
        return opened(path, provider=provider)

    monkeypatch.setattr(module, "open_network", recorded)
    readers = Readers(onnx_networks(tmp_path))
    assert readers.by_subjects(everybody) and asked == [where]
    assert readers.warnings == [
        "birefnet-lite needs about 3 GB of the graphics card's memory, and 0.7 GB are free. It runs on the processor. "
        "Close other applications on this card."
    ] * (where == "cpu")


def test_what_was_answered_once_needs_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    networks, answers = onnx_networks(tmp_path), Answers(tmp_path / "answers")

    def ask() -> list[np.ndarray]:
        readers = Readers(networks, answers)
        people, depth = readers.by_subjects(everybody), readers.depth_of(PICTURE)
        assert people and depth is not None and readers.warnings == []
        return [people[0].mask, depth.inverse, readers.fill.behind(PICTURE, ALONE)]

    before = ask()
    monkeypatch.setattr("actanywhere.models.memory.free_memory", lambda: 0.1e9)
    for one, other in zip(before, ask(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of the networks that were run, in their order."""
    asked: list[str] = []
    run = Network.run

    def counted(self: Network, *words: object, **named: object) -> object:
        asked.append(Path(self.facts.path).name)
        return run(self, *words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Network, "run", counted)
    return asked


def test_a_second_render_asks_no_network_again(tmp_path: Path, runs: list[str]) -> None:
    networks = onnx_networks(tmp_path)
    hint = Hint(points=((90.0, 62.0),))

    def answers(readers: Readers) -> list[np.ndarray]:
        subjects = readers.subjects
        assert subjects is not None
        people = [*subjects.find(PICTURE), *subjects.find(PICTURE, hint)]
        depth, filled = readers.depth_of(PICTURE), readers.fill.behind(PICTURE, ALONE)
        assert depth is not None
        assert [(one.source, one.kind) for one in people] == 2 * [("birefnet-lite", "unknown")]
        return [
            *(one.mask for one in people),
            np.float32([one.score for one in people]),
            depth.inverse,
            filled,
        ]

    first = answers(Readers(networks, Answers(tmp_path / "answers")))
    assert set(runs) == {"subjects.onnx", "depth.onnx", "fill.onnx"}
    runs.clear()
    second = answers(Readers(networks, Answers(tmp_path / "answers")))
    assert runs == []
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_hint_or_picture_is_asked_anew(tmp_path: Path, runs: list[str]) -> None:
    readers = Readers(onnx_networks(tmp_path), Answers(tmp_path / "answers"))
    assert readers.subjects is not None
    for hint in (
        Hint(points=((90.0, 62.0),)),
        Hint(points=((91.0, 62.0),)),
        Hint(goes=ALONE),
        Hint(goes=1 - ALONE),
    ):
        before = len(runs)
        readers.subjects.find(PICTURE, hint)
        assert len(runs) > before
    before = len(runs)
    readers.subjects.find(cv2.flip(PICTURE, 1))
    assert len(runs) > before


def test_regions_are_kept_with_who_is_in_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scipy")
    transformers = pytest.importorskip("transformers")
    monkeypatch.setattr("actanywhere.seeing.regions._LEAST", 0.0)
    folder = tiny(tmp_path / "eomt")
    networks = {"regions": Found(find_entry("eomt-coco-small"), folder, ("model.safetensors",), None)}
    first = Readers(networks, Answers(tmp_path / "answers")).regions_of(PICTURE)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was asked again")

    monkeypatch.setattr(transformers.EomtForUniversalSegmentation, "forward", never)
    second = Readers(networks, Answers(tmp_path / "answers")).regions_of(PICTURE)
    assert first is not None and second is not None and first.instances
    for name, share in first.shares.items():
        np.testing.assert_array_equal(share, second.shares[name])
    for one, other in zip(first.instances, second.instances, strict=True):
        assert (one.source, one.kind, one.score) == (other.source, other.kind, other.score)
        np.testing.assert_array_equal(one.mask, other.mask)


def test_a_mask_that_an_artist_asked_for_is_an_error_without_its_network(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"subjects\.onnx"):
        Readers(onnx_networks(tmp_path, broken=True)).mask_of(PICTURE)


def test_who_asks_for_what_another_thread_works_out_waits_for_that_answer(tmp_path: Path) -> None:
    answers, calls, begun, go_on = Answers(tmp_path / "kept"), [], Event(), Event()

    def slow() -> dict[str, np.ndarray]:
        calls.append("asked")
        begun.set()
        assert go_on.wait(10)
        return {"mask": np.full((2, 2), 0.5, np.float32)}

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(answers.get, PICTURE, "who", slow)
        assert begun.wait(10)
        second = pool.submit(answers.get, PICTURE, "who", slow)
        other = answers.get(PICTURE, "where", lambda: {"mask": np.ones((2, 2), np.float32)})
        go_on.set()
    assert calls == ["asked"] and other["mask"].min() == 1
    assert np.array_equal(first.result()["mask"], second.result()["mask"])

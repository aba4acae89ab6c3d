"""The second pass in tiles, over an engine whose answers are known by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from actanywhere.contract.errors import Cancelled
from actanywhere.engines.protocol import EngineFacts, EngineRequest, FrameConditioning, Painted, Watch, Window
from actanywhere.engines.tiled import Tiled, tile_spans

SIZE = (192, 320)


class Brush:
    """An engine that fills the unknown with the mean of what is known, and lightens what it begins from."""

    facts = EngineFacts("brush", window=None, area=128 * 208, multiple=2, invents=True)

    def __init__(self) -> None:
        self.opened: list[EngineRequest] = []
        self.seen: list[FrameConditioning] = []

    def digest(self) -> str:
        return "brush"

    def check(self, settings: Mapping[str, object], frames: int, size: tuple[int, int]) -> Sequence[str]:
        return [f"brush at {size[1]}x{size[0]}"]

    def open(self, request: EngineRequest) -> Brush.Painter:
        self.opened.append(request)
        return self.Painter(self, request)

    class Painter:
        steps = 10

        def __init__(self, engine: Brush, request: EngineRequest) -> None:
            self.engine = engine
            self.request = request

        def paint(self, frames: Any, window: Window, before: Painted | None, watch: Watch) -> Painted:
            begins = "strength" in self.request.settings
            pictures, shown = [], []
            for index in range(len(window)):
                frame = frames[index]
                self.engine.seen.append(frame)
                hole = frame.mask[..., None] > 0
                filling = frame.prefill + 0.05 if begins else frame.masked[frame.mask == 0].mean()
                pictures.append(np.where(hole, filling, frame.masked))
                shown.append(frame.mask)
                watch.step(10)
                watch.check()
            return Painted(np.stack(pictures).astype(np.float32), {}, np.stack(shown))


class Frames(Sequence[FrameConditioning]):
    def __init__(self, unknown_from: int) -> None:
        self.unknown_from = unknown_from

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> FrameConditioning:  # type: ignore[override]
        place = np.random.default_rng(index).uniform(0.3, 0.5, (*SIZE, 3)).astype(np.float32)
        mask = np.zeros(SIZE, np.float32)
        mask[:, self.unknown_from :] = 1
        masked = np.where(mask[..., None] > 0, np.float32(0.5), place)
        return FrameConditioning(index, masked, mask, masked, np.zeros_like(mask), place, 1 - mask)


def request(scratch: Path, said: list[str] | None = None) -> EngineRequest:
    condition = np.zeros((8, 8, 3), np.float32)
    say = (said if said is not None else []).append
    return EngineRequest(condition, {"seed": 3}, 3, SIZE, True, scratch, say)


def test_a_first_pass_at_its_own_size_and_tiles_where_it_painted(tmp_path: Path) -> None:
    brush, frames = Brush(), Frames(200)
    out = (
        Tiled(brush, SIZE[0] * SIZE[1], 128 * 208)
        .open(request(tmp_path))
        .paint(frames, Window(0, 3, 0), None, Watch())
    )
    assert out.pictures.shape == (3, *SIZE, 3) and out.shown is not None
    first, *tiles = brush.opened
    assert first.size == (126, 210) and "strength" not in first.settings
    assert {tile.size for tile in tiles} == {(126, 210)} and all(t.settings["strength"] == 0.4 for t in tiles)
    assert (out.pictures[1][:, :150] == frames[1].place[:, :150]).all()
    # The first pass fills with the mean of what is known; each tile lightens by 0.05, the whole by that once.
    np.testing.assert_allclose(out.pictures[1][:, 240:], 0.45, atol=0.01)


def test_a_finished_neighbours_rim_is_known_to_the_next_tile(tmp_path: Path) -> None:
    brush = Brush()
    Tiled(brush, SIZE[0] * SIZE[1], 128 * 208).open(request(tmp_path)).paint(
        Frames(0 + 60), Window(0, 3, 0), None, Watch()
    )
    right = next(
        f
        for f in brush.seen[3:]
        if f.mask.shape == (126, 210) and f.mask[:, 40:].all() and not f.mask[:, 0].any()
    )
    assert not right.mask[:, :32].any() and right.mask[:, 32:].all()
    assert (right.masked[:, :32] != 0.5).any()


def test_where_little_was_painted_there_is_no_second_pass(tmp_path: Path) -> None:
    brush, said = Brush(), []
    out = (
        Tiled(brush, SIZE[0] * SIZE[1], 128 * 208)
        .open(request(tmp_path, said))
        .paint(Frames(316), Window(0, 3, 0), None, Watch())
    )
    assert len(brush.opened) == 1 and out.pictures.shape[1:3] == (126, 210)
    assert said == ["little was painted: no second pass"]


def test_a_stopped_second_pass_goes_on_with_the_tile_that_it_was_at(tmp_path: Path) -> None:
    frames, window = Frames(100), Window(0, 3, 0)
    whole = (
        Tiled(Brush(), SIZE[0] * SIZE[1], 128 * 208)
        .open(request(tmp_path / "a"))
        .paint(frames, window, None, Watch())
    )
    brush, heard = Brush(), []
    stop = Watch(heard.append, lambda: len(brush.opened) == 4)
    with pytest.raises(Cancelled):
        Tiled(brush, SIZE[0] * SIZE[1], 128 * 208).open(request(tmp_path / "b")).paint(
            frames, window, None, stop
        )
    again = Brush()
    out = (
        Tiled(again, SIZE[0] * SIZE[1], 128 * 208)
        .open(request(tmp_path / "b"))
        .paint(frames, window, None, Watch())
    )
    # The first pass, and the four of six tiles that were not finished.
    assert len(again.opened) == 1 + 4
    assert (out.pictures == whole.pictures).all()


@pytest.mark.parametrize(("length", "side"), [(1080, 480), (1920, 832), (832, 832), (2160, 720), (900, 832)])
def test_tiles_hold_the_whole_length_and_share_what_they_should(length: int, side: int) -> None:
    spans = tile_spans(length, side)
    assert spans[0].start == 0 and spans[-1].stop == length
    assert all(a.stop - b.start >= 64 for a, b in pairwise(spans))


def test_dry_run_names_the_tiles() -> None:
    told = Tiled(Brush(), SIZE[0] * SIZE[1], 128 * 208).check({}, 3, SIZE)
    assert told == ["brush at 210x126", "second pass: up to 6 tiles of 210x126, where much was painted"]

"""What a host shows of networks, and how it gets them: in the engine's own process, with progress, to be stopped."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actanywhere import cli
from actanywhere.contract.errors import Cancelled, ModelError
from actanywhere.hostkit.engine import Engine
from actanywhere.hostkit.networks import (
    list_step,
    networks_row,
    pull_error,
    pull_step,
    read_networks,
    still_to_get,
)
from actanywhere.hostkit.session import Session
from tests.models import tiny
from tests.models.hub import Hub, running_hub

ENGINE = Engine(sys.executable, "Choose another engine.")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def test_the_row_says_how_many_of_the_recommended_networks_are_here(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["models", "list", "--json"])
    networks = read_networks(["a library prints this", *capsys.readouterr().out.splitlines()])
    assert networks_row(networks) == "Networks: 0 of 4 are here; the others take 0.36 GB"
    file = tmp_path / "data/actanywhere/models/depth-anything-v2-small" / tiny.DEPTH_FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(tiny.one_picture(tmp_path))
    cli.main(["models", "list", "--json"])
    networks = read_networks(capsys.readouterr().out.splitlines())
    assert networks_row(networks) == "Networks: 1 of 4 are here; the others take 0.31 GB"
    assert [one.name for one in still_to_get(networks)] == ["birefnet-lite", "eomt-coco-small", "migan"]
    (vace,) = [one for one in networks if one.name == "vace-14b"]
    assert str(vace).endswith("(75.00 GB, Apache-2.0)") and vace.gpu == 16


def test_networks_are_got_with_progress_and_what_could_not_be_had_is_told(hub: Hub, tmp_path: Path) -> None:
    content = tiny.weights(3_000_000)
    hub.repositories["tue-mps/coco_panoptic_eomt_small_640_2x"] = {
        "config.json": tiny.configuration(model_type="eomt"),
        "model.safetensors": content,
    }
    session = Session([], before=[pull_step(ENGINE, ["eomt-coco-small", "migan"]), list_step(ENGINE)])
    heard: list[tuple[str, float]] = []
    session.run(lambda now: heard.append((now.text, now.fraction)))
    assert any(
        text.startswith("Getting networks: eomt-coco-small: Downloading 12 of 12 MB") for text, _ in heard
    )
    assert [share for _, share in heard] == sorted(share for _, share in heard)
    error = pull_error(session.lines)
    assert isinstance(error, ModelError) and "andraniksargsyan/migan" in error.message and error.remedy
    states = {one.name: one.state for one in read_networks(session.lines)}
    assert states["eomt-coco-small"] == "here" and states["migan"] == "absent"


def test_getting_them_can_be_stopped_and_nothing_is_left_running(hub: Hub) -> None:
    hub.repositories[tiny.VITMATTE] = tiny.vitmatte() | {"model.safetensors": tiny.weights(1_000_000)}
    hub.stall_after["model.safetensors"] = 2_000_000
    session = Session([], before=[pull_step(ENGINE, ["vitmatte-small"])])
    until = time.monotonic() + 40
    while not hub.bytes_from("model.safetensors") and time.monotonic() < until:
        session.step(0.1)
    session.cancel()
    while not session.over:
        session.step(0.1)
    assert isinstance(session.error, Cancelled)


def test_an_engine_without_networks_has_none_to_show() -> None:
    assert (
        read_networks(["usage: actanywhere", "error: invalid choice: 'models'", json.dumps({"event": "x"})])
        == []
    )
    assert pull_error([]) is None

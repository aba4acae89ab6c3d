"""A machine without models, a hub beside it, and the command line as an artist has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from actanywhere import cli
from tests.models.hub import Hub, running_hub

Run = Callable[..., tuple[int, list[dict[str, Any]]]]
CORE = Path(__file__).resolve().parents[2] / "core"


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The artist's own library, empty; nothing of the machine's own is seen."""
    for name in list(os.environ):
        if name.startswith("HF_") or name == "ACTANYWHERE_MODELS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "data/actanywhere/models"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub that HF_ENDPOINT names; huggingface_hub, which reads its variables but once, is told in this process."""
    template = "/{repo_id}/resolve/{revision}/{filename}"
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf/hub"))
        yield hub


def start(*words: str) -> subprocess.Popen[str]:
    """``actanywhere models ... --json``, in a process of its own."""
    command = [sys.executable, "-m", "actanywhere", "models", *words, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(CORE)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def alone(*words: str) -> tuple[int, list[dict[str, Any]]]:
    """The same to its end: exit status and events; anything on stderr is a failure."""
    process = start(*words)
    out, err = process.communicate(timeout=60)
    assert err == ""
    return process.returncode, [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The same in this process, which is quicker."""

    def models(*words: str) -> tuple[int, list[dict[str, Any]]]:
        capsys.readouterr()
        status = cli.main(["models", *words, "--json"])
        out, err = capsys.readouterr()
        assert err == ""
        return status, [json.loads(line) for line in out.splitlines()]

    return models


def of_kind(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The events of one kind."""
    return [event for event in events if event["event"] == kind]


def the_error(events: list[dict[str, Any]]) -> dict[str, str]:
    """The one error among the events."""
    (event,) = of_kind(events, "error")
    error: dict[str, str] = event["error"]
    return error

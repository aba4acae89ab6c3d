"""The row of networks in Blender's preferences: what is here, and getting it where Blender may go online."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blender.conftest import Blender
from tests.models import tiny
from tests.models.hub import running_hub


def test_networks_are_got_where_blender_may_go_online_and_never_else(
    blender: Blender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, folder in (("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache"), ("HF_HOME", "hf")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    with running_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.repositories[tiny.DEPTH] = {tiny.DEPTH_FILE: tiny.one_picture(tmp_path)}
        facts = blender.play("networks")
        first_asked = hub.asked[0][1] if hub.asked else ""
    offline, online = facts["offline"], facts["online"]
    assert offline["said"] == ["CANCELLED"] and "may not go online" in offline["error"]
    assert "ACTANYWHERE_MODELS" in offline["remedy"] and offline["here"] == []
    assert offline["drawn"][0].startswith("Networks: 0 of 4 are here")
    assert ["actanywhere.networks_get", False] in offline["drawn"]
    assert first_asked.startswith("/api/models/senty-au/"), (
        "asked by the second scene alone, in the set's order"
    )
    assert online["here"] == ["depth-anything-v2-small"]
    assert "BiRefNet" in online["error"] and online["remedy"], "what could not be had is told"
    assert online["drawn"][0].startswith("Networks: 1 of 4 are here")
    assert ["actanywhere.networks_get", True] in online["drawn"]

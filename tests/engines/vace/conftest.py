from __future__ import annotations

from pathlib import Path

import pytest

from . import tiny_vace


@pytest.fixture(autouse=True)
def prompts_of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Encoded prompts are kept in the test's own folder, not in the user's."""
    monkeypatch.setenv("ACTANYWHERE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny VACE model as diffusers saves it; not to be changed."""
    return tiny_vace.save(tiny_vace.pipeline(), tmp_path_factory.mktemp("vace") / "tiny-vace")

"""The tiny network, and shots for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.render.stage import Staged, stage_shot, tiny_model


@pytest.fixture(scope="session")
def model() -> Path:
    """The folder of a network that renders in a second."""
    return tiny_model()


@pytest.fixture
def shot(tmp_path: Path) -> Staged:
    """Six linear EXR frames under a locked camera."""
    return stage_shot(tmp_path / "shot")

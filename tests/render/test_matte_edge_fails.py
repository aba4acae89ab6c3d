"""A matte goes on where the network for its edge cannot be loaded or run, and tells with which frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.render.test_matte import FRAMES, alpha, library, made, overlap, shot, walk
from tests.seeing.test_follow_networks import transformers, vitmatte

__all__ = ["library", "shot"]
BOX = ("--box", "36,32,28,60")


def whole(shot: Path) -> bool:
    return all(overlap(alpha(shot, 1001 + index), walk(index)) > 0.9 for index in range(FRAMES))


def test_one_that_cannot_be_loaded_is_left_out(
    shot: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = vitmatte(library / "vitmatte-small") / "model.safetensors"
    file.write_bytes(file.read_bytes()[:2000])
    assert made(shot, *BOX) == 0
    said = capsys.readouterr().err
    assert (
        "vitmatte-small" in said
        and "The guided filter draws the edge instead" in said
        and "models pull" in said
    )
    assert whole(shot)


def test_one_that_runs_out_of_memory_is_left_out_from_that_frame_on(
    shot: Path, library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    vitmatte(library / "vitmatte-small")
    kind, asked = transformers.VitMatteForImageMatting, []
    forward = kind.forward

    def full(self: Any, *words: Any, **named: Any) -> Any:
        asked.append(1)
        if len(asked) > 3:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return forward(self, *words, **named)

    monkeypatch.setattr(kind, "forward", full)
    assert made(shot, *BOX) == 0
    assert len(asked) == 4, "and it is not tried again"
    said = " ".join(capsys.readouterr().err.split())
    assert "out of memory" in said and "The guided filter draws the edge instead in frames 1004-1007" in said
    assert all(np.isfinite(alpha(shot, 1001 + index)).all() for index in range(FRAMES))

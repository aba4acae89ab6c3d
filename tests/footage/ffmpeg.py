"""Movies of FFmpeg's own command, a writer that is not ours; without it, tests skip by name."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

FFMPEG = shutil.which("ffmpeg")

needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="the command ffmpeg is not here")


def ffmpeg(
    path: Path,
    *words: str,
    rate: str = "25",
    frames: int = 6,
    size: str = "64x48",
    inputs: Sequence[str] = (),
) -> Path:
    """A movie of the test pattern, and of more ``inputs``; ``words`` are output options."""
    made = f"testsrc=size={size}:rate={rate}"
    command = [str(FFMPEG), "-v", "error", "-y", "-f", "lavfi", "-i", made, *inputs, "-frames:v", str(frames)]
    subprocess.run([*command, *words, str(path)], check=True, capture_output=True, timeout=60)
    return path

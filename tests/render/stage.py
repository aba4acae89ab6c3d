"""A small shot whose camera, matte and colours are known, and a tiny network that renders it in a second."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenImageIO as oiio

from actanywhere.contract.job import Job, Progress, Result
from actanywhere.contract.settings import Settings
from actanywhere.contract.shot import Condition, ImageSequence, Matte, Shot
from actanywhere.footage.spaces import CHROMATICITIES
from tests.footage.pictures import write_still

CORE = Path(__file__).resolve().parents[2] / "core"
HEIGHT, WIDTH = 64, 96
MARGIN = 48
ACES = {"chromaticities": ("float[8]", CHROMATICITIES["acescg"])}

#: Settings that suit the tiny network: its window is 4 frames.
SETTINGS = Settings(camera="still", overlap=1, precision="fp32", device="cpu", seed=3)


_built: Path | None = None


def tiny_model() -> Path:
    """The tiny network's folder, built once a run."""
    global _built
    if _built is None:
        _built = build_tiny_model(Path(tempfile.mkdtemp(prefix="actanywhere-tiny-")))
        atexit.register(shutil.rmtree, _built, ignore_errors=True)
    return _built


def build_tiny_model(folder: Path) -> Path:
    """An untrained network in ``folder``; what is known of a frame it keeps almost as it is."""
    import torch

    from actanywhere.engines.unet.model.autoencoder import PatchAutoencoder, patches_of
    from actanywhere.engines.unet.model.checkpoint import create_model, save_model
    from actanywhere.engines.unet.model.configuration import starter

    torch.manual_seed(7)
    autoencoder = PatchAutoencoder(latent_channels=4, width=16)
    rng = np.random.default_rng(1)
    pictures = np.stack([texture(rng, 64, 64, 12.0) for _ in range(8)]) * 2 - 1
    autoencoder.fit_linear(patches_of(torch.from_numpy(np.moveaxis(pictures, -1, 1)).float()))
    torch.nn.init.zeros_(autoencoder.residual[-2].weight)
    torch.nn.init.zeros_(autoencoder.residual[-2].bias)
    encoder = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 16,
        "projection_dim": 32,
    }
    configuration = starter(
        (0.01,) * 4,
        (0.5,) * 4,
        name="tiny",
        area=64 * 64,
        side_multiple=16,
        frames=4,
        channels=(32, 64),
        attention=(False, True),
        heads=2,
        cross_attention_dim=32,
        image_encoder=encoder,
        steps=2,
        preview_steps=1,
        assisted=False,
    )
    save_model(create_model(configuration, autoencoder), folder)
    return folder


def texture(rng: np.random.Generator, height: int, width: int, smooth: float = 0.0) -> np.ndarray:
    """(height, width, 3) display picture with features everywhere; ``smooth`` pixels wide or wider."""
    noise = rng.standard_normal((height, width, 3)).astype(np.float32)
    scales = (smooth,) if smooth else (1.2, 4.0, 12.0)
    layers = [cv2.GaussianBlur(noise, (0, 0), scale) * scale for scale in scales]
    return np.clip(0.45 + 0.35 * np.sum(layers, axis=0) / len(layers), 0.02, 0.98).astype(np.float32)


def disc(x: float, y: float, radius: float, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """(height, width) matte of a disc: exactly 1 inside, a soft edge three pixels wide."""
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot(columns - x, rows - y)
    return np.clip((radius + 1.5 - distance) / 3.0, 0, 1).astype(np.float32)


@dataclass(frozen=True)
class Staged:
    """The files of a shot, and what was put into them."""

    shot: Shot
    folder: Path
    plates: dict[int, np.ndarray]
    mattes: dict[int, np.ndarray]

    def job(self, model: Path | str, output: str = "out", **settings: Any) -> Job:
        """A job that renders it into ``folder / output``."""
        chosen = replace(SETTINGS, model=str(model), **settings)
        return Job(self.shot, str(self.folder / output), chosen)


def stage_shot(
    folder: Path,
    frames: int = 6,
    pan: tuple[float, float] = (0.0, 0.0),
    kind: str = "exr",
    background: np.ndarray | None = None,
    condition: np.ndarray | None = None,
    actor: tuple[float, float, float] = (24.0, 36.0, 12.0),
    **still: Any,
) -> Staged:
    """``frames`` frames from 1001 with an actor's disc over a texture that moves by ``pan`` pixels a frame.

    An ``exr`` plate is half, linear, tagged ACEScg, with values above 1; a ``png`` plate is sRGB.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    if background is None:
        background = texture(rng, HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN)
    plates, mattes = {}, {}
    for index, frame in enumerate(range(1001, 1001 + frames)):
        shift = np.float32([[1, 0, pan[0] * index - MARGIN], [0, 1, pan[1] * index - MARGIN]])
        plate = cv2.warpAffine(background, shift, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
        matte = disc(actor[0] + index, actor[1], actor[2])
        skin = np.float32([0.8, 0.3, 0.2]) * (0.5 + 0.5 * texture(rng, HEIGHT, WIDTH))
        plate = np.clip(plate + matte[..., None] * (skin - plate), 0, 1)
        if kind == "exr":
            plate = np.float32(np.float16(plate**2.2 * 2.0))
            still = {"attributes": ACES, **still}
        plates[frame] = write_plate(folder / f"plate.{frame}.{kind}", plate, **still)
        mattes[frame] = write_matte(folder / f"matte.{frame}.png", matte)
    place = texture(np.random.default_rng(9), 80, 120, 6.0) if condition is None else condition
    write_still(folder / "place.png", place, "uint16")
    shot = Shot(
        "shot",
        ImageSequence(str(folder / f"plate.####.{kind}")),
        Matte(str(folder / "matte.####.png")),
        Condition(str(folder / "place.png"), kind="background"),
    )
    return Staged(shot, folder, plates, mattes)


def write_plate(path: Path, pixels: np.ndarray, **still: Any) -> np.ndarray:
    """Writes a frame and gives what a reader finds in it."""
    write_still(path, pixels, "half" if path.suffix == ".exr" else "uint16", **still)
    return pixels if path.suffix == ".exr" else np.float32(np.round(pixels * 65535) / 65535)


def write_matte(path: Path, matte: np.ndarray) -> np.ndarray:
    """Writes a matte and gives what a reader finds in it."""
    write_still(path, matte[..., None], "uint8" if path.suffix == ".png" else "half")
    return np.float32(np.round(matte * 255) / 255) if path.suffix == ".png" else matte


def render(
    job: Job,
    report: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Result:
    """Render in this process; the model stays loaded from test to test."""
    from actanywhere.engines.find import Engines
    from actanywhere.render import render as rendering

    if not _ENGINES:
        _ENGINES.append(Engines())
    return rendering.render(job, report, cancelled, _ENGINES[0])


_ENGINES: list[Any] = []


def read_layer(path: Path | str) -> tuple[oiio.ImageSpec, dict[str, np.ndarray]]:
    """The header of an EXR and its channels by name, (H, W) as stored."""
    file = oiio.ImageInput.open(str(path))
    assert file is not None, oiio.geterror()
    spec = file.spec()
    pixels = file.read_image(0, 0, 0, spec.nchannels, "half")
    file.close()
    return spec, {name: pixels[..., i] for i, name in enumerate(spec.channelnames)}


def background_of(path: Path | str, layer: str = "generated_bg") -> np.ndarray:
    """(H, W, 3) float32, the layer's background."""
    channels = read_layer(path)[1]
    return np.dstack([channels[f"{layer}.{one}"] for one in "RGB"]).astype(np.float32)


def frames_of(output: Path | str) -> list[str]:
    """Names of the layer's frames in a folder."""
    return sorted(path.name for path in Path(output).glob("*.exr"))


def pixels_of(output: Path | str) -> dict[str, bytes]:
    """Every finished frame of a layer as the bytes of its channels; a killed writer's leavings are hidden files."""
    return {
        path.name: b"".join(one.tobytes() for one in read_layer(path)[1].values())
        for path in sorted(Path(output).glob("[!.]*.exr"))
    }


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    status: int
    events: list[dict[str, Any]]
    errors: str

    @property
    def error(self) -> dict[str, Any]:
        """The error that it ended with."""
        found = [event["error"] for event in self.events if event["event"] == "error"]
        assert found, (self.status, self.events, self.errors)
        return dict(found[-1])

    @property
    def stages(self) -> set[str]:
        """What was done, as it was told."""
        return {event["progress"]["stage"] for event in self.events if event["event"] == "progress"}


def environment(*before: Path | str) -> dict[str, str]:
    """The environment of a command; ``before`` stands in front of the package on Python's path."""
    path = os.pathsep.join([*map(str, before), str(CORE)])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "ACTANYWHERE_PYTHON": sys.executable}


def command(job: Job, *flags: str) -> list[str]:
    """The command that renders a job, progress as JSON lines."""
    path = Path(tempfile.mkstemp(".json", "job_", Path(job.shot.plate.path).parent)[1])
    path.write_text(job.to_json())
    return [sys.executable, "-m", "actanywhere", "render", "--job", str(path), "--json", *flags]


def run_command(words: list[str], *before: Path | str) -> Said:
    """Run a command to its end."""
    done = subprocess.run(
        words, env=environment(*before), capture_output=True, text=True, timeout=100, check=False
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return Said(done.returncode, events, done.stderr)

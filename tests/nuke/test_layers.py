"""The layer's EXR, read back by readers that share no code with its writer: OpenImageIO with Nuke's published naming
rules, Blender's compositor, and the plug-in's own look at the header."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from actanywhere.contract.shot import ImageSequence
from actanywhere.footage import open_plate
from tests.blender.environments import VERSIONS, python_of
from tests.layers import write_layer_frame
from tests.nuke.shot import ABOVE, FIRST, HEIGHT, SIDE, WIDTH, plate_at, read_exr, write_exr, write_shot
from tests.nuke_standin.naming import name_in_file, name_in_nuke


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A frame as the engine writes it, over a plate with overscan."""
    write_shot(tmp_path)
    return write_layer(tmp_path / "footage" / "plate.####.exr", tmp_path)


def write_layer(pattern: Path, folder: Path) -> Path:
    """The plate as comp and, upside down, as background."""
    plate = open_plate(ImageSequence(str(pattern)))
    picture = plate.read(FIRST)
    path = folder / "layer.1001.exr"
    one = np.ones(picture.pixels.shape[:2], np.float32)
    background = picture.pixels[::-1].copy()
    write_layer_frame(str(path), background, one, picture.pixels, one * 0.5, plate.info, picture.attributes)
    return path


def test_nuke_names_every_channel_as_the_node_copies_it(layer: Path) -> None:
    spec, _ = read_exr(layer)
    names = {name_in_nuke(name)[1] for name in spec.channelnames}
    colours = ("red", "green", "blue", "alpha")
    assert names == {f"{of}.{colour}" for of in ("rgba", "generated_bg") for colour in colours}


def test_the_channels_hold_comp_and_background_in_nukes_order_of_names(layer: Path) -> None:
    _, channels = read_exr(layer)
    in_nuke = {name_in_nuke(name)[1]: pixels for name, pixels in channels.items()}
    for i, colour in enumerate(("red", "green", "blue")):
        plate = plate_at(FIRST)[..., i]
        np.testing.assert_array_equal(in_nuke[f"rgba.{colour}"], plate.astype(np.float16))
        np.testing.assert_array_equal(in_nuke[f"generated_bg.{colour}"], plate[::-1].astype(np.float16))
    assert float(in_nuke["generated_bg.alpha"].min()) == 1.0 and float(in_nuke["rgba.alpha"].max()) == 0.5


def test_windows_are_the_plates(layer: Path, packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(packed))
    exr = importlib.import_module("actanywhere_nuke.read.exr")
    header = exr.read_header(str(layer))
    assert header.data == exr.Box(-SIDE, -ABOVE, WIDTH + SIDE - 1, HEIGHT + ABOVE - 1)
    assert (header.display.width, header.display.height) == (WIDTH, HEIGHT)
    spec, _ = read_exr(layer)
    assert sorted(header.channels) == sorted(spec.channelnames)
    for name in [name for name in sys.modules if name.startswith("actanywhere_nuke")]:
        del sys.modules[name]


RULES = {
    "R": "rgba.red", "A": "rgba.alpha", "generated_bg.R": "generated_bg.red", "generated_bg.a": "generated_bg.alpha",
    "bg.Red": "bg.red", "7bg.red": "bg.red", "my-bg.red": "my_bg.red", "bg.depth 1": "bg.depth_1", "Z": "depth.Z",
    "main.R": "rgba.red", "main.bg.red": "bg.red",
}  # fmt: skip


@pytest.mark.parametrize(("name", "wanted"), RULES.items())
def test_the_rules_are_those_that_are_published(name: str, wanted: str) -> None:
    assert name_in_nuke(name)[1] == wanted


@pytest.mark.parametrize("channel", ["rgba.red", "rgba.alpha", "generated_bg.red", "generated_bg.alpha"])
def test_what_nuke_writes_it_reads_back_under_the_same_name(channel: str) -> None:
    assert name_in_nuke(name_in_file(channel))[1] == channel


@pytest.mark.parametrize(("layer_pass", "prefix"), [("generated_bg", "generated_bg."), ("Combined", "")])
def test_blenders_reader_finds_comp_and_layer_to_the_last_bit(
    layer_pass: str, prefix: str, tmp_path: Path
) -> None:
    blender = next((python for version in VERSIONS[:2] if (python := python_of(version))), None)
    if blender is None:
        pytest.skip("no Blender 4.2 or 4.5 as a module here: python tests/blender/environments.py 4.2")
    write_exr(tmp_path / "plate.1001.exr", plate_at(FIRST), ("R", "G", "B"))  # Blender's format is the raster
    path = write_layer(tmp_path / "plate.####.exr", tmp_path)
    out = tmp_path / "out.exr"
    height, width = plate_at(FIRST).shape[:2]
    script = Path(__file__).with_name("inside_blender.py")
    command = [str(blender), str(script), str(path), layer_pass, str(out), str(width), str(height)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert 'SAID ["Combined", "Alpha", "generated_bg"]' in done.stdout, done.stderr
    _, ours = read_exr(path)
    _, theirs = read_exr(out)
    for name in "RGB":
        np.testing.assert_array_equal(theirs[name], ours[prefix + name])
